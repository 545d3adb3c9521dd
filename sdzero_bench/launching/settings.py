"""A profile's engine settings as `--set` words, placed before the user's own so that the user's win.

Example: {name: vllm-deepspeed, options: {zero_stage: 2}} becomes

    --set backend.name=vllm-deepspeed --set backend.options.zero_stage=2
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from sdzero_bench.launching.profile import Profile


def profile_settings(profile: Profile, backend: str | None, overrides: Sequence[str]) -> list[str]:
    """`field=value` of the profile's backend section, given what the user asked for on the command line.

    The user's `--backend` (which any --set would beat) takes the place of the profile's name, and another engine than
    the profile's gets none of its `options`, which mean nothing to it.
    """
    settings = dict(profile.backend)
    named = [text.partition("=")[2].strip() for text in overrides if text.partition("=")[0].strip() == "backend.name"]
    engine = named[-1] if named else backend
    if engine is not None and engine != settings.get("name"):
        settings.pop("options", None)
    if engine is not None:
        settings.pop("name", None)
    return [f"{name}={_text(value)}" for name, value in _flat("backend", settings)]


def _flat(prefix: str, settings: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, dict) and value:
            yield from _flat(f"{prefix}.{name}", value)
        else:
            yield f"{prefix}.{name}", value


def _text(value: Any) -> str:
    """What `--set` reads back as the same value: a bare word where YAML reads one, JSON elsewhere."""
    if isinstance(value, str) and yaml.safe_load(value) == value:
        return value
    return json.dumps(value)
