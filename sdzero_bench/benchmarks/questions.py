"""A task's questions, as they are asked and judged.

Example: benchmark_questions("gsm8k?shots=2", data_dir=Path("data")) gives 1,319 questions with ids "gsm8k/0", ... and
five messages each: two worked examples as user and assistant turns, then the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sdzero_bench.benchmarks.cards import Card, find_card, read_cards, read_groups, unknown_task
from sdzero_bench.benchmarks.documents import Document, Request
from sdzero_bench.benchmarks.places import Place, Split
from sdzero_bench.benchmarks.readers import load_documents
from sdzero_bench.benchmarks.rows import say
from sdzero_bench.benchmarks.templates import render
from sdzero_bench.errors import UserError
from sdzero_bench.types import Message, Question

_GENERAL = ("split", "shots")  # options of every task


def benchmark_questions(
    spec: str,
    *,
    data_dir: Path | str | None = None,
    split: str = "evaluation",
    seed: int = 0,
    shots: int | None = None,
    system: str | None = None,
) -> list[Question]:
    """The questions of a task ("livecodebench?release=v6&from=2025-02-01"), in a fixed order with stable ids.

    `split` is evaluation or train; training questions are refused where the task has none of its own. `seed` changes
    nothing: a benchmark is the same for every seed. `shots` worked examples come first, the same before every question;
    the specification's `shots=` counts over it. `system` replaces the card's system prompt. Raises UserError.
    """
    request, examples = _plan(spec, data_dir, split, shots)
    found = load_documents(request)
    if request.split is Split.EVALUATION and not request.options:
        check_size(request.card, len(found.documents), found.place)
    return [question(request.card, document, examples, system) for document in found.documents]


def first_question(spec: str, data_dir: Path | str | None = None) -> Question:
    """The first evaluation question, without reading more of the data than that takes. Raises UserError."""
    request, examples = _plan(spec, data_dir, "evaluation", None)
    return question(request.card, load_documents(replace(request, limit=1)).documents[0], examples, None)


def _plan(spec: str, data_dir: Path | str | None, split: str, shots: int | None) -> tuple[Request, Sequence[Document]]:
    """What is asked for, and the worked examples before each question."""
    card, options = parse(spec)
    folder = Path(data_dir) if data_dir else None
    given = {name: value for name, value in options.items() if name not in _GENERAL}
    request = Request(card, _split(card, spec, split, options), given, folder)
    return request, few_shot_documents(card, _shots(card, spec, options.get("shots"), shots), folder)


def parse(spec: str) -> tuple[Card, dict[str, str]]:
    """The card that a specification names, and its options. Raises UserError for an unknown task or option."""
    from sdzero_bench.questions.spec import check_options, split_spec

    name, options = split_spec(spec)
    card = find_card(name)
    if card is None:
        if name in read_groups():
            raise UserError(f"tasks: {name} is a group of tasks; name one of {', '.join(read_groups()[name])}")
        raise unknown_task(name)
    check_options(spec, options, (*_GENERAL, *card.options))
    return card, options


def question(card: Card, document: Document, examples: Sequence[Document], system: str | None) -> Question:
    """One question as it is asked."""
    return Question(
        id=document.id,
        messages=messages(card, document, examples, system),
        answer=document.answer,
        solution=document.solution,
        domain=card.domain,
        extraction=card.extraction,
        judge=card.judge,
        meta=document.meta,
    )


def messages(
    card: Card, document: Document, examples: Sequence[Document], system: str | None = None
) -> tuple[Message, ...]:
    """System prompt where there is one, worked examples as user and assistant turns, the question."""
    first = card.system if system is None else system
    turns: list[Message] = [{"role": "system", "content": first}] if first else []
    for example in examples:
        turns.append({"role": "user", "content": render(card.prompt, example.fields)})
        turns.append({"role": "assistant", "content": target(example)})
    return (*turns, {"role": "user", "content": render(card.prompt, document.fields)})


def target(document: Document) -> str:
    """What a right response may look like: the worked solution, or the answer in a box."""
    if document.solution is not None:
        return document.solution
    return f"The answer is \\boxed{{{document.answer}}}." if document.answer else ""


def few_shot_documents(card: Card, number: int, data_dir: Path | None) -> list[Document]:
    """The first `number` documents of the few-shot split. Raises UserError where there are not so many."""
    if number == 0:
        return []
    if card.hub_fewshot_split is None:
        with_one = [name for name, other in read_cards().items() if other.hub_fewshot_split]
        raise UserError(f"tasks: {card.name} has no worked examples, so shots must be 0; {', '.join(with_one)} have")
    found = load_documents(Request(card, Split.FEWSHOT, {}, data_dir)).documents
    if len(found) < number:
        raise UserError(f"tasks: {card.name} has only {len(found)} worked examples, fewer than shots={number}")
    return list(found[:number])


def check_size(card: Card, count: int, place: Place | None) -> None:
    """Say where a local file has another number of questions than the card; refuse a download that has."""
    if card.size in (None, count) or place is None:
        return
    if place.pinned and card.revision is not None:
        raise UserError(
            f"tasks: {card.name}: {place.path or card.dataset} has {count} questions, not {card.size}: its download is "
            "incomplete; delete it and run this again"
        )
    say(f"{card.name}: {place.path} has {count} questions, the benchmark {card.size}")


def _split(card: Card, spec: str, split: str, options: dict[str, str]) -> Split:
    named = options.get("split", split)
    if named not in (Split.EVALUATION, Split.TRAIN):
        raise UserError(f"tasks: split={named} in {spec!r} is not known; known: evaluation, train")
    if Split.TRAIN not in (split, named):
        return Split.EVALUATION
    if card.hub_train_split is None or named != Split.TRAIN:
        trainable = [name for name, other in read_cards().items() if other.hub_train_split]
        why = "has only test questions" if card.hub_train_split is None else "split=evaluation holds test questions"
        raise UserError(
            f"tasks: {spec}: {card.title} {why}, and what is trained on cannot be evaluated on; "
            f"train on {', '.join(trainable)} (their train splits), or on questions of your own"
        )
    return Split.TRAIN


def _shots(card: Card, spec: str, option: str | None, shots: int | None) -> int:
    if option is None:
        return card.shots if shots is None else shots
    if not (option.isascii() and option.isdigit()):
        raise UserError(f"tasks: shots={option} in {spec!r} must be a whole number of at least 0")
    return int(option)
