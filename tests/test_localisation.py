"""Self-localisation (Figure 4): the token KL reward, how its mass is spread, and the command."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from made_runs import made_localisation
from scipy.stats import ttest_ind
from transformers import AutoModelForCausalLM
from typer.testing import CliRunner
from words import TOKENIZER, attempt, question

from sdzero_bench.backend import open_backend
from sdzero_bench.cli.app import app
from sdzero_bench.config import BackendConfig, ControlPhrases
from sdzero_bench.config_files import dump_config, load_config
from sdzero_bench.embedded import model_path
from sdzero_bench.errors import UserError
from sdzero_bench.localisation.mass import BINS, mass_by_rank
from sdzero_bench.localisation.rewards import ScoredResponse, score_responses
from sdzero_bench.localisation.summary import summarise_localisation
from sdzero_bench.localisation.table import render_localisation
from sdzero_bench.progress import Silent
from sdzero_bench.prompts import Prompter

RIGHT = attempt("3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}", 1)
WRONG = attempt("3 + 7 = 11 ; 11 - 4 = 7 ; so \\boxed{7}", 0)
CUT = attempt("3 + 7 = 11 ; 11 - 4", 0, stopped=False)


@pytest.mark.parametrize(
    ("rewards", "bins", "shares"),
    [
        ([4, 0, 0, 0, 1], 5, [0.8, 0.2, 0, 0, 0]),
        ([1, 4], 2, [0.8, 0.2]),
        ([2.0] * 40, 20, [0.05] * 20),  # even: every bin the same
        ([1, 1, 1], 2, [0.5, 0.5]),  # a token on the border is divided
        ([3, -5, 1, -2], 4, [0.75, 0.25, 0, 0]),  # what the reviser finds likelier has no mass
        ([7], 20, [0.05] * 20),
    ],
)
def test_mass_by_rank(rewards, bins, shares):
    assert mass_by_rank(rewards, bins) == pytest.approx(shares, abs=1e-12)


def test_no_mass():
    assert mass_by_rank([0.0, -1.0]) is None


def test_the_reward_is_that_of_plain_transformers(tmp_path):
    """The student reads chat(x) + y, the reviser chat(x) + y + P_r + y, with weights of its own."""
    teacher = AutoModelForCausalLM.from_pretrained(model_path(), dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in teacher.parameters():
            parameter.mul_(1.01)
    teacher.save_pretrained(tmp_path / "teacher")
    TOKENIZER.save_pretrained(tmp_path / "teacher")
    student = AutoModelForCausalLM.from_pretrained(model_path(), dtype=torch.float32).eval()

    backend = open_backend(BackendConfig(device="cpu", threads=1), tmp_path / "teacher", 0)
    backend.freeze_teacher()
    backend.restore(model_path())
    prompter = Prompter(TOKENIZER, ControlPhrases())
    scored = score_responses(backend, prompter, [RIGHT, WRONG, CUT], 512, Silent())
    assert [one.attempt for one in scored] == [RIGHT, WRONG, CUT]

    for one in scored:
        y = one.attempt.completion.token_ids
        assert one.tokens == y
        prompt, context = prompter.generator(one.attempt.question), prompter.reviser(one.attempt)
        with torch.no_grad():
            by_student = student(torch.tensor([[*prompt, *y]])).logits[0].log_softmax(-1)  # [L, V]
            by_reviser = teacher(torch.tensor([[*context, *y]])).logits[0].log_softmax(-1)
        expected = [
            float(by_student[len(prompt) + i - 1, token] - by_reviser[len(context) + i - 1, token])
            for i, token in enumerate(y)
        ]
        assert one.rewards == pytest.approx(expected, abs=1e-4)
        assert max(map(abs, expected)) > 1e-2
    backend.close()


def test_what_does_not_fit_is_left_out():
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    backend.freeze_teacher()
    prompter = Prompter(TOKENIZER, ControlPhrases())
    short = len(prompter.generator(RIGHT.question)) + len(prompter.control_tokens(1))
    assert score_responses(backend, prompter, [RIGHT], short + 1, Silent()) == []
    (cut,) = score_responses(backend, prompter, [RIGHT], short + 11, Silent())
    assert len(cut.tokens) == 5
    backend.close()


def scored(text: str, reward: int, number: int, rewards: list[float]) -> ScoredResponse:
    made = attempt(text, reward, of=question(f"{number} = ?"))
    return ScoredResponse(made, tuple(range(len(rewards))), tuple(rewards), (0.0,) * len(rewards))


def test_wrong_against_right_responses():
    rng = np.random.default_rng(0)
    wrong = [scored("w", 0, i, [float(rng.uniform(5, 9)), *[0.1] * 39]) for i in range(10)]
    right = [scored("r", 1, 10 + i, list(map(float, rng.uniform(0.9, 1.1, 40)))) for i in range(12)]
    empty = [scored("r", 1, 30, [-1.0] * 40)]
    summary = summarise_localisation([*wrong, *right, *empty], left_out=2, confidence=0.9)
    assert (summary["wrong"]["responses"], summary["right"]["responses"], summary["left_out"]) == (10, 13, 2)
    assert summary["right"]["without_mass"] == 1
    tops = [[mass_by_rank(one.rewards)[0] for one in group] for group in (wrong, right)]
    assert summary["wrong"]["top_share"] == pytest.approx(np.mean(tops[0]))
    assert summary["wrong"]["top_share"] > 0.5 > 0.06 > summary["right"]["top_share"]
    for verdict in ("wrong", "right"):
        assert len(summary[verdict]["by_rank"]) == BINS
        assert sum(summary[verdict]["by_rank"]) == pytest.approx(1)
    test = ttest_ind(*tops, equal_var=False)
    assert summary["difference"]["p_value"] == pytest.approx(test.pvalue)
    assert summary["difference"]["low"] == pytest.approx(test.confidence_interval(0.9).low)
    text = render_localisation(summary)
    assert "is more concentrated than that of right ones, as in the paper" in " ".join(text.split())
    assert "2 responses are left out" in text
    assert "1 right responses have no token" in " ".join(text.split())
    swapped = [scored("x", 1 - one.attempt.reward, i, one.rewards) for i, one in enumerate([*wrong, *right])]
    assert "LESS concentrated" in render_localisation(summarise_localisation(swapped, 0, 0.9))
    few = render_localisation(summarise_localisation([*wrong, *right[:1]], 0, 0.9))
    assert "are not compared" in few
    json.dumps(summary, allow_nan=False)


def localize(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sdzero_bench", "localize", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=200)


def test_the_command(tmp_path):
    """Every token of every response, kept; again without sampling; other settings and missing rounds are refused."""
    run, out = tmp_path / "run", tmp_path / "out"
    run.mkdir()
    sets = {"train": "arithmetic?split=train&size=40", "evaluation": "arithmetic?split=evaluation&size=12"}
    config = load_config(None, (), model="embedded", questions=sets, backend={"threads": 1}, verifier_workers=1,
                         evaluation={"temperature": 1.0, "max_new_tokens": 60})  # fmt: skip
    (run / "run.yaml").write_text(dump_config(config))
    words = ["--run", str(run), "--round", "0", "--out", str(out), "--limit", "10"]
    first = localize(*words)
    assert first.returncode == 0, first.stderr
    rows = pd.read_parquet(out / "responses.parquet")
    assert len(rows) == 10
    for row in rows.itertuples():
        assert len(row.token_ids) == len(row.tokens) == len(row.token_rewards) > 3
        assert row.token_rewards == pytest.approx(row.student_logprobs - row.reviser_logprobs)
        assert "".join(row.tokens).replace("<end>", "").strip() == row.text.strip()
    summary = json.loads((out / "summary.json").read_text())
    assert summary["wrong"]["responses"] + summary["right"]["responses"] == 10
    again = localize(*words)
    assert again.stdout == first.stdout
    for refused, message in (
        ([*words[:-1], "9"], "localisation.responses: 10 -> 9"),
        (["--run", str(run)], f"--run: {run} has no finished round to evaluate"),
        (["--run", str(tmp_path)], "is no run directory"),
        ([*words, "--format", "pdf"], "--format: unknown format 'pdf'"),
    ):
        wrong = CliRunner().invoke(app, ["localize", *refused])
        assert isinstance(wrong.exception, UserError)
        assert message in str(wrong.exception)


def test_csv_has_every_figure():
    summary = summarise_localisation([scored("w", 0, 0, [2.0, 1.0]), scored("r", 1, 1, [1.0, 1.0])], 0, 0.95)
    wrong, right = csv.DictReader(io.StringIO(render_localisation(summary, "csv")))
    assert (wrong["responses_are"], right["responses_are"]) == ("wrong", "right")
    assert float(wrong["by_rank_1"]) == pytest.approx(2 / 3 / 10)
    assert float(right["top_share"]) == pytest.approx(0.05)


def test_several_in_one_table(tmp_path):
    """A row each, and over seeds the mean with its Student-t interval; in CSV the figures of summary.json."""
    folders = [made_localisation(tmp_path / f"s{seed}", seed=seed) for seed in (1, 0)]
    done = CliRunner().invoke(app, ["table", *map(str, folders), "-f", "csv"])
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert [row["seed"] for row in rows] == ["0", "1"]
    kept = [json.loads((folder / "summary.json").read_text()) for folder in folders]
    assert float(rows[1]["wrong_top_share"]) == kept[0]["wrong"]["top_share"]
    gaps = [one["difference"]["top_share"] for one in kept]
    shown = CliRunner().invoke(app, ["table", *map(str, folders)]).output
    pooled = next(line for line in shown.splitlines() if "mean of 2" in line)
    half = 12.706 * np.std(gaps, ddof=1) / np.sqrt(2)  # Student-t with one degree of freedom
    assert f"+{100 * np.mean(gaps):.1f} ± {100 * half:.1f}" in pooled


def test_only_seeds_of_one_setting_are_pooled(tmp_path):
    """Another reviser is another measurement, and the same seed twice is not two seeds."""
    one, other = made_localisation(tmp_path / "a"), made_localisation(tmp_path / "b", seed=1, reviser="elsewhere")
    shown = CliRunner().invoke(app, ["table", str(one), str(other)]).output
    assert "mean of" not in shown
    assert "elsewhere" in shown
    again = made_localisation(tmp_path / "c")
    assert "mean of" not in CliRunner().invoke(app, ["table", str(one), str(again)]).output


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["a", "run"], "a is an output of localize and run is not; render them one by one"),
        (["a", "--against", "sdzero"], "--against: a is an output of localize, not a run"),
        (["a", "--costs"], "--costs: a is an output of localize, not a run"),
        (["unfinished"], "unfinished is no finished output folder of localize; repeat the command that made it"),
    ],
)
def test_tables_that_cannot_be(command, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_localisation(Path("a"))
    made_localisation(Path("unfinished"))
    Path("unfinished/summary.json").unlink()
    Path("run/rounds").mkdir(parents=True)
    wrong = CliRunner().invoke(app, ["table", *command])
    assert isinstance(wrong.exception, UserError)
    assert message in str(wrong.exception)
