"""One small table, five ways to write it: terminal, Markdown, LaTeX (booktabs), CSV, HTML.

Example: a `Table` titled Accuracy, header method, base, round 1, one row of three cells becomes in a terminal

    Accuracy

    method          base     round 1
    ────────────────────────────────
    sdzero    66.8 ± 3.2  75.4 ± 3.0
                35.5 tok    39.8 tok

The same table gives the same bytes everywhere: no colours, no dates, no look at the terminal or the environment.
"""

from __future__ import annotations

import csv
import html
import io
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sdzero_bench.errors import UserError


class TableFormat(StrEnum):
    """How a table is written."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    CSV = "csv"
    LATEX = "latex"
    HTML = "html"


@dataclass(frozen=True, slots=True)
class Table:
    """What people read. A cell may hold several lines; `keys` leading columns name the row and are left-aligned."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    footnotes: tuple[str, ...] = ()
    keys: int = 1


Record = Mapping[str, Any]


def write_table(table: Table, records: Sequence[Record], fmt: str, width: int) -> str:
    """`table` as text that ends in a newline; CSV writes `records` instead, with full precision.

    `width` is in terminal columns and concerns the terminal only. Raises UserError for an unknown format.
    """
    if fmt not in list(TableFormat):
        raise UserError(f"format: unknown table format {fmt!r}; known: {', '.join(TableFormat)}")
    if fmt == TableFormat.CSV:
        return _csv(records)
    if fmt == TableFormat.MARKDOWN:
        return _markdown(table)
    if fmt == TableFormat.HTML:
        return _html(table)
    return _latex(table) if fmt == TableFormat.LATEX else _terminal(table, width)


def _terminal(table: Table, width: int) -> str:
    """Columns that do not fit in `width` go into further blocks, each with the key columns in front."""
    keys, columns = list(range(table.keys)), list(range(table.keys, len(table.header)))
    blocks: list[str] = []
    while columns or not blocks:
        taken = len(columns)
        while taken > 1 and _text_width(_block(table, keys + columns[:taken])) > width:
            taken -= 1
        blocks.append(_block(table, keys + columns[:taken]))
        columns = columns[taken:]
    title = [textwrap.fill(table.title, width)] if table.title else []
    notes = [
        textwrap.fill(note, width, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)
        for note in table.footnotes
    ]
    return "\n\n".join(title + blocks + (["\n".join(notes)] if notes else [])) + "\n"


def _block(table: Table, columns: Sequence[int]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    tall = any("\n" in row[column] for row in table.rows for column in columns)
    grid = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), leading=int(tall))
    for column in columns:
        grid.add_column(
            Text(table.header[column]), justify="left" if column < table.keys else "right", vertical="top", no_wrap=True
        )
    for row in table.rows:
        grid.add_row(*(Text(row[column]) for column in columns))
    target = io.StringIO()
    # Wide enough to never wrap; everything else that rich would ask the terminal or the environment is said here.
    console = Console(
        file=target, width=100_000, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False
    )
    console.print(grid)
    return "\n".join(line.rstrip() for line in target.getvalue().strip("\n").split("\n"))


def _text_width(text: str) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, text.split("\n")))


def _markdown(table: Table) -> str:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cells)} |"

    header = line(_markdown_text(name.replace("\n", " ")) for name in table.header)
    rule = line(":--" if column < table.keys else "--:" for column in range(len(table.header)))
    rows = [line(_markdown_text(cell).replace("\n", "<br>") for cell in row) for row in table.rows]
    title = [f"**{_markdown_text(table.title)}**"] if table.title else []
    notes = ["\n".join(f"- {_markdown_text(note)}" for note in table.footnotes)] if table.footnotes else []
    return "\n\n".join([*title, "\n".join([header, rule, *rows]), *notes]) + "\n"


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\|*_<>`\[\]~])", r"\\\1", text)


def _latex(table: Table) -> str:
    def cell(text: str, key: bool) -> str:
        lines = [_latex_text(line) for line in text.split("\n")]
        stacked = r" \\ ".join(lines)
        return stacked if len(lines) == 1 else rf"\shortstack[{'l' if key else 'r'}]{{{stacked}}}"

    def line(cells: Sequence[str]) -> str:
        return " & ".join(cell(text, column < table.keys) for column, text in enumerate(cells)) + r" \\"

    columns = "l" * table.keys + "r" * (len(table.header) - table.keys)
    tall = any("\n" in text for row in table.rows for text in row)
    rows = [line(row) for row in table.rows]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering\small",
            *([rf"\caption{{{_latex_text(table.title)}}}"] if table.title else []),
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            line(table.header),
            r"\midrule",
            *(f"{row}\n\\addlinespace" if tall and row is not rows[-1] else row for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            *([r"\par\smallskip\raggedright\footnotesize"] if table.footnotes else []),
            *(rf"{_latex_text(note)}\par" for note in table.footnotes),
            r"\end{table}",
            "",
        ]
    )


# [ ] and * would be read as arguments of a preceding \\; the others are special anywhere.
_LATEX = {character: f"\\{character}" for character in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "±": r"$\pm$",
    "–": "--",
    "→": r"$\rightarrow$",
}


def _latex_text(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _html(table: Table) -> str:
    """A table element of its own, to be put into a page; no styles."""

    def cell(text: str, column: int, tag: str) -> str:
        name = "th" if tag == "th" or column < table.keys else "td"
        scope = ' scope="row"' if name == "th" and tag == "td" else ""
        return f"<{name}{scope}>{html.escape(text).replace(chr(10), '<br>')}</{name}>"

    def line(cells: Sequence[str], tag: str = "td") -> str:
        return f"<tr>{''.join(cell(text, column, tag) for column, text in enumerate(cells))}</tr>"

    notes = "".join(f"<li>{html.escape(note)}</li>" for note in table.footnotes)
    return "\n".join(
        [
            "<figure>",
            *([f"<figcaption>{html.escape(table.title)}</figcaption>"] if table.title else []),
            "<table>",
            f"<thead>{line(table.header, 'th')}</thead>",
            "<tbody>",
            *(line(row) for row in table.rows),
            "</tbody>",
            "</table>",
            *([f"<ul>{notes}</ul>"] if notes else []),
            "</figure>",
            "",
        ]
    )


def flat(record: Record, joint: str = "_") -> dict[str, Any]:
    """Dictionaries inside a record as columns of their own: {"parts": {"base": 1}} becomes {"parts_base": 1}."""
    columns: dict[str, Any] = {}
    for name, value in record.items():
        inner = flat(value, joint) if isinstance(value, Mapping) else None
        columns |= {name: value} if inner is None else {f"{name}{joint}{key}": inner[key] for key in inner}
    return columns


def _csv(records: Sequence[Record]) -> str:
    target = io.StringIO()
    records = [flat(record) for record in records]
    columns = list(dict.fromkeys(name for record in records for name in record))
    writer = csv.DictWriter(target, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)  # floats as repr writes them: read back they are the same; None is an empty field
    return target.getvalue()
