"""What `sdzero-bench tasks` prints: every task, the groups, the other question sets.

Example of a line: "aime24      30  avg@8 T 0.7 32k  yes      HuggingFaceH4/aime_2024".
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from sdzero_bench.benchmarks import Card, read_cards, read_groups
from sdzero_bench.benchmarks.places import DATA_DIR, Kind, Split, data_folder, locate
from sdzero_bench.questions import describe_sources

if TYPE_CHECKING:
    from rich.table import Table

MAX_WIDTH = 100

# In a narrow column; `sdzero-bench tasks NAME` has the path.
_AT_HAND = {
    Kind.LOCAL: "file",
    Kind.FOLDER: "folder",
    Kind.PACKAGE: "package",
    Kind.EVALPLUS: "file",
    Kind.ARROW: "cache",
    Kind.SNAPSHOT: "cache",
    Kind.HUB: "no",
}


def list_tasks(data_dir: Path | None) -> None:
    """Print the list; what is at hand is looked up here, without a network."""
    folder = data_folder(data_dir)
    looked = f"{folder} and the caches" if folder else f"the caches; no data folder is given (--data-dir, {DATA_DIR})"
    show(
        task_table(read_cards().values(), data_dir),
        f"\nAt hand: looked for in {looked}. A task that says no is downloaded when it is first asked, or read from a "
        "file of the data folder; `sdzero-bench tasks NAME` says which, and shows a prompt. Options follow a question "
        "mark: gsm8k?shots=5.",
        "\nGroups",
        _pairs((name, ", ".join(members)) for name, members in read_groups().items()),
        "\nOther question sets (eval --tasks, train --questions)",
        _pairs((source.example, source.at_hand) for source in describe_sources()),
        "\nAny task that lm-eval ships works in eval --tasks too: `lm-eval ls tasks` lists them.",
    )


def show(*parts: Table | str) -> None:
    """Print to standard output, at most MAX_WIDTH columns wide, text as it stands."""
    from rich.console import Console

    width = min(Console().width, MAX_WIDTH)
    target = io.StringIO()
    console = Console(file=target, width=width, highlight=False, markup=False, emoji=False, color_system=None)
    for part in parts:
        console.print(part)
    print("\n".join(line.rstrip() for line in target.getvalue().split("\n")), end="")


def protocol_in_short(card: Card) -> str:
    """Example: "avg@8 T 0.7 32k", "greedy 768"."""
    sampled = f"avg@{card.k} T {card.temperature:g}" if card.temperature else "greedy"
    tokens = f"{card.max_new_tokens // 1024}k" if card.max_new_tokens % 1024 == 0 else str(card.max_new_tokens)
    return f"{sampled} {tokens}"


def task_table(cards: Iterable[Card], data_dir: Path | None) -> Table:
    """One row a task, math first. Raises UserError for a data folder that is none."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for title in ("task", "n", "protocol", "at hand", "data set"):
        table.add_column(
            title, justify="right" if title == "n" else "left", no_wrap=title != "data set", overflow="fold"
        )
    domain = ""
    for card in sorted(cards, key=lambda card: card.domain, reverse=True):  # otherwise as they come
        if card.domain != domain:
            domain = card.domain
            table.add_section()
            table.add_row(f"[{domain}]")
        size = f"{card.size:,}" if card.size is not None else "?"
        at_hand = _AT_HAND[locate(card, Split.EVALUATION, data_dir).kind]
        table.add_row(card.name, size, protocol_in_short(card), at_hand, card.dataset)
    return table


def _pairs(pairs: Iterable[tuple[str, str]]) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for left, right in pairs:
        table.add_row(f"  {left}", right)
    return table
