"""Tables of evaluations: rows, left-out columns, averages of groups, legends and formats."""

import csv
import io
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from made_results import attempt

from sdzero_bench.cells import share_in_words
from sdzero_bench.config import EvaluationConfig
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation_summary import per_question_accuracy, summarise, summarise_revisions
from sdzero_bench.evaluation_table import render_evaluations
from sdzero_bench.length_table import render_lengths
from sdzero_bench.statistics import Estimate, average_over_tasks
from sdzero_bench.task_average import average_figures
from sdzero_bench.types import RevisionTrace


def record(
    right: list[int], k: int = 1, code: bool = False, revise: bool = False, token_counts: bool = True, **settings: Any
) -> dict[str, Any]:
    """Question q has right[q] right samples of k; the base tests pass in one sample more."""
    config = EvaluationConfig(k=k, **settings)
    attempts = []
    for question, count in enumerate(right):
        for sample in range(k):
            one = attempt(
                f"q{question}", int(sample < count), 10 + 7 * sample + question, cut=sample == 0 and not question
            )
            if code:
                parts = {"base": int(sample <= count), "plus": int(sample < count)}
                one = replace(
                    one, question=replace(one.question, domain="code"), verdict=replace(one.verdict, parts=parts)
                )
            attempts.append(one)
    revision = summarise_revisions([RevisionTrace(a, "Wait", a) for a in attempts[::k]], config) if revise else None
    figures = summarise(attempts, config, token_counts)
    # As it is after metrics.json.
    return json.loads(
        json.dumps({"evaluation": figures, "per_question": per_question_accuracy(attempts), "revision": revision})
    )


GREEDY = record([1] * 28 + [0] * 2)
SAMPLED = record([4, 3, 0, 1, 2, 4], k=4, revise=True)
CODE = record([2, 0, 1, 2, 2], k=2, code=True)
ALL = {"gsm8k": GREEDY, "aime24": SAMPLED, "humanevalplus": CODE}


def row(text: str, label: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if re.match(rf"{re.escape(label)} {{2,}}", line)]
    return re.split(r" {2,}", line)


def header(text: str) -> list[str]:
    return re.split(r" {2,}", next(line for line in text.splitlines() if line.startswith("task ")).strip())


def test_a_row_for_every_task_and_part() -> None:
    text = render_evaluations(ALL)
    assert max(map(len, text.splitlines())) <= 100
    assert header(text) == ["task", "n", "k", "accuracy", "pass@k", "maj@k", "tokens", "cut off", "revision"]
    assert row(text, "gsm8k") == ["gsm8k", "30", "1", "93.3 [78.7, 98.2]", "–", "–", "24.5", "3.3", "–"]
    accuracy, low, high = (SAMPLED["evaluation"][f"accuracy{end}"] for end in ("", "_low", "_high"))
    assert row(text, "aime24")[1:7] == [
        "6", "4", f"{100 * accuracy:.1f} ± {50 * (high - low):.1f}", "83.3",
        f"{100 * SAMPLED['evaluation']['maj_at_k']:.1f}", "23.0",
    ]  # fmt: skip
    assert row(text, "aime24")[8] == "83.3 → 83.3"
    assert row(text, "humanevalplus")[3:6] == [*row(text, "humanevalplus: plus")[3:5], "–"]  # no maj@k of programs
    assert row(text, "humanevalplus: base")[4] == "100.0"
    labels = [line.split("  ")[0] for line in text.splitlines()]
    assert labels.index("humanevalplus: base") == labels.index("humanevalplus") + 1


def test_columns_without_a_value_are_left_out() -> None:
    text = render_evaluations({"gsm8k": GREEDY})
    assert header(text) == ["task", "n", "k", "accuracy", "tokens", "cut off"]
    assert "pass@k" not in text
    elsewhere = render_evaluations({"gsm8k": record([1, 0, 1], token_counts=False)})
    assert header(elsewhere) == ["task", "n", "k", "accuracy", "chars"]
    assert "token counts are not known" in elsewhere


def test_units_are_told_apart() -> None:
    text = render_evaluations({"a": GREEDY, "b": record([1, 0, 1], token_counts=False)})
    assert header(text)[4] == "length"
    assert row(text, "a")[4] == "24.5 tokens"
    assert row(text, "b")[4] == "10.0 chars"


def test_the_legend_says_how_intervals_were_made() -> None:
    text = " ".join(render_evaluations(ALL).split())
    assert "with its 95% interval" in text
    assert "Student-t over questions (aime24, humanevalplus)" in text
    assert "Wilson score, where every question counts 0 or 1 (gsm8k)" in text
    alone = " ".join(render_evaluations({"gsm8k": GREEDY}).split())
    assert "[low, high]: Wilson score, where every question counts 0 or 1." in alone
    resampled = record([2, 1, 0, 2], k=2, interval="bootstrap", confidence=0.9)
    text = " ".join(render_evaluations({"x": resampled}).split())
    assert "with its 90% interval" in text
    assert "BCa bootstrap, 10,000 resamples of the questions, seed 0" in text
    assert "interval" not in render_evaluations({"x": record([1], k=2)})  # a single question has none


def test_a_part_with_another_interval_than_its_task_is_named() -> None:
    some = record([1, 1, 0], k=2, code=True)  # all base tests pass in both samples of the first two, in one of the last
    some["evaluation"]["parts"]["base"]["accuracy_interval"] = "wilson"
    assert "Wilson score, where every question counts 0 or 1 (he: base)" in " ".join(
        render_evaluations({"he": some}).split()
    )


def test_groups_are_averaged_without_weights() -> None:
    text = render_evaluations(
        ALL, groups={"math": ["gsm8k", "aime24"], "none": ["mmlu"], "code": ["humanevalplus", "x"]}
    )
    tasks = [GREEDY["evaluation"], SAMPLED["evaluation"]]
    mean = (tasks[0]["accuracy"] + tasks[1]["accuracy"]) / 2
    pooled = average_over_tasks([Estimate(f["accuracy"], f["accuracy_low"], f["accuracy_high"], 1) for f in tasks])
    cells = row(text, "math (average)")
    assert cells[3] == share_in_words(mean, pooled.low, pooled.high)
    assert cells[1:3] == ["–", "–"]  # neither questions nor k are shared
    assert cells[4] == "–"
    assert row(text, "code (average)")[2:5] == row(text, "humanevalplus")[2:5]
    assert "none (average)" not in text
    assert "math: unweighted average of gsm8k, aime24; interval combined from theirs (MOVER)." in text
    assert "code: NOT in its average: x." in text


def test_averages_of_comparable_figures_only() -> None:
    a, b = (record([4, right, 0], k=4)["evaluation"] for right in (1, 3))
    average = average_figures([a, b])
    assert average["k"] == 4
    assert average["tasks"] == 2
    assert average["questions"] == 6
    for name in ("pass_at_k", "maj_at_k", "length_mean", "truncated_share"):
        assert average[name] == pytest.approx((a[name] + b[name]) / 2)
    mixed = average_figures([a, GREEDY["evaluation"], CODE["evaluation"]])
    assert mixed["pass_at_k"] is mixed["maj_at_k"] is mixed["k"] is None
    assert average_figures([a, record([1, 0], token_counts=False)["evaluation"]])["length_mean"] is None
    single = average_figures([a, record([1], k=4)["evaluation"]])
    assert single["accuracy_low"] is single["accuracy_high"] is None  # a single question has no interval
    assert json.loads(json.dumps(single, allow_nan=False)) == single


def test_csv_has_every_figure() -> None:
    text = render_evaluations(ALL, "csv", groups={"math": ["gsm8k", "aime24"]})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(one["row"], one["task"], one["part"]) for one in rows] == [
        ("task", "gsm8k", ""), ("task", "aime24", ""), ("task", "humanevalplus", ""), ("part", "humanevalplus", "base"),
        ("part", "humanevalplus", "plus"), ("average", "math", ""),
    ]  # fmt: skip
    figures = SAMPLED["evaluation"]
    for name in ("accuracy", "accuracy_se", "accuracy_low", "pass_at_2", "maj_at_k", "length_p90", "truncated_share"):
        assert float(rows[1][name]) == figures[name]
    assert float(rows[1]["by_verdict_wrong_length_median"]) == figures["by_verdict"]["wrong"]["length_median"]
    assert float(rows[1]["keywords_wait_share"]) == figures["keywords"]["wait"]["share"]
    assert float(rows[1]["revision_gain"]) == 0
    assert rows[0]["accuracy_interval"] == "wilson"
    assert float(rows[3]["accuracy"]) == CODE["evaluation"]["parts"]["base"]["accuracy"]
    assert not any(name.startswith("parts") for name in rows[2])  # they have rows of their own
    assert not any("{" in cell for one in rows for cell in one.values())


def test_markdown_and_latex() -> None:
    markdown = [line for line in render_evaluations(ALL, "markdown").splitlines() if line.startswith("|")]
    assert len(markdown) == 2 + 5
    assert r"93.3 \[78.7, 98.2\]" in markdown[2]
    latex = render_evaluations(ALL, "latex")
    assert r"93.3 {[}78.7, 98.2{]}" in latex
    assert r"83.3 $\rightarrow$ 83.3" in latex
    assert latex.isascii()
    with pytest.raises(UserError, match="unknown table format"):
        render_evaluations(ALL, "pdf")


def test_records_of_earlier_versions_still_make_a_table() -> None:
    known = """questions k confidence accuracy accuracy_low accuracy_high pass_at_k pass_at_1 length_mean
        length_mean_low length_mean_high length_median length_p90 length_right length_wrong tokens_total truncated_share
        self_revision_share no_answer_share"""  # all that version 0.1.0 had
    old = {**SAMPLED, "evaluation": {name: SAMPLED["evaluation"][name] for name in known.split()}}
    text = " ".join(render_evaluations({"aime24": old}).split())
    assert " ".join(row(render_evaluations(ALL), "aime24")[:4]) in text
    assert "[low, high]: Student-t over questions." in text
    assert "maj@k" not in text
    assert "any of them" not in render_lengths({"aime24": old})


def test_lengths_by_verdict() -> None:
    text = render_lengths({"aime24": SAMPLED, "gsm8k": GREEDY})
    figures = SAMPLED["evaluation"]
    (line,) = [line for line in text.splitlines() if line.startswith("aime24 ")]
    half = (figures["length_mean_high"] - figures["length_mean_low"]) / 2
    assert re.split(r" {2,}", line)[1:] == [
        "all", "24", f"23.0 ± {half:.1f}", f"{figures['length_median']:.1f}", f"{figures['length_p90']:.1f}",
        str(figures["tokens_total"]), f"{100 / 24:.1f}",
    ]  # fmt: skip
    (right, _) = [re.split(r" {2,}", line.strip()) for line in text.splitlines() if line.strip().startswith("right ")]
    part = figures["by_verdict"]["right"]
    assert right == [
        "right", "14", f"{part['length_mean']:.1f}", f"{part['length_median']:.1f}", f"{part['length_p90']:.1f}", "–",
        f"{100 * part['truncated_share']:.1f}",
    ]  # fmt: skip
    assert "Lengths in tokens" in text


def test_phrases_of_lengths_table() -> None:
    wordy = [attempt(str(i), 1, text=text) for i, text in enumerate(["wait, wait", "redo", "fine", "fine"])]
    text = render_lengths({"x": {"evaluation": summarise(wordy, EvaluationConfig(k=1))}, "y": GREEDY})
    (line,) = [line for line in text.splitlines() if line.startswith("wait ")]
    assert line.split("  ", 1)[1].split() == ["25.0", "/", "0.50", "0.0", "/", "0.00"]
    (line,) = [line for line in text.splitlines() if line.startswith("any of them ")]
    assert line.split("  ", 1)[1].split()[:3] == ["50.0", "/", "0.75"]


def test_lengths_as_csv_and_in_characters() -> None:
    elsewhere = record([1, 0, 1], token_counts=False)
    rows = list(csv.DictReader(io.StringIO(render_lengths({"a": SAMPLED, "b": elsewhere}, "csv"))))
    assert [(one["task"], one["verdict"], one["length_unit"]) for one in rows] == [
        (task, verdict, unit)
        for task, unit in (("a", "tokens"), ("b", "characters"))
        for verdict in ("all", "right", "wrong")
    ]
    assert float(rows[0]["keywords_wait_per_response"]) == 0
    assert rows[1]["keywords_wait_per_response"] == ""
    assert rows[3]["tokens_total"] == rows[3]["truncated_share"] == ""
    text = render_lengths({"b": elsewhere})
    assert "cut off" not in text.lower()
    assert "Lengths in characters" in text
    assert "Lengths in tokens (a) and characters (b)" in render_lengths({"a": SAMPLED, "b": elsewhere})


def test_shares_in_words() -> None:
    assert share_in_words(None) is None
    assert share_in_words(0.5) == share_in_words(0.5, None, None) == share_in_words(0.5, 0.5, 0.5) == "50.0"
    assert share_in_words(0.5, float("nan"), float("nan")) == "50.0"
    assert share_in_words(0.754, 0.724, 0.784) == "75.4 ± 3.0"
    assert share_in_words(0.933, 0.787, 0.982) == "93.3 [78.7, 98.2]"
    assert share_in_words(-0.0001, -0.0101, 0.0099, "+") == "+0.0 ± 1.0"
    assert share_in_words(0.05, -0.01, 0.15, "+") == "+5.0 [-1.0, +15.0]"
