r"""Prompt templates, rendered as lm-eval renders them.

Example: "{{problem}}\nPlease reason step by step ..." with {"problem": "What is 3 + 7?"}.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from jinja2 import BaseLoader, Environment, StrictUndefined, Template

_PLACE = "{{problem}}"


def render(template: str, fields: Mapping[str, str]) -> str:
    """The prompt. A template that is a field's name is that field (lm-eval's rule)."""
    if template in fields:
        return fields[template]
    return _compiled(template).render(**fields)


def suffix_of(template: str) -> str:
    """What stands after the problem, stripped; "" where the problem is not alone at the front."""
    head, found, tail = template.partition(_PLACE)
    return tail.strip() if found and not head else ""


@cache
def _compiled(template: str) -> Template:
    # lm_eval.utils.env: the same settings.
    return Environment(loader=BaseLoader(), undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)
