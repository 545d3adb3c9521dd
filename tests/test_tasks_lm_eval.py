"""The same task files under lm-eval: its own task API builds our messages, its own command our accuracy."""

import json
import os
import subprocess
import sys
from importlib.resources import files

import made_benchmarks as made
import pytest

from sdzero_bench.benchmarks import benchmark_questions
from sdzero_bench.embedded import model_path
from sdzero_bench.errors import UserError

TASKS = str(files("sdzero_tasks"))
ROWS = {
    "gsm8k.jsonl": [{"question": "How many eggs?", "answer": "7 + 5 = <<7+5=12>>12\n#### 12"}] * 2,
    "gsm8k_train.jsonl": [{"question": f"{n} and {n}?", "answer": f"Twice {n}.\n#### {2 * n}"} for n in range(3)],
    "math500.jsonl": [
        {"problem": "What is [1, 2)?\nPlease reason step by step, and put your final answer within \\boxed{}.",
         "answer": "[1,2)"},
        {"problem": "What is {{ 3 }} + 7?", "answer": "10"},
    ],
}  # fmt: skip


@pytest.fixture
def data(tmp_path, monkeypatch):
    for name, rows in ROWS.items():
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setenv("SDZERO_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return tmp_path


def lm_eval_task(name: str, **metadata):
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_path=TASKS, include_defaults=False, metadata=metadata)
    return manager.load([name])["tasks"][name]


def lm_eval_messages(task, document, shots: int = 0):
    """What its chat template is given."""
    seen = []

    def template(messages, add_generation_prompt):
        assert add_generation_prompt
        seen.append(messages)
        return ""

    task.fewshot_context(
        document, shots, apply_chat_template=True, fewshot_as_multiturn=True, chat_template=template,
        gen_prefix=task.doc_to_prefix(document),
    )  # fmt: skip
    return tuple(seen[0])


@pytest.mark.parametrize(("name", "shots"), [("math500", 0), ("gsm8k", 0), ("gsm8k", 2)])
def test_its_messages_are_ours(data, name, shots):
    task = lm_eval_task(name)
    questions = benchmark_questions(f"{name}?shots={shots}")
    documents = list(task.eval_docs)
    assert [document["id"] for document in documents] == [question.id for question in questions]
    for document, question in zip(documents, questions, strict=True):
        assert lm_eval_messages(task, document, shots) == question.messages
    assert len(questions[0].messages) == 1 + 2 * shots


def test_its_messages_are_ours_where_there_is_a_system_prompt_and_options(data):
    rows = [made.livecodebench_row("a", "2025-02-01"), made.livecodebench_row("b", "2025-03-01", function="double")]
    made.livecodebench(data, {"test6.jsonl": rows})
    questions = benchmark_questions("livecodebench?release=v6&from=2025-02-02")
    task = lm_eval_task("livecodebench", options={"release": "v6", "from": "2025-02-02"})
    assert [lm_eval_messages(task, document) for document in task.eval_docs] == [questions[0].messages]
    assert [message["role"] for message in questions[0].messages] == ["system", "user"]
    with pytest.raises(UserError, match="livecodebench has no option 'since'; known: release, from, to"):
        lm_eval_task("livecodebench", options={"since": "2025"})


def test_its_settings_are_the_cards():
    from lm_eval.tasks._yaml_loader import load_yaml

    from sdzero_bench.benchmarks import read_cards

    for card in read_cards().values():
        settings = load_yaml(card.path)
        assert settings["repeats"] == card.k
        assert settings["generation_kwargs"]["do_sample"] == (card.temperature > 0)
        assert settings["generation_kwargs"]["max_gen_toks"] == card.max_new_tokens
        assert callable(settings["custom_dataset"])


def test_a_questions_samples_are_judged_together_or_alone(data):
    task = lm_eval_task("math500")
    first, second = task.eval_docs
    right, wrong = "so \\boxed{[1,2)}", "so \\boxed{[1,3)}"
    assert task.process_results(first, [[right, wrong, wrong, wrong]]) == {"acc": 0.25, "pass_at_k": 1}
    assert task.process_results(first, [[wrong, wrong]]) == {"acc": 0, "pass_at_k": 0}
    assert task.process_results(second, ["so \\boxed{10.0}"]) == {"acc": 1, "pass_at_k": 1}


def test_a_hostile_answer_does_not_hang_it(data, monkeypatch):
    from sdzero_bench.benchmarks import lm_eval_hooks
    from sdzero_bench.verify.pool import VerifierPool

    with VerifierPool(1, 1) as pool:
        monkeypatch.setattr(lm_eval_hooks, "_pool", lambda: pool)
        task = lm_eval_task("math500")
        assert task.process_results(task.eval_docs[1], [["\\boxed{(10^9)!}", "\\boxed{10}"]])["acc"] == 0.5


def test_programs_are_judged_in_the_sandbox_and_have_their_parts(data):
    row = {"task_id": "Mbpp/3", "prompt": '"""\nAdd.\nassert add(1, 2) == 3\n"""\n', "entry_point": "add",
           "canonical_solution": "\ndef add(a, b):\n    return a + b\n", "base_input": [[1, 2]],
           "plus_input": [[5, 6]], "contract": "", "atol": 0}  # fmt: skip
    (data / "mbpp_plus.jsonl").write_text(json.dumps(row) + "\n")
    task = lm_eval_task("mbpp_plus")
    document = task.eval_docs[0]
    right = "```python\ndef add(a, b):\n    return a + b\n```"
    assert task.doc_to_target(document) == right
    assert task.process_results(document, [[right]]) == {"acc": 1, "pass_at_k": 1, "base": 1, "plus": 1}
    assert task.process_results(document, [[right.replace("a + b", "3")]]) == {
        "acc": 0, "pass_at_k": 0, "base": 1, "plus": 0,
    }  # fmt: skip
    forged = "```python\nimport os\ndef add(a, b):\n    os._exit(0)\n```"
    assert task.process_results(document, [[forged]])["acc"] == 0


def test_worked_examples_that_are_not_at_hand_are_not_needed_without_shots(data, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (data / "gsm8k_train.jsonl").unlink()
    task = lm_eval_task("gsm8k")
    assert len(lm_eval_messages(task, task.eval_docs[0])) == 1
    with pytest.raises(AssertionError, match="exceeds the 0"):
        lm_eval_messages(task, task.eval_docs[0], 1)


def test_its_own_command_gives_our_greedy_accuracy(data):
    """On the embedded model; math500 has 8 samples a question, greedy all the same."""
    from sdzero_bench.backend import open_backend
    from sdzero_bench.config import BackendConfig, ControlPhrases
    from sdzero_bench.prompts import Prompter
    from sdzero_bench.types import Sampling
    from sdzero_bench.verify.math import judge
    from sdzero_tasks.arithmetic import questions

    out = data / "out"
    command = [
        sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={model_path()},dtype=float32",
        "--device", "cpu", "--batch_size", "16", "--include_path", TASKS, "--tasks", "arithmetic,math500",
        "--apply_chat_template", "--limit", "8", "--gen_kwargs", "do_sample=False,max_gen_toks=48",
        "--output_path", str(out), "--log_samples",
    ]  # fmt: skip
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=data)
    assert done.returncode == 0, done.stderr[-2000:]
    (path,) = out.rglob("results_*.json")
    results = json.loads(path.read_text())["results"]

    asked = questions("evaluation", 500, (3, 5), 0)[:8]
    backend = open_backend(BackendConfig(threads=1), model_path(), 0)
    prompter = Prompter(backend.tokenizer, ControlPhrases())
    greedy = Sampling(max_new_tokens=48, temperature=0)
    completions = backend.generate([prompter.generator(question) for question in asked], greedy)
    rewards = [judge(q, answers[0].text).reward for q, answers in zip(asked, completions, strict=True)]
    assert results["arithmetic"]["acc,none"] == pytest.approx(sum(rewards) / 8)
    assert 0 < sum(rewards) < 8

    (path,) = out.rglob("samples_math500_*.jsonl")
    samples = [json.loads(line) for line in path.read_text().splitlines()]
    for sample, question in zip(samples, benchmark_questions("math500"), strict=True):
        prompt = sample["arguments"]["gen_args_0"]["arg_0"]
        assert prompt == backend.tokenizer.apply_chat_template(
            list(question.messages), add_generation_prompt=True, tokenize=False
        )
        (texts,) = sample["filtered_resps"]
        assert len(texts) == 8
        assert len(set(texts)) == 1
        assert sample["acc"] == judge(question, texts[0]).reward
    backend.close()
    assert results["math500"]["acc,none"] == 0
