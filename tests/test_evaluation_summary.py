"""Summaries of attempts and of draft-revision traces."""

import json
from dataclasses import replace

import pytest
from made_results import CONFIG, attempt, attempts

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.evaluation_summary import (
    gold_answers,
    per_question_accuracy,
    reviser_verdict,
    summarise,
    summarise_revisions,
)
from sdzero_bench.intervals import bootstrap, wilson
from sdzero_bench.statistics import clustered_mean, pass_at_k
from sdzero_bench.types import Attempt, RevisionTrace

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
        "maj_at_k": 0.75,  # a: 10 and 12 have a vote each; b: 10 has the only one
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
    assert summary["accuracy_se"] == pytest.approx(0.25)
    assert summary["accuracy_interval"] == "student_t"
    assert (summary["pass_at_k_low"], summary["pass_at_k_high"]) == wilson(1, 2, 0.95)
    assert summary["pass_at_k_interval"] == "wilson"
    assert summary["length_mean_low"] == summary["length_mean_high"] == 25.0
    assert per_question_accuracy(FOUR) == {"a": 0.5, "b": 1.0}


def test_self_revision_words_are_a_setting() -> None:
    assert summarise(FOUR, EvaluationConfig(self_revision_words=("IT IS",)))["self_revision_share"] == 0.25
    assert summarise(FOUR, EvaluationConfig(self_revision_words=()))["self_revision_share"] == 0.0


def test_self_revision_phrases_one_by_one() -> None:
    texts = ["Wait, WAIT! let me start\n over", "let me start overt", "await; wait", "nothing"]
    phrases = ("wait", "let me start over", "start", "...")
    summary = summarise([attempt(str(i), 1, text=text) for i, text in enumerate(texts)], configured(phrases))
    assert summary["keywords"] == {
        "wait": {"share": 0.5, "per_response": 0.75},
        "let me start over": {"share": 0.25, "per_response": 0.25},
        "start": {"share": 0.5, "per_response": 0.5},
        "...": {"share": 0.0, "per_response": 0.0},
    }
    assert summary["self_revision_share"] == 0.75
    # "start" inside "let me start over" is another occurrence of its own, but not of any of them.
    assert summary["self_revisions_per_response"] == 5 / 4


def configured(phrases: tuple[str, ...]) -> EvaluationConfig:
    return EvaluationConfig(self_revision_words=phrases)


def test_lengths_apart_for_right_and_wrong() -> None:
    assert summarise(FOUR, CONFIG)["by_verdict"] == {
        "right": {
            "count": 3,
            "length_mean": 20.0,
            "length_median": 20.0,
            "length_p90": 28.0,
            "truncated_share": pytest.approx(1 / 3),
        },
        "wrong": {
            "count": 1,
            "length_mean": 40.0,
            "length_median": 40.0,
            "length_p90": 40.0,
            "truncated_share": 0.0,
        },
    }


def test_text_from_elsewhere_has_characters_and_no_tokens() -> None:
    elsewhere = [replace(one, completion=replace(one.completion, token_ids=())) for one in FOUR]
    summary = summarise(elsewhere, CONFIG, token_counts=False)
    lengths = [len(one.completion.text) for one in FOUR]
    assert summary["length_unit"] == "characters"
    assert summary["length_mean"] == sum(lengths) / 4
    assert summary["by_verdict"]["wrong"]["length_p90"] == lengths[1]
    for unknown in ("tokens_total", "truncated_share"):
        assert summary[unknown] is None
    assert summary["by_verdict"]["right"]["truncated_share"] is None
    assert summarise(FOUR, CONFIG)["length_unit"] == "tokens"


def judged(question: str, base: int | None, plus: int | None) -> Attempt:
    one = attempt(question, int(base == plus == 1), extracted="def f(): ...")
    parts = {name: value for name, value in (("base", base), ("plus", plus)) if value is not None}
    return replace(one, question=replace(one.question, domain="code"), verdict=replace(one.verdict, parts=parts))


def test_parts_have_figures_of_their_own() -> None:
    timed_out = judged("b", None, None)  # the judge was killed: both parts failed
    summary = summarise([judged("a", 1, 0), judged("a", 1, 1), judged("b", 1, 0), timed_out], CONFIG)
    assert summary["accuracy"] == 0.25
    base, plus = summary["parts"]["base"], summary["parts"]["plus"]
    assert (base["accuracy"], base["pass_at_k"], base["pass_at_1"]) == (0.75, 1.0, 0.75)
    assert (plus["accuracy"], plus["pass_at_k"]) == (0.25, 0.5)
    assert base["accuracy_se"] == pytest.approx(0.25)
    assert base["accuracy_low"] < 0.75 < base["accuracy_high"]
    assert summary["maj_at_k"] is None  # programs are not counted as votes
    assert summarise(FOUR, CONFIG)["parts"] == {}


def test_intervals_are_a_setting_and_kept() -> None:
    rewards = [[1, 1], [1, 0], [0, 0], [1, 0], [1, 1]]
    judged_attempts = attempts(rewards)
    summary = summarise(judged_attempts, EvaluationConfig(k=2, interval="bootstrap"))
    assert summary["accuracy_interval"] == summary["length_mean_interval"] == "bootstrap"
    assert (summary["accuracy_low"], summary["accuracy_high"]) == bootstrap([1, 0.5, 0, 0.5, 1], 0.95)
    greedy = summarise(attempts([[1]] * 29 + [[0]]), EvaluationConfig(k=1, temperature=0))
    assert greedy["accuracy_interval"] == "wilson"
    assert (greedy["accuracy_low"], greedy["accuracy_high"]) == wilson(29 / 30, 30, 0.95)
    assert greedy["maj_at_k"] == greedy["pass_at_k"] == greedy["accuracy"]


def test_gold_answers_tell_questions_apart() -> None:
    long = attempt("long", 1)
    long = replace(long, question=replace(long.question, answer="x" * 1000))
    gold = gold_answers([*FOUR, long])
    assert gold["a"] == gold["b"] == "10"
    assert gold["long"].startswith("sha256:")
    assert len(gold["long"]) < 30


def test_pass_at_powers_of_two_and_k() -> None:
    summary = summarise(attempts([[1, 0, 0, 0, 0], [0] * 5]), CONFIG)
    ends = ("low", "high", "interval")
    passes = {name: value for name, value in summary.items() if name.startswith("pass_at_") and not name.endswith(ends)}
    assert passes == pytest.approx(
        {"pass_at_k": 0.5} | {f"pass_at_{k}": pass_at_k(5, 1, k) / 2 for k in (1, 2, 4, 5)}, abs=1e-12
    )


def test_nothing_to_average_is_none_and_survives_json() -> None:
    summary = summarise([attempt("a", 1, 10)], CONFIG)
    assert summary["length_wrong"] is None
    assert summary["accuracy_low"] is summary["accuracy_se"] is summary["accuracy_interval"] is None
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


def test_intervals_of_revisions() -> None:
    pairs = [(0, 1)] * 3 + [(0, 0)] + [(1, 1)] * 6
    summary = summarise_revisions(traces(pairs), CONFIG)
    assert (summary["draft_accuracy_low"], summary["draft_accuracy_high"]) == wilson(0.6, 10, 0.95)
    assert summary["revision_accuracy_interval"] == "wilson"
    assert summary["gain_interval"] == "student_t"
    resampled = summarise_revisions(traces(pairs), EvaluationConfig(interval="bootstrap"))
    assert (resampled["gain_low"], resampled["gain_high"]) == bootstrap([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], 0.95)


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
