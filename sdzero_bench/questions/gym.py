"""Questions from a reasoning-gym generator.

Example: "reasoning_gym:chain_sum?size=200&seed=3&min_terms=2&max_terms=4"; options beside size and seed are the
generator's own, with values as in JSON ("true", "0.5", '["+","-"]') or plain words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.questions.spec import suggest, whole_number
from sdzero_bench.types import Extraction, Question

DEFAULT_SIZE = 500
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:/\d+)?")
_NOT_ALONE = {"composite"}  # a mixture of other generators, with no questions of its own


def load(spec: str, name: str, options: Mapping[str, str], seed: int) -> list[Question]:
    """`size` questions of the generator. Raises UserError for an unknown generator or option, or a bad value."""
    import reasoning_gym

    known = sorted(reasoning_gym.factory.DATASETS.keys() - _NOT_ALONE)
    if name not in known:
        raise UserError(f"questions: reasoning-gym has no generator {name!r}{suggest(name, known)}")
    size = whole_number(spec, options, "size", DEFAULT_SIZE, least=1)
    seed = whole_number(spec, options, "seed", seed)
    _, config = reasoning_gym.factory.DATASETS[name]
    parameters = _parameters(spec, options, config)
    try:
        dataset = reasoning_gym.create_dataset(name, size=size, seed=seed, **parameters)
        entries = [dataset[index] for index in range(size)]
    except (AssertionError, ValueError, TypeError, IndexError, KeyError) as error:
        raise UserError(f"questions: {spec}: {name} cannot make such questions: {str(error)[:200]}") from None
    return _questions(name, dataset.category, parameters, seed, entries)


def _questions(
    name: str, category: str, parameters: dict[str, Any], seed: int, entries: list[dict[str, Any]]
) -> list[Question]:
    from sdzero_bench.verify.gym import encode

    numeric = all(isinstance(entry["answer"], str) and _NUMBER.fullmatch(entry["answer"]) for entry in entries)
    return [
        Question(
            id=f"{name}/{seed}/{index}",
            messages=({"role": "user", "content": entry["question"]},),
            answer=entry["answer"] or "",  # some puzzles have many solutions and name none
            domain=category,
            extraction=Extraction.BOXED_OR_LAST_NUMBER if numeric else Extraction.BOXED,
            judge="reasoning_gym",
            meta={"generator": name, "parameters": parameters, "entry": encode(entry)},
        )
        for index, entry in enumerate(entries)
    ]


def _parameters(spec: str, options: Mapping[str, str], config: Any) -> dict[str, Any]:
    """The generator's own options with values of the type of their defaults."""
    defaults = {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(config)
        if field.name not in ("size", "seed")
    }
    parameters = {}
    for key, text in options.items():
        if key in ("size", "seed"):
            continue
        if key not in defaults:
            known = [*defaults, "size", "seed"]
            raise UserError(f"questions: unknown parameter {key!r} in {spec!r}{suggest(key, known)}")
        parameters[key] = _value(spec, key, text, defaults[key])
    return parameters


def _value(spec: str, key: str, text: str, default: Any) -> Any:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    if isinstance(default, str) and not isinstance(value, str):
        value = text
    kind = list if isinstance(default, tuple | list) else type(default)
    if default is not None and default is not MISSING and type(value) is not kind:
        raise UserError(f"questions: {key}={text} in {spec!r} must be of type {kind.__name__}, like {default!r}")
    return value
