"""The pictures: written twice, the same every time, and showing what they were given."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from made_results import five_methods, method
from typer.testing import CliRunner
from words import attempt, question

from sdzero_bench.cli.app import app
from sdzero_bench.errors import UserError
from sdzero_bench.figures.kl_mass import plot_kl_mass
from sdzero_bench.figures.rounds import plot_rounds
from sdzero_bench.figures.tokens import plot_tokens
from sdzero_bench.localisation.rewards import ScoredResponse
from sdzero_bench.localisation.summary import VERDICTS, summarise_localisation
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.training_curve import read_training_curve


def test_plot_is_png_and_svg_with_every_method_and_round(tmp_path: Path) -> None:
    plot_rounds(five_methods(), tmp_path / "rounds.png")
    assert (tmp_path / "rounds.png").read_bytes().startswith(b"\x89PNG")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "rounds.svg").read_text())
    assert {"sdzero", "grpo", "rft", "sft", "sdft", "base", "3", "accuracy (%)"} <= set(words)


def test_same_figures_same_bytes_other_figures_other_bytes(tmp_path: Path) -> None:
    plot_rounds(five_methods(), tmp_path / "a.png")
    plot_rounds(five_methods(), tmp_path / "b.png")
    plot_rounds([*five_methods()[:4], method("sdft", (8, 8, 9, 30))], tmp_path / "c.png")
    for ending in ("png", "svg"):
        first, second, other = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
        assert first == second
        assert first != other


def test_seeds_one_round_and_a_run_that_stopped_early(tmp_path: Path) -> None:
    seeds = [method("rft", (8, right), seed=seed) for seed, right in enumerate((16, 20))]
    plot_rounds([*seeds, method("grpo", (8,))], tmp_path / "few.png")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "few.svg").read_text())
    assert words.count("rft") == 1


def words(path: Path) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.with_suffix(".svg").read_text())


def test_accuracy_against_tokens(tmp_path: Path) -> None:
    plot_tokens(five_methods(), tmp_path / "figure3.png")
    assert {"sdzero", "grpo", "rft", "sft", "sdft", "mean response length (tokens)"} <= set(
        words(tmp_path / "figure3.png")
    )


def localised(rewards: dict[str, list[float]]) -> dict:
    scored = [
        ScoredResponse(
            attempt("x", VERDICTS[verdict], of=question(f"{i} = ?")), (1,) * len(of), tuple(of), (0.0,) * len(of)
        )
        for verdict, of in rewards.items()
        for i in range(3)
    ]
    return summarise_localisation(scored, 0, 0.95)


def test_kl_mass_by_rank(tmp_path: Path) -> None:
    both, one = localised({"wrong": [9.0, *[0.1] * 19], "right": [1.0] * 20}), localised({"wrong": [1.0, 0.5]})
    plot_kl_mass({"both": both, "one": one}, tmp_path / "figure4.png")
    assert {"both", "one", "wrong responses", "right responses", "spread evenly"} <= set(
        words(tmp_path / "figure4.png")
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rounds of SD-Zero on the embedded model, made small."""
    out = tmp_path_factory.mktemp("run") / "sdzero"
    sets = [
        "samples_per_round=144", "questions.train=arithmetic?split=train&size=72", "questions.per_round=36",
        "questions.evaluation=arithmetic?split=evaluation&size=8", "distil.prompts_per_step=16", "srt.epochs=1",
        "sampling.max_new_tokens=40", "evaluation.max_new_tokens=40", "evaluation.k=1", "sdzero.reviser_questions=8",
        "verifier_workers=1", "sdzero.later_rounds=distil",
    ]  # fmt: skip
    command = ["train", "--rounds", "2", "-o", str(out), *(word for one in sets for word in ("--set", one))]
    subprocess.run([sys.executable, "-m", "sdzero_bench", *command], check=True, capture_output=True, timeout=280)
    return out


def test_a_training_curve(run: Path) -> None:
    """Round 1 is SRT and distillation, round 2 distillation from the synchronised teacher."""
    curve = read_training_curve(run)
    ledger = {(number, phase): cost.updates for number, phase, cost in RunDirectory(run, writable=False).phase_costs()}
    srt, first, second = ledger[1, "srt"], ledger[1, "distil"], ledger[2, "distil"]
    assert min(srt, first, second) > 0
    assert list(curve.supervised) == [(0, srt)]
    assert list(curve.teachers) == [srt, srt + first]
    assert [step.update for step in curve.steps] == [srt + step for step in range(first + second)]
    assert [one.update for one in curve.evaluations] == [0, srt + first, srt + first + second]
    assert [one.round for one in curve.evaluations] == [0, 1, 2]
    rows = pd.concat(map(pd.read_parquet, sorted((run / "rounds/01").glob("samples-distil-*.parquet"))))
    of_first = rows[rows["step"] == 0]
    assert curve.steps[0].reward == pytest.approx(of_first["reward"].mean())
    assert curve.steps[0].length == pytest.approx(of_first["length"].mean())
    said = of_first["text"].str.contains(r"\b(?:wait|let me start over|let me rephrase)\b", case=False, regex=True)
    assert curve.steps[0].self_revision == pytest.approx(said.mean())


@pytest.mark.parametrize("name", ["figure3", "figure5", "figure6"])
def test_the_command_draws(run: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "new" / f"{name}.png"
    done = CliRunner().invoke(app, ["paper", name, "--runs", str(run), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "sdzero" in words(out)
    if name == "figure5":
        assert words(out).count("synchronised") == 1
        assert words(out).count("teacher frozen") == 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["figure7"], "unknown figure 'figure7'; known: figure3, figure4"),
        (["figure3"], "--runs: figure3 is drawn from runs of ours"),
        (["figure4", "--runs", "."], "is no finished output folder of localize"),
        (["figure5", "--runs", "."], "is neither a run directory nor a comparison"),
    ],
)
def test_what_cannot_be_drawn(command: list[str], message: str) -> None:
    wrong = CliRunner().invoke(app, ["paper", *command])
    assert isinstance(wrong.exception, UserError)
    assert message in str(wrong.exception)
