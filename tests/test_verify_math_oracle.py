"""Gold answers of real benchmarks: right against themselves however they are written, wrong against each other.

A part of what `python tests/math_oracle.py` runs in full; it needs the folder that SDZERO_BENCH_DATA names.
"""

import os
from pathlib import Path

import pytest
from math_oracle import SETS, completion, disguise_test, golds, judged_equal, self_test

from sdzero_bench.verify.plain import settle

FOLDER = Path(os.environ.get("SDZERO_BENCH_DATA", ""))
needs_data = pytest.mark.skipif(
    "SDZERO_BENCH_DATA" not in os.environ, reason="SDZERO_BENCH_DATA names no folder with math500.jsonl, ..."
)

# Pairs of gold answers that are judged equal and are: the same value, but for ...
SAME_BUT_FOR = {
    "a unit that the question fixes": {
        *(("90", r"90^\circ"), ("120", r"120^\circ"), ("36", r"36^\circ"), ("30", r"30^\circ"), ("36", r"\$36")),
        *(("4", r"$4^{\circ}$"), ("45", r"$45^{\circ}$"), ("15", r"15\mbox{ cm}^2"), ("6", "$6m$")),
    },
    "the name of the unknown": {("5", "x=5"), ("1", "$k=1$"), ("3", "$k=3$"), ("1", "$f(x)=1$")},
    "the order of a list": {("1,-2", "-2,1"), ("2,3,4", "2,4,3"), ("-2,1", "(-2,1)")},
    "the percent sign of the gold answer": {(r"$8 \%$", "8")},
    "the base that the question asks for": {("40_9", "40")},
    "typesetting": {
        *((r"\frac14", r"\frac{1}{4}"), (r"2 \sqrt{5}", r"2\sqrt{5}"), (r"10,\!080", "10080"), ("$2n$", "$2 n$")),
        *(("44", "$44$"), (r"$\frac{1}{3}$", "$1/3$"), ("2", "+2"), ("5,600", "5600"), ("14,000", "14000")),
    },
}


@needs_data
def test_every_gold_answer_is_right_however_it_is_written():
    total, wrong = self_test(FOLDER, SETS[:-1], step=4)
    assert total > 4000
    assert wrong == []
    assert all(settle(q, completion(q.answer).text).reward == 1 for name in SETS for q in golds(FOLDER, name))


@needs_data
def test_gold_answers_are_right_in_disguise():
    """Each value times 3/3: no short cut says that it is equal, so algebra has to see it."""
    total, wrong = disguise_test(FOLDER, SETS[:-1], step=20)
    assert total > 75
    assert wrong == []


@needs_data
def test_other_gold_answers_are_wrong():
    known = {pair for pairs in SAME_BUT_FOR.values() for pair in pairs}
    total, right = judged_equal(FOLDER, ("math500", "hmmt25_feb"), 3)
    assert total > 900
    unexpected = [row for row in right if (row[1], row[2]) not in known and (row[2], row[1]) not in known]
    assert unexpected == []
