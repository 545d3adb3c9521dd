"""Small data of the shape that the paper's data sets have, made up by rule: what the recipes' CPU twins run on.

Example: `write_twin_data(Path("twin-data"))` writes aime24.jsonl with 30 rows {"id": 0, "problem": "7 + 1 + 9 - 5 = ?",
"answer": "12", "solution": ..., "url": ..., "year": ...}, and so on for every task of `paper`.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from sdzero_bench.errors import UserError
from sdzero_bench.rundir import write_atomically
from sdzero_bench.twin_data.mathematics import mathematics
from sdzero_bench.twin_data.programs import programs

FOLDER = "twin-data"  # where the twins' recipes look

_README = """# Not the benchmarks

These files have the names and the columns of the paper's data sets, so that the recipes' CPU twins read them as the
recipes read the real ones (`--data-dir`). What stands in them was made up by rule by `sdzero-bench twin-data`: chains
of + and -, and programs of a line or two. Figures measured on them say nothing about the benchmarks.
"""


def twin_data() -> dict[str, str]:
    """The files by name, always the same."""
    rows = mathematics() | programs()
    lines = {name: "".join(json.dumps(row) + "\n" for row in made) for name, made in rows.items()}
    return {"README.md": _README, **lines}


def write_twin_data(out: Path) -> Path:
    """Write every file into the folder `out`, and return it; files that are there already stay as they are.

    Raises UserError where a file of that name holds something else: it may be the real data.
    """
    files = twin_data()
    try:
        for name, text in files.items():
            if (out / name).exists() and (out / name).read_text() != text:
                raise UserError(f"twin-data: {out / name} holds something else; give another folder with --out")
        for name, text in files.items():
            if not (out / name).exists():
                write_atomically(out / name, partial(Path.write_text, data=text))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"twin-data: cannot write to {out}: {error}; give another folder with --out") from None
    return out
