"""What the Hugging Face caches hold of a data set at one revision, without importing `datasets`.

Example: ~/.cache/huggingface/datasets/HuggingFaceH4___math-500/default/0.0.0/6e4ed1a2.../math-500-test.arrow is the
split `test` of HuggingFaceH4/MATH-500 at 6e4ed1a2.... (`datasets` itself, without a network, takes the newest revision
it has; a pinned one must be that one.)
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})$")


def arrow_folder(dataset: str, config: str | None, revision: str | None, split: str) -> Path | None:
    """The folder in which `datasets` keeps a whole split of that revision; None where it is not there."""
    if revision is None or not (cache := _datasets_cache()).is_dir():
        return None
    wanted = _plain(dataset.replace("/", "___"))
    for folder in cache.iterdir():
        if _plain(folder.name) == wanted:
            for prepared in folder.glob(f"{config or 'default'}/*/{revision}"):
                if arrow_files(prepared, split):
                    return prepared
    return None


def arrow_files(folder: Path, split: str) -> list[Path]:
    """The Arrow files of a split in order; none where one is missing."""
    whole = sorted(folder.glob(f"*-{split}.arrow"))
    if whole:
        return whole[:1]
    shards = sorted(path for path in folder.glob(f"*-{split}-*.arrow") if _SHARD.search(path.stem))
    total = int(match[2]) if shards and (match := _SHARD.search(shards[0].stem)) else 0
    return shards if len(shards) == total else []


def snapshot_folder(dataset: str, revision: str | None) -> Path | None:
    """The folder in the hub's cache with files of that revision besides its README; None where there is none."""
    if revision is None:
        return None
    folder = hub_cache() / f"datasets--{dataset.replace('/', '--')}" / "snapshots" / revision
    if not folder.is_dir():
        return None
    data = (path for path in folder.rglob("*") if path.is_file() and path.name not in ("README.md", ".gitattributes"))
    return folder if any(data) else None


def hub_cache() -> Path:
    """The hub's own cache."""
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    return Path(given).expanduser() if given else _home() / "hub"


def _datasets_cache() -> Path:
    given = os.environ.get("HF_DATASETS_CACHE")
    return Path(given).expanduser() if given else _home() / "datasets"


def _home() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(os.environ.get("HF_HOME") or Path(cache) / "huggingface").expanduser()


def _plain(name: str) -> str:
    """`datasets` writes OpenR1-Math as open_r1-math: letters and digits alone tell."""
    return name.replace("_", "").lower()
