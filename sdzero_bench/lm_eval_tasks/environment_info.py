"""Where an evaluation ran, as lm-eval's results.json tells it: the repository's commit and a text about the machine.

Example: git_hash() is "18eb75b" inside a checkout and None elsewhere.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any


def git_hash() -> str | None:
    """Of the repository that the current folder is in. Unlike lm-eval's own it lets git say nothing on the screen."""
    try:
        described = subprocess.run(["git", "describe", "--always"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return described.stdout.strip() or None


def environment_text(environment: Mapping[str, Any]) -> str:
    """`describe_environment`, a line a fact."""
    flat = {key: value for key, value in environment.items() if key != "versions"} | dict(environment["versions"])
    return "\n".join(f"{key}: {value}" for key, value in flat.items())
