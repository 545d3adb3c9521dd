"""open-r1/codeforces-cots: DeepSeek-R1's solutions of Codeforces problems, by language.

Example row (configuration solutions_py; solutions has C++): {"id": "852/A", "prompt": "...", "generation":
"<think>\\nOkay, ...</think>\\n\\n```python\\n...\\n```", "finish_reason": "stop", "messages": [...], ...}.

C++ has up to five generations a problem, Python one. The data set has not judged them (its card: about 84 % of the
Python ones pass the public tests). Taken is a problem's first, in the data set's order, that R1 finished and that shows
a program after its reasoning. It is not run here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.documents import optional_text, text
from sdzero_bench.benchmarks.places import Split
from sdzero_bench.benchmarks.rows import load_rows
from sdzero_bench.verify.code.program import fenced_blocks

_END_OF_REASONING = "</think>"


def solutions(card: Card, language: str, problems: Mapping[str, str], data_dir: Path | None) -> dict[str, str]:
    """R1's solution by problem, of those that have one. problems: ids, by every name a problem has (its aliases too).

    Local files are called codeforces_cots_solutions.jsonl (C++) and codeforces_cots_solutions_py.jsonl; the folder
    open-r1/codeforces-cots and the hub serve both. Raises UserError where the rows cannot be had.
    """
    rows, place = load_rows(_card(card, card.solutions[language]), Split.TRAIN, data_dir)
    source = str(place.path or card.solutions["dataset"])
    found: dict[str, str] = {}
    for number, row in enumerate(_light(rows)):
        problem = problems.get(text(row, ("id",), f"{source}, row {number}"))
        if problem is not None and problem not in found and row.get("finish_reason") in (None, "stop"):
            whole = rows[number]
            read = optional_text if "generation" in whole else text  # an empty one shows no program
            generation = read(whole, ("generation",), f"{source}, row {number}")
            if generation and fenced_blocks(generation.rpartition(_END_OF_REASONING)[2]):
                found[problem] = generation
    return found


def _card(card: Card, config: str) -> Card:
    """The data set as `places` and `rows` look for it."""
    return replace(
        card,
        name=f"codeforces_cots_{config}",
        dataset=card.solutions["dataset"],
        config=config,
        revision=card.solutions["revision"],
        hub_split="train",
        hub_train_split="train",
        hub_rows=None,
        files={},
    )


def _light(rows: Any) -> Any:
    """Without the generations, which are most of the data set."""
    columns = getattr(rows, "column_names", None)
    return rows.select_columns([name for name in ("id", "finish_reason") if name in columns]) if columns else rows
