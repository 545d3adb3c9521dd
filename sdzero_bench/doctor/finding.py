"""What doctor says about one thing.

Example: Finding("import torchvision", Level.WRONG, "operator torchvision::nms does not exist", "pip uninstall ...").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # works, or works for most
    WRONG = "wrong"  # something will fail


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    level: Level
    found: str
    mend: str = ""  # what to do; always there but where the level is OK


def ok(subject: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(subject, Level.OK, found)


def warning(subject: str, found: str, mend: str) -> Finding:
    """Worth knowing."""
    return Finding(subject, Level.WARNING, found, mend)


def wrong(subject: str, found: str, mend: str) -> Finding:
    """To be mended."""
    return Finding(subject, Level.WRONG, found, mend)
