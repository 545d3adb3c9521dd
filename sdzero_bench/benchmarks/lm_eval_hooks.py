"""What our task files name for lm-eval: `load` gives it the documents, `process_results` judges the responses.

Example: for tasks/math/math500.yaml lm-eval calls load(config_source="tasks/math/math500.yaml", ...), and later
process_results({"task": "math500", "id": "math500/0", ...}, [["... so \\boxed{12}", 7 more]]) -> {"acc": 0.125, ...}.

lm-eval judges one question at a time, in its own process; the judging itself happens in worker processes (and programs
in the sandbox) that this process starts once, whatever the number of tasks.
"""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks.cards import Card, read_card
from sdzero_bench.benchmarks.documents import Document, Request
from sdzero_bench.benchmarks.places import Split
from sdzero_bench.benchmarks.questions import check_size, question, target
from sdzero_bench.benchmarks.readers import load_documents
from sdzero_bench.errors import UserError
from sdzero_bench.types import Completion, FinishReason, Question
from sdzero_bench.verify import Verifier, open_verifier

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_PARTS = {"evalplus": ("base", "plus")}  # the parts of a verdict that are figures of their own, by judge

# Tests can be large: lm-eval's documents hold the prompt only, and a question is found again by task and id.
_QUESTIONS: dict[tuple[str, str], Question] = {}


def load(
    config_source: str | None = None,
    options: Mapping[str, Any] | None = None,
    data_dir: str | None = None,
    **_: Any,
) -> DatasetDict:
    """The evaluation documents of the task file `config_source`, and those its worked examples are taken from.

    lm-eval calls it with the file's metadata, in which --metadata '{"options": {"release": "v6"}, "data_dir": "..."}'
    replaces what the file says; the rest of the metadata is read from the file. Raises UserError.
    """
    from datasets import DatasetDict

    if config_source is None or not Path(config_source).is_file():
        raise UserError("tasks: lm-eval names no task file; load our tasks by name or file, not as a dict")
    card = read_card(Path(config_source))
    if card is None:
        raise UserError(f"tasks: {config_source} is no benchmark of ours: its metadata has no `kind`")
    request = Request(card, Split.EVALUATION, _given(card, options or {}), Path(data_dir) if data_dir else None)
    found = load_documents(request)
    if not request.options:
        check_size(card, len(found.documents), found.place)
    for document in found.documents:
        _QUESTIONS[card.name, document.id] = question(card, document, (), None)
    if card.domain == "code":
        from sdzero_bench.running_programs import prepare_programs

        asked = [_QUESTIONS[card.name, document.id] for document in found.documents]
        prepare_programs(asked, unsafe=False, say=lambda text: print(text, file=sys.stderr))
    splits = {"evaluation": _dataset(card, found.documents)}
    if card.hub_fewshot_split is not None:
        splits["fewshot"] = _dataset(card, _examples(card, request.data_dir), like=splits["evaluation"])
    return DatasetDict(splits)


def process_results(document: Mapping[str, Any], results: Sequence[str | Sequence[str]]) -> dict[str, float]:
    """avg@k and pass@k of one question's samples: `results` holds their list (EverySample), or one of them."""
    asked = _QUESTIONS.get((document["task"], document["id"]))
    if asked is None:
        raise UserError(f"tasks: {document['id']} was not loaded in this process")
    samples = [results[0]] if isinstance(results[0], str) else list(results[0])
    completions = [Completion((), text, FinishReason.STOP) for text in samples]
    verdicts = [attempt.verdict for attempt in _pool().verify([(asked, completion) for completion in completions])]
    rewards = [verdict.reward for verdict in verdicts]
    figures = {"acc": sum(rewards) / len(rewards), "pass_at_k": float(max(rewards))}
    for part in _PARTS.get(asked.judge, ()):
        figures[part] = sum(verdict.parts.get(part, 0) for verdict in verdicts) / len(verdicts)
    return figures


class EverySample:
    """lm-eval's filter that keeps all of a question's samples, however many `repeats` there are."""

    def apply(self, resps: Iterable[Any], docs: Any) -> list[Any]:
        """The responses of every document as they are."""
        return list(resps)


@cache
def _pool() -> Verifier:
    pool = open_verifier()
    atexit.register(pool.close)
    return pool


def _given(card: Card, options: Mapping[str, Any]) -> dict[str, str]:
    """The options that are not the card's defaults. Raises UserError for one that the task does not have."""
    for name in options:
        if name not in card.options:
            known = f"known: {', '.join(card.options)}" if card.options else "it has none"
            raise UserError(f"tasks: {card.name} has no option {name!r}; {known}")
    return {name: str(value) for name, value in options.items() if value not in (None, card.options[name])}


def _examples(card: Card, data_dir: Path | None) -> Sequence[Document]:
    """What worked examples are taken from; none where it is not at hand, as lm-eval asks for it without shots too."""
    try:
        return load_documents(Request(card, Split.FEWSHOT, {}, data_dir)).documents
    except UserError:
        return ()


def _dataset(card: Card, documents: Sequence[Document], like: Dataset | None = None) -> Dataset:
    from datasets import Dataset

    rows = [{"task": card.name, "id": d.id, **d.fields, "answer": d.answer, "target": target(d)} for d in documents]
    if like is not None and not rows:
        return like.select([])
    return Dataset.from_list(rows)
