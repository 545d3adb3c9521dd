"""The main job on a small scale: a comparison of all methods, its table twice, its samples and its ledger."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

METHODS = ["sdzero", "grpo", "rft", "sft", "sdft"]
SETTINGS = [
    "questions.train=arithmetic?split=train&size=72", "questions.evaluation=arithmetic?split=evaluation&size=20",
    "questions.per_round=36", "samples_per_round=144", "distil.prompts_per_step=16", "sdft.prompts_per_step=32",
    "grpo.prompts_per_step=4", "grpo.updates_per_batch=2", "grpo.kl_weight=0.04", "srt.batch_size=16", "srt.epochs=1",
    "rft.epochs=1", "sft.epochs=1", "sdzero.reviser_questions=20", "verifier_workers=1", "backend.threads=1",
]  # fmt: skip


def sdzero_bench(*words: str) -> str:
    done = subprocess.run([sys.executable, "-m", "sdzero_bench", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def comparison(out: Path, *words: str) -> str:
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    return sdzero_bench("compare", "--methods", ",".join(METHODS), "--rounds", "2", "--out", str(out), *options, *words)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("compared") / "out"
    return out, comparison(out)


def test_the_table_is_rendered_again_byte_for_byte(compared: tuple[Path, str]) -> None:
    out, printed = compared
    assert sdzero_bench("table", str(out)) == printed
    assert (out / "table.txt").read_text() == printed
    for method in METHODS:
        assert method in printed


def test_the_same_seed_gives_the_same_table(compared: tuple[Path, str], tmp_path: Path) -> None:
    assert comparison(tmp_path / "again") == compared[1]


def test_every_method_stays_within_the_budget_and_is_counted(compared: tuple[Path, str]) -> None:
    out, _ = compared
    for method in METHODS:
        spent = 0
        for number in (1, 2):
            folder = out / method / "rounds" / f"{number:02d}"
            markers = {p.stem: json.loads(p.read_text())["cost"] for p in folder.glob("*.json")}
            round_samples = sum(cost["samples"] for phase, cost in markers.items() if phase != "reviser")
            assert round_samples <= 144
            spent += round_samples
            files = list(folder.glob("samples-*.parquet"))
            assert sum(len(pd.read_parquet(path)) for path in files) == round_samples  # every sample is kept
        assert (spent == 0) == (method == "sft")


def test_methods_meet_the_same_questions(compared: tuple[Path, str]) -> None:
    out, _ = compared
    asked = {m: set(pd.read_parquet(out / m / "rounds/01/eval/samples.parquet")["question_id"]) for m in METHODS}
    assert len({frozenset(ids) for ids in asked.values()}) == 1
    trained = set(pd.read_parquet(out / "rft/rounds/01/samples-sample.parquet")["question_id"])
    drafted = set(pd.read_parquet(out / "sdzero/rounds/01/samples-draft.parquet")["question_id"])
    assert drafted < trained
    assert not trained & asked["rft"]


def test_checkpoints_are_plain_folders_that_have_learned(compared: tuple[Path, str]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from sdzero_bench.embedded import model_path

    base = AutoModelForCausalLM.from_pretrained(model_path()).state_dict()
    for method in METHODS:
        folder = compared[0] / method / "rounds/02/checkpoint"
        trained = AutoModelForCausalLM.from_pretrained(folder).state_dict()
        assert any(not torch.equal(base[name], trained[name]) for name in base), method
        assert AutoTokenizer.from_pretrained(folder).chat_template


def test_the_ledger_shows_seconds_by_phase(compared: tuple[Path, str]) -> None:
    costs = sdzero_bench("table", str(compared[0]), "--costs", "--format", "csv").splitlines()
    assert costs[0] == "method,seed,round,phase,samples,sampled_tokens,updates,trained_tokens,seconds"
    phases = [line.split(",")[3] for line in costs if line.startswith("sdzero,0,1,")]
    assert phases == ["draft", "revision", "srt", "reviser", "distil", "evaluation"]


def test_other_settings_do_not_mix_into_a_comparison(compared: tuple[Path, str]) -> None:
    words = [sys.executable, "-m", "sdzero_bench", "compare", "--quick", "--out", str(compared[0])]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "comparison with other settings" in done.stderr


def test_the_ledger_tells_when_a_budget_was_not_kept(compared: tuple[Path, str], tmp_path: Path) -> None:
    out = tmp_path / "copy"
    shutil.copytree(compared[0], out)
    marker = out / "rft/rounds/01/trained.json"
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"budget": 143}))
    text = " ".join(sdzero_bench("table", str(out)).split())
    assert "rft, round 1: NOT within the budget: 144 samples were drawn, 143 was the budget" in text


def test_only_seeds_of_one_setting_are_pooled(compared: tuple[Path, str], tmp_path: Path) -> None:
    def refusal(*paths: Path) -> str:
        words = [sys.executable, "-m", "sdzero_bench", "table", *map(str, paths)]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 2
        return done.stderr

    run, other = compared[0] / "rft", tmp_path / "other"
    assert "are both rft with seed 0" in refusal(run, run)
    shutil.copytree(run, other)
    config = yaml.safe_load((other / "run.yaml").read_text())
    (other / "run.yaml").write_text(yaml.safe_dump(config | {"seed": 1}))
    assert "mean over 2 seeds" in sdzero_bench("table", str(run), str(other))
    (other / "run.yaml").write_text(yaml.safe_dump(config | {"seed": 1, "samples_per_round": 9}))
    assert "are no seeds of one setting (they differ in samples_per_round)" in refusal(run, other)


def test_an_unequal_comparison_stays_marked(tmp_path: Path) -> None:
    more = ["--set", "rft.samples_per_question=5", "--rounds", "1", "--out", str(tmp_path / "out")]
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    sdzero_bench("compare", "--methods", "rft", "--allow-unequal", *options, *more)
    later = sdzero_bench("compare", "--methods", "sft", *options, *more)
    assert "NOT an equal comparison: round 1: more samples than the 144" in " ".join(later.split())


def test_a_run_is_evaluated_on_its_held_out_questions(compared: tuple[Path, str], tmp_path: Path) -> None:
    run = compared[0] / "rft"
    printed = sdzero_bench("eval", "--run", str(run), "--out", str(tmp_path / "out"))
    (folder,) = [path for path in (tmp_path / "out").iterdir() if path.is_dir()]
    again = json.loads((folder / "metrics.json").read_text())
    assert again["evaluation"] == json.loads((run / "rounds/02/eval/metrics.json").read_text())["evaluation"]
    assert f"{100 * again['evaluation']['accuracy']:.1f}" in printed


def test_a_run_goes_on_for_another_round(compared: tuple[Path, str], tmp_path: Path) -> None:
    run = tmp_path / "sft"
    shutil.copytree(compared[0] / "sft", run)
    before = yaml.safe_load((run / "run.yaml").read_text())
    assert before["rounds"] == 2
    printed = sdzero_bench("train-round", "--run", str(run))
    assert yaml.safe_load((run / "run.yaml").read_text()) == before | {"rounds": 3}
    assert "round 3" in printed
