"""vLLM's samples against hf-accelerate's: the same greedy tokens, indistinguishable lengths and accuracies.

Example: one answer to each of 512 arithmetic questions from each sampler at temperature 0.7. Samples of 512 and 512 are
told apart at alpha 0.01 with a probability of 0.8 where shares of right answers differ by 0.107 (two proportions near
one half), and at the least distance of 0.102 between the distributions of lengths (Kolmogorov-Smirnov, large samples).
The last test, on 14,000 tokens, sees a temperature of 0.8 in place of 0.7.
"""

import random

import pytest
import torch
from engine_jobs import sampled
from job_runs import engine, run_jobs
from scipy.stats import fisher_exact, ks_2samp, norm
from transformers import AutoModelForCausalLM, AutoTokenizer

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.embedded.measure import is_right
from sdzero_bench.types import Completion, FinishReason
from sdzero_tasks.arithmetic import questions

pytest.importorskip("vllm")
pytest.importorskip("deepspeed")
pytestmark = [pytest.mark.long, pytest.mark.timeout(1000)]

ALPHA = 0.01
QUESTIONS = 512
GREEDY = {"greedy": {"max_new_tokens": 60, "temperature": 0.0}}
WARM = {
    "greedy": {"max_new_tokens": 160, "temperature": 0.0},
    "0.7": {"max_new_tokens": 160, "temperature": 0.7, "seed": 3},
    "1.5": {"max_new_tokens": 160, "temperature": 1.5, "seed": 4},
}


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(model_path())


@pytest.fixture(scope="module")
def asked():
    return questions("evaluation", QUESTIONS, (3, 5), 0)


@pytest.fixture(scope="module")
def prompts(asked, tokenizer):
    """Of the embedded model's questions, and 64 random ones for the tiny model."""
    rng = random.Random(0)
    chats = [list(question.messages) for question in asked]
    return {
        "embedded": [
            tuple(tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)) for chat in chats
        ],
        "tiny": [tuple(rng.choices(range(6, 50), k=rng.randint(2, 40))) for _ in range(64)],
    }


@pytest.fixture(scope="module")
def answers(prompts, tiny_model, tmp_path_factory):
    """answers[engine][model][sampling]: token ids by prompt."""
    models = {"embedded": (model_path(), WARM), "tiny": (tiny_model, GREEDY)}
    jobs = [
        {"name": name, "do": "sample", "model": str(model), "prompts": prompts[name], "samplings": samplings}
        for name, (model, samplings) in models.items()
    ]
    jobs = [{**job, "config": engine(2)} for job in jobs]
    got = {"vllm": run_jobs(jobs, tmp_path_factory.mktemp("vllm"), processes=1), "hf": {}}
    for name, (model, samplings) in models.items():
        backend = open_backend(BackendConfig(device="cpu", threads=1), model, 0)
        got["hf"][name] = sampled(backend, prompts[name], samplings)
        backend.close()
    return got


@pytest.mark.parametrize("name", ["tiny", "embedded"])
def test_greedy_tokens_are_the_same(answers, name):
    ours, theirs = (answers[engine][name]["greedy"] for engine in ("hf", "vllm"))
    assert len(ours) == len(theirs) >= 64
    differing = [row for row, (one, two) in enumerate(zip(ours, theirs, strict=True)) if one != two]
    print(f"{name}: {len(ours)} prompts, {sum(map(len, ours))} tokens, differing: {differing}")
    assert not differing
    assert len(set(map(tuple, ours))) > 10


def p_values(one, two, asked, tokenizer):
    """Of the lengths (Kolmogorov-Smirnov) and of the numbers of right answers (Fisher's exact test)."""
    lengths = ks_2samp([len(tokens) for tokens in one], [len(tokens) for tokens in two]).pvalue
    right = [
        sum(is_right(*pair) for pair in zip(asked, texts(sample, tokenizer), strict=True)) for sample in (one, two)
    ]
    print(f"right {right}; mean lengths {[sum(map(len, sample)) / len(sample) for sample in (one, two)]}", end="; ")
    table = [[count, QUESTIONS - count] for count in right]
    accuracy = fisher_exact(table).pvalue
    print(f"p of lengths {lengths:.2g}, of accuracies {accuracy:.2g}")
    return float(lengths), float(accuracy)


def texts(sample, tokenizer):
    return [
        Completion(tuple(tokens), tokenizer.decode(tokens, skip_special_tokens=True), FinishReason.STOP)
        for tokens in sample
    ]


@pytest.mark.parametrize("temperature", ["0.7", "1.5"])
def test_lengths_and_accuracies_are_indistinguishable(answers, asked, tokenizer, temperature):
    ours, theirs = (answers[engine]["embedded"][temperature] for engine in ("hf", "vllm"))
    assert ours != theirs  # samplers with random numbers of their own
    assert min(p_values(ours, theirs, asked, tokenizer)) > ALPHA


@pytest.mark.parametrize(("ours", "theirs"), [("0.7", "1.5"), ("1.5", "0.7")])
def test_other_temperatures_are_told_apart(answers, asked, tokenizer, ours, theirs):
    sample, other = answers["hf"]["embedded"][ours], answers["vllm"]["embedded"][theirs]
    assert max(p_values(sample, other, asked, tokenizer)) < ALPHA


@pytest.fixture(scope="module")
def surprise(answers, prompts):
    """`surprise(temperature, sample)`: by how many standard deviations vLLM's tokens are likelier than expected.

    Sum over tokens of log-probability less its expectation, under plain transformers' distributions at the temperature:
    the score test of the temperature, the most powerful one for it.
    """
    model = AutoModelForCausalLM.from_pretrained(model_path(), dtype=torch.float32).eval()
    rows = {}
    for name in ("0.7", "1.5"):
        logits, drawn = [], []
        for prompt, tokens in zip(prompts["embedded"], answers["vllm"]["embedded"][name], strict=True):
            with torch.no_grad():
                logits.append(model(input_ids=torch.tensor([[*prompt, *tokens]])).logits[0, len(prompt) - 1 : -1])
            drawn += tokens
        rows[name] = torch.cat(logits).double(), torch.tensor(drawn).unsqueeze(-1)

    def of(temperature, name):
        logits, drawn = rows[name]
        logprobs = (logits / temperature).log_softmax(-1)
        expected = (logprobs.exp() * logprobs).sum(-1)
        variance = (logprobs.exp() * logprobs**2).sum(-1) - expected**2
        return float((logprobs.gather(-1, drawn).squeeze(-1) - expected).sum() / variance.sum().sqrt())

    return of


@pytest.mark.parametrize(("temperature", "other"), [(0.7, 0.8), (1.5, 1.6)])
def test_every_token_is_drawn_at_its_temperature(surprise, temperature, other):
    """And not at a little other one."""
    z, z_other = (surprise(t, str(temperature)) for t in (temperature, other))
    print(f"drawn at {temperature}: z {z:.2f}; against {other}: z {z_other:.2f}")
    assert abs(z) < float(norm.isf(ALPHA / 2)) < abs(z_other)
