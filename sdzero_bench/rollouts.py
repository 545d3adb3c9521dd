"""Questions in, judged attempts out: prompts, generation and verification in one place.

Example: `rollouts.answer(questions, Sampling(max_new_tokens=96, n=3, seed=1))` gives 3 attempts a question, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sdzero_bench.backend import Backend, Progress
from sdzero_bench.progress import Reporter
from sdzero_bench.prompts import Prompter
from sdzero_bench.types import Attempt, Completion, FinishReason, Question, RevisionTrace, Sampling, TokenIds, Verdict
from sdzero_bench.verify import Verifier

NO_ROOM = Completion((), "", FinishReason.LENGTH)
NO_ROOM_VERDICT = Verdict(0, None, "the draft left no room for a revision in the context")


@dataclass(frozen=True)
class Rollouts:
    """The policy behind the backend, with its prompts and its judge."""

    backend: Backend
    verifier: Verifier
    prompter: Prompter
    reporter: Reporter
    sample_batch: int = 512  # rows that the backend samples together; an evaluation is kept by so many

    def answer(
        self, questions: Sequence[Question], sampling: Sampling, title: str, progress: Progress | None = None
    ) -> list[Attempt]:
        """y ~ pi(. | x), r(y, a): `sampling.n` attempts of each question, a question's attempts together.

        progress: told of samples in place of a bar of this call's own.
        """
        return self._sample([self.prompter.generator(q) for q in questions], list(questions), sampling, title, progress)

    def revise(
        self, drafts: Sequence[Attempt], sampling: Sampling, title: str, progress: Progress | None = None
    ) -> list[RevisionTrace]:
        """y_revised ~ pi(. | x, y_init, P_r): `sampling.n` revisions of each draft, a draft's revisions together.

        A draft that fills the context gets empty revisions with reward 0.
        """
        prompts = [self.prompter.reviser(draft) for draft in drafts]
        fits = [len(prompt) < self.backend.context_length for prompt in prompts]
        sampled = iter(
            self._sample(
                [prompt for prompt, fit in zip(prompts, fits, strict=True) if fit],
                [draft.question for draft, fit in zip(drafts, fits, strict=True) if fit],
                sampling,
                title,
                progress,
            )
        )
        traces = []
        for draft, fit in zip(drafts, fits, strict=True):
            phrase = self.prompter.phrase(draft.reward)
            for _ in range(sampling.n):
                revision = next(sampled) if fit else Attempt(draft.question, NO_ROOM, NO_ROOM_VERDICT)
                traces.append(RevisionTrace(draft, phrase, revision))
        return traces

    def _sample(
        self,
        prompts: Sequence[TokenIds],
        questions: Sequence[Question],
        sampling: Sampling,
        title: str,
        progress: Progress | None,
    ) -> list[Attempt]:
        if progress:
            completions = self.backend.generate(prompts, sampling, progress)
        else:
            with self.reporter.task(title, len(prompts) * sampling.n, "samples") as task:
                completions = self.backend.generate(prompts, sampling, task.update)
        items = [(question, c) for question, group in zip(questions, completions, strict=True) for c in group]
        # Time limits make a verdict rank 0's to give: ranks that disagree would train on different batches.
        return self.backend.broadcast(self._judged(items, title) if self.backend.rank == 0 else [])

    def _judged(self, items: Sequence[tuple[Question, Completion]], title: str) -> list[Attempt]:
        with self.reporter.task(f"{title}, judging", len(items), "verdicts") as task:
            return self.verifier.verify(items, task.update)
