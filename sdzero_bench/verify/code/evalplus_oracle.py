"""Whether an output is right by EvalPlus' rules: equality, tolerance, and the special oracles of some tasks.

Example: `Oracle("mbpp", "sum_div", 0).accepts([12], Reply(0, True, 0.0), 16)` is True, as in EvalPlus, whose oracle of
Mbpp/295 takes 0 for any number. Source: `unsafe_execute` in evalplus/eval/__init__.py of EvalPlus 0.3.1.

One thing is stricter. Numbers within the tolerance need the same shape too: EvalPlus lets numpy stretch [[]] to [5.0].
"""

from __future__ import annotations

from typing import Any

import numpy as np
from evalplus.eval import is_floats
from evalplus.eval._special_oracle import (
    MBPP_OUTPUT_NOT_NONE_TASKS,
    MBPP_OUTPUT_SET_EQ_TASKS,
    _digit_distance_nums,
    _poly,
    _surface_Area,
)

from sdzero_bench.verify.code.remote import Reply

_FLOAT_ATOL = 1e-6  # for tasks without a tolerance of their own, once an expected output is of floats
_RTOL = 1e-7


class Oracle:
    """Judges the outputs of one part of a task's tests, in order."""

    def __init__(self, dataset: str, entry_point: str, atol: float) -> None:
        self._special = (dataset, entry_point)
        self._atol = atol

    def accepts(self, inputs: list[Any], reply: Reply, expected: Any) -> bool:
        """Whether `reply` is right. It is plain data, whatever the program is."""
        try:
            with np.errstate(all="ignore"):
                return self._accepts(inputs, reply, expected)
        except Exception:  # comparing raises: not the data that it should be
            return False

    def _accepts(self, inputs: list[Any], reply: Reply, expected: Any) -> bool:
        out = reply.value
        if self._special == ("humaneval", "find_zero"):
            return bool(abs(_poly(*inputs, out)) <= self._atol)
        equal = self._equal(inputs, out, expected)
        if self._atol == 0 and is_floats(expected):
            self._atol = _FLOAT_ATOL  # and so for the tests that follow
        if equal or self._atol == 0:
            return bool(equal)
        if not reply.plain or type(out) is not type(expected) or np.shape(out) != np.shape(expected):
            return False
        return bool(np.allclose(out, expected, rtol=_RTOL, atol=self._atol))

    def _equal(self, inputs: list[Any], out: Any, expected: Any) -> Any:
        dataset, name = self._special
        equal = out == expected
        if dataset != "mbpp":
            return equal
        if name == "are_equivalent":
            return True
        if name == "sum_div":
            return equal or out == 0
        if name == "surface_Area":
            return equal or abs(out - _surface_Area(*inputs)) <= self._atol
        if name == "digit_distance_nums":
            return equal or out == _digit_distance_nums(*inputs)
        if name in MBPP_OUTPUT_SET_EQ_TASKS:
            return set(out) == set(expected)
        if name in MBPP_OUTPUT_NOT_NONE_TASKS:
            return equal if isinstance(out, bool) else expected == (out is not None)
        return equal
