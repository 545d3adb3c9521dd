"""What `sdzero-bench tasks NAME` prints: a task's card, and one prompt as a model sees it.

Example: `sdzero-bench tasks aime24 --data-dir data --model Qwen/Qwen3-4B` ends with the first question inside the
model's chat template and "gold answer: 204".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks import Card, expand, find_card, is_benchmark, read_cards, read_groups
from sdzero_bench.benchmarks.cards import unknown_task
from sdzero_bench.benchmarks.places import DATA_DIR, Place, Split, file_names, locate
from sdzero_bench.benchmarks.questions import first_question, parse
from sdzero_bench.cli.task_list import show, task_table
from sdzero_bench.errors import UserError
from sdzero_bench.questions import is_question_set, load_questions
from sdzero_bench.types import Extraction, Question

_ANSWERS = {
    Extraction.BOXED: "the last \\boxed{...}, compared as mathematics",
    Extraction.BOXED_OR_LAST_NUMBER: "the last \\boxed{...}, without one the last number; compared as mathematics",
    Extraction.CHOICE: "a letter",
}
_LONGEST = 6_000  # characters of a prompt that are shown


def show_task(spec: str, model: str | None, data_dir: Path | None) -> None:
    """Print the card, and a prompt where the task's data is at hand. Raises UserError for an unknown name."""
    name = spec.partition("?")[0]
    card = find_card(name)
    if spec in read_groups():
        cards = read_cards()
        show(task_table([cards[task] for task in expand([spec])], data_dir))
        return
    if card is None and (not is_question_set(spec) or spec.startswith("hf:")):
        raise unknown_task(name)
    # Everything that can be wrong comes before the first line.
    place = locate(card, Split.EVALUATION, data_dir) if card else None
    tokenizer = _tokenizer(model) if model is not None else None
    if place is not None and not place.at_hand:
        question = None
    elif is_benchmark(spec):
        question = first_question(spec, data_dir)
    else:
        question = load_questions(spec, split="evaluation")[0]
    if card is not None and place is not None:
        show(_table(_lines(card, place, parse(spec)[1])))
    if question is None:
        assert card is not None
        show(f"\nA prompt is shown once the data is at hand, for example {file_names(card, Split.EVALUATION)[0]} in a "
             f"folder that --data-dir (or {DATA_DIR}) names.")  # fmt: skip
        return
    # The prompt itself is not wrapped: it is what the model sees.
    print(f"\nThe prompt of {question.id}{f', in the chat template of {model}' if model else ''}:\n")
    print(_cut(_in_template(tokenizer, question) if tokenizer else _as_messages(question)))
    print(f"\nGold answer: {question.answer or _decided_by_tests(question)}")


def _lines(card: Card, place: Place, asked: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield card.name, f"{card.title} ({card.domain})"
    config = f", configuration {card.config}" if card.config not in (None, "default") else ""
    yield "data set", f"{card.dataset}{config}, split {card.hub_split}"
    yield "revision", card.revision or "not pinned"
    yield "questions", f"{card.size:,}" if card.size is not None else "not known"
    yield "at hand", f"{place.kind}{f': {place.path}' if place.path else ''}" if place.at_hand else _missing(card)
    trained = f"split {card.hub_train_split}" if card.hub_train_split else "none: it has only test questions"
    held_out = ", less what is held out" if card.hub_train_split == card.hub_split else ""
    yield "training", f"{trained}{held_out}"
    yield "protocol", _protocol(card)
    worked = f"from split {card.hub_fewshot_split} (?shots=N)" if card.hub_fewshot_split else "none"
    shots = f"{asked['shots']} asked for" if "shots" in asked else f"{card.shots} unless asked for"
    yield "worked examples", f"{worked}; {shots}"
    yield "judge", card.judge if card.domain == "code" else f"{card.judge}: {_ANSWERS[card.extraction]}"
    if card.options:
        yield "options", ", ".join(f"{name}={value or '...'}" for name, value in card.options.items())
    if asked:
        yield "asked for", ", ".join(f"{name}={value}" for name, value in asked.items())
    if card.groups:
        yield "groups", ", ".join(card.groups)
    if card.note:
        yield "note", card.note
    for what, source in card.sources.items():
        yield f"{what} from", source
    yield "task file", str(card.path)


def _protocol(card: Card) -> str:
    if card.temperature == 0:
        return f"greedy, {card.max_new_tokens:,} new tokens"
    return (
        f"{card.k} samples a question (avg@{card.k}), temperature {card.temperature:g}, top_p {card.top_p:g}, "
        f"{card.max_new_tokens:,} new tokens"
    )


def _missing(card: Card) -> str:
    names = ", ".join(file_names(card, Split.EVALUATION))
    source = f"EvalPlus' release {card.release}" if card.kind == "evalplus" else "the hub"
    folder = "" if card.kind == "evalplus" else f", or a snapshot in a folder {card.dataset}"
    return f"no: downloaded from {source} when first asked; or in the data folder one of {names}{folder}"


def _as_messages(question: Question) -> str:
    return "\n\n".join(f"[{message['role']}]\n{message['content']}" for message in question.messages)


def _in_template(tokenizer: Any, question: Question) -> str:
    messages = [dict(message) for message in question.messages]
    return str(
        tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, enable_thinking=False)
    )


def _tokenizer(model: str) -> Any:
    from sdzero_bench.models import EMBEDDED, resolve_model

    place = resolve_model(model)  # before what takes long to import
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
    except (OSError, ValueError) as error:
        if isinstance(place, str):  # the library's own words are about a network that was not asked
            raise UserError(
                f"--model: no tokenizer of {model} is in the Hugging Face cache, and `tasks` downloads nothing; give a "
                f"folder or `{EMBEDDED}`, or first `hf download {model}`"
            ) from None
        raise UserError(
            f"--model: cannot load a tokenizer from {model}: {' '.join(str(error).split())[:200]}"
        ) from None
    if not tokenizer.chat_template:
        raise UserError(f"--model: the tokenizer of {model} has no chat template")
    return tokenizer


def _decided_by_tests(question: Question) -> str:
    tests = question.meta.get("tests")
    return f"none: {len(tests)} tests decide" if tests is not None else "none: tests decide"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n[... {len(text) - _LONGEST:,} more characters]"


def _table(lines: Iterator[tuple[str, str]]) -> Any:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for left, right in lines:
        table.add_row(left, right)
    return table
