"""Our adapter against lm-eval's own hf model: the same weights, tasks and documents, the same numbers."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from lm_eval import simple_evaluate
from lm_eval.models.huggingface import HFLM
from made_lm_eval_tasks import GSM8K, made_manager
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.lm_eval_tasks.adapter import BackendLM
from sdzero_bench.lm_eval_tasks.leader import Leader
from sdzero_bench.lm_eval_tasks.plain import plain
from sdzero_bench.lm_eval_tasks.prepare import prepare_lm_eval_tasks
from sdzero_bench.lm_eval_tasks.run import evaluate_lm_eval_tasks
from sdzero_bench.progress import Silent

TASKS = ["arithmetic", "arc_easy", "lambada_openai", "wikitext"]
LIMIT = 8
needs_gsm8k = pytest.mark.skipif(not GSM8K.exists(), reason="SDZERO_BENCH_DATA names no folder with gsm8k.jsonl")


@pytest.fixture(scope="module")
def manager(tmp_path_factory):
    return made_manager(tmp_path_factory.mktemp("tasks"))


@pytest.fixture(scope="module")
def bos_model(tmp_path_factory) -> Path:
    """The embedded model with a tokenizer that puts a token before every text, as Llama's does."""
    folder = tmp_path_factory.mktemp("bos") / "model"
    shutil.copytree(model_path(), folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.bos_token = "<system>"
    first = tokenizer.bos_token_id
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<system> $A", pair="<system> $A <system> $B", special_tokens=[("<system>", first)]
    )
    tokenizer.save_pretrained(folder)
    assert AutoTokenizer.from_pretrained(folder)("1")["input_ids"] == [first, 7]
    return folder


def both(model: Path, manager: Any, tasks: list[str], chat: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    torch.set_num_threads(1)
    hf = HFLM(pretrained=str(model), device="cpu", dtype="float32", batch_size=1)
    theirs = simple_evaluate(
        model=hf, tasks=list(tasks), task_manager=manager, limit=LIMIT, apply_chat_template=chat,
        fewshot_as_multiturn=chat,
    )  # fmt: skip
    backend = open_backend(BackendConfig(device="cpu", threads=1), model, 0)
    ours = evaluate_lm_eval_tasks(
        prepare_lm_eval_tasks(tasks, manager=manager), backend, reporter=Silent(), chat=chat, limit=LIMIT
    )
    backend.close()
    assert ours is not None
    assert theirs is not None
    return plain(dict(theirs)), ours


def check_equal(theirs: dict[str, Any], ours: dict[str, Any], task: str) -> list[Any]:
    """Samples and metrics; returns all responses."""
    mine, other = ours["samples"][task], theirs["samples"][task]
    assert len(mine) == len(other) >= 4
    responses = []
    for a, b in zip(mine, other, strict=True):
        assert (a["arguments"], a["doc_id"]) == (b["arguments"], b["doc_id"])
        for got, expected in zip(a["resps"], b["resps"], strict=True):
            (one,), (reference,) = got, expected
            if isinstance(one, list):  # (log-likelihood, is greedy)
                assert one[1] is reference[1]
                assert one[0] == pytest.approx(reference[0], rel=1e-5, abs=1e-5)
            else:
                assert one == (reference if isinstance(one, str) else pytest.approx(reference, rel=1e-5))
            responses.append(one)
        assert [a[metric] for metric in a["metrics"] if isinstance(a[metric], int)] == [
            b[metric] for metric in b["metrics"] if isinstance(b[metric], int)
        ]
    for metric, value in theirs["results"][task].items():
        same = pytest.approx(value, rel=1e-4) if isinstance(value, float) else value
        assert ours["results"][task][metric] == same, metric
    for table in ("configs", "versions", "n-shot", "higher_is_better", "n-samples"):
        assert ours[table][task] == theirs[table][task]
    return responses


def test_without_chat_template(manager):
    theirs, ours = both(model_path(), manager, TASKS, chat=False)
    texts = check_equal(theirs, ours, "arithmetic")
    assert len(set(texts)) > 5
    check_equal(theirs, ours, "arc_easy")
    check_equal(theirs, ours, "lambada_openai")
    assert len({round(value, 3) for value in check_equal(theirs, ours, "wikitext")}) == 4
    assert ours["results"]["wikitext"]["word_perplexity,none"] > 1


def test_with_chat_template(manager):
    theirs, ours = both(model_path(), manager, ["arithmetic", "arc_easy"], chat=True)
    check_equal(theirs, ours, "arithmetic")
    assert ours["results"]["arithmetic"]["acc,none"] > 0  # the model knows this prompt
    assert {greedy for _, greedy in check_equal(theirs, ours, "arc_easy")} == {True, False}
    assert ours["samples"]["arc_easy"][1]["arguments"][0][0].startswith("<user>")
    assert ours["chat_template"]


def test_tokenizer_that_begins_texts_with_a_token(manager, bos_model):
    tasks = ["arithmetic", "arc_easy", "wikitext"]
    theirs, ours = both(bos_model, manager, tasks, chat=False)
    for task in tasks:
        check_equal(theirs, ours, task)


@needs_gsm8k
def test_shipped_gsm8k_cot(manager):
    """Prompts of 8 examples are longer than the context; filters pick the answer; stop strings are the task's."""
    theirs, ours = both(model_path(), manager, ["gsm8k_cot"], chat=False)
    check_equal(theirs, ours, "gsm8k_cot")
    assert ours["n-shot"]["gsm8k_cot"] == 8
    assert {sample["filter"] for sample in ours["samples"]["gsm8k_cot"]} == {"strict-match", "flexible-extract"}


def test_tokens_of_odd_texts(bos_model):
    """Where texts already begin with the first token, are empty, or end in spaces."""
    for model in (model_path(), bos_model):
        hf = HFLM(pretrained=str(model), device="cpu", dtype="float32", batch_size=1)
        backend = open_backend(BackendConfig(device="cpu", threads=1), model, 0)
        lm = BackendLM(Leader(backend), Silent())
        for text in ("", "1", "<system>1", "<end>1", "1 + 2 = ", "  ", "<pad>"):
            assert lm.tok_encode(text) == hf.tok_encode(text), text
            assert lm.tok_encode(text, add_special_tokens=False) == hf.tok_encode(text, add_special_tokens=False)
            if text:
                assert lm._encode_pair(text, " 3") == hf._encode_pair(text, " 3")
                assert list(lm._prompt(text)) == hf.tok_batch_encode([text])[0][0].tolist()
        assert lm.prefix_token_id == hf.prefix_token_id
        assert lm.max_length == hf.max_length
        assert lm.max_gen_toks == hf.max_gen_toks
        assert lm.tokenizer_name == hf.tokenizer_name
        backend.close()
