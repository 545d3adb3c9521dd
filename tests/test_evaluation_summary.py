"""Summaries of attempts and of draft-revision traces."""

import json

import pytest
from made_results import CONFIG, attempt, attempts

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.evaluation_summary import per_question_accuracy, reviser_verdict, summarise, summarise_revisions
from sdzero_bench.statistics import clustered_mean, pass_at_k
from sdzero_bench.types import RevisionTrace

FOUR = [
    attempt("a", 1, 10, "3 + 7 = 10"),
    attempt("a", 0, 40, "3 + 7 = 11 WAIT , that is 12", "12"),
    attempt("b", 1, 20, "It is predominantly 10, they await it"),
    attempt("b", 1, 30, "Let me\nstart over: 10", None, cut=True),
]


def test_figures_of_four_attempts() -> None:
    summary = summarise(FOUR, CONFIG)
    expected = {
        "questions": 2,
        "k": 2,
        "confidence": 0.95,
        "accuracy": 0.75,
        "pass_at_k": 1.0,
        "pass_at_1": 0.75,
        "pass_at_2": 1.0,
        "length_mean": 25.0,
        "length_median": 25.0,
        "length_p90": 37.0,
        "length_right": 20.0,
        "length_wrong": 40.0,
        "tokens_total": 100,
        "truncated_share": 0.25,
        "self_revision_share": 0.5,  # not "pREDOminantly", not "aWAIT"; over a line break too
        "no_answer_share": 0.25,
    }
    assert {name: summary[name] for name in expected} == pytest.approx(expected)
    interval = clustered_mean([1, 0, 1, 1], "aabb", 0.95)
    assert (summary["accuracy_low"], summary["accuracy_high"]) == (interval.low, interval.high)
    assert summary["length_mean_low"] == summary["length_mean_high"] == 25.0
    assert per_question_accuracy(FOUR) == {"a": 0.5, "b": 1.0}


def test_self_revision_words_are_a_setting() -> None:
    assert summarise(FOUR, EvaluationConfig(self_revision_words=("IT IS",)))["self_revision_share"] == 0.25
    assert summarise(FOUR, EvaluationConfig(self_revision_words=()))["self_revision_share"] == 0.0


def test_pass_at_powers_of_two_and_k() -> None:
    summary = summarise(attempts([[1, 0, 0, 0, 0], [0] * 5]), CONFIG)
    passes = {name: value for name, value in summary.items() if name.startswith("pass_at_")}
    assert passes == pytest.approx(
        {"pass_at_k": 0.5} | {f"pass_at_{k}": pass_at_k(5, 1, k) / 2 for k in (1, 2, 4, 5)}, abs=1e-12
    )


def test_nothing_to_average_is_none_and_survives_json() -> None:
    summary = summarise([attempt("a", 1, 10)], CONFIG)
    assert summary["length_wrong"] is None
    assert summary["accuracy_low"] is None
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_uneven_or_missing_attempts_are_refused() -> None:
    with pytest.raises(ValueError, match="same number"):
        summarise(FOUR[:3], CONFIG)
    with pytest.raises(ValueError, match="same number"):
        summarise([], CONFIG)


def traces(pairs: list[tuple[int, int]]) -> list[RevisionTrace]:
    return [
        RevisionTrace(attempt(f"q{i}", draft, 10), "Wait", attempt(f"q{i}", revision, 20))
        for i, (draft, revision) in enumerate(pairs)
    ]


def test_figures_of_revisions() -> None:
    summary = summarise_revisions(traces([(0, 1)] * 3 + [(0, 0)] + [(1, 1)] * 5 + [(1, 0)]), CONFIG)
    assert summary["draft_accuracy"] == pytest.approx(0.6)
    assert summary["revision_accuracy"] == pytest.approx(0.8)
    assert summary["gain"] == pytest.approx(0.2)
    assert summary["wrong_corrected"] == pytest.approx(0.75)
    assert summary["right_kept"] == pytest.approx(5 / 6)
    assert (summary["draft_length"], summary["revision_length"]) == (10, 20)
    assert (summary["drafts_wrong"], summary["drafts_right"], summary["questions"]) == (4, 6, 10)
    gain = clustered_mean([1, 1, 1, 0, 0, 0, 0, 0, 0, -1], range(10), 0.95)
    assert (summary["gain_low"], summary["gain_high"]) == pytest.approx((gain.low, gain.high))


def test_shares_without_a_wrong_or_a_right_draft_are_none() -> None:
    assert summarise_revisions(traces([(1, 1), (1, 0)]), CONFIG)["wrong_corrected"] is None
    assert summarise_revisions(traces([(0, 1), (0, 0)]), CONFIG)["right_kept"] is None


@pytest.mark.parametrize(
    ("pairs", "better", "says"),
    [
        ([(0, 1)] * 30 + [(1, 1)] * 30, True, "the reviser is better than the generator: drafts 50.0% right"),
        ([(0, 1)] * 2 + [(1, 0)] + [(1, 1)] * 9, True, "better than the generator, but within noise: "),
        ([(0, 1), (1, 0)] * 6, False, "the reviser is no better than the generator: "),
        ([(1, 0)] * 30 + [(1, 1)] * 30, False, "no better than the generator, and worse beyond noise: "),
        ([(0, 1)], True, "but within noise: drafts 0.0% right, revisions 100.0%, a gain of +100.0 points (no interval"),
    ],
)
def test_reviser_verdict(pairs: list[tuple[int, int]], better: bool, says: str) -> None:
    verdict, sentence = reviser_verdict(summarise_revisions(traces(pairs), CONFIG))
    assert verdict is better
    assert says in sentence
    if len(pairs) > 1:
        assert f"{len(pairs)} questions)" in sentence
