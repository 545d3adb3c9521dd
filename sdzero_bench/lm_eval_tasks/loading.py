"""lm-eval's tasks with their data, or one line that says what is missing.

Example: without a network, "arc_easy" ends within a second in "--tasks: arc_easy: its data set allenai/ai2_arc cannot
be had: the Hugging Face hub does not answer and ...".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks.network import unreachable
from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.catalogue import leaf_configs
from sdzero_bench.lm_eval_tasks.local_data import local_data

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


def load_tasks(manager: TaskManager, names: Sequence[str], data_dir: Path | None, shots: int | None) -> list[Any]:
    """lm-eval's Task and Group objects for these names. Raises UserError."""
    loaded: list[Any] = []
    with _without_hub_if_unreachable():
        for name in names:
            try:
                with local_data(manager, name, data_dir, shots):
                    found = manager.load([name])
            except UserError:
                raise
            except Exception as error:  # a task's own Python may raise anything
                raise UserError(_explain(manager, name, error)) from error
            group = found.get("groups", {}).get(name)
            loaded += [group] if group is not None else list(found["tasks"].values())
    return loaded


def _explain(manager: TaskManager, name: str, error: Exception) -> str:
    from datasets.exceptions import DatasetNotFoundError

    text = " ".join(str(error).split())[:300]
    if isinstance(error, ImportError):
        extra = re.search(r"lm[-_]eval\[[\w,]+\]", text)
        missing = getattr(error, "name", None)
        remedy = f"pip install '{extra[0]}'" if extra else f"pip install {missing}" if missing else "install it"
        return f"--tasks: {name} needs a package that is not installed ({text}); {remedy}"
    if isinstance(error, ConnectionError | DatasetNotFoundError | FileNotFoundError):
        paths = {str(c["dataset_path"]) for c in leaf_configs(manager, name).values() if c.get("dataset_path")}
        named = [path for path in sorted(paths) if path in text] or sorted(paths)
        dataset = f"data set {named[0]}" if named else "data"
        unreachable = isinstance(error, ConnectionError)
        why = "the Hugging Face hub does not answer and nothing is cached" if unreachable else text
        place = f"{named[0]}/ or " if named else ""
        return (
            f"--tasks: {name}: its {dataset} cannot be had: {why}; run once where there is a network (HF_HOME keeps "
            f"it), or give --data-dir DIR with DIR/{place}DIR/{name}.jsonl"
        )
    return f"--tasks: lm-eval cannot load {name}: {type(error).__name__}: {text}"


@contextmanager
def _without_hub_if_unreachable() -> Iterator[None]:
    """What is cached is used at once where the hub does not answer, as with HF_HUB_OFFLINE=1.

    The hub's client alone would try for half a minute for every data set.
    """
    import datasets
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    if not any(before) and unreachable(constants.ENDPOINT):
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before
