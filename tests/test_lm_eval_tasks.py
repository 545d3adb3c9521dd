"""Which of lm-eval's tasks are known, which are refused, and where their data comes from."""

import json
import logging
import os
import shutil
import time

import pytest
from lm_eval.tasks import TaskManager
from made_lm_eval_tasks import SHIPPED, arc_rows, made_manager, rows_of, write_rows

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.lm_eval_tasks.catalogue import leaf_configs, lm_eval_names, refuse_unsafe_code
from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks
from sdzero_bench.lm_eval_tasks.quiet import Remarks, quietly
from sdzero_bench.lm_eval_tasks.run import evaluate_lm_eval_tasks
from sdzero_bench.progress import Silent

FOLDERS = (
    "arc gsm8k hendrycks_math humaneval humaneval_infilling mbpp cruxeval longproc ifeval code_x_glue mmmu mmlu/default"
)


@pytest.fixture(scope="module")
def manager():
    return TaskManager(include_defaults=False, include_path=[str(SHIPPED / name) for name in FOLDERS.split()])


@pytest.fixture(autouse=True)
def no_hub(monkeypatch, tmp_path):
    """Where nothing listens, and without what others have downloaded."""
    import datasets
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets")
    monkeypatch.delenv("SDZERO_DATA_DIR", raising=False)


def tasks_of(prepared):
    loaded = [item.get_all_tasks() if hasattr(item, "get_all_tasks") else [item] for item in prepared.tasks]
    return {task.task_name: task for group in loaded for task in group}


def test_all_that_lm_eval_ships_is_known():
    """Without a manager: the whole index, which takes a while."""
    assert lm_eval_names(["gsm8k_cot", "mmlu", "ai2_arc"]) == {"gsm8k_cot", "mmlu", "ai2_arc"}
    with pytest.raises(UserError, match=r"^--tasks: .*'gsm8k_cott'; did you mean gsm8k_cot or ") as caught:
        lm_eval_names(["arc_easy", "gsm8k_cott"])
    assert "\n" not in str(caught.value)


def test_names_of_groups_tags_and_files(manager, tmp_path):
    assert list(leaf_configs(manager, "arc_easy")) == ["arc_easy"]
    assert list(leaf_configs(manager, "ai2_arc")) == ["arc_challenge", "arc_easy"]  # a tag
    assert len(leaf_configs(manager, "mmlu")) == 57  # groups of tags
    assert len(leaf_configs(manager, "hendrycks_math")) == 7  # a group of tasks
    own = tmp_path / "mine.yaml"
    own.write_text(json.dumps({"task": "mine", "dataset_path": "json"}))
    assert lm_eval_names([str(own), "mmlu"], manager) == {str(own), "mmlu"}
    assert leaf_configs(manager, str(own)) == {"mine": {"task": "mine", "dataset_path": "json"}}
    with pytest.raises(UserError, match="zzzz"):
        lm_eval_names(["zzzz"], manager)


def test_tasks_that_execute_code_are_refused(manager):
    families = ("humaneval", "mbpp", "cruxeval", "longproc")
    code = [name for name in manager.all_subtasks if name.startswith(families)]
    assert len(code) > 20
    for name in code:
        with pytest.raises(UserError, match="--unsafe-code"):
            refuse_unsafe_code(manager, [name])
    refuse_unsafe_code(manager, [name for name in manager.all_tasks if not name.startswith(families)])
    for name, ours in (("humaneval_64_instruct", "humaneval"), ("mbpp_plus_instruct", "mbpp_plus")):
        with pytest.raises(UserError, match=rf"{name} executes .*; use our `{ours}`, which runs it in the sandbox"):
            prepare_lm_eval_tasks([name], manager=manager)
    with pytest.raises(UserError, match=r"in humaneval_infilling"):
        refuse_unsafe_code(manager, ["humaneval_infilling"])


def test_unsafe_code_may_be_allowed(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_ALLOW_CODE_EVAL", raising=False)
    rows = write_rows(tmp_path / "rows.jsonl", [{"q": "1", "a": "1"}])
    config = {
        "task": "unsafe", "dataset_path": "json", "dataset_kwargs": {"data_files": {"test": str(rows)}},
        "test_split": "test", "doc_to_text": "{{q}}", "doc_to_target": "{{a}}", "unsafe_code": True,
        "generation_kwargs": {"until": ["\n"], "max_gen_toks": 4},
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
    }  # fmt: skip
    (tmp_path / "unsafe.yaml").write_text(json.dumps(config))
    manager = TaskManager(include_defaults=False, include_path=str(tmp_path))
    with pytest.raises(UserError, match="leave it out, or give --unsafe-code"):
        prepare_lm_eval_tasks(["unsafe"], manager=manager)
    assert "HF_ALLOW_CODE_EVAL" not in os.environ
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    results = evaluate_lm_eval_tasks(
        prepare_lm_eval_tasks(["unsafe"], manager=manager, unsafe_code=True), backend, reporter=Silent()
    )
    assert results["n-samples"]["unsafe"] == {"original": 1, "effective": 1}
    assert os.environ.pop("HF_ALLOW_CODE_EVAL") == "1"


def test_without_a_network_it_ends_at_once(manager):
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        prepare_lm_eval_tasks(["arc_easy"], manager=manager)
    assert time.monotonic() - start < 10
    assert str(caught.value).startswith("--tasks: arc_easy: its data set allenai/ai2_arc cannot be had")
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match=r"mmlu: its data set cais/mmlu"):
        prepare_lm_eval_tasks(["mmlu"], manager=manager)
    import datasets
    from huggingface_hub import constants

    assert not constants.HF_HUB_OFFLINE
    assert not datasets.config.HF_HUB_OFFLINE


def test_what_is_cached_needs_no_network(manager, tmp_path):
    """In the form in which `datasets` keeps a configuration of a data set that it has downloaded."""
    import datasets

    repository, rows = tmp_path / "ai2_arc", arc_rows(3)
    repository.mkdir()
    for split in ("train", "validation", "test"):
        write_rows(repository / f"{split}.jsonl", rows)
    datasets.load_dataset(str(repository), cache_dir=str(tmp_path / "made"))
    (made,) = (tmp_path / "made").glob("ai2_arc/default/0.0.0/*/dataset_info.json")
    kept = tmp_path / "datasets/allenai___ai2_arc/ARC-Easy/0.0.0" / made.parent.name
    shutil.copytree(made.parent, kept)
    info = json.loads((kept / "dataset_info.json").read_text())
    (kept / "dataset_info.json").write_text(json.dumps(info | {"config_name": "ARC-Easy"}))
    start = time.monotonic()
    assert list(tasks_of(prepare_lm_eval_tasks(["arc_easy"], manager=manager))["arc_easy"].eval_docs) == rows
    assert time.monotonic() - start < 10


def test_a_missing_package_is_named(manager, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "langdetect", None)
    with pytest.raises(UserError, match=r"^--tasks: ifeval needs a package .*langdetect.*; pip install langdetect"):
        prepare_lm_eval_tasks(["ifeval"], manager=manager)
    (tmp_path / "utils.py").write_text("raise ModuleNotFoundError('`x` is missing: pip install lm-eval[math]')\n")
    (tmp_path / "broken.yaml").write_text("task: broken\ndataset_path: json\nprocess_docs: !function utils.f\n")
    broken = TaskManager(include_defaults=False, include_path=str(tmp_path))
    with pytest.raises(UserError, match=r"pip install 'lm-eval\[math\]'"):
        prepare_lm_eval_tasks(["broken"], manager=broken)


def test_data_in_a_folder(manager, tmp_path):
    """A copy of the repository, or a file by task; few-shot examples need their own."""
    rows = arc_rows(5)
    write_rows(tmp_path / "arc_easy.jsonl", rows)
    prepared = prepare_lm_eval_tasks(["arc_easy"], manager=manager, data_dir=tmp_path)
    (task,) = tasks_of(prepared).values()
    assert list(task.eval_docs) == rows
    assert manager.task_index["arc_easy"].cfg["dataset_path"] == "allenai/ai2_arc"  # as it was
    with pytest.raises(UserError, match=r"few-shot examples from split 'train'; put them in .*arc_easy_train.jsonl"):
        prepare_lm_eval_tasks(["arc_easy"], manager=manager, data_dir=tmp_path, shots=2)
    write_rows(tmp_path / "arc_easy_train.jsonl", rows[::-1])
    prepared = prepare_lm_eval_tasks(["arc_easy"], manager=manager, data_dir=tmp_path, shots=2)
    assert list(tasks_of(prepared)["arc_easy"].fewshot_docs()) == rows[::-1]

    copy = tmp_path / "allenai/ai2_arc"
    (copy / "ARC-Challenge").mkdir(parents=True)
    write_rows(copy / "ARC-Challenge/test.jsonl", rows[:3])
    write_rows(copy / "ARC-Challenge/train.jsonl", rows[3:])
    splits = [{"split": split, "path": f"ARC-Challenge/{split}.jsonl"} for split in ("train", "test")]
    card = {"configs": [{"config_name": "ARC-Challenge", "data_files": splits}]}
    (copy / "README.md").write_text(f"---\n{json.dumps(card)}\n---\n")
    prepared = prepare_lm_eval_tasks(["arc_challenge"], manager=manager, data_dir=tmp_path)
    assert list(tasks_of(prepared)["arc_challenge"].eval_docs) == rows[:3]
    with pytest.raises(UserError, match="no folder"):
        prepare_lm_eval_tasks(["arc_easy"], manager=manager, data_dir=tmp_path / "none")


def test_data_of_a_task_with_examples_of_its_own(manager, tmp_path, monkeypatch):
    """gsm8k_cot's eight examples are in its YAML; hendrycks_math500 has one split, whose rows a function reads."""
    monkeypatch.setenv("SDZERO_DATA_DIR", str(tmp_path))
    write_rows(tmp_path / "gsm8k_cot.jsonl", [{"question": "1 + 1 = ?", "answer": "1 + 1 = 2 #### 2"}])
    write_rows(tmp_path / "hendrycks_math500.jsonl", [{"problem": "1 + 1 = ?", "solution": r"so \boxed{2}"}])
    tasks = tasks_of(prepare_lm_eval_tasks(["gsm8k_cot", "hendrycks_math500"], manager=manager))
    assert len(tasks["gsm8k_cot"].fewshot_docs()) == 8
    assert tasks["hendrycks_math500"].eval_docs[0]["answer"] == "2"


def test_what_the_backend_cannot_do_is_refused_before_it_starts(manager, tmp_path):
    write_rows(tmp_path / "arc_easy.jsonl", arc_rows(2))
    write_rows(tmp_path / "arc_challenge.jsonl", arc_rows(2))
    with pytest.raises(UserError, match="arc_easy is asked for more than once"):
        prepare_lm_eval_tasks(["ai2_arc", "arc_easy"], manager=manager, data_dir=tmp_path)
    write_rows(tmp_path / "code2text_go.jsonl", [{"code_tokens": ["a"], "docstring_tokens": ["b"]}])
    with pytest.raises(UserError, match="code2text_go: its generation_kwargs ask for num_beams=10"):
        prepare_lm_eval_tasks(["code2text_go"], manager=manager, data_dir=tmp_path)
    row = {"task": "seen", "dataset_path": "json", "test_split": "test", "doc_to_text": "{{question}}"}
    row |= {"doc_to_target": "{{answerKey}}", "doc_to_image": ["question"]}
    (tmp_path / "seen.yaml").write_text(json.dumps(row))
    write_rows(tmp_path / "seen.jsonl", arc_rows(2))
    seen = TaskManager(include_defaults=False, include_path=str(tmp_path))
    with pytest.raises(UserError, match="seen shows images"):
        prepare_lm_eval_tasks(["seen"], manager=seen, data_dir=tmp_path)


def test_settings_reach_lm_eval(tmp_path, capfd):
    """Shots, limit, system prompt, generation settings and prepared tasks; nothing on standard output."""
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    manager = made_manager(tmp_path)
    said = []

    class Saying(Silent):
        def say(self, text):
            said.append(text)

    prepared = prepare_lm_eval_tasks(
        ["arithmetic", "arc_easy"], manager=manager, shots=1, temperature=0.5, top_p=0.9, max_new_tokens=5
    )
    results = evaluate_lm_eval_tasks(prepared, backend, reporter=Saying(), limit=3, system="Wait.")
    assert capfd.readouterr().out == ""
    assert results["n-shot"] == {"arithmetic": 0, "arc_easy": 1}  # a task's own 0 stays
    assert results["n-samples"]["arc_easy"] == {"original": 12, "effective": 3}
    kwargs = results["configs"]["arithmetic"]["generation_kwargs"]
    assert kwargs == {"until": [], "do_sample": True, "max_gen_toks": 5, "temperature": 0.5, "top_p": 0.9}
    sample = results["samples"]["arc_easy"][1]
    assert sample["arguments"][0][0].startswith("<system>Wait.<user>")
    assert sample["arguments"][0][0].count("<user>") == 2
    assert any("Overwriting default num_fewshot of arc_easy" in text for text in said)
    assert len(said) == len(set(said))
    assert json.loads(json.dumps(results)) == results
    backend.tokenizer.chat_template = None
    with pytest.raises(UserError, match="no chat template"):
        evaluate_lm_eval_tasks(prepared, backend, reporter=Silent())


def test_lm_evals_own_output(capfd):
    import lm_eval.api.task

    said = []
    bar, logger = lm_eval.api.task.tqdm, logging.getLogger("lm_eval.evaluator")

    class Saying(Silent):
        def say(self, text):
            said.append(text)

    def remark() -> None:
        with quietly(Remarks(Saying())):
            print("bootstrapping for stddev: perplexity")
            logger.warning("Overwriting\n  %s", "x")
            logger.warning("Overwriting\n  %s", "x")
            logger.info("Selected tasks")
            assert list(lm_eval.api.task.tqdm([1, 2], total=2)) == [1, 2]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        remark()
    assert said == ["lm-eval: Overwriting x"]
    assert lm_eval.api.task.tqdm is bar
    logger.warning("after")
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "bootstrapping for stddev: perplexity\n")
    assert len(said) == 1


def test_an_error_of_a_metric_is_one_line(tmp_path):
    write_rows(tmp_path / "rows.jsonl", rows_of("lambada_openai")[:2])
    (tmp_path / "utils.py").write_text("def judge(doc, results):\n    raise KeyError('gold')\n")
    (tmp_path / "bad.yaml").write_text(
        f"task: bad\ndataset_path: json\ndataset_kwargs: {{data_files: {{test: {tmp_path}/rows.jsonl}}}}\n"
        "test_split: test\ndoc_to_text: '{{text}}'\ndoc_to_target: '1'\nprocess_results: !function utils.judge\n"
        "generation_kwargs: {until: ['1'], max_gen_toks: 4}\nmetric_list: [{metric: acc, aggregation: mean, "
        "higher_is_better: true}]\n"
    )
    backend = open_backend(BackendConfig(device="cpu", threads=1), model_path(), 0)
    manager = TaskManager(include_defaults=False, include_path=str(tmp_path))
    with pytest.raises(RunError, match=r"^lm-eval: KeyError: 'gold'$"):
        evaluate_lm_eval_tasks(prepare_lm_eval_tasks(["bad"], manager=manager), backend, reporter=Silent())
