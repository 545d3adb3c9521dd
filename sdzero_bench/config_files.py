"""Configs read from YAML, changed from the command line, checked, and written again.

Example: a file of three lines, `extends: qwen3-4b-math`, `model: /models/mine` and `seed: 3`, is that recipe on another
model; `--set srt.epochs=2` changes one field of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from sdzero_bench.config import RunConfig
from sdzero_bench.errors import UserError

_SHIPPED = Path(str(files("sdzero_bench.configs")))


def load_config(path: Path | None, overrides: Sequence[str] = (), **fields: Any) -> RunConfig:
    """Read YAML (what it `extends` first), then `fields` (None: not given), then `section.field=value` overrides.

    All of it is checked. Raises UserError naming the file and the field.
    """
    source = f"the command line over {path.name}" if path and overrides else str(path or "the command line")
    data = _read(path) if path else {}
    for name, value in fields.items():
        if value is not None:
            _put(data, name.split("__"), value)
    for override in overrides:
        name, found, text = override.partition("=")
        if not found or not name.strip():
            raise UserError(f"--set {override!r}: write it as section.field=value, for example srt.learning_rate=1e-5")
        try:
            _put(data, name.strip().split("."), yaml.safe_load(text) if text else "")
        except yaml.YAMLError:
            raise UserError(f"--set {override!r}: the value is not readable as YAML") from None
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise UserError(f"config ({source}): {_first_problem(error)}") from None


def with_values(config: RunConfig, values: Mapping[str, Any], source: str) -> RunConfig:
    """The config with `section.field` values put in, checked again. Raises UserError naming `source` and the field."""
    data = config.model_dump()
    for name, value in values.items():
        _put(data, name.split("."), value)
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise UserError(f"config ({source}): {_first_problem(error)}") from None


def dump_config(config: RunConfig) -> str:
    """YAML of every setting, defaults too, in the order they are declared."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def shipped_config(name: str) -> Path | None:
    """A config that ships with the package, by name: `embedded`, `quick`, or a recipe. None where there is none."""
    if re.fullmatch(r"[\w.-]+", name):
        for path in (_SHIPPED / f"{name}.yaml", _SHIPPED / "recipes" / f"{name}.yaml"):
            if path.is_file():
                return path
    return None


def shipped_recipes() -> list[str]:
    """Names of the recipes."""
    return sorted(path.stem for path in (_SHIPPED / "recipes").glob("*.yaml"))


def _read(path: Path, below: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The fields of a YAML file over those of the file that its `extends` names: one beside it, or a shipped one.

    below: the files that are extended on the way here.
    """
    try:
        data = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        raise UserError(f"config: no such file: {path}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"config: {path} is not readable YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise UserError(f"config: {path} must hold fields (`method: sdzero`), not a {type(data).__name__}")
    if (other := data.pop("extends", None)) is None:
        return data
    path = path.resolve()
    beside = (path.parent / f"{other}").resolve()
    base = beside if beside.is_file() else shipped_config(str(other))
    if base is None:
        raise UserError(f"config: {path} extends {other!r}, which is no file beside it and no config of this package")
    if base in (path, *below):
        raise UserError(f"config: {path} extends {other!r}, which extends it: one of them has to stand alone")
    return _merged(_read(base, (path, *below)), data)


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Sections are merged field by field; anything else is replaced."""
    merged = dict(base)
    for name, value in over.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return merged


def _put(data: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    for key in keys[:-1]:
        nested = data.setdefault(key, {})
        if not isinstance(nested, dict):
            raise UserError(f"--set {'.'.join(keys)}: {key} is a value, not a section")
        data = nested
    data[keys[-1]] = value


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = _fields_at(problem["loc"][:-1])
        return f"unknown field {field!r}{_closest(str(problem['loc'][-1]), known)}"
    if problem["type"] == "missing":
        option = {"model": "--model", "questions": "--questions", "questions.train": "--questions"}.get(field)
        return f"field {field!r} is missing: give it in the config or with {option or f'--set {field}=...'}"
    shown = f"; got {problem['input']!r}" if not isinstance(problem["input"], dict) else ""
    return f"{field + ': ' if field else ''}{problem['msg'].removeprefix('Value error, ')}{shown}"


def _fields_at(path: Sequence[Any]) -> list[str]:
    model: Any = RunConfig
    for part in path:
        if not hasattr(model, "model_fields"):  # inside a mapping with names of people's own
            return []
        model = model.model_fields[part].annotation
    return list(getattr(model, "model_fields", ()))


def _closest(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    others = f"; known: {', '.join(known)}" if known else ""
    return f"; did you mean {near[0]!r}?" if near else others
