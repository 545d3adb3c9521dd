"""Two evaluations on the same questions: figures against scipy and statsmodels, folders, refusals, the command."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
import typer
from made_results import attempts
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from typer.testing import CliRunner

from sdzero_bench.cli import pairing
from sdzero_bench.config import EvaluationConfig
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation_summary import gold_answers, per_question_accuracy, summarise
from sdzero_bench.paired_evaluations import compare_evaluations
from sdzero_bench.paired_table import p_in_words, render_paired

RNG = np.random.default_rng(3)


def keep(folder: Path, rewards: list[list[int]], **more: Any) -> Path:
    """metrics.json of real summaries; rewards of each question's samples."""
    judged = attempts(rewards)
    figures = summarise(judged, EvaluationConfig(k=len(rewards[0])))
    folder.mkdir(parents=True)
    record = {"evaluation": figures, "per_question": per_question_accuracy(judged), "revision": None, **more}
    (folder / "metrics.json").write_text(json.dumps(record))
    return folder


def rewards(questions: int, k: int, accuracy: float) -> list[list[int]]:
    return RNG.binomial(1, accuracy, (questions, k)).tolist()


def test_single_samples_against_scipy_and_mcnemar(tmp_path: Path) -> None:
    ours, theirs = rewards(60, 1, 0.8), rewards(60, 1, 0.5)
    (pair,) = compare_evaluations(keep(tmp_path / "a", ours), keep(tmp_path / "b", theirs), 0.9)
    x, y = np.ravel(ours), np.ravel(theirs)
    reference = scipy.stats.ttest_rel(x, y)
    low, high = reference.confidence_interval(0.9)
    won, lost = int((x > y).sum()), int((x < y).sum())
    assert (pair.won, pair.lost, pair.tied) == (won, lost, 60 - won - lost)
    assert (pair.accuracy_a, pair.accuracy_b) == pytest.approx((x.mean(), y.mean()))
    assert (pair.difference.low, pair.difference.high) == pytest.approx((low, high), abs=1e-9)
    assert pair.p == pytest.approx(reference.pvalue, abs=1e-9)
    assert pair.p_exact == pytest.approx(mcnemar([[0, won], [lost, 0]], exact=True).pvalue, abs=1e-9)
    assert (pair.p_holm, pair.p_exact_holm) == (pair.p, pair.p_exact)  # one test is not several
    text = " ".join(render_paired([pair], "A/folder", "B/folder").split())
    assert "p exact, won / lost" in text
    assert "p exact: McNemar's exact test" in text
    assert "90% interval" in text
    assert "Holm" not in text


def test_several_samples_of_different_number(tmp_path: Path) -> None:
    ours, theirs = rewards(12, 4, 0.6), rewards(12, 6, 0.4)
    (pair,) = compare_evaluations(keep(tmp_path / "a", ours), keep(tmp_path / "b", theirs))
    x, y = np.mean(ours, axis=1), np.mean(theirs, axis=1)
    assert pair.p == pytest.approx(scipy.stats.ttest_rel(x, y).pvalue, abs=1e-9)
    flips = scipy.stats.permutation_test(
        (np.round(12 * x), np.round(12 * y)), lambda a, b: np.sum(a - b), permutation_type="samples",
        n_resamples=np.inf, vectorized=False,
    )  # fmt: skip
    assert pair.p_exact == pytest.approx(flips.pvalue, abs=1e-9)
    assert (pair.k_a, pair.k_b) == (4, 6)
    text = render_paired([pair], "A", "B")
    assert "sign flips" in text
    assert "a: A has 4 samples a question, B 6." in text


def test_tasks_are_paired_by_name_and_adjusted(tmp_path: Path) -> None:
    for name, better in (("aime24", 0.5), ("gsm8k", 0.9), ("math500", 0.7)):
        keep(tmp_path / "a" / name, rewards(40, 2, better))
        keep(tmp_path / "b" / name, rewards(40, 2, 0.5))
    keep(tmp_path / "a" / "only-here", rewards(4, 2, 0.5))
    (tmp_path / "a" / "results.json").write_text("{}")
    pairs = compare_evaluations(tmp_path / "a", tmp_path / "b")
    assert [pair.task for pair in pairs] == ["aime24", "gsm8k", "math500"]
    for name in ("p", "p_exact"):
        adjusted = multipletests([getattr(pair, name) for pair in pairs], method="holm")[1]
        assert [getattr(pair, f"{name}_holm") for pair in pairs] == pytest.approx(list(adjusted), abs=1e-12)
    (alone,) = compare_evaluations(tmp_path / "a" / "gsm8k", tmp_path / "b")
    assert alone.difference == pairs[1].difference
    text = render_paired(pairs, "A", "B")
    assert max(map(len, text.splitlines())) <= 100
    assert "adjusted for 3 tasks" in " ".join(text.split())


def test_questions_of_one_only_are_left_out_and_counted(tmp_path: Path) -> None:
    ours, theirs = rewards(20, 2, 0.7), rewards(15, 2, 0.5)
    a, b = keep(tmp_path / "a", ours), keep(tmp_path / "b", theirs)
    (pair,) = compare_evaluations(a, b)
    assert (pair.questions, pair.only_a, pair.only_b) == (15, 5, 0)
    (turned,) = compare_evaluations(b, a)
    assert (turned.only_a, turned.only_b, turned.won, turned.lost) == (0, 5, pair.lost, pair.won)
    assert turned.difference.mean == -pair.difference.mean
    assert pair.accuracy_a == pytest.approx(np.mean(ours[:15]))
    assert "left out are 5 questions only A has and 0 only B has" in render_paired([pair], "A", "B")


def test_a_task_with_one_shared_question_is_no_test(tmp_path: Path) -> None:
    for name, questions in (("one", 1), ("many", 30)):
        keep(tmp_path / "a" / name, rewards(questions, 2, 0.9))
        keep(tmp_path / "b" / name, rewards(questions, 2, 0.2))
    many, one = compare_evaluations(tmp_path / "a", tmp_path / "b")
    assert math.isnan(one.p)
    assert math.isnan(one.p_holm)
    assert one.p_exact == 1.0
    assert many.p_holm == many.p  # the other one was no test
    assert many.p_exact_holm == pytest.approx(2 * (many.p_exact or 0))
    rows = list(csv.DictReader(io.StringIO(render_paired([many, one], "A", "B", "csv"))))
    assert [row["p"] for row in rows] == [repr(many.p), ""]
    assert float(rows[0]["difference"]) == many.difference.mean
    assert rows[1]["difference_low"] == ""


def test_rounds_of_a_run_are_evaluations(tmp_path: Path) -> None:
    first = keep(tmp_path / "run" / "rounds" / "00" / "eval", rewards(30, 2, 0.4))
    last = keep(tmp_path / "run" / "rounds" / "01" / "eval", rewards(30, 2, 0.8))
    (pair,) = compare_evaluations(last, first)
    assert pair.task == "eval"
    assert pair.difference.mean > 0
    assert compare_evaluations(tmp_path / "run" / "rounds" / "01", first)[0].difference == pair.difference
    with pytest.raises(UserError, match=r"holds no metrics.json.*rounds/01/eval"):
        compare_evaluations(tmp_path / "run", first)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"per_question": {"other": 1.0}}, r"share no question \(ids are like 'q0' and 'other'\)"),
        ({"per_question": {}}, "share no question"),
        ({"per_question": None}, "not an evaluation's record"),
        ({"per_question": {"q0": 0.3}}, "means of k rewards"),
        ({"per_question": {"q0": math.nan}}, "not an evaluation's record"),
        ({"evaluation": {}}, "not an evaluation's record"),
        ({"task": "aime25", "gold": None}, "evaluates 'aime24' and .* 'aime25'"),
        ({"gold": {"q0": "10", "q1": "11"}}, "question 'q1' has the gold answer '10' in .* and '11' in"),
    ],
)
def test_evaluations_that_cannot_be_paired_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    known = {"task": "aime24", "gold": gold_answers(attempts([[1], [0]]))}
    a = keep(tmp_path / "a", [[1, 0], [0, 1]], **known)
    b = keep(tmp_path / "b", [[1, 1], [0, 1]], **{**known, **change})
    with pytest.raises(UserError, match=says):
        compare_evaluations(a, b)
    same = keep(tmp_path / "c", [[1, 1], [0, 1]], **known)
    assert compare_evaluations(a, same)[0].questions == 2


def test_folders_without_evaluations_are_refused(tmp_path: Path) -> None:
    a = keep(tmp_path / "out" / "aime24", rewards(3, 1, 0.5)).parent
    keep(a / "gsm8k", rewards(3, 1, 0.5))
    b = keep(tmp_path / "other" / "math500", rewards(3, 1, 0.5)).parent
    with pytest.raises(UserError, match=r"no task is in both: .* has aime24, gsm8k; .* has math500"):
        compare_evaluations(a, b)
    for missing in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UserError, match=r"holds no metrics.json.*name the output of `eval`"):
            compare_evaluations(a, missing)
    (b / "math500" / "metrics.json").write_text("{")
    with pytest.raises(UserError, match="not an evaluation's record"):
        compare_evaluations(a, b)
    with pytest.raises(UserError, match="--confidence: 95"):
        compare_evaluations(a, a, 95)


def test_the_command(tmp_path: Path) -> None:
    app = typer.Typer()
    pairing.register(app)
    a = keep(tmp_path / "a" / "aime24", rewards(30, 2, 0.7)).parent
    b = keep(tmp_path / "b" / "aime24", rewards(30, 2, 0.5)).parent
    keep(b / "aime25", rewards(30, 2, 0.5))
    done = CliRunner().invoke(app, [str(a), str(b), "--format", "csv", "--confidence", "0.9"])
    assert done.exit_code == 0
    assert "not in both, left out: aime25 (B only)" in done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert (row["a"], row["b"], row["confidence"]) == (str(a), str(b), "0.9")
    assert "Paired comparison" in CliRunner().invoke(app, [str(a), str(b)]).stdout
    wrong = CliRunner().invoke(app, [str(a), str(b), "-f", "pdf"])
    assert isinstance(wrong.exception, UserError)


def test_p_values_in_words() -> None:
    assert [p_in_words(p) for p in (None, math.nan, 1.0, 0.213, 0.095, 0.0949, 0.0342, 0.0012, 2.1e-7, 0.0)] == [
        "–", "–", "1.00", "0.21", "0.10", "0.095", "0.034", "0.001", "2e-07", "<1e-300",
    ]  # fmt: skip
