"""Everything a run needs, opened and checked before anything expensive starts, and the loop over its rounds.

Example:

    questions = load_and_plan(config)
    with open_session(config, questions) as session:
        train(session, config, RunDirectory(Path("results/mine")))
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.backend import Backend, open_backend
from sdzero_bench.budget import plan_round
from sdzero_bench.config import RunConfig
from sdzero_bench.config_files import dump_config
from sdzero_bench.data import Questions, check_solutions, load_data
from sdzero_bench.environment import describe_environment
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.evaluation import evaluate
from sdzero_bench.methods import TRAIN_ROUND
from sdzero_bench.models import resolve_model
from sdzero_bench.progress import Reporter, reporter_for
from sdzero_bench.prompts import Prompter
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rounds import Round, Weights
from sdzero_bench.rundir import RunDirectory, write_atomically
from sdzero_bench.running_programs import prepare_programs
from sdzero_bench.tracking.names import TrackerName
from sdzero_bench.tracking.opening import tracked
from sdzero_bench.tracking.tracker import Tracking
from sdzero_bench.types import Question
from sdzero_bench.verify import Verifier, open_verifier

# How torch's gloo and NCCL say that a rank they were waiting for is gone.
LOST_RANK = ("Connection reset by peer", "Connection closed by peer", "remote process exited")


@dataclass
class Session:
    """One engine with its judge and its questions; several methods can run in it, one after the other."""

    base: Path | str  # the model every method starts from
    backend: Backend
    verifier: Verifier
    questions: Questions
    reporter: Reporter

    def rollouts(self, config: RunConfig) -> Rollouts:
        """Sampling and judging together, as the config says."""
        prompter = Prompter(self.backend.tokenizer, config.control)
        return Rollouts(self.backend, self.verifier, prompter, self.reporter, config.backend.sample_batch)


@contextmanager
def open_session(config: RunConfig, questions: Questions) -> Iterator[Session]:
    """Start the engine and the judge; refuse a model or questions that cannot work together."""
    base = resolve_model(config.model)
    everything = [*questions.train, *questions.evaluation]
    say = reporter_for(int(os.environ.get("RANK", "0"))).say  # there is no backend yet to ask
    prepare_programs(everything, unsafe=config.unsafe_code, say=say)
    backend = open_backend(config.backend, base, config.seed)
    try:
        prompter = Prompter(backend.tokenizer, config.control)
        check_fits(everything, prompter, backend.context_length)
        with open_verifier(config.verifier_workers, config.verifier_timeout) as verifier:
            reporter = reporter_for(backend.rank)
            try:
                yield Session(base, backend, verifier, questions, reporter)
            except KeyboardInterrupt:
                reporter.say("interrupted: everything finished is kept, and the same command goes on from there")
                raise
            except RuntimeError as error:
                if not any(words in str(error) for words in LOST_RANK):
                    raise
                raise RunError(
                    "another process of this run has ended (its own output says why): what is finished is kept, and "
                    "the same command goes on from there"
                ) from None
    finally:
        backend.close()


def load_and_plan(config: RunConfig) -> Questions:
    """The questions, after every check that needs no model: sets, solutions, budget of every round."""
    resolve_model(config.model)
    questions = load_data(config.questions, config.seed, config.data_dir)
    check_solutions(config, questions)
    for number in range(1, config.rounds + 1):
        plan_round(config, number, questions.per_round)
    return questions


def check_fits(questions: Sequence[Question], prompter: Prompter, context: int) -> None:
    """Refuse a question that leaves no room for an answer."""
    for question in questions:
        length = len(prompter.generator(question))
        if length >= context:
            raise UserError(
                f"questions: {question.id} takes {length} tokens, and the model's context is {context}; "
                "leave it out or choose a model with a longer context"
            )


def train(
    session: Session,
    config: RunConfig,
    directory: RunDirectory,
    base_evaluation: Path | None = None,
    trackers: Sequence[TrackerName] = (),
) -> None:
    """All rounds of one method, from where the directory stands to `config.rounds`.

    base_evaluation: the `rounds/00` folder of another run from the same model, questions and seed, whose evaluation of
    the base is taken over instead of made again. trackers: who follows the run; no part of what the run is.
    """
    directory.prepare(dump_config(config), describe_environment(config.seed))
    if session.questions.removed:
        directory.note(0, f"{session.questions.removed} training questions that evaluation asks too were left out")
    with tracked(trackers, directory, config, session.reporter.say) as tracking:
        _train_rounds(session, config, directory, base_evaluation, tracking)


def _train_rounds(
    session: Session, config: RunConfig, directory: RunDirectory, base_evaluation: Path | None, tracking: Tracking
) -> None:
    rollouts = session.rollouts(config)
    weights = Weights(session.backend)
    weights.are_at(session.base)
    finished = directory.rounds_done()
    if 0 not in finished:
        target = directory.round_path(0)
        if base_evaluation is not None:
            directory.write(write_atomically, target, lambda path: shutil.copytree(base_evaluation, path))
        else:
            weights.ready()
            evaluate(rollouts, session.questions.evaluation, config.evaluation, directory, target / "eval", "base")
        tracking.evaluated(0)
    for number in range(1, config.rounds + 1):
        if number in finished:
            weights.are_at(directory.checkpoint(number))
        else:
            trained_on, held_out = session.questions.of_round(number), session.questions.evaluation
            run = Round(number, config, trained_on, held_out, rollouts, directory, weights, tracking)
            if directory.marker(number, "trained") is None:
                TRAIN_ROUND[config.method](run)
            run.finish()
            weights.ready()
            folder = directory.round_path(number) / "eval"
            evaluate(rollouts, session.questions.evaluation, config.evaluation, directory, folder, run.name)
            tracking.evaluated(number)
        if directory.marker(number, "stopped") is not None:
            break
