"""Where a model named on the command line is. Example: `embedded` is the tiny model that ships with the package."""

from __future__ import annotations

import re
from pathlib import Path

from sdzero_bench.errors import UserError

EMBEDDED = "embedded"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def resolve_model(name: str) -> Path | str:
    """A Hugging Face folder, or a hub id that transformers will load. Raises UserError for a folder that is none."""
    if name == EMBEDDED:
        from sdzero_bench.embedded import model_path

        return model_path()
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").exists():
            raise UserError(f"model: {name} is a folder without config.json, not a Hugging Face model")
        return path.resolve()
    if HUB_ID.fullmatch(name) and not name.startswith("."):
        return name
    from sdzero_bench.fetch_model import SOURCES

    if str(path) in SOURCES:
        raise UserError(f"model: no folder {name}; `sdzero-bench fetch-model {path}` makes it")
    raise UserError(f"model: no folder {name}; give a Hugging Face folder, a hub id (org/name) or `{EMBEDDED}`")


def model_label(name: str) -> str:
    """A short name for folders. Example: `Qwen/Qwen3-4B` and `/models/Qwen3-4B/` are both `Qwen3-4B`."""
    return re.sub(r"[^\w.-]", "-", name.rstrip("/").rsplit("/", 1)[-1])
