"""results.json: our figures in lm-eval's shape, which lm-eval's own table prints."""

import json
import re

import pytest
from lm_eval.utils import make_table
from made_results import attempts, state

from sdzero_bench.benchmarks import find_card
from sdzero_bench.config import EvaluationConfig
from sdzero_bench.config_files import load_config
from sdzero_bench.environment import describe_environment
from sdzero_bench.evaluation_summary import per_question_accuracy, summarise
from sdzero_bench.lm_eval_tasks.plain import plain
from sdzero_bench.lm_eval_tasks.results_json import results_json
from sdzero_bench.lm_eval_tasks.table import render_lm_eval

CONFIG = load_config(None, [], questions__train="arithmetic", model="org/Model-4B").model_dump(mode="json")
ENVIRONMENT = describe_environment(3)
SETTINGS = EvaluationConfig(k=4, temperature=0.7, top_p=0.95, max_new_tokens=99)


def record(rewards, settings=SETTINGS, revision=None, **more):
    judged = attempts(rewards)
    return {
        "protocol": settings.model_dump(mode="json"), "evaluation": summarise(judged, settings),
        "per_question": per_question_accuracy(judged), "revision": revision, **more,
    }  # fmt: skip


AIME24 = record([[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], revision=state(1, 20, revise=True).revision)
AIME25 = record([[1, 1, 0, 1], [0, 1, 0, 0]])
GREEDY = record([[1], [0], [1], [1]], EvaluationConfig(k=1, temperature=0))
LM_EVAL = {
    "results": {
        "arc_easy": {"name": "arc_easy", "alias": "ARC", "sample_len": 3, "acc,none": 0.25, "acc_stderr,none": 0.1234},
        "mmlu": {"name": "mmlu", "alias": "MMLU", "sample_len": 9, "acc,none": 0.5, "acc_stderr,none": "N/A"},
    },
    "groups": {"mmlu": {"name": "mmlu", "alias": "MMLU", "sample_len": 9, "acc,none": 0.5, "acc_stderr,none": "N/A"}},
    "group_subtasks": {"mmlu": []},
    "configs": {"arc_easy": {"task": "arc_easy", "doc_to_text": len}},
    "versions": {"arc_easy": 1.0, "mmlu": 2},
    "n-shot": {"arc_easy": 5},
    "higher_is_better": {"arc_easy": {"acc": True}},
    "n-samples": {"arc_easy": {"original": 10, "effective": 3}},
    "samples": {"arc_easy": [{"doc": 1}]},
    "config": {"model": "sdzero-bench", "bootstrap_iters": 100000, "limit": 9},
    "git_hash": "abc", "date": 1.0, "pretty_env_info": "a machine", "chat_template": "{{ x }}", "max_length": 512,
}  # fmt: skip


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "---" not in line]


def test_figures_under_lm_evals_names():
    results = results_json({"aime24": AIME24}, config=CONFIG, environment=ENVIRONMENT, date=12.5)
    figures, row = AIME24["evaluation"], results["results"]["aime24"]
    assert row["alias"] == "AIME 2024"
    assert row["sample_len"] == 3
    assert row["acc,none"] == row["avg@4,none"] == pytest.approx(0.5)
    assert row["acc_stderr,none"] == row["avg@4_stderr,none"] == figures["accuracy_se"] > 0
    assert (row["pass@1,none"], row["pass@4,none"]) == (pytest.approx(0.5), pytest.approx(2 / 3))
    assert [key for key in row if key.startswith("pass@")] == ["pass@1,none", "pass@2,none", "pass@4,none"]
    assert row["maj@4,none"] == figures["maj_at_k"]
    assert row["length_mean,none"] == figures["length_mean"] > 1
    assert row["truncated,none"] == 0
    assert row["revised_acc,none"] > row["draft_acc,none"] > 0
    assert results["higher_is_better"]["aime24"]["pass@4"] is True
    assert results["higher_is_better"]["aime24"]["truncated"] is False
    assert results["n-samples"]["aime24"] == {"original": 30, "effective": 3}
    assert results["versions"]["aime24"] == 1.0
    assert results["n-shot"]["aime24"] == 0
    config = results["configs"]["aime24"]
    assert config["generation_kwargs"] == {
        "do_sample": True, "temperature": 0.7, "top_p": 0.95, "max_gen_toks": 99, "until": [],
    }  # fmt: skip
    assert config["repeats"] == 4
    assert config["metadata"]["dataset_revision"] == find_card("aime24").revision
    assert results["config"]["model_args"]["pretrained"] == results["model_name"] == "org/Model-4B"
    assert results["model_name_sanitized"] == "org_Model-4B"
    assert results["date"] == 12.5
    assert f"python: {ENVIRONMENT['python']}" in results["pretty_env_info"].splitlines()
    assert results["lm_eval_version"] == ENVIRONMENT["versions"]["lm-eval"]
    assert results["sdzero_bench"]["config"]["model"] == "org/Model-4B"
    assert "groups" not in results
    assert json.loads(json.dumps(results, allow_nan=False)) == results


def test_what_is_unknown_is_left_out():
    """A question set of the user's, greedy, without revisions; text made elsewhere; a single question."""
    text = record([[1, 0, 1, 1]])
    text["evaluation"] = summarise(attempts([[1, 0, 1, 1]]), SETTINGS, token_counts=False)
    del text["protocol"]
    results = results_json(
        {"mine.jsonl": GREEDY, "math500": text}, config=CONFIG, environment=ENVIRONMENT, versions={"mine.jsonl": 7}
    )
    mine, math500 = results["results"]["mine.jsonl"], results["results"]["math500"]
    assert mine["avg@1,none"] == mine["pass@1,none"] == 0.75
    assert results["versions"] == {"mine.jsonl": 7, "math500": 1.0}
    assert results["n-samples"]["mine.jsonl"] == {"original": 4, "effective": 4}
    assert results["configs"]["mine.jsonl"]["generation_kwargs"]["do_sample"] is False
    assert not [key for key in mine if "revised" in key or "draft" in key]
    assert "truncated,none" not in math500
    assert math500["acc_stderr,none"] == "N/A"
    assert "generation_kwargs" not in results["configs"]["math500"]
    assert None not in [*mine.values(), *math500.values()]
    assert len(rows(make_table(results))) > 10


def test_parts_and_groups():
    code = record([[1, 0], [1, 1]], EvaluationConfig(k=2))
    code["evaluation"]["parts"] = {"base": {"accuracy": 0.9, "accuracy_se": 0.05}, "plus": {"accuracy": 0.75}}
    groups = {"paper": ["aime24", "aime25"], "rest": ["aime25", "absent"]}
    results = results_json(
        {"aime24": AIME24, "aime25": AIME25, "humaneval_plus": code},
        config=CONFIG, environment=ENVIRONMENT, groups=groups,
    )  # fmt: skip
    row = results["results"]["humaneval_plus"]
    assert (row["base,none"], row["base_stderr,none"], row["plus,none"]) == (0.9, 0.05, 0.75)
    assert "plus_stderr,none" not in row
    assert list(results["groups"]) == ["paper"]  # the other is not whole
    assert results["groups"]["paper"]["acc,none"] == pytest.approx((0.5 + 0.5) / 2)
    assert results["groups"]["paper"]["acc,none"] == results["results"]["paper"]["acc,none"]
    assert results["group_subtasks"] == {"paper": ["aime24", "aime25"]}
    labels = [line[0] for line in rows(make_table(results)) if line[0]]
    assert labels == ["Tasks", "paper", "- AIME 2024", "- AIME 2025", "HumanEval+"]
    assert "paper" in make_table(results, "groups")


def test_lm_evals_own_results_beside_ours():
    results = results_json(
        {"aime24": AIME24}, config=CONFIG, environment=ENVIRONMENT, groups={}, lm_eval_results=LM_EVAL
    )
    assert list(results["results"]) == ["aime24", "arc_easy", "mmlu"]
    assert results["results"]["arc_easy"] == LM_EVAL["results"]["arc_easy"]
    assert list(results["groups"]) == ["mmlu"]
    assert results["n-shot"] == {"aime24": 0, "arc_easy": 5}
    assert results["n-samples"]["arc_easy"]["effective"] == 3
    assert "samples" not in results
    assert results["config"]["bootstrap_iters"] == 100000
    assert results["config"]["limit"] is None  # ours
    assert (results["git_hash"], results["pretty_env_info"], results["max_length"]) == ("abc", "a machine", 512)
    assert results["chat_template"] == "{{ x }}"
    assert re.fullmatch("[0-9a-f]{64}", results["chat_template_sha"])
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    table = rows(make_table(results))
    assert [
        "AIME 2024",
        "1",
        "none",
        "0",
        "acc",
        "↑",
        "0.5000",
        "±",
        f"{AIME24['evaluation']['accuracy_se']:.4f}",
    ] in table
    assert ["ARC", "1", "none", "5", "acc", "↑", "0.2500", "±", "0.1234"] in table


def test_table_for_the_screen():
    text = render_lm_eval(LM_EVAL)
    assert text.count("ARC") == 1
    assert text.count("MMLU") == 2
    assert "Groups" in text
    without = {key: value for key, value in LM_EVAL.items() if key != "groups"}
    assert "Groups" not in render_lm_eval(without)


def test_plain_values():
    import numpy as np

    value = {"a": (np.float64(0.5), np.bool_(True), {3, 1}), 2: np.array([1, 2]), "f": len, "n": None, "i": np.int64(3)}
    expected = {"a": [0.5, True, [1, 3]], "2": [1, 2], "f": str(len), "n": None, "i": 3}
    assert plain(value) == expected
    assert type(plain(value)["a"][0]) is float
    assert plain(float("inf")) == float("inf")
