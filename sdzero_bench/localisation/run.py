"""Sample responses of a run's policy, score every token under the policy and under its reviser, and keep both.

Example: 200 evaluation questions of results/mine leave `responses.parquet` (a row a response: question, verdict, the
tokens as text, their log-probabilities and rewards) and `summary.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.config import RunConfig
from sdzero_bench.data import Questions
from sdzero_bench.environment import describe_environment
from sdzero_bench.kept_parts import KeptParts
from sdzero_bench.localisation.kept import RESPONSES, SUMMARY, read_summary
from sdzero_bench.localisation.rewards import ScoredResponse, score_responses
from sdzero_bench.localisation.summary import summarise_localisation
from sdzero_bench.rundir import RunDirectory, write_atomically, write_json
from sdzero_bench.seeds import derive
from sdzero_bench.session import open_session
from sdzero_bench.types import Question, Sampling


def localise(
    config: RunConfig,
    questions: Sequence[Question],
    policy: Path | str,
    reviser: Path | str,
    settings: Mapping[str, Any],
    out: Path,
) -> dict[str, Any] | None:
    """One response a question, and its token rewards; returns what summary.json holds, None on ranks other than 0.

    policy: weights of pi_theta; reviser: weights of pi_SRT. settings: what `out`/run.yaml is held to. What is sampled
    when the call is interrupted is kept, and a finished folder is not computed again.
    """
    with open_session(config, Questions((), questions, 0)) as session:
        backend = session.backend
        directory = RunDirectory(out, backend.rank == 0)
        directory.prepare(
            yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True), describe_environment(config.seed)
        )
        if not backend.broadcast((out / SUMMARY).exists()):
            rollouts, evaluation = session.rollouts(config), config.evaluation
            backend.restore(reviser)
            backend.freeze_teacher()
            backend.restore(policy)
            parts = KeptParts(rollouts, directory, out)
            seed = derive(evaluation.seed, "answer")
            sampling = Sampling(evaluation.max_new_tokens, evaluation.temperature, evaluation.top_p, 1, seed)
            attempts = parts.answers(questions, sampling, "responses")
            limit = config.distil.max_teacher_tokens
            scored = score_responses(backend, rollouts.prompter, attempts, limit, session.reporter)
            summary = summarise_localisation(scored, len(attempts) - len(scored), evaluation.confidence)
            tokenizer = backend.tokenizer
            directory.write(write_atomically, out / RESPONSES, lambda path: write_responses(path, scored, tokenizer))
            directory.write(write_json, out / SUMMARY, summary)
            parts.remove()
        if backend.rank:
            return None
        return read_summary(out)


def write_responses(path: Path, scored: Sequence[ScoredResponse], tokenizer: Any) -> None:
    """A row a response; the caller makes it atomic."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "question_id": one.attempt.question.id,
            "question": one.attempt.question.messages[-1]["content"],
            "text": one.attempt.completion.text,
            "reward": one.attempt.reward,
            "extracted": one.attempt.verdict.extracted,
            "token_ids": list(one.tokens),
            "tokens": [tokenizer.decode([token]) for token in one.tokens],
            "student_logprobs": list(one.student),
            "reviser_logprobs": list(one.reviser),
            "token_rewards": one.rewards,
        }
        for one in scored
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)
