"""Every method against one of them: paired by seed where there are several, by question where there is one."""

import csv
import io

import pytest
from made_results import method
from scipy.stats import ttest_rel

from sdzero_bench.difference_table import render_differences
from sdzero_bench.errors import UserError
from sdzero_bench.method_results import MethodResult

RIGHT = {"sdzero": (20, 24, 22), "grpo": (18, 21, 21), "rft": (30, 30, 31)}  # of 40 questions, by seed


def runs() -> list[MethodResult]:
    return [method(name, (8, right), seed=seed) for name, of in RIGHT.items() for seed, right in enumerate(of)]


def records(results: list[MethodResult], against: str = "sdzero") -> dict[str, dict[str, str]]:
    return {row["label"]: row for row in csv.DictReader(io.StringIO(render_differences(results, against, "csv")))}


def accuracies(results: list[MethodResult], name: str) -> list[float]:
    return [run.rounds[-1].evaluation["accuracy"] for run in results if run.label == name]


def test_over_seeds_it_is_the_paired_t_test_over_them() -> None:
    results = runs()
    rows = records(results)
    p_values = {}
    for name in ("grpo", "rft"):
        test = ttest_rel(accuracies(results, name), accuracies(results, "sdzero"))
        interval = test.confidence_interval(0.95)
        p_values[name] = test.pvalue
        assert float(rows[name]["p_value"]) == pytest.approx(test.pvalue)
        assert float(rows[name]["difference_low"]) == pytest.approx(interval.low)
        assert float(rows[name]["difference_high"]) == pytest.approx(interval.high)
    small, large = sorted(p_values, key=lambda name: p_values[name])
    assert float(rows[small]["p_holm"]) == pytest.approx(2 * p_values[small])
    assert float(rows[large]["p_holm"]) == pytest.approx(max(p_values[large], 2 * p_values[small]))
    assert rows["sdzero"]["difference"] == ""


def test_of_one_seed_it_is_over_questions() -> None:
    results = [one for one in runs() if one.seed == 0]
    ours, theirs = (run.rounds[-1].per_question or {} for run in results[1::-1])
    test = ttest_rel(list(ours.values()), list(theirs.values()))
    assert float(records(results)["grpo"]["p_value"]) == pytest.approx(test.pvalue)
    assert "not of another training run" in render_differences(results, "sdzero")


def test_it_is_the_last_round_that_all_have() -> None:
    """sdzero is at round 2, grpo at round 1: round 1 it is."""
    results = [method("sdzero", (8, 12, 30)), method("grpo", (8, 12))]
    row = records(results)["grpo"]
    assert (row["round"], float(row["difference"])) == ("1", 0.0)


def test_a_seed_that_one_method_lacks_is_not_paired() -> None:
    results = [one for one in runs() if (one.label, one.seed) != ("grpo", 1)]
    test = ttest_rel(accuracies(results, "grpo"), [accuracies(results, "sdzero")[seed] for seed in (0, 2)])
    row = records(results)["grpo"]
    assert float(row["p_value"]) == pytest.approx(test.pvalue)
    assert (row["seeds"], row["pairs"]) == ("2", "2")
    assert records(results)["rft"]["pairs"] == "3"


def test_other_seeds_are_not_paired_by_question() -> None:
    """Seed 0 of one method and seed 1 of another have different questions, alike as their ids may be."""
    row = records([method("sdzero", (8, 20)), method("grpo", (8, 12), seed=1)])["grpo"]
    assert (row["difference"], row["pairs"], row["p_value"]) == ("", "0", "")


def test_a_seed_that_is_behind_holds_all_back() -> None:
    results = [method("sdzero", (8, 12, 30)), method("sdzero", (8, 13), seed=1), method("grpo", (8, 12, 20))]
    assert records(results)["grpo"]["round"] == "1"


@pytest.mark.parametrize(
    ("results", "against", "message"),
    [
        (runs(), "sdft", "--against: 'sdft' is not among these runs; there are sdzero, grpo, rft"),
        ([method("sdzero", (8,)), method("grpo", (8, 9))], "grpo", "no trained round that all of these runs"),
    ],
)
def test_what_cannot_be_compared(results: list[MethodResult], against: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        render_differences(results, against)
