"""Whether a config goes on with what was started under another one.

Example: a run that ran out of memory goes on with `backend.micro_batch_tokens: 8192` in place of 16384, and that is
noted; with another learning rate it would be another run, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# How the machine is used. Results are the same but for rounding, so these may change while a run is under way.
RESOURCES = ("micro_batch_tokens", "sample_batch", "logit_chunk", "gradient_checkpointing", "threads")
RESOURCE_OPTIONS = ("gpu_memory_utilization", "cpu_kv_cache_gb", "sleep", "servers", "weights_folder")
_MAY_CHANGE = {
    *(("backend", name) for name in RESOURCES),
    *(("backend", "options", name) for name in RESOURCE_OPTIONS),
}

Path = tuple[str, ...]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """(top-level fields that make it another run, remarks on what may change: `backend.threads: 2 in place of 1`)."""
    others, remarks = set(), []
    for path in sorted(_changed(before, after)):
        if path in _MAY_CHANGE:
            old, new = _at(before, path), _at(after, path)
            remarks.append(f"{'.'.join(path)}: {_shown(new)} in place of {_shown(old)}")
        else:
            others.add(path[0])
    return sorted(others), remarks


def _changed(before: Mapping[str, Any], after: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """Fields that differ, only those of `backend` and of its options one by one."""
    for name in before.keys() | after.keys():
        path, old, new = (*prefix, name), before.get(name), after.get(name)
        if path in (("backend",), ("backend", "options")) and isinstance(old, dict) and isinstance(new, dict):
            yield from _changed(old, new, path)
        elif old != new:
            yield path


def _at(config: Mapping[str, Any], path: Path) -> Any:
    value: Any = config
    for name in path:
        value = value.get(name)
    return value


def _shown(value: Any) -> str:
    return "the default" if value is None else str(value)
