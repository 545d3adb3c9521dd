"""The published tables: what is in them, their averages, and our runs beside them."""

import csv
import io
import json
import math
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from sdzero_bench.config import METHODS, RunConfig
from sdzero_bench.config_files import load_config, shipped_config
from sdzero_bench.errors import UserError
from sdzero_bench.paper.ours import BASE, read_measured, value
from sdzero_bench.paper.published import published, table_names
from sdzero_bench.paper.table import render_published
from sdzero_bench.rundir import Cost, RunDirectory
from sdzero_bench.table_formats import TableFormat
from sdzero_bench.variants import known_variants

TASKS = published("table1").columns["average"].tasks
QWEN = "Qwen/Qwen3-4B-Instruct-2507"


def test_averages_are_the_published_ones():
    """Of eight benchmarks in Table 1, and of six in the tables of the math subset."""
    table = published("table1")
    for row, cells in table.cells.items():
        figures = [cells[task] for task in TASKS]
        assert math.fsum(figures) / 8 == pytest.approx(cells["average"], abs=0.0501), row
    math_tasks = published("table8").columns["math_average"].tasks
    assert len(math_tasks) == 6
    for name in ("table8", "table10"):
        for (model, method), cells in published(name).cells.items():
            if (model, method) in table.cells:
                figures = [table.cells[model, method][task] for task in math_tasks]
                assert math.fsum(figures) / 6 == pytest.approx(cells["math_average"], abs=0.0501), (name, method)


def test_tables_agree_with_one_another():
    """The same figure stands in several tables: drafts of Table 9 are Table 1's AIME24, and so on."""
    main, revised = published("table1"), published("table9")
    for (model, method), cells in revised.cells.items():
        if method != "grpo":  # 65.2 in Table 9, 62.5 in Table 1
            assert cells["initial_accuracy"] == main.cells[model, method]["aime24"]
    for name in ("table11", "table12", "table13"):
        for row, cells in published(name).cells.items():
            if row in main.cells:
                assert cells["average"] == main.cells[row]["average"]
            if row in revised.cells and "correction_rate" in cells:
                assert cells["correction_rate"] == revised.cells[row]["correction_rate"]


@pytest.mark.parametrize("name", table_names())
@pytest.mark.parametrize("fmt", TableFormat)
def test_every_table_renders_without_a_run(name, fmt):
    table = published(name)
    text = render_published(table, None, fmt)
    assert text.endswith("\n")
    if fmt == TableFormat.CSV:
        rows = list(csv.DictReader(io.StringIO(text)))
        assert len(rows) == len(table.cells) * len(table.columns)
        assert {row["ours"] for row in rows} == {""}
    else:
        for _, method in table.cells:
            assert method in text.replace("\\", "")


@pytest.mark.parametrize("name", table_names())
def test_rows_are_methods_and_variants(name):
    of_recipe = load_config(shipped_config("qwen3-4b-math")).variants
    assert {method for _, method in published(name).cells} <= {BASE, *METHODS, *known_variants(), *of_recipe}


def test_an_average_that_is_none_is_said():
    table = published("table1")
    row = ("Qwen3-4B-Instruct", "base")
    changed = {**table.cells, row: {**table.cells[row], "average": 50.3}}
    said = " ".join(render_published(replace(table, cells=changed), None).split())
    assert "Qwen3-4B-Instruct base: the published average is not that of the figures in its row" in said


def record(task, accuracy, half=0.04, pass_at_k=0.9, corrected=0.25):
    evaluation = {
        "questions": 30, "k": 8, "confidence": 0.95, "accuracy": accuracy, "accuracy_low": accuracy - half,
        "accuracy_high": accuracy + half, "accuracy_se": half / 2, "pass_at_k": pass_at_k, "maj_at_k": None,
        "length_mean": 100.0, "truncated_share": 0.0,
    }  # fmt: skip
    revision = {"draft_accuracy": accuracy, "draft_accuracy_low": None, "draft_accuracy_high": None,
                "revision_accuracy": accuracy + 0.05, "wrong_corrected": corrected, "draft_length": 3500.0,
                "revision_length": 3300.0}  # fmt: skip
    return {"task": task, "evaluation": evaluation, "revision": revision}


def made_run(path, accuracies, *, model=QWEN, label=None, method="sdzero", seed=0, samples=49_000, **more):
    """A run directory with one round, as far as tables read it; accuracies by task."""
    config = load_config(None, method=method, label=label, seed=seed, model=model,
                         questions={"train": "openr1_math", "evaluation": "held-out"}, **more)  # fmt: skip
    assert isinstance(config, RunConfig)
    directory = RunDirectory(path)
    for number in (0, 1):
        folder = directory.round_path(number) / "eval"
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(record("held-out", 0.5)))
    directory.mark(1, "draft", Cost(samples=samples, sampled_tokens=3700 * samples))
    directory.mark(1, "trained", Cost(), questions=15_000, budget=60_000)
    for task, accuracy in accuracies.items():
        folder = path / "benchmarks" / "round-01" / task
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(record(task, accuracy)))
    (path / "run.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    return path


def line(text, *words):
    """The cells of the one line that has these words."""
    (found,) = [one for one in text.split("\n") if all(word in one for word in words)]
    return found


def test_ours_beside_the_papers(tmp_path):
    accuracies = {task: 0.5 + 0.01 * number for number, task in enumerate(TASKS)}
    run = made_run(tmp_path / "sdzero", accuracies)
    measured = read_measured([run])
    text = render_published(published("table1"), measured, width=200)
    _, ours, difference = text[text.index("sdzero") :].split("\n")[:3]
    assert ours.split()[:4] == ["ours", "50.0", "±", "4.0"]
    assert difference.split()[:6] == ["ours", "-", "paper", "-18.3", "±", "4.0"]
    assert ours.split()[-3] == "53.5"  # the unweighted average, with an interval of its own
    assert text.count("not run") == 9 * 13  # all other rows of the paper

    text = render_published(published("table9"), measured, width=200)
    assert "3,500" in text
    assert "-18.0" in text  # tokens: 3,500 less 3,518
    assert "25.0" in text
    assert "90.0" in render_published(published("table7"), measured)
    budget = render_published(published("budget"), measured)
    assert "49,000" in budget
    rows = list(csv.DictReader(io.StringIO(render_published(published("budget"), measured, "csv"))))
    (samples,) = [row for row in rows if row["method"] == "sdzero" and row["column"] == "samples"]
    assert (float(samples["ours"]), float(samples["difference"])) == (49_000, 0)


def test_a_round_under_way_costs_nothing_yet(tmp_path):
    run = made_run(tmp_path / "sdzero", {"aime24": 0.5})
    RunDirectory(run).mark(2, "draft", Cost(samples=5_000, sampled_tokens=9))
    (one,) = [one for one in read_measured([run]) if one.row == "sdzero"]
    assert (one.cost["samples"], one.cost["questions"]) == (49_000, 15_000)


def test_a_missing_benchmark_is_not_averaged_away(tmp_path):
    run = made_run(tmp_path / "srt", dict.fromkeys(TASKS[:-1], 0.5), label="srt")
    (one,) = [one for one in read_measured([run]) if one.row == "srt"]
    columns = published("table1").columns
    assert value([one], columns["aime24"]).mean == pytest.approx(50)
    assert value([one], columns["livecodebench"]) is None
    assert value([one], columns["average"]) is None


def test_seeds_are_pooled(tmp_path):
    runs = [made_run(tmp_path / f"s{seed}", {"aime24": 0.5 + 0.1 * seed}, seed=seed) for seed in range(3)]
    rows = csv.DictReader(io.StringIO(render_published(published("table1"), read_measured(runs), "csv")))
    (row,) = [row for row in rows if (row["method"], row["column"], row["model"][:4]) == ("sdzero", "aime24", "Qwen")]
    assert float(row["ours"]) == pytest.approx(60)
    assert row["seeds"] == "3"
    assert float(row["ours_high"]) - 60 == pytest.approx(4.302653 * 10 / math.sqrt(3), rel=1e-5)


def test_tasks_measured_in_several_folders_are_one_policys(tmp_path):
    """Math and programs, trained apart; the base once, beside any run; what was measured twice is refused."""
    math_run = made_run(tmp_path / "math", {"aime24": 0.5})
    code_run = made_run(tmp_path / "code", {"codeforces": 0.3}, label="sdzero")
    other = made_run(tmp_path / "rft", {"aime24": 0.4}, method="rft")
    base = other / "benchmarks/round-00/aime25"
    base.mkdir(parents=True)
    (base / "metrics.json").write_text(json.dumps(record("aime25", 0.2)))
    measured = {(one.row, one.seed): one for one in read_measured([math_run, code_run, other])}
    assert {"aime24", "codeforces"} <= set(measured["sdzero", 0].records)
    assert {"held-out", "aime25"} <= set(measured["base", 0].records)
    again = made_run(tmp_path / "again", {"aime24": 0.6})
    with pytest.raises(UserError, match="aime24 was measured twice for sdzero of Qwen3-4B-Instruct, seed 0"):
        read_measured([math_run, again])


def test_a_base_is_one_model_whatever_the_seed(tmp_path):
    runs = [made_run(tmp_path / f"s{seed}", {"aime24": 0.5}, seed=seed) for seed in range(3)]
    for seed in (0, 1):  # measured twice with the same figures, and not at all beside the third
        folder = runs[seed] / "benchmarks/round-00/aime24"
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(record("aime24", 0.2)))
    bases = [one for one in read_measured(runs) if one.row == BASE]
    estimate = value(bases, published("table1").columns["aime24"])
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((20, 16, 24))


def test_what_eval_measured_counts_over_what_a_run_measured_while_it_trained(tmp_path):
    """Also in the base's row, where the runs of a comparison all have their own evaluation of the same task."""
    runs = [made_run(tmp_path / name, {}, label=name) for name in ("srt", "one", "two")]
    folder = runs[1] / "benchmarks/round-00/held-out"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(record("held-out", 0.2)))
    for order in (runs, runs[::-1]):
        (base,) = [one for one in read_measured(order) if one.row == BASE]
        assert base.records["held-out"]["evaluation"]["accuracy"] == 0.2
    (runs[2] / "rounds/00/eval/metrics.json").write_text(json.dumps(record("held-out", 0.4)))
    assert read_measured(runs)  # what is replaced need not agree
    with pytest.raises(UserError, match="held-out was measured twice for base"):
        read_measured([runs[0], runs[2]])


def test_other_numbers_of_samples_are_said(tmp_path):
    run = made_run(tmp_path / "run", dict.fromkeys(TASKS, 0.5))
    for path in run.glob("benchmarks/round-01/aime24/metrics.json"):
        changed = json.loads(path.read_text())
        changed["evaluation"]["k"] = 2
        path.write_text(json.dumps(changed))
    measured = read_measured([run])
    said = render_published(published("table1"), measured, width=300)
    assert "Not 8 samples a question, as in the paper: sdzero on aime24 (k = 2)." in said
    sdzero = [one for one in measured if one.row == "sdzero"]
    assert value(sdzero, published("table7").columns["math_average"]) is None  # no pass@8 of two samples


def test_other_models_have_rows_of_their_own_and_twins_are_marked(tmp_path):
    own = made_run(tmp_path / "own", {"aime24": 0.1}, model="me/mine-1B")
    twin = made_run(tmp_path / "twin", {"aime24": 0.2}, model="embedded", twin_of="Qwen3-4B-Instruct")
    text = render_published(published("table1"), read_measured([own, twin]), width=200)
    assert "10.0 ± 4.0" in line(text, "mine-1B")
    assert "20.0 ± 4.0" in line(text, "twin: embedded", "±")
    assert "ours - paper" not in text  # neither is the paper's model
    assert "no difference is taken" in " ".join(text.split())


def test_one_small_model_is_twin_of_two(tmp_path):
    figures = {"Qwen3-4B-Instruct": 0.2, "Olmo-3-7B-Instruct": 0.3}
    runs = [
        made_run(tmp_path / model, {"aime24": figure}, model="embedded", twin_of=model)
        for model, figure in figures.items()
    ]
    text = render_published(published("table1"), read_measured(runs), width=200)
    assert [row.split()[2] for row in text.split("\n") if "twin: embedded" in row and "±" in row] == ["20.0", "30.0"]


def paper(*words):
    return subprocess.run(
        [sys.executable, "-m", "sdzero_bench", "paper", *words], capture_output=True, text=True, timeout=60
    )


def test_the_command(tmp_path):
    done = paper("all")
    assert done.returncode == 0
    for name in table_names():
        assert f"({published(name).source} of He et al. 2026)" in " ".join(done.stdout.split())
    assert paper("table1", "--runs", str(made_run(tmp_path / "run", {"aime24": 0.5}))).stdout.count("ours - paper") >= 1
    empty = tmp_path / "empty"
    empty.mkdir()
    for words, message in (
        (["table2"], "error: paper: unknown table 'table2'; known: table1, "),
        (["table1", "-f", "pdf"], "error: --format: unknown format 'pdf'; known: terminal"),
        (["table1", "--runs", str(empty)], "is neither a comparison, a run directory nor an output folder of eval"),
    ):
        wrong = paper(*words)
        assert wrong.returncode == 2
        assert message in wrong.stderr
        assert wrong.stderr.count("\n") == 1


def test_an_unknown_table():
    with pytest.raises(UserError, match="unknown table"):
        published("table99")
