"""Tables: what stands in them, that they fit, and that every format keeps it."""

import csv
import io
import re
from dataclasses import replace

import pytest
from made_results import five_methods, method, state
from scipy.stats import ttest_rel

from sdzero_bench.cost_table import render_costs
from sdzero_bench.errors import UserError
from sdzero_bench.method_results import MethodResult, amount, percent, tokens
from sdzero_bench.results_table import render, render_seeds
from sdzero_bench.reviser_table import render_revisers
from sdzero_bench.statistics import Estimate, pooled_over_seeds
from sdzero_bench.table_formats import Table, write_table


def test_terminal_table_of_five_methods_and_three_rounds_fits_100_columns_in_one_block() -> None:
    text = render(five_methods(), title="Embedded arithmetic", footnotes=["Equal budgets."])
    lines = text.split("\n")
    assert max(map(len, lines)) <= 100
    assert text.count("─\n") == 1
    assert lines[0] == "Embedded arithmetic"
    assert re.search(r"method +base +round 1 +round 2 +round 3 +samples +tokens +updates +tokens\n", text)
    base = five_methods()[0].rounds[0].evaluation
    half = 50 * (base["accuracy_high"] - base["accuracy_low"])
    assert f"sdzero  {100 * base['accuracy']:.1f} ± {half:.1f}" in text
    assert "13,680     547k      291    3.67M" in text
    assert "\n- Equal budgets.\n" in text
    assert "avg@2, 40 questions" in text


def test_rendering_is_the_same_whatever_the_terminal_says(monkeypatch: pytest.MonkeyPatch) -> None:
    before = render(five_methods())
    for name, value in {"COLUMNS": "20", "FORCE_COLOR": "1", "TERM": "xterm-256color", "TTY_COMPATIBLE": "1"}.items():
        monkeypatch.setenv(name, value)
    assert render(five_methods()) == before
    assert "\x1b" not in before


def test_narrow_terminal_splits_columns_into_blocks() -> None:
    text = render(five_methods(), width=50)
    assert max(map(len, text.split("\n"))) <= 50
    assert text.count("\nmethod ") + text.startswith("method ") >= 2
    for name in ("base", "round 3", "updates"):
        assert name in text


def test_winner_is_marked_only_beyond_noise() -> None:
    clear = render(five_methods())
    rft = next(r for r in five_methods() if r.label == "rft").rounds[3].evaluation["accuracy"]
    assert f"*{100 * rft:.1f}" in clear
    assert "* ahead of the runner-up (sdzero) after round 3 beyond evaluation noise" in clear
    close = render([method("rft", (8, 20)), method("grpo", (8, 19))])
    assert "*" not in close
    assert "not ahead of the second best beyond evaluation noise" in close
    assert "The best method is not ahead" in render([method("rft", (8, 20)), method("grpo", (8, 20))])
    assert "ahead" not in render([method("rft", (8, 20))])  # nothing to be ahead of


def test_no_winner_without_the_figures_for_one() -> None:
    a, b = method("rft", (8, 34)), method("grpo", (8, 10))
    blind = replace(a, rounds=[replace(one, per_question=None) for one in a.rounds])
    assert "*" not in render([blind, b])
    assert "per-question accuracies" in render([blind, b])
    stopped = render([method("rft", (8, 9, 34)), b])
    assert "*" not in stopped
    assert "not all of them have round 2" in stopped
    assert "–" in stopped


def test_notes_of_rounds_become_footnotes() -> None:
    result = MethodResult("rft (4)", "rft", 0, [state(0, 8), state(1, 9, notes=["12 questions had no trace"])])
    assert "- rft (4), round 1: 12 questions had no trace\n" in render([result])


def test_csv_keeps_every_figure_exactly() -> None:
    results = five_methods()
    rows = list(csv.DictReader(io.StringIO(render(results, "csv", footnotes=["Budgets differ."]))))
    assert [(row["label"], row["round"]) for row in rows] == [(r.label, str(n)) for r in results for n in range(4)]
    for row, one in zip(rows, [one for r in results for one in r.rounds], strict=True):
        numbers = {name: value for name, value in one.evaluation.items() if isinstance(value, int | float)}
        assert {name: float(row[name]) for name in numbers} == numbers
        assert int(row["cost_updates"]) == one.cost["updates"]
        assert (row["revision_gain"] == "") is (one.revision is None)
        assert row["notes"] == "Budgets differ."


def test_markdown_has_one_line_a_row_and_escapes() -> None:
    text = render([replace(method("rft", (8, 34)), label="a|b_c*"), method("grpo", (8, 9))], "markdown", "T")
    table = [line for line in text.split("\n") if line.startswith("|")]
    assert len(table) == 4
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert table[2].startswith(r"| a\|b\_c\* | ")
    assert r" | \*" in table[2]
    assert "<br>" in table[2]


def test_latex_is_booktabs_and_escaped() -> None:
    nasty = replace(method("rft", (8, 34)), label="[50%_a&b]#{$}~^\\")
    text = render([nasty, method("grpo", (8, 9))], "latex", "100% & more", ["a_b < c"])
    assert text.count(r"\toprule") == text.count(r"\midrule") == text.count(r"\bottomrule") == 1
    assert r"{[}50\%\_a\&b{]}\#\{\$\}\textasciitilde{}\textasciicircum{}\textbackslash{} & \shortstack[r]{" in text
    assert r"\caption{100\% \& more}" in text
    assert r"a\_b \textless{} c\par" in text
    assert r"\shortstack[r]{{*}" in text
    assert "±" not in text
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_unknown_format_and_unusable_results() -> None:
    with pytest.raises(UserError, match="unknown table format 'pdf'; known: terminal, markdown, csv, latex, html"):
        render(five_methods(), "pdf")
    with pytest.raises(ValueError, match="labelled 'rft'"):
        render([method("rft", (8,)), method("rft", (8,), seed=1)])
    with pytest.raises(ValueError, match="no evaluated round"):
        render([])


def test_seeds_are_pooled_with_their_own_interval() -> None:
    results = [method("rft", (8, right), seed=seed) for seed, right in enumerate((16, 20, 25))]
    pooled = pooled_over_seeds([float(r.rounds[1].evaluation["accuracy"] or 0) for r in results], 0.95)
    text = render_seeds(results, title="Three seeds")
    assert f"{100 * pooled.mean:.1f} ± {50 * (pooled.high - pooled.low):.1f}" in text
    assert "mean over 3 seeds" in text
    assert "A figure without ± has no interval" in text  # the base is the same for every seed
    rows = list(csv.DictReader(io.StringIO(render_seeds(results, "csv"))))
    assert float(rows[1]["accuracy_low"]) == pooled.low
    assert [row["seeds"] for row in rows] == ["3", "3"]
    single = list(csv.DictReader(io.StringIO(render_seeds(results[:1], "csv"))))
    assert single[1]["accuracy_low"] == ""


def test_a_lead_over_seeds_is_tested_seed_by_seed() -> None:
    """A lead of about ten questions in each of three seeds is one; the same mean lead out of a single seed is none."""
    rivals = [method("grpo", (8, right), seed=seed) for seed, right in enumerate((16, 20, 25))]
    ahead = [method("rft", (8, right), seed=seed) for seed, right in enumerate((25, 30, 35))]
    text = " ".join(render_seeds([*ahead, *rivals]).split())
    expected = ttest_rel(*([r.rounds[1].evaluation["accuracy"] for r in runs] for runs in (ahead, rivals)))
    assert "* ahead of the runner-up (grpo) after round 1 beyond the noise of training" in text
    assert f"p = {expected.pvalue:.2g} (paired t-test over 3 seeds)" in text
    lucky = [method("rft", (8, right), seed=seed) for seed, right in enumerate((16, 20, 54))]
    assert "The best method is not ahead" in render_seeds([*lucky, *rivals])
    assert "*" not in render_seeds([*lucky, *rivals])
    other_seeds = [method("sft", (8, 30), seed=seed) for seed in (7, 8, 9)]
    assert "round 1 is not there for the same seeds" in " ".join(render_seeds([*rivals, *other_seeds]).split())


def test_reviser_table() -> None:
    text = render_revisers(five_methods(), title="Revisions")
    assert max(map(len, text.split("\n"))) <= 100
    assert "rft" not in text  # has no revision figures
    revision = five_methods()[0].rounds[1].revision
    assert revision is not None
    row = next(line for line in text.split("\n") if line.startswith("sdzero  1 "))
    for figure in ("draft_accuracy", "revision_accuracy", "wrong_corrected", "right_kept"):
        assert f" {100 * float(revision[figure] or 0):.1f}" in row
    assert f" +{100 * float(revision['gain'] or 0):.1f} ± " in row
    rows = list(csv.DictReader(io.StringIO(render_revisers(five_methods(), "csv"))))
    assert float(rows[1]["gain_p"]) == revision["gain_p"]
    taught = method("sdzero", (8, 20), revise=True)
    last = replace(taught.rounds[1], teacher={**revision, "draft_length": 123.4})
    text = render_revisers([replace(taught, rounds=[taught.rounds[0], last])])
    (line,) = [line for line in text.splitlines() if "1 teacher" in line and line.startswith("sdzero")]
    assert "123.4" in line
    seeds = [method("sdzero", (8, right), seed=seed, revise=True) for seed, right in enumerate((16, 20, 25))]
    assert "Student-t over seeds" in render_revisers(seeds)


def test_cost_table_totals() -> None:
    rows = [
        {
            "method": name,
            "seed": 3,
            "round": 1,
            "phase": phase,
            "budgeted": phase != "evaluation",
            "samples": 2000,
            "sampled_tokens": 81_234,
        }
        | {"updates": 40, "trained_tokens": 123_456, "seconds": 21.4567}
        for name in ("sdzero", "rft")
        for phase in ("draft", "srt", "evaluation")
    ]
    text = render_costs(rows)
    assert re.search(r"sdzero +3 +all +budget +4,000 +162,468 +80 +246,912 +42.9\n", text)
    assert re.search(r"sdzero +3 +all +measuring +2,000 +81,234 +40 +123,456 +21.5\n", text)
    read = list(csv.DictReader(io.StringIO(render_costs(rows, "csv"))))
    assert len(read) == 6
    assert read[0]["seconds"] == "21.4567"


def test_labels_are_text_not_markup() -> None:
    table = Table("", ("method", "x"), (("[bold]a[/bold] :smile:", "1"),))
    assert "[bold]a[/bold] :smile:" in write_table(table, [], "terminal", 80)


def test_figures_as_written() -> None:
    assert [amount(n) for n in (0, 4560, 99_999, 123_456, 999_600, 1_234_567, 222e6, 1.25e9)] == [
        "0", "4,560", "99,999", "123k", "1.00M", "1.23M", "222M", "1.25B",
    ]  # fmt: skip
    assert [tokens(n) for n in (None, 39.84, 3712.4)] == ["–", "39.8", "3,712"]
    assert percent(Estimate(-0.0001, -0.0101, 0.0099, 9), "+") == "+0.0 ± 1.0"
    assert percent(Estimate(1.0, float("nan"), float("nan"), 1)) == "100.0"
    assert percent(None) == "–"
