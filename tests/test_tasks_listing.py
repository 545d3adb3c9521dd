"""`sdzero-bench tasks`: the list and the cards, as people read them."""

import json
import os
import socket
import subprocess
import sys

import made_benchmarks as made
import pytest
import typer
from typer.testing import CliRunner

from sdzero_bench.benchmarks import read_cards
from sdzero_bench.cli import listing
from sdzero_bench.embedded import model_path
from sdzero_bench.errors import UserError


@pytest.fixture(autouse=True)
def _nothing_at_hand(tmp_path_factory, monkeypatch):
    """No data folder, caches of the test's own, no network."""
    folder = tmp_path_factory.mktemp("caches")
    for name in (
        "SDZERO_DATA_DIR",
        "HUMANEVAL_OVERRIDE_PATH",
        "MBPP_OVERRIDE_PATH",
        "HF_HUB_CACHE",
        "HF_DATASETS_CACHE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))

    def refuse(*arguments: object) -> None:
        pytest.fail("a command that lists things asked for a connection")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def printed(*words: str, columns: int = 80) -> str:
    app = typer.Typer()
    listing.register(app)
    done = CliRunner().invoke(app, ["tasks", *words], env={"COLUMNS": str(columns)})
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_list_has_every_task_group_and_question_set_in_80_columns(tmp_path):
    (tmp_path / "aime24.jsonl").write_text("")
    made.amobench(tmp_path)
    text = printed("--data-dir", str(tmp_path))
    lines = {line.split()[0]: line for line in text.splitlines() if line and not line.startswith(" ")}
    for card in read_cards().values():
        assert f"{card.size:,}" in lines[card.name]
        assert card.dataset in lines[card.name]
    assert lines["aime24"].split()[1:] == ["30", "avg@8", "T", "0.7", "32k", "file", "HuggingFaceH4/aime_2024"]
    assert lines["amobench"].split()[6] == "folder"
    assert lines["gsm8k"].split()[1:] == ["1,319", "greedy", "2k", "no", "openai/gsm8k"]
    assert "paper_code  codeforces, livecodebench" in text
    assert "arithmetic?split=train" in text
    assert "reasoning_gym:chain_sum" in text
    assert "lm-eval ls tasks" in text
    assert max(map(len, text.splitlines())) <= 80
    assert not any(line.endswith(" ") for line in text.splitlines())
    assert len(printed("paper_code").splitlines()) == 5  # two lines of header, [code], two tasks


def test_a_card_says_where_everything_comes_from():
    text = printed("openr1_math", columns=100)
    card = read_cards()["openr1_math"]
    joined = " ".join(text.split())
    for part in (
        card.dataset,
        card.revision,
        "500",
        "size=..., solution=r1",
        "paper, paper_math",
        *card.sources.values(),
    ):
        assert " ".join(str(part).split()) in joined
    assert "8 samples a question (avg@8), temperature 0.7, top_p 1, 32,768 new tokens" in joined
    assert "no: downloaded from the hub when first asked; or in the data folder one of openr1_math.jsonl" in joined
    assert "A prompt is shown once the data is at hand, for example openr1_math.jsonl" in joined
    assert max(map(len, text.splitlines())) <= 100


def test_a_prompt_as_messages_and_in_a_models_template(tmp_path):
    rows = [{"question": "How many [eggs]?", "answer": "So.\n#### 12"}]
    for name in ("gsm8k", "gsm8k_train"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(rows[0]))
    ending = "How many [eggs]?\nPlease reason step by step, and put your final answer within \\boxed{}."
    text = printed("gsm8k?shots=1", "--data-dir", str(tmp_path))
    assert text.endswith(
        f"The prompt of gsm8k/0:\n\n[user]\n{ending}\n\n[assistant]\nSo.\nThe answer is \\boxed{{12}}.\n\n"
        f"[user]\n{ending}\n\nGold answer: 12\n"
    )
    shown = printed("gsm8k", "--data-dir", str(tmp_path), "--model", "embedded")
    from transformers import AutoTokenizer

    message = {"role": "user", "content": ending}
    template = AutoTokenizer.from_pretrained(model_path()).apply_chat_template(
        [message], add_generation_prompt=True, tokenize=False
    )
    assert f"The prompt of gsm8k/0, in the chat template of embedded:\n\n{template}\n" in shown


def test_code_has_tests_for_an_answer_and_only_one_problem_is_read(tmp_path):
    rows = [made.livecodebench_row("a", "2025-02-01"), {"broken": True}]
    (tmp_path / "livecodebench.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = printed("livecodebench", "--data-dir", str(tmp_path))
    assert "[system]\nYou are an expert Python programmer." in text
    assert text.endswith("Gold answer: none: 2 tests decide\n")


def test_a_question_set_that_is_no_benchmark_shows_a_prompt_too():
    assert printed("arithmetic").startswith("\nThe prompt of arithmetic/evaluation/")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["gsm8kk"], "no task of ours is called 'gsm8kk'; did you mean gsm8k"),
        (["zzzz"], "`lm-eval ls tasks` others"),
        (
            ["gsm8k_cot"],
            "^tasks: gsm8k_cot is a task of lm-eval's; only `sdzero-bench eval --tasks gsm8k_cot` takes it",
        ),
        (["ai2_arc"], "ai2_arc is a task of lm-eval's"),  # a tag of it
        (
            ["math500", "--model", "org/nosuch"],
            r"^--model: no tokenizer of org/nosuch is in .*`hf download org/nosuch`$",
        ),
        (["gsm8k?shoots=5"], "unknown option 'shoots'"),
        (["--data-dir", "/no/such/folder"], "--data-dir: no folder /no/such/folder"),
        (["--model", "embedded"], "name the task"),
        (["humaneval", "--model", "/no/such/model"], "no folder /no/such/model"),
    ],
)
def test_mistakes_are_answered_in_one_line(words, problem):
    with pytest.raises(UserError, match=problem):
        printed(*words)


def test_a_card_shows_what_was_asked_for():
    text = " ".join(printed("gsm8k?shots=5", columns=100).split())
    assert "worked examples from split train (?shots=N); 5 asked for" in text
    assert "asked for shots=5" in text
    assert "(?shots=N); 0 unless asked for" in " ".join(printed("gsm8k", columns=100).split())
    assert "asked for solution=r1" in " ".join(printed("openr1_math?solution=r1", columns=100).split())


def test_a_missing_model_is_told_before_anything_is_imported(tmp_path):
    code = (
        "import sys; from sdzero_bench.cli.app import main\n"
        "try: main()\n"
        "finally: print('heavy', sorted({'torch', 'transformers', 'lm_eval'} & set(sys.modules)))"
    )
    for words in (["tasks", "math500"], ["eval", "--tasks", "math500"], ["eval", "--tasks", "gsm8k_cot"]):
        command = [sys.executable, "-c", code, *words, "--model", "nosuch"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith("error: model: no folder nosuch; ")
        assert done.stdout == "heavy []\n"


def test_the_list_imports_no_engine_and_takes_no_time(tmp_path):
    code = (
        "import sys, time; start = time.process_time(); from sdzero_bench.cli.task_list import list_tasks; "
        "list_tasks(None); print(time.process_time() - start, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"COLUMNS": "80"}
    )
    assert done.returncode == 0, done.stderr
    seconds, *modules = done.stderr.split()
    assert not {"torch", "datasets", "transformers", "lm_eval", "pandas", "evalplus"} & set(modules)
    assert float(seconds) < 1
    assert not list(tmp_path.iterdir())
