"""`eval` on a folder that has something in it, and on tasks with a protocol of their own. In this process, on the
embedded model: a new process would import torch every time."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from made_lm_eval_tasks import made_manager

from sdzero_bench import rundir
from sdzero_bench.cli.app import main
from sdzero_bench.config_files import load_config
from sdzero_bench.evaluate_tasks import Evaluations, evaluate_tasks
from sdzero_bench.evaluation_folder import evaluation_settings, kept_name
from sdzero_bench.evaluation_plan import LmEvalTasks, lm_eval_file, plan_tasks
from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks

Ended = tuple[int | str | None, str, str]  # exit code, standard output, standard error


@pytest.fixture(autouse=True)
def _locks() -> Iterator[None]:
    """A folder is held until the process ends: here, until the test does."""
    yield
    rundir._HELD.clear()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """`command(*words)`: `sdzero-bench eval --model embedded --out out WORDS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SDZERO_DATA_DIR", raising=False)

    def call(*words: str) -> Ended:
        rundir._HELD.clear()
        monkeypatch.setattr(sys, "argv", ["sdzero-bench", "eval", "--model", "embedded", "--out", "out", *words])
        code: int | str | None = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


def gsm8k(folder: Path) -> None:
    rows = [{"question": f"{n} + 1 = ?", "answer": f"#### {n + 1}"} for n in range(3)]
    (folder / "gsm8k.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_a_preset_does_not_change_a_benchmarks_protocol_but_a_person_does(
    tmp_path: Path, command: Callable[..., Ended]
) -> None:
    gsm8k(tmp_path)
    words = ("--tasks", "gsm8k", "--data-dir", ".", "--limit", "2", "--max-tokens", "8")
    code, _, said = command(*words)
    assert code == 0, said
    protocol = json.loads((tmp_path / "out/gsm8k/metrics.json").read_text())["protocol"]
    assert (protocol["k"], protocol["temperature"], protocol["max_new_tokens"]) == (1, 0, 8)
    # The preset has k: 2 too, but asked for by a person it is another evaluation.
    code, _, said = command(*words, "--k", "2", "--temperature", "1.0")
    assert code == 2
    assert "set_over_protocols: max_new_tokens -> k, max_new_tokens, temperature" in said
    (tmp_path / "mine.yaml").write_text(
        yaml.safe_dump({"questions": {"train": "arithmetic"}, "evaluation": {"k": 2, "temperature": 1.0}})
    )
    code, _, said = command(*words, "--config", "mine.yaml", "--fresh")
    assert code == 0, said
    protocol = json.loads((tmp_path / "out/gsm8k/metrics.json").read_text())["protocol"]
    assert (protocol["k"], protocol["temperature"], protocol["max_new_tokens"]) == (2, 1.0, 8)


def test_other_settings_are_refused_by_name_before_anything_is_loaded(
    tmp_path: Path, command: Callable[..., Ended]
) -> None:
    first = command("--tasks", "arithmetic?split=evaluation&size=2", "--max-tokens", "16")
    assert first[0] == 0, first
    assert first[2].splitlines()[0] == "loading embedded"
    code, _, said = command("--tasks", "arithmetic?split=evaluation&size=2", "--max-tokens", "24")
    assert code == 2
    (line,) = said.splitlines()
    assert "evaluation.max_new_tokens: 16 -> 24" in line
    assert line.endswith("or give --fresh to delete it and start again")
    # Other tasks go into the same folder: run.yaml is not held to the tasks of the first call.
    (tmp_path / "mine.jsonl").write_text(json.dumps({"question": "3 + 7 - 4 = ?", "answer": "6"}) + "\n")
    code, _, said = command("--tasks", "mine.jsonl", "--max-tokens", "16")
    assert code == 0, said
    settings = yaml.safe_load((tmp_path / "out/run.yaml").read_text())
    assert not settings["questions"].keys() & {"train", "evaluation"}
    assert "mine" not in json.dumps(settings)


def test_a_training_run_is_no_folder_for_an_evaluation(tmp_path: Path, command: Callable[..., Ended]) -> None:
    (tmp_path / "out/rounds").mkdir(parents=True)
    code, _, said = command("--tasks", "arithmetic")
    assert (code, said) == (2, "error: output: out is a training run; choose another --out\n")


def test_every_task_has_a_folder_of_its_own() -> None:
    names = ["a/b.jsonl", "a-b.jsonl", "a-b-jsonl", "gsm8k", "gsm8k?shots=5", "x" * 300, "x" * 301, "é", "e", ".."]
    kept = {kept_name(name) for name in names}
    assert len(kept) == len(names)
    assert {"gsm8k", "a-b-jsonl"} < kept
    assert all(len(name) < 120 and name.isascii() and "." not in name and "/" not in name for name in kept)


def test_files_that_differ_in_a_sign_have_their_own_figures(tmp_path: Path, command: Callable[..., Ended]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.jsonl").write_text(json.dumps({"question": "3 + 7 = ?", "answer": "10"}) + "\n")
    (tmp_path / "a-b.jsonl").write_text(json.dumps({"question": "3 + 8 = ?", "answer": "11"}) + "\n")
    golds = []
    for name in ("a/b.jsonl", "a-b.jsonl"):
        code, _, said = command("--tasks", name, "--max-tokens", "8")
        assert code == 0, said
        golds.append(json.loads((tmp_path / "out" / kept_name(name) / "metrics.json").read_text())["gold"])
    assert [list(gold.values()) for gold in golds] == [["10"], ["11"]]


def test_other_lm_eval_tasks_in_the_same_folder_are_evaluated_too(tmp_path: Path) -> None:
    manager = made_manager(tmp_path)
    config = load_config(
        None, ["backend.threads=1", "questions.evaluation_limit=2"], model="embedded", questions__train="arithmetic"
    )

    def evaluated(names: list[str], **changes: float) -> Evaluations:
        rundir._HELD.clear()
        prepared = prepare_lm_eval_tasks(names, manager=manager, **changes)
        plan = replace(plan_tasks(config, [], (), {}), lm_eval=LmEvalTasks(prepared, lm_eval_file(names, changes)))
        measured = evaluate_tasks(config, plan, evaluation_settings(config, ()), tmp_path / "out")
        assert measured is not None
        return measured

    first = evaluated(["arc_easy"]).lm_eval
    second = evaluated(["lambada_openai"]).lm_eval
    assert first is not None
    assert second is not None
    assert (list(first["results"]), list(second["results"])) == (["arc_easy"], ["lambada_openai"])
    assert list(json.loads((tmp_path / "out/results.json").read_text())["results"]) == ["lambada_openai"]
    again = evaluated(["arc_easy"]).lm_eval
    assert again is not None
    assert again["date"] == first["date"]  # kept, not made again
    kept = lm_eval_file(["arc_easy"], {})
    assert kept == "lm-eval-arc_easy.json"
    assert (tmp_path / "out" / kept).exists()
    assert (
        len({kept, lm_eval_file(["arc_easy"], {"temperature": 0.5}), lm_eval_file(["arc_easy", "wikitext"], {})}) == 3
    )
