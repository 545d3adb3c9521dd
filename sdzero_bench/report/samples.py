"""The samples of evaluations as columns for the page's browser.

Example: 13 evaluations of 256 questions, 2 samples each, give 6,656 samples; the first of each question was revised
too. In columns, and with every text that occurs more than once kept once, they are about 0.4 MB of the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from sdzero_bench.report.inputs import Evaluation
from sdzero_bench.rundir import read_lines

COLUMNS = [
    "question_id", "draft", "control_phrase", "text", "finish_reason", "length", "reward", "extracted", "reason",
]  # fmt: skip
ATTEMPT = ("reward", "length", "cut", "text", "answer", "reason")  # fields of a sample and of a revision
CUT = "\n[… {} characters left out …]\n"


class Texts:
    """Every text once, by number; long ones without their middle."""

    def __init__(self, longest: int) -> None:
        self._longest = longest  # characters; 0: no limit
        self._numbers: dict[str, int] = {}

    def number(self, text: str | None) -> int:
        """The text's number, -1 for None."""
        if text is None:
            return -1
        shortened = shorten(text, self._longest)
        return self._numbers.setdefault(shortened, len(self._numbers))

    @property
    def all(self) -> list[str]:
        """In the order of their numbers."""
        return list(self._numbers)


def shorten(text: str, longest: int) -> str:
    """The text's beginning and end where it is longer than `longest` characters; the final answer is at its end."""
    if not longest or len(text) <= longest:
        return text
    head = longest // 2
    return text[:head] + CUT.format(f"{len(text) - longest:,}") + text[-(longest - head) :]


def browser_data(evaluations: Sequence[Evaluation], most: int, longest: int) -> dict[str, Any]:
    """What the browser reads: evaluations, questions, samples (a list a field) and texts.

    most: samples of each evaluation, 0 for all; every evaluation keeps the same questions, the first ones. longest:
    characters of a text, 0 for all. A sample's text, answer and reason are numbers of texts; `revision` is a number of
    the revisions, -1 where its draft was not revised.
    """
    texts, questions = Texts(longest), _Questions()
    samples: dict[str, list[int]] = {name: [] for name in ("evaluation", "question", "index", "revision", *ATTEMPT)}
    revisions: dict[str, list[int]] = {name: [] for name in ("phrase", *ATTEMPT)}
    shown = []
    for number, evaluation in enumerate(evaluations):
        answers = _rows(evaluation, "evaluation")
        by_draft = {row["draft"]: row for row in _rows(evaluation, "revision")}
        k = int(evaluation.metrics["evaluation"]["k"])
        kept = answers if not most else answers[: max(k, most - most % k)]
        for position, row in enumerate(kept):
            revision = by_draft.get(position // k) if position % k == 0 else None  # the first sample is the draft
            samples["evaluation"].append(number)
            samples["question"].append(questions.number(evaluation, row["question_id"]))
            samples["index"].append(position % k)
            samples["revision"].append(-1 if revision is None else len(revisions["text"]))
            _append(samples, row, texts)
            if revision is not None:
                revisions["phrase"].append(texts.number(revision["control_phrase"]))
                _append(revisions, revision, texts)
        shown.append(_head(evaluation, k, len(answers), len(kept)))
    return {
        "evaluations": shown,
        "questions": questions.all(texts),
        "samples": samples,
        "revisions": revisions,
        "texts": texts.all,
    }


class _Questions:
    """Every question once, by task and id, with what it asks where an evaluation kept that."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._asked: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._read: set[str] = set()

    def number(self, evaluation: Evaluation, name: str) -> int:
        if str(evaluation.folder) not in self._read:
            self._read.add(str(evaluation.folder))
            for row in read_lines(evaluation.folder / "questions.jsonl"):
                self._asked.setdefault((evaluation.task, row["id"]), row)
            for known, gold in evaluation.metrics.get("gold", {}).items():
                self._asked.setdefault((evaluation.task, known), {"messages": [], "answer": gold})
        return self._numbers.setdefault((evaluation.task, name), len(self._numbers))

    def all(self, texts: Texts) -> list[dict[str, Any]]:
        rows = []
        for task, name in self._numbers:
            asked = self._asked.get((task, name), {"messages": [], "answer": None})
            messages = [[one["role"], texts.number(one["content"])] for one in asked["messages"]]
            rows.append({"task": task, "id": name, "messages": messages, "gold": texts.number(asked["answer"])})
        return rows


def _rows(evaluation: Evaluation, role: str) -> list[dict[str, Any]]:
    path = evaluation.folder / "samples.parquet"
    if not path.exists():  # recorded runs keep figures only
        return []
    rows: list[dict[str, Any]] = pq.read_table(path, columns=COLUMNS, filters=[("role", "=", role)]).to_pylist()
    return rows


def _append(columns: dict[str, list[int]], row: Mapping[str, Any], texts: Texts) -> None:
    columns["reward"].append(int(row["reward"]))
    columns["length"].append(int(row["length"]))
    columns["cut"].append(int(row["finish_reason"] == "length"))
    columns["text"].append(texts.number(row["text"]))
    columns["answer"].append(texts.number(row["extracted"]))
    columns["reason"].append(texts.number(row["reason"]))


def _head(evaluation: Evaluation, k: int, samples: int, shown: int) -> dict[str, Any]:
    figures = evaluation.metrics["evaluation"]
    return {
        "method": evaluation.method, "seed": evaluation.seed, "round": evaluation.round, "task": evaluation.task,
        "k": k, "samples": samples, "shown": shown, "accuracy": figures["accuracy"], "length": figures["length_mean"],
    }  # fmt: skip


def as_json(data: Mapping[str, Any]) -> str:
    """Compact, and the same bytes for the same data."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
