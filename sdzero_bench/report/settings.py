"""How the runs differ in their settings, and what they ran on.

Example row of the differences: ("grpo.group_size", "8", "4") for the runs grpo and grpo-n4.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdzero_bench.report.inputs import read_settings
from sdzero_bench.run_results import run_label
from sdzero_bench.table_formats import Table, flat

UNSET = "–"


def settings_table(folders: Sequence[Path]) -> Table:
    """Every setting in which two of the folders differ, a column a folder."""
    differing, same = _compared([read_settings(folder) for folder in folders])
    note = f"{len(same)} settings are the same everywhere; run.yaml of every folder has all of them."
    return Table("Settings in which the runs differ", ("setting", *names_of(folders)), differing, (note,))


def environment_tables(folders: Sequence[Path]) -> list[Table]:
    """Versions, hardware and seeds: what all folders share, and what they do not, a column a folder."""
    differing, same = _compared([_environment(folder) for folder in folders])
    tables = [Table("The same for all", ("", "value"), same)] if same else []
    return tables + ([Table("Different", ("", *names_of(folders)), differing)] if differing else [])


def _compared(records: Sequence[dict[str, Any]]) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]:
    """Rows (name, a value for each record) of what differs, and (name, value) of what is the same."""
    known = [flat(record, ".") for record in records]
    rows = [
        (name, [_written(one[name]) if name in one else UNSET for one in known])
        for name in dict.fromkeys(name for one in known for name in one)
    ]
    differing = tuple((name, *values) for name, values in rows if len(set(values)) > 1)
    return differing, tuple((name, values[0]) for name, values in rows if len(set(values)) == 1)


def names_of(folders: Sequence[Path]) -> list[str]:
    """What columns are called: the row's name in the tables, with the seed where there are several, or the folder's."""
    configs = [read_settings(folder) for folder in folders]
    several = len({config["seed"] for config in configs}) > 1
    names = [
        (run_label(config) + (f", seed {config['seed']}" if several else ""))
        if (folder / "rounds").is_dir()
        else folder.name
        for folder, config in zip(folders, configs, strict=True)
    ]
    return [
        str(folder) if names.count(name) > 1 else name for folder, name in zip(folders, names, strict=True)
    ]  # fmt: skip


def _environment(folder: Path) -> dict[str, Any]:
    path = folder / "environment.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _written(value: Any) -> str:
    if value is None or value == {} or value == []:
        return UNSET
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
