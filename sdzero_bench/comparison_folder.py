"""The file that makes a folder of run directories a comparison.

Example of compare.yaml: `methods: [sdzero, grpo]`, `unequal: []`, `settings: {model: embedded, ...}`; beside it stand
the folders `sdzero/` and `grpo/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.errors import UserError
from sdzero_bench.rundir import write_atomically
from sdzero_bench.same_run import differences

FILE = "compare.yaml"


def is_comparison(path: Path) -> bool:
    """Whether the folder holds a comparison."""
    return (path / FILE).exists()


def write_comparison(path: Path, methods: Sequence[str], unequal: Sequence[str], settings: Mapping[str, Any]) -> None:
    """Make the folder a comparison of these methods under these settings (a config without its method).

    Methods compared there before under the same settings stay in it.

    Raises UserError where it is something else or cannot be written.
    """
    try:
        if is_comparison(path):
            before = yaml.safe_load((path / FILE).read_text())
            changed, _ = differences(before["settings"], settings)
            if changed:
                raise UserError(
                    f"output: {path} holds a comparison with other settings (they differ in {', '.join(changed)}); "
                    "choose another --out, or repeat its settings to resume it"
                )
            unequal = list(dict.fromkeys([*before["unequal"], *unequal]))
            methods = [*before["methods"], *(method for method in methods if method not in before["methods"])]
        elif path.exists() and any(path.iterdir()):
            raise UserError(f"output: {path} exists and is not a comparison; choose another --out")
        record = yaml.safe_dump(
            {"methods": list(methods), "unequal": list(unequal), "settings": dict(settings)}, sort_keys=False
        )
        write_atomically(path / FILE, lambda temporary: temporary.write_text(record))
    except OSError as error:
        raise UserError(f"output: cannot write to {path}: {error.strerror}; choose another --out") from None


def read_comparison(path: Path) -> tuple[list[Path], list[str]]:
    """The run directories of a comparison that were started, in its order, and what is unequal about it."""
    record = yaml.safe_load((path / FILE).read_text())
    runs = [path / method for method in record["methods"]]
    return [run for run in runs if (run / "run.yaml").exists()], record["unequal"]
