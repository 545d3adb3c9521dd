"""Which verdict belongs to which sample, so that a kept one counts only for what it was given for.

Example: the same text for "Mbpp/2" has another key where the data folder holds other tests under that id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks.packed_tests import StoredTests
from sdzero_bench.benchmarks.places import evalplus_override
from sdzero_bench.types import Completion, Question


def verdict_keys(items: Sequence[tuple[Question, Completion]]) -> list[str]:
    """One for each sample: its place, its text, its question and all that the question is judged by."""
    asked = {question.id: question for question, _ in items}
    digests = {name: _question(question) for name, question in asked.items()}
    return [
        _digest(f"{index}\0{digests[question.id]}\0{completion.text}")
        for index, (question, completion) in enumerate(items)
    ]


def _question(question: Question) -> str:
    meta = dict(question.meta)
    if question.judge == "evalplus":  # the judge reads the tests from a file; where it lies makes no difference
        path = meta["data"] or evalplus_override(meta["dataset"])
        meta["data"] = _file(path) if path else None
    messages = [dict(message) for message in question.messages]
    judged = [question.id, messages, question.answer, question.judge, question.extraction, question.domain, meta]
    return _digest(json.dumps(judged, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, StoredTests):
        return value.digest()
    return dict(value) if isinstance(value, Mapping) else str(value)


@lru_cache(maxsize=8)  # all of a task's questions name the same
def _file(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
