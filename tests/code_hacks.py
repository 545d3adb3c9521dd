"""Reads the programs of tests/hacks, which try to be judged right without being so.

Example: "### exit 0 at import", and the lines of the program up to the next "###"; a line "@FORGER" stands for a piece
of tests/hacks/shared.txt.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "hacks"


def programs(name: str) -> dict[str, str]:
    """The programs of a file by their names."""
    shared = _pieces("shared")
    return {
        title: re.sub(r"^@([A-Z_]+)$", lambda mark: shared[mark[1]], text, flags=re.MULTILINE)
        for title, text in _pieces(name).items()
    }


def _pieces(name: str) -> dict[str, str]:
    _, *pieces = re.split(r"^### (.*)\n", (FOLDER / f"{name}.txt").read_text(), flags=re.MULTILINE)
    return {title: text.strip("\n") + "\n" for title, text in zip(pieces[::2], pieces[1::2], strict=True)}
