"""lm-eval's results as plain JSON values. Example: [(numpy.float64(0.5), True)] becomes [[0.5, True]]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    """The same of dicts with text keys, lists, text, numbers, booleans and None; what is none of these as text."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=str)
    if hasattr(value, "tolist"):  # numpy's and torch's
        return plain(value.tolist())
    if isinstance(value, float):
        return float(value)
    return int(value) if isinstance(value, int) else str(value)
