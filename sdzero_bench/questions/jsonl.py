"""Questions from a JSON lines file.

Example line: {"problem": "What is 3 + 7?", "answer": "10", "solution": "3 + 7 = 10, so \\boxed{10}"}; `question` may
stand for `problem`; `solution` and `id` may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.questions.records import Fields, to_questions
from sdzero_bench.types import Question


def load(path: Path, fields: Fields) -> list[Question]:
    """One question a line; blank lines are skipped. Raises UserError naming file and line."""
    return to_questions(_rows(path), fields, str(path))


def _rows(path: Path) -> Iterator[tuple[str, str, Any]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    place = f"{path}:{number}"
                    yield place, f"{path.stem}/{number}", _record(line, place)
    except FileNotFoundError:
        raise UserError(f"questions: no such file: {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"questions: cannot read {path}: {error}") from None


def _record(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"questions: {place} is not JSON: {error}") from None
