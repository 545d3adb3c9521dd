"""Losses of `update` against TRL's own trainers on the same model and batch, to 1e-5. TRL's code really runs."""

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.contract.reference import logprobs
from sdzero_bench.contract.tiny_model import build_tiny_model
from sdzero_bench.examples import Aggregation, Example
from sdzero_bench.objectives import NLL, PolicyGradient

OPTIMISER = OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT, max_grad_norm=None)
QUIET = {"use_cpu": True, "bf16": False, "report_to": "none", "gradient_checkpointing": False, "disable_tqdm": True}
PROMPTS = [(4, 9, 10, 5), (4, 11, 5), (4, 9, 9, 12, 13, 5), (4, 14, 5)]
COMPLETIONS = [(20, 21, 22, 23, 2), (24, 25), (26, 27, 28, 2), (29, 30, 31, 32, 33, 34, 2)]
ADVANTAGES = [1.2, -0.8, -0.4, 0.9]


def ours(model, objective, examples, teacher=None):
    backend = open_backend(BackendConfig(device="cpu"), model, seed=0)
    if teacher:
        backend.restore(teacher)
        backend.freeze_teacher()
        backend.restore(model)
    backend.begin_training(OPTIMISER, steps=1)
    return backend.update(examples, objective)


def check(got, trl_loss, trl_model):
    trl_loss.backward()
    norm = torch.stack([p.grad.norm() for p in trl_model.parameters() if p.grad is not None]).norm()
    assert got.loss == pytest.approx(trl_loss.item(), abs=1e-5)
    assert got.grad_norm == pytest.approx(norm.item(), rel=1e-4)


def padded(rows, value, *, left=False):
    width = max(map(len, rows))
    filled = [[value] * (width - len(r)) + list(r) if left else list(r) + [value] * (width - len(r)) for r in rows]
    return torch.tensor(filled)


@pytest.mark.parametrize("loss_type", ["dapo", "bnpo", "grpo"])
def test_grpo(tiny_model, tmp_path, loss_type):
    """dapo and bnpo are our token mean, grpo our sequence mean, here with a KL term against another model.

    TRL divides dapo's sum by num_items_in_batch, the counted tokens of a whole generation batch. We have one batch of
    one process and no accumulation, so it is this batch's number of counted tokens.
    use_bias_correction_kl (TRL's default, from DeepSeek-V3.2) is off: GRPO's KL term has no importance ratio.
    """
    classic = loss_type == "grpo"
    other_model = build_tiny_model(tmp_path / "other", seed=1)
    low, high, beta = (0.2, 0.2, 0.04) if classic else (0.2, 0.28, 0.0)
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32),
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=GRPOConfig(
            str(tmp_path), loss_type=loss_type, epsilon=low, epsilon_high=high, beta=beta, num_generations=4,
            per_device_train_batch_size=4, gradient_accumulation_steps=1, temperature=0.7,
            use_bias_correction_kl=False, **QUIET,
        ),
        train_dataset=Dataset.from_list([{"prompt": "3"}] * 4),
        processing_class=AutoTokenizer.from_pretrained(tiny_model),
    )  # fmt: skip
    policy = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()
    other = AutoModelForCausalLM.from_pretrained(other_model, dtype=torch.float32).eval()
    old, reference, examples = [], [], []
    for index, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        tokens, cut = (*prompt, *completion), len(prompt)
        with torch.no_grad():
            now = logprobs(policy, tokens, temperature=0.7)[cut:].float()
            reference.append(logprobs(other, tokens, temperature=0.7)[cut:].tolist())
        shift = torch.linspace(-0.5, 0.5, len(completion)) * (-1) ** index  # ratios on both sides of the clips
        old.append((now + shift).tolist())
        examples.append(
            Example(
                tokens, (0.0,) * cut + (1.0,) * len(completion), advantage=ADVANTAGES[index],
                old_logprobs=(0.0,) * cut + tuple(old[-1]),
            )
        )  # fmt: skip
    inputs = {
        "prompt_ids": padded(PROMPTS, 0, left=True),
        "prompt_mask": padded([[1] * len(p) for p in PROMPTS], 0, left=True),
        "completion_ids": padded(COMPLETIONS, 0),
        "completion_mask": padded([[1] * len(c) for c in COMPLETIONS], 0),
        "advantages": torch.tensor(ADVANTAGES),
        "old_per_token_logps": padded(old, 0.0),
        "ref_per_token_logps": padded(reference, 0.0),
        "num_items_in_batch": torch.tensor(float(sum(map(len, COMPLETIONS)))),
    }
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, inputs)
    objective = PolicyGradient(
        low, high, beta, temperature=0.7, aggregation=Aggregation.SEQUENCE_MEAN if classic else Aggregation.TOKEN_MEAN
    )
    check(ours(tiny_model, objective, examples, teacher=other_model), loss, trainer.model)


def test_sft_on_completions_only(tiny_model, tmp_path):
    """Through SFTTrainer's own dataset preparation and collator."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    rows = [{"prompt": tokenizer.decode(p), "completion": tokenizer.decode(c[:-1])} for p, c in _texts()]
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32),
        args=SFTConfig(str(tmp_path), per_device_train_batch_size=4, completion_only_loss=True, **QUIET),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    (inputs,) = list(trainer.get_train_dataloader())
    trained = inputs["input_ids"][inputs["labels"] != -100]
    assert sorted(trained.tolist()) == sorted(token for _, c in _texts() for token in c)
    trainer.model.train()
    loss = trainer.compute_loss(trainer.model, dict(inputs))
    examples = [Example((*p, *c), (0.0,) * len(p) + (1.0,) * len(c)) for p, c in _texts()]
    check(ours(tiny_model, NLL(), examples), loss, trainer.model)


def _texts():
    """Prompts and completions ending with EOS whose text the tokenizer cuts into the same ids again."""
    return [
        ((9, 17, 10), (19, 7, 9, 2)),
        ((11, 17, 12), (19, 8, 2)),
        ((13, 17, 7, 17, 8), (19, 9, 20, 2)),
        ((9,), (10, 2)),
    ]
