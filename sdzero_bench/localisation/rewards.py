"""The token KL reward of sampled responses, under the policy as student and the reviser as teacher.

Example: y = "3 + 7 = 11 ; so \\boxed{11}" is wrong; the student gave its "11" a log-probability of -0.4, the reviser,
who has read y and "Wait, this response is not correct, let me start over.", gives it -6.2: 5.8 nats there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdzero_bench.backend import Backend
from sdzero_bench.progress import Reporter
from sdzero_bench.prompts import Prompter
from sdzero_bench.types import Attempt, Role, TokenIds

AT_ONCE = 32  # responses scored between two steps of the progress bar


@dataclass(frozen=True, slots=True)
class ScoredResponse:
    """One response, token by token."""

    attempt: Attempt
    tokens: TokenIds  # of y, as many as fit into the reviser's context twice
    student: tuple[float, ...]  # log pi_theta(y_t | x, y_<t), nats
    reviser: tuple[float, ...]  # log pi_SRT(y_t | x, y, P_r, y_<t), nats

    @property
    def rewards(self) -> list[float]:
        """log pi_theta - log pi_SRT by token, nats: what the student is penalised with under the reverse KL."""
        return [a - b for a, b in zip(self.student, self.reviser, strict=True)]


def score_responses(
    backend: Backend, prompter: Prompter, attempts: Sequence[Attempt], max_teacher_tokens: int, reporter: Reporter
) -> list[ScoredResponse]:
    """Score every response under the policy and under the frozen teacher (`backend.freeze_teacher` was called).

    Responses of which not one token fits into the reviser's context are left out.
    """
    limit = min(max_teacher_tokens, backend.context_length)
    fitting = [(attempt, built) for attempt in attempts if (built := prompter.teacher(attempt, limit))]
    scored = []
    with reporter.task("token rewards", len(fitting), "responses") as task:
        for start in range(0, len(fitting), AT_ONCE):
            part = fitting[start : start + AT_ONCE]
            students = [(*prompter.generator(attempt.question), *y) for attempt, (_, y) in part]
            by_student = backend.score(students, Role.POLICY)
            by_reviser = backend.score([tokens for _, (tokens, _) in part], Role.TEACHER)
            for (attempt, (_, y)), student, reviser in zip(part, by_student, by_reviser, strict=True):
                ours, theirs = (tuple(of[-len(y) :].tolist()) for of in (student, reviser))
                scored.append(ScoredResponse(attempt, y, ours, theirs))
            task.update(start + len(part), len(fitting))
    return scored
