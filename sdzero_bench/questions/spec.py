"""Question-set specifications: a name, then options as in a web address.

Example: "reasoning_gym:chain_sum?size=200&min_terms=2" is the name "reasoning_gym:chain_sum" with the options
{"size": "200", "min_terms": "2"}. Percent escapes are decoded in options ("%26" is "&"), a plus stays a plus.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from urllib.parse import unquote

from sdzero_bench.errors import UserError


def split_spec(spec: str) -> tuple[str, dict[str, str]]:
    """Name and options. Raises UserError for an option without a value and for one given twice."""
    name, _, query = spec.partition("?")
    options: dict[str, str] = {}
    for part in query.split("&") if query else []:
        key, _, value = part.partition("=")
        if not (key and value):
            raise UserError(f"questions: {part!r} in {spec!r} is no option; write it as name=value, joined by &")
        if key in options:
            raise UserError(f"questions: option {key!r} is given twice in {spec!r}")
        options[key] = unquote(value)
    return name, options


def check_options(spec: str, options: Mapping[str, str], known: Collection[str]) -> None:
    """Raise UserError for an option that is not known, with the closest that is."""
    for key in options:
        if key not in known:
            raise UserError(f"questions: unknown option {key!r} in {spec!r}{suggest(key, known)}")


def whole_number(spec: str, options: Mapping[str, str], key: str, default: int, least: int = 0) -> int:
    """The option as a whole number of at least `least`. Raises UserError."""
    text = options.get(key, str(default))
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise UserError(f"questions: {key}={text} in {spec!r} must be a whole number of at least {least}")
    return int(text)


def suggest(word: str, known: Collection[str]) -> str:
    """'; did you mean ...?', or all that is known where nothing is close."""
    near = get_close_matches(word, known, n=3)
    return f"; did you mean {' or '.join(near)}?" if near else f"; known: {', '.join(sorted(known))}"
