"""Where launch profiles come from: those shipped with the package, and YAML files of the user's.

Example: `load_profile("node8")` and `load_profile("mine/cluster.yaml")`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from sdzero_bench.errors import UserError
from sdzero_bench.launching.profile import Profile


def profile_names() -> list[str]:
    """The shipped profiles, sorted."""
    folder = files("sdzero_backends") / "profiles"
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_profile(name_or_path: str) -> Profile:
    """A shipped profile by its name, or a profile from a YAML file. Raises UserError naming the file and the field."""
    source = f"profile {name_or_path}"
    if name_or_path in profile_names():
        text = (files("sdzero_backends") / "profiles" / f"{name_or_path}.yaml").read_text()
    else:
        path = Path(name_or_path).expanduser()
        try:
            text = path.read_text()
        except FileNotFoundError:
            raise UserError(
                f"--profile: unknown profile {name_or_path!r} and no such file; known: {', '.join(profile_names())}"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"--profile: {path} cannot be read: {error}") from None
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserError(f"{source} is not readable YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict):
        raise UserError(f"{source} must hold fields (`launcher: {{command: torchrun}}`), not a {type(data).__name__}")
    return checked_profile(data, source)


def checked_profile(data: dict[str, Any], source: str) -> Profile:
    """A profile from plain values. Raises UserError naming the source and the field."""
    try:
        return Profile.model_validate(data)
    except ValidationError as error:
        raise UserError(f"{source}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    field = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        return f"unknown field {field!r}; known: {', '.join(_fields_at(problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"field {field!r} is missing"
    shown = f"; got {problem['input']!r}" if not isinstance(problem["input"], dict) else ""
    return f"{field + ': ' if field else ''}{problem['msg'].removeprefix('Value error, ')}{shown}"


def _fields_at(path: tuple[Any, ...]) -> list[str]:
    model: Any = Profile
    for part in path:
        annotation = model.model_fields[part].annotation
        sections = [*getattr(annotation, "__args__", ()), annotation]  # `Servers | None` holds the section in its args
        model = next(found for found in sections if isinstance(found, type) and issubclass(found, BaseModel))
    return list(model.model_fields)
