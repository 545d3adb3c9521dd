"""Benchmarks: task files in lm-eval's format (`sdzero_tasks`), their data, and the questions made of both.

Example: benchmark_questions("math500", data_dir=Path("data")) gives its 500 questions; `find_card("math500")` says
what is asked and how, and where every part of it comes from.
"""

from __future__ import annotations

from sdzero_bench.benchmarks.cards import Card, expand, find_card, is_benchmark, read_cards, read_groups
from sdzero_bench.benchmarks.questions import benchmark_questions

__all__ = [
    "Card",
    "benchmark_questions",
    "expand",
    "find_card",
    "is_benchmark",
    "read_cards",
    "read_groups",
]
