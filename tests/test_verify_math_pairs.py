"""The table of pairs, judged by the pool as in a run."""

import pytest
from math_pairs import KNOWN_WRONG, ROWS

from sdzero_bench.types import Completion, FinishReason, Question
from sdzero_bench.verify import open_verifier

PAIRS = [
    (row, answer, verdict)
    for row in ROWS
    for verdict, answers in ((1, row.equal), (0, row.unequal))
    for answer in answers
]


def judged(items):
    with open_verifier(2, 10) as verifier:
        return verifier.verify(
            [
                (
                    Question(gold, ({"role": "user", "content": question},), gold),
                    Completion((1,), rf"so $\boxed{{{answer}}}$", FinishReason.STOP),
                )
                for question, gold, answer in items
            ]
        )


@pytest.fixture(scope="module")
def verdicts():
    attempts = judged([(row.question, row.gold, answer) for row, answer, _ in PAIRS])
    return [attempt.verdict for attempt in attempts]


@pytest.mark.parametrize(
    "i", range(len(PAIRS)), ids=[f"{row.topic}: {row.gold} | {answer}" for row, answer, _ in PAIRS]
)
def test_pair(verdicts, i):
    row, answer, expected = PAIRS[i]
    assert verdicts[i].reward == expected, (row.topic, row.gold, answer, verdicts[i])


def test_there_are_many_pairs_of_both_kinds():
    assert sum(expected for *_, expected in PAIRS) > 200
    assert sum(not expected for *_, expected in PAIRS) > 200


def test_known_wrong_verdicts_are_still_wrong():
    """Strict: one that has become right belongs into the table."""
    attempts = judged([("?", gold, answer) for gold, answer, _ in KNOWN_WRONG])
    assert [a.reward for a in attempts] == [1 - expected for *_, expected in KNOWN_WRONG]
