"""Sampling kept part by part, so that an interruption costs one part at most and the rest is not sampled again.

Example: 500 questions, 8 samples each, 512 rows sampled together: parts/answers-00000.parquet, answers-00064.parquet,
... each with a marker beside it, `{"items": 64, "seconds": 30.2}`. A completion does not depend on how different
prompts are split into calls: an interrupted evaluation ends with the same samples, however many rows it goes on with.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sdzero_bench.backend import Progress
from sdzero_bench.records import read_attempts, read_revisions, revision_rows, row, write_rows
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rundir import RunDirectory, write_atomically, write_json
from sdzero_bench.types import Attempt, Question, RevisionTrace, Sampling

T = TypeVar("T")
Rows = list[dict[str, Any]]


@dataclass
class KeptParts:
    """The parts of one evaluation, in `folder`/parts."""

    rollouts: Rollouts
    directory: RunDirectory
    folder: Path
    seconds: float = 0.0  # that sampling and judging took, resumed parts included

    def answers(self, questions: Sequence[Question], sampling: Sampling, title: str) -> list[Attempt]:
        """`rollouts.answer`, in parts."""

        def sample(part: Sequence[Question], progress: Progress) -> list[Attempt]:
            return self.rollouts.answer(part, sampling, title, progress)

        def read(path: Path, part: Sequence[Question]) -> list[Attempt]:
            return read_attempts(path, {question.id: question for question in part})

        def rows(attempts: list[Attempt], part: Sequence[Question]) -> Rows:
            return [row(attempt, "evaluation") for attempt in attempts]

        return self._in_parts("answers", questions, sampling.n, title, sample, read, rows)

    def revisions(self, drafts: Sequence[Attempt], sampling: Sampling, title: str) -> list[RevisionTrace]:
        """`rollouts.revise`, in parts."""

        def sample(part: Sequence[Attempt], progress: Progress) -> list[RevisionTrace]:
            return self.rollouts.revise(part, sampling, title, progress)

        return self._in_parts("revisions", drafts, sampling.n, title, sample, read_revisions, revision_rows)

    def remove(self) -> None:
        """Delete the parts: what they hold is kept elsewhere now."""
        self.directory.write(shutil.rmtree, self.folder / "parts", True)

    def _in_parts(
        self,
        kind: str,
        items: Sequence[Any],
        n: int,
        title: str,
        sample: Callable[[Sequence[Any], Progress], list[T]],
        read: Callable[[Path, Sequence[Any]], list[T]],
        rows: Callable[[list[T], Sequence[Any]], Rows],
    ) -> list[T]:
        backend, size = self.rollouts.backend, max(1, self.rollouts.sample_batch // n)  # items a part
        kept = backend.broadcast(self._kept(kind))  # rank 0 alone writes, so it alone knows what is there
        results: list[T] = []
        before = sum(kept.values()) * n
        with self.rollouts.reporter.task(title, len(items) * n, "samples", before) as task:
            start = 0
            while start < len(items):
                path = self._path(kind, start)
                if start in kept:
                    part = items[start : start + kept[start]]
                    results += backend.broadcast(read(path, part) if backend.rank == 0 else [])
                    if backend.rank == 0:
                        self.seconds += json.loads(path.with_suffix(".json").read_text())["seconds"]
                else:
                    part = items[start : min([start + size, *(one for one in kept if one > start)])]
                    begun, done = time.monotonic(), before
                    sampled = sample(part, lambda count, _, done=done: task.update(done + count, len(items) * n))  # type: ignore[misc]
                    self._keep(path, rows(sampled, part), len(part), time.monotonic() - begun)
                    self.seconds += time.monotonic() - begun
                    before += len(part) * n
                    results += sampled
                start += len(part)
        return results

    def _path(self, kind: str, start: int) -> Path:
        return self.folder / "parts" / f"{kind}-{start:05d}.parquet"

    def _kept(self, kind: str) -> dict[int, int]:
        """First item and number of items of the parts that are there."""
        markers = (self.folder / "parts").glob(f"{kind}-*.json")
        return {int(path.stem.rpartition("-")[2]): json.loads(path.read_text())["items"] for path in markers}

    def _keep(self, path: Path, rows: Rows, items: int, seconds: float) -> None:
        self.directory.write(write_atomically, path, lambda temporary: write_rows(temporary, rows))
        self.directory.write(write_json, path.with_suffix(".json"), {"items": items, "seconds": seconds})
