"""Data sets of lm-eval's tasks in a folder of the user's, in place of the Hugging Face hub.

Example: with --data-dir DATA the task gsm8k_cot (dataset_path openai/gsm8k, test_split test) reads
    DATA/openai/gsm8k/                     a copy of the data set's repository, where there is one; else
    DATA/gsm8k_cot.jsonl                   the split it is evaluated on, in the hub's fields
    DATA/gsm8k_cot_train.jsonl             its split `train`, for few-shot examples
Whatever is not there comes from the Hugging Face caches (HF_HOME), which need no network once they hold it, or the hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdzero_bench.benchmarks.places import data_folder
from sdzero_bench.errors import UserError
from sdzero_bench.lm_eval_tasks.catalogue import leaf_configs

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


@contextmanager
def local_data(manager: TaskManager, name: str, data_dir: Path | None, shots: int | None) -> Iterator[None]:
    """Inside, the tasks behind `name` read what `data_dir` (or SDZERO_DATA_DIR) has for them."""
    from lm_eval.tasks._yaml_loader import load_yaml

    changed = {}
    folder = data_folder(data_dir)
    try:
        for task, config in leaf_configs(manager, name).items() if folder else ():
            entry = manager.task_index.get(task)
            overrides = _overrides(task, config, folder, shots) if folder and entry and entry.yaml_path else {}
            if not overrides:
                continue
            changed[task] = entry
            whole = {**load_yaml(entry.yaml_path, resolve_func=True), **overrides}
            manager.task_index[task] = replace(entry, yaml_path=None, cfg=whole)
        yield
    finally:
        manager.task_index.update(changed)


def _overrides(task: str, config: Mapping[str, Any], data_dir: Path, shots: int | None) -> dict[str, Any]:
    """What of the task's YAML changes; nothing where `data_dir` has nothing for it."""
    path = config.get("dataset_path")
    if not path or config.get("custom_dataset"):
        return {}
    if not Path(path).is_absolute() and (data_dir / path).is_dir():
        return {"dataset_path": str((data_dir / path).resolve())}
    evaluated = data_dir / f"{task}.jsonl"
    if not evaluated.is_file():
        return {}
    train, validation = config.get("training_split"), config.get("validation_split")
    main = config.get("test_split") or validation or train
    if main is None:
        raise UserError(f"--data-dir: {task} names no split that {evaluated} could be")
    shown = config.get("fewshot_config") or {}
    examples = shown.get("split") or config.get("fewshot_split")
    if examples is None and not shown.get("samples"):
        examples = train or validation or main
    own_shots = config.get("num_fewshot")
    wanted = own_shots if own_shots == 0 or shots is None else shots  # lm-eval keeps a task's own 0
    files = {main: str(evaluated)}
    for split in {train, validation, examples} - {None, main}:
        other = data_dir / f"{task}_{split}.jsonl"
        if split == examples and wanted and not other.is_file():
            raise UserError(f"--data-dir: {task} takes its few-shot examples from split {split!r}; put them in {other}")
        # lm-eval opens every split, whether or not it takes examples from it.
        files[split] = str(other if other.is_file() else evaluated)
    return {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": files}}
