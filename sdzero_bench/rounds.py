"""One round of any method: the phases a method is written in, each resumable, each counted.

A method's `round` calls these in the order of its paper, for example

    drafts = run.attempts("draft", "draft", questions, n=1)
    traces = run.revisions("revision", drafts, n=3)
    run.fit("srt", examples, config.srt)
    run.improve("distil", ...)

A phase that is done already gives back what it gave then; a training phase leaves its weights in a checkpoint, and the
weights are only loaded when something needs them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdzero_bench.backend import Backend
from sdzero_bench.budget import sample_budget
from sdzero_bench.config import OptimiserConfig, RunConfig, SupervisedConfig
from sdzero_bench.examples import Batch, Example
from sdzero_bench.objectives import NLL, Objective
from sdzero_bench.phases import TrainingPhase
from sdzero_bench.records import read_attempts, read_revisions, revision_rows, row, write_rows
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rundir import Cost, RunDirectory, write_atomically
from sdzero_bench.seeds import derive
from sdzero_bench.tracking.tracker import Tracking, Untracked
from sdzero_bench.types import Attempt, Question, RevisionTrace, Sampling, TokenIds


class Weights:
    """The policy's weights: where they are on disk until somebody needs them in the engine."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pending: Path | str | None = None

    def are_at(self, checkpoint: Path | str) -> None:
        """The current weights are those of this checkpoint."""
        self._pending = checkpoint

    def ready(self) -> Backend:
        """The backend, holding the current weights."""
        if self._pending is not None:
            pending, self._pending = self._pending, None
            self._backend.restore(pending)
        return self._backend


class Round:
    """What a method sees of a run: this round's questions, the config, and the phases."""

    def __init__(
        self,
        number: int,
        config: RunConfig,
        questions: Sequence[Question],
        held_out: Sequence[Question],
        rollouts: Rollouts,
        directory: RunDirectory,
        weights: Weights,
        tracking: Tracking | None = None,
    ) -> None:
        self.number = number  # from 1
        self.config = config
        self.questions = questions  # of this round, in a fixed order
        self.held_out = held_out  # evaluation questions: the reviser is measured on them before it teaches
        self.rollouts = rollouts
        self.prompter = rollouts.prompter
        self._directory = directory
        self._weights = weights
        self._tracking = tracking or Untracked()
        self._path = directory.round_path(number)

    @property
    def name(self) -> str:
        """For progress."""
        return f"{self.config.label or self.config.method} round {self.number}"

    def seed(self, *path: object) -> int:
        """A seed of this run and round by name."""
        return derive(self.config.seed, self.number, *path)

    def note(self, text: str) -> None:
        """A remark for people: kept with the run, shown under its table."""
        self._directory.note(self.number, text)
        self.rollouts.reporter.say(f"{self.name}: {text}")

    def stop(self, text: str) -> None:
        """The run ends after this round; `text` says why."""
        self.note(text)
        self._directory.mark(self.number, "stopped", Cost(), reason=text)

    def backend(self) -> Backend:
        """The engine, holding the current weights."""
        return self._weights.ready()

    def sampling(self, n: int, seed: int, max_new_tokens: int | None = None) -> Sampling:
        """The run's training sampling."""
        config = self.config.sampling
        return Sampling(max_new_tokens or config.max_new_tokens, config.temperature, config.top_p, n, seed)

    def attempts(self, phase: str, role: str, questions: Sequence[Question], n: int) -> list[Attempt]:
        """Phase: n judged attempts of each question. role: what they are kept as (draft, response)."""
        path = self._path / f"samples-{phase}.parquet"
        if self._directory.marker(self.number, phase) is not None:
            return read_attempts(path, {question.id: question for question in questions})
        self.backend()
        start = time.monotonic()
        attempts = self.rollouts.answer(questions, self.sampling(n, self.seed(phase)), f"{self.name} {phase}")
        self._finish_samples(phase, path, [row(a, role) for a in attempts], attempts, start)
        return attempts

    def revisions(self, phase: str, drafts: Sequence[Attempt], n: int) -> list[RevisionTrace]:
        """Phase: n judged revisions of each draft, after the control phrase its reward chooses."""
        path = self._path / f"samples-{phase}.parquet"
        if self._directory.marker(self.number, phase) is not None:
            return read_revisions(path, drafts)
        self.backend()
        start = time.monotonic()
        traces = self.rollouts.revise(drafts, self.sampling(n, self.seed(phase)), f"{self.name} {phase}")
        self._finish_samples(phase, path, revision_rows(traces, drafts), [t.revision for t in traces], start)
        return traces

    def fit(self, phase: str, examples: Sequence[Example], config: SupervisedConfig) -> None:
        """Phase: token NLL on fixed examples, shuffled anew every epoch. Too long ones are left out and noted."""
        fitting = [example for example in examples if len(example.tokens) <= config.max_tokens]
        if left_out := len(examples) - len(fitting):
            self.note(f"{phase}: {left_out} sequences longer than max_tokens ({config.max_tokens}) were left out")
        if not fitting:
            self.note(f"{phase}: nothing to train on, the weights stay as they were")
            return
        batches: list[list[Example]] = []
        for epoch in range(config.epochs):
            order = random.Random(self.seed(phase, epoch)).sample(fitting, len(fitting))
            batches += [order[i : i + config.batch_size] for i in range(0, len(order), config.batch_size)]
        self._train(phase, len(batches), lambda step, state: [batches[step]], NLL(), config.optimiser())

    def improve(
        self,
        phase: str,
        questions: Sequence[Question],
        *,
        prompts_per_step: int,
        group_size: int,
        steps: int,
        make_examples: Callable[[list[Attempt]], Sequence[Example | None]],
        left_out: str,
        objective: Objective,
        optimiser: OptimiserConfig,
        updates_per_batch: int = 1,
        max_new_tokens: int | None = None,
    ) -> None:
        """Phase: on-policy updates. Every step samples group_size attempts of the next prompts_per_step questions from
        the current policy and trains on the examples made of them. An objective that needs a teacher gets the weights
        at the start of the phase, frozen. Attempts that give no example (None) are counted and noted; left_out: why.
        """

        def collect(step: int, state: TrainingPhase) -> Sequence[Batch]:
            chosen = _next_questions(questions, step * prompts_per_step, prompts_per_step, self.seed(phase, "order"))
            sampling = self.sampling(group_size, self.seed(phase, "sample", step), max_new_tokens)
            attempts = self.rollouts.answer(chosen, sampling, f"{self.name} {phase} {step + 1}/{steps}")
            made = make_examples(attempts)
            batch = [example for example in made if example is not None]
            state.record(attempts, step, len(made) - len(batch))
            return [batch] * updates_per_batch if batch else []

        self._train(phase, steps, collect, objective, optimiser, left_out)

    def score(self, sequences: Sequence[TokenIds], temperature: float) -> list[tuple[float, ...]]:
        """Log-probability of every token under the current policy."""
        return [tuple(one.tolist()) for one in self.backend().score(sequences, temperature=temperature)]

    def measured(self, phase: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Phase: a measurement, made once. `measure` returns the record and may hold a `cost`."""
        done = self._directory.marker(self.number, phase)
        if done is not None:
            return done
        self.backend()
        start = time.monotonic()
        record = measure()
        cost: Cost = record.pop("cost", Cost())
        cost.seconds = time.monotonic() - start
        self._mark(phase, cost, **record)
        return {**record, "cost": asdict(cost)}

    def finish(self) -> None:
        """The round is trained: keep the policy, drop the checkpoints inside the round."""
        target = self._directory.checkpoint(self.number)
        if self._directory.marker(self.number, "trained") is None:
            backend = self.backend()
            self._save(backend, target)
            count = len(self.questions)
            budget = sample_budget(self.config, count)
            self._directory.mark(self.number, "trained", Cost(), questions=count, budget=budget)
        # Asked of rank 0, which wrote it: another rank may be here before the folder is in place.
        if self.rollouts.backend.broadcast(target.exists()):
            self._weights.are_at(target)
        for path in self._path.glob("checkpoint-*"):
            self._directory.write(_remove_tree, path)

    def _train(
        self,
        phase: str,
        steps: int,
        make_batches: Callable[[int, TrainingPhase], Sequence[Batch]],
        objective: Objective,
        optimiser: OptimiserConfig,
        left_out: str = "",
    ) -> None:
        checkpoint = self._path / f"checkpoint-{phase}"
        if self._directory.marker(self.number, phase) is not None:
            self._weights.are_at(checkpoint)
            return
        backend = self.backend()
        if objective.needs_teacher:
            backend.freeze_teacher()
        backend.begin_training(optimiser, steps)
        state = TrainingPhase(
            self._path, phase, backend, self._directory.writable, lambda row: self._tracking.row(self.number, row)
        )
        state.resume()
        with self.rollouts.reporter.task(f"{self.name} {phase}", steps, "updates") as task:
            for step in range(state.step, steps):
                for batch in make_batches(step, state):
                    state.updated(backend.update(batch, objective), step)
                state.step = step + 1
                task.update(state.step, steps)
                if state.step % self.config.checkpoint_every == 0 and state.step < steps:
                    state.checkpoint()
        self._save(backend, checkpoint)
        state.finish()
        if state.left_out:
            self.note(f"{phase}: {state.left_out} of {state.cost.samples} samples were left out: {left_out}")
        if not state.cost.updates:
            self.note(f"{phase}: no update was made, the weights stay as they were")
        self._mark(phase, state.cost, **state.summary())

    def _save(self, backend: Backend, path: Path) -> None:
        if self._directory.writable:
            write_atomically(path, backend.save)
        else:
            backend.save(path)

    def _finish_samples(
        self, phase: str, path: Path, rows: list[dict[str, Any]], attempts: Sequence[Attempt], start: float
    ) -> None:
        self._directory.write(write_atomically, path, lambda temporary: write_rows(temporary, rows))
        cost = sample_cost(attempts)
        cost.seconds = time.monotonic() - start
        right = sum(attempt.reward for attempt in attempts)
        self._mark(phase, cost, right=right)

    def _mark(self, phase: str, cost: Cost, **record: Any) -> None:
        self._directory.mark(self.number, phase, cost, **record)
        self._tracking.finished(self.number, phase)


def sample_cost(attempts: Sequence[Attempt]) -> Cost:
    """Samples and tokens; an attempt that was never sampled (no room in the context) costs nothing."""
    lengths = [attempt.completion.length for attempt in attempts if attempt.completion.length]
    return Cost(samples=len(lengths), sampled_tokens=sum(lengths))


def _next_questions(questions: Sequence[Question], start: int, count: int, seed: int) -> list[Question]:
    """`count` questions from position `start` of an endless sequence of shuffled passes over all of them."""
    chosen: list[Question] = []
    while len(chosen) < count:
        epoch, position = divmod(start + len(chosen), len(questions))
        order = random.Random(derive(seed, epoch)).sample(range(len(questions)), len(questions))
        chosen += [questions[i] for i in order[position : position + count - len(chosen)]]
    return chosen


def _remove_tree(path: Path) -> None:
    import shutil

    shutil.rmtree(path)
