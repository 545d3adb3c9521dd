"""lm-eval's tables of its results, as its own command prints them. Example: |gsm8k_cot|3|strict-match|8|exact_match|"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def render_lm_eval(results: Mapping[str, Any]) -> str:
    """Tasks, then groups where there are any; Markdown."""
    from lm_eval.utils import make_table

    tables = [make_table(dict(results))]
    if results.get("groups"):
        tables.append(make_table(dict(results), "groups"))
    return "\n".join(tables)
