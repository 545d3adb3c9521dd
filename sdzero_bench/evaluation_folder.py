"""An evaluation's folder: what its run.yaml says, whether another call goes on with it, and what its parts are called.

Example: after `--max-tokens 16` a call with `--max-tokens 24` is refused: "evaluation.max_new_tokens: 16 -> 24".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sdzero_bench.config import RunConfig
from sdzero_bench.errors import UserError
from sdzero_bench.protocol import PROTOCOL
from sdzero_bench.same_run import differences

_TRAINING_QUESTIONS = ("train", "evaluation", "per_round")  # a config has to name them; the tasks stand in for them
_SHOWN = 5  # differences


def evaluation_settings(config: RunConfig, given: Collection[str]) -> dict[str, Any]:
    """What run.yaml of an evaluation says: the config without its question sets, as the tasks are named call by call.

    given: the fields of `config.evaluation` that a person has set. `--k 8` where 8 is the default asks for something
    else than no `--k`: a benchmark's own number.
    """
    settings = config.model_dump(mode="json")
    for name in _TRAINING_QUESTIONS:
        del settings["questions"][name]
    return settings | {"set_over_protocols": sorted(PROTOCOL & set(given))}


def check_goes_on(folder: Path, settings: Mapping[str, Any]) -> None:
    """Raise UserError, naming fields with both values, where `folder` was evaluated with other settings."""
    if (folder / "rounds").exists():
        raise UserError(f"output: {folder} is a training run; choose another --out")
    path = folder / "run.yaml"
    if not path.exists():
        return
    before = yaml.safe_load(path.read_text())
    sections, _ = differences(before, settings)
    changed = [
        f"{'.'.join(place)}: {_shown(old)} -> {_shown(new)}"
        for section in sections
        for place, old, new in _changed(before.get(section), settings.get(section), (section,))
    ]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        raise UserError(
            f"output: {folder} was evaluated with other settings ({', '.join(changed[:_SHOWN])}{more}); choose another "
            "--out, or give --fresh to delete it and start again"
        )


def kept_name(task: str) -> str:
    """A file name for each task. Example: "gsm8k", but "a-b-jsonl-" and eight hexadecimal digits for "a/b.jsonl"."""
    plain = re.sub(r"[^\w-]", "-", task, flags=re.ASCII)[:100]
    digest = hashlib.sha256(task.encode(errors="surrogatepass")).hexdigest()
    return plain if plain == task else f"{plain}-{digest[:8]}"


def _changed(before: Any, after: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """(field, old, new) of every value that differs."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            yield from _changed(before.get(name), after.get(name), (*place, name))
    elif before != after:
        yield place, before, after


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not set" if value is None else str(value)
