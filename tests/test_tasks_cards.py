"""The task files: read as lm-eval reads them, complete, pinned, grouped like the paper's table."""

import csv
import re
from importlib.resources import files
from pathlib import Path

import pytest

from sdzero_bench.benchmarks import expand, find_card, is_benchmark, read_cards, read_groups
from sdzero_bench.benchmarks.cards import read_card
from sdzero_bench.benchmarks.task_yaml import read_task_yaml
from sdzero_bench.errors import UserError
from sdzero_bench.verify.judges import judge_path

TASKS = Path(str(files("sdzero_tasks")))
YAMLS = sorted(TASKS.rglob("*.yaml"))
SUFFIX = "\nPlease reason step by step, and put your final answer within \\boxed{}."


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: path.stem)
def test_our_reading_of_a_file_is_lm_evals(path):
    from lm_eval.tasks._yaml_loader import load_yaml

    def named(value):
        """lm-eval names a function by its folder too."""
        if isinstance(value, dict):
            return {key: named(item) for key, item in value.items()}
        if isinstance(value, list):
            return [named(item) for item in value]
        return value.removeprefix(f"{path.resolve().parent}/") if isinstance(value, str) else value

    assert read_task_yaml(path) == named(load_yaml(path, resolve_func=False))


def test_every_task_has_a_pinned_revision_a_size_sources_and_a_judge():
    cards = read_cards()
    assert len(cards) == 17
    for card in cards.values():
        assert card.revision is not None
        assert re.fullmatch("[0-9a-f]{40}", card.revision), card.name
        assert card.size is not None
        assert card.size > 0
        assert {"data", "revision", "prompt", "protocol"} <= card.sources.keys()
        assert judge_path(card.judge)
        assert card.path.stem == card.name
        assert read_card(card.path, card.groups) == card


def test_the_papers_groups_are_the_columns_of_its_table():
    with Path(str(files("sdzero_results") / "paper" / "table1_main.csv")).open() as file:
        columns = next(csv.reader(file))[2:-1]
    assert expand(["paper"]) == columns
    assert expand(["paper_math", "paper_code"]) == columns
    for name in columns:
        card = read_cards()[name]
        assert (card.k, card.temperature, card.max_new_tokens, card.shots) == (8, 0.7, 32_768, 0)
        assert "paper" in card.groups


def test_prompts_and_protocols():
    cards = read_cards()
    assert {name for name, card in cards.items() if card.prompt == "{{problem}}" + SUFFIX} == {
        name for name, card in cards.items() if card.domain == "math" and name != "amobench"
    }
    greedy = {"gsm8k", "humaneval", "humaneval_plus", "mbpp", "mbpp_plus"}
    assert {name for name, card in cards.items() if card.temperature == 0} == greedy
    assert all(cards[name].k == 1 for name in greedy)


def test_names():
    assert find_card("math500") is not None
    assert find_card("paper") is None  # a group
    assert find_card("arithmetic") is None  # a question set of its own
    assert is_benchmark("livecodebench?release=v6")
    assert is_benchmark("paper")
    assert not is_benchmark("arithmetic")
    assert not is_benchmark("arc_easy")
    assert expand(["gsm8k", "paper_code", "mine.jsonl?question=q", "gsm8k"]) == [
        "gsm8k", "codeforces", "livecodebench", "mine.jsonl?question=q",
    ]  # fmt: skip
    with pytest.raises(UserError, match="paper is a group and takes no options"):
        expand(["paper?shots=1"])
    assert set(read_groups()) == {"paper", "paper_math", "paper_code"}


def test_a_file_of_ones_own_that_includes_ours_is_a_card(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"include: {TASKS / 'math' / 'math500.yaml'}\ntask: once\nrepeats: 1\n")
    card = read_card(mine)
    assert card is not None
    assert (card.name, card.k, card.dataset, card.size) == ("once", 1, "HuggingFaceH4/MATH-500", 500)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("include: bad.yaml\ntask: x\n", "includes itself"),
        ("include: nowhere.yaml\n", "nowhere.yaml is not readable YAML"),
        ("task: [\n", "bad.yaml is not readable YAML"),
        ("- task\n", "must hold keys"),
        ("task: x\nmetadata: {kind: math}\n", "key 'domain' is missing"),
    ],
)
def test_bad_files_are_named_in_one_line(tmp_path, text, problem):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        read_card(path)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
