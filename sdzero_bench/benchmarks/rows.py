"""The rows of a task's split, from wherever `places` finds them; downloaded where nothing is at hand.

Example: load_rows(gsm8k, "evaluation", None) is the 1,319 rows of openai/gsm8k's test split at the card's revision,
each {"question": "Janet's ducks lay ...", "answer": "... #### 18"}.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sdzero_bench.benchmarks.cards import Card
from sdzero_bench.benchmarks.hub_cache import arrow_files, snapshot_folder
from sdzero_bench.benchmarks.local_files import Row, read_rows
from sdzero_bench.benchmarks.network import offline, unreachable
from sdzero_bench.benchmarks.places import (
    DATA_DIR,
    Kind,
    Place,
    Split,
    data_folder,
    evalplus_cache,
    file_names,
    hub_split_of,
    locate,
)
from sdzero_bench.errors import UserError

_EVALPLUS_HOST = "https://github.com"  # where evalplus downloads its releases from

logger = logging.getLogger("sdzero_bench")


class Rows(NamedTuple):
    """Rows and where they came from. `rows` is a list, or a `datasets.Dataset` (which reads as it is indexed)."""

    rows: Sequence[Row]
    place: Place


def load_rows(card: Card, split: Split, data_dir: Path | None) -> Rows:
    """The rows of a split. Raises UserError, within seconds where there is no network, saying how to provide them."""
    place = locate(card, split, data_dir)
    if place.kind in (Kind.LOCAL, Kind.PACKAGE, Kind.EVALPLUS):
        assert place.path is not None
        return Rows(read_rows(place.path), place)
    if card.kind == "evalplus":
        return _download_evalplus(card, split, data_dir)
    hub_split = hub_split_of(card, split)
    if place.kind is Kind.ARROW:
        return Rows(_from_arrow(place.path, hub_split), place)
    if place.kind in (Kind.FOLDER, Kind.SNAPSHOT):
        return Rows(_from_folder(card, place.path, hub_split), place)
    _check_reachable(card, split, data_dir, _hub_address())
    return Rows(_from_hub(card, hub_split), place)


def hub_files(card: Card, names: Sequence[str], data_dir: Path | None) -> list[Path]:
    """The paths of some of the data set's own files, downloaded where they are not at hand. Raises UserError.

    A file of the card's name in the data folder stands in for all of them.
    """
    place = locate(card, Split.EVALUATION, data_dir)
    if place.kind is Kind.LOCAL and place.path is not None:
        return [place.path]
    if place.kind is Kind.FOLDER and place.path is not None:
        for name in names:
            if not (place.path / name).is_file():
                raise UserError(
                    f"tasks: {card.name}: {place.path} has no {name}; add it, or choose a release that needs less"
                )
        return [place.path / name for name in names]
    return [_hub_file(card, name, data_dir) for name in names]


def check_whole(card: Card, count: int, place: Place) -> None:
    """For a task that holds out rows by a rule: whether they are held out of all rows, as the card counts them."""
    if card.hub_rows in (None, count):
        return
    if place.pinned and card.revision is not None:
        raise UserError(
            f"tasks: {card.name}: {place.path or card.dataset} has {count} rows, not {card.hub_rows}: its download is "
            "incomplete; delete it and run this again"
        )
    say(
        f"{card.name}: {place.path} has {count} of the data set's {card.hub_rows} rows, so not the same questions are "
        "held out as of the whole"
    )


def say(text: str) -> None:
    """A note for people, once where several ranks run the same."""
    if os.environ.get("RANK", "0") == "0":
        logger.warning("note: %s", text)


def _from_arrow(folder: Path | None, hub_split: str) -> Any:
    import datasets

    assert folder is not None
    parts = [datasets.Dataset.from_file(str(path)) for path in arrow_files(folder, hub_split)]
    return parts[0] if len(parts) == 1 else datasets.concatenate_datasets(parts)


def _from_folder(card: Card, folder: Path | None, hub_split: str) -> Any:
    """A snapshot of the data set, with or without its README; or a folder that `save_to_disk` wrote."""
    import datasets

    assert folder is not None
    try:
        with _without_bars():
            return _read_folder(card, folder, hub_split)
    except (OSError, KeyError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise UserError(f"tasks: {card.name}: cannot load {folder}: {_line(error)}") from None


def _read_folder(card: Card, folder: Path, hub_split: str) -> Any:
    import datasets

    if (folder / "dataset_dict.json").exists() or (folder / "state.json").exists():
        saved = datasets.load_from_disk(str(folder))
        return saved[hub_split] if isinstance(saved, dict) else saved
    configs = datasets.get_dataset_config_names(str(folder))
    if card.config in configs or card.config is None:
        return datasets.load_dataset(str(folder), card.config, split=hub_split)
    if (folder / card.config).is_dir():  # no README names the configurations: they are folders
        return datasets.load_dataset(str(folder), data_dir=card.config, split=hub_split)
    return datasets.load_dataset(str(folder), split=hub_split)


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """A local folder is read in a moment."""
    import datasets

    shown = not datasets.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            datasets.enable_progress_bars()


def _from_hub(card: Card, hub_split: str) -> Any:
    import datasets

    try:
        return datasets.load_dataset(card.dataset, card.config, split=hub_split, revision=card.revision)
    except Exception as error:  # the data set's, the hub's, the network library's
        raise UserError(f"tasks: {card.name}: cannot download {_described(card)}: {_line(error)}") from None


def _hub_file(card: Card, name: str, data_dir: Path | None) -> Path:
    """One of the data set's files in the hub's cache, downloaded where it is not there."""
    snapshot = snapshot_folder(card.dataset, card.revision)
    if snapshot is not None and (snapshot / name).is_file():
        return snapshot / name
    _check_reachable(card, Split.EVALUATION, data_dir, _hub_address())
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(card.dataset, name, repo_type="dataset", revision=card.revision))
    except Exception as error:  # the hub's, the network library's
        raise UserError(f"tasks: {card.name}: cannot download {name} of {_described(card)}: {_line(error)}") from None


def _download_evalplus(card: Card, split: Split, data_dir: Path | None) -> Rows:
    """EvalPlus' own download, into its cache."""
    if split is not Split.EVALUATION:
        raise UserError(f"tasks: {card.name} has no {split} split")
    _check_reachable(card, split, data_dir, _EVALPLUS_HOST)
    from evalplus.data import get_human_eval_plus, get_mbpp_plus
    from filelock import FileLock

    evalplus_cache().mkdir(parents=True, exist_ok=True)
    try:  # one rank downloads; stdout is kept clean of the progress bar
        with FileLock(evalplus_cache() / "sdzero.lock"), contextlib.redirect_stdout(sys.stderr):
            (get_human_eval_plus if card.evalplus == "humaneval" else get_mbpp_plus)(version=card.release)
    except Exception as error:  # wget's and gzip's
        raise UserError(f"tasks: {card.name}: EvalPlus cannot download its {card.release}: {_line(error)}") from None
    place = locate(card, split, data_dir)
    if place.path is None:
        raise UserError(f"tasks: {card.name}: EvalPlus has downloaded nothing to {evalplus_cache()}")
    return Rows(read_rows(place.path), place)


def _check_reachable(card: Card, split: Split, data_dir: Path | None, address: str) -> None:
    """Raise UserError saying what was looked for, where, and the two ways to provide it."""
    forbidden = offline()
    reason = f"{forbidden} is set" if forbidden else unreachable(address)
    if reason is None:
        return
    folder = data_folder(data_dir)
    names = ", ".join([*file_names(card, split), *([] if card.kind == "evalplus" else [card.dataset])])
    looked = f"{folder} has none of {names}" if folder else "no data folder is given"
    cache = evalplus_cache() if card.kind == "evalplus" else "the Hugging Face cache"
    host = address.partition("//")[2]
    raise UserError(
        f"tasks: the data of {card.name} is not at hand: {looked}, {cache} does not hold {_described(card)}, and "
        f"{host} cannot be reached ({reason}). Put {file_names(card, split)[0]} into a folder and name that with "
        f"--data-dir (or {DATA_DIR}), or run this once with a network"
    )


def _described(card: Card) -> str:
    if card.kind == "evalplus":
        return f"EvalPlus {card.release}"
    return f"{card.dataset} at {card.revision[:8] if card.revision else 'any revision'}"


def _hub_address() -> str:
    return os.environ.get("HF_ENDPOINT") or "https://huggingface.co"


def _line(error: BaseException) -> str:
    error = error.__cause__ or error  # `datasets` says only "An error occurred" itself
    return " ".join(str(error).split())[:300] or type(error).__name__
