"""Run by test_engine_failures: steps of DeepSpeed that run out of memory half-way, beside the same steps undisturbed.

Example: `python retried_steps.py MODEL_FOLDER '[[{"zero_stage": 3}, {"dtype": "bfloat16"}]]'` prints one JSON line a
place of failure: `{"place": "backward", "retries": 1, "loss": 0.0, "weights": 0.0, ...}`, the largest differences from
undisturbed steps.

Memory is not really short here (DeepSpeed's own allocations would fail as often as ours): hooks on the real model
raise torch.OutOfMemoryError in the pass of one micro-batch, by its shape, and again whenever that shape comes back.
"""

import json
import random
import sys
from pathlib import Path

import torch

from sdzero_backends.vllm_deepspeed.options import read_options
from sdzero_backends.vllm_deepspeed.partitioned import master_weights
from sdzero_backends.vllm_deepspeed.processes import join
from sdzero_backends.vllm_deepspeed.trainer import Trainer
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.examples import Example
from sdzero_bench.objectives import TokenKL
from sdzero_bench.types import Role

LARGE = 160  # padded tokens: micro-batches of 4 x 40 and 5 x 30
STEPS = 2
OPTIMISER = OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT, max_grad_norm=0.5)
PLACES = {  # where: (what fails, from which step on)
    "forward": ("forward", 1),
    "first backward": ("backward", 0),
    "backward": ("backward", 1),
    "teacher": ("teacher", 1),
}


def batch(seed: int) -> list[Example]:
    """4 examples of 40 tokens and 5 of 30; the teacher reads one token less, so that its shapes are its own."""
    rng = random.Random(seed)
    made = []
    for length in (40, 30, 30, 40, 30, 40, 30, 40, 30):
        tokens = tuple(rng.choices(range(6, 50), k=length))
        made.append(Example(tokens, tuple(float(i > 5) for i in range(length)), tokens[1:]))
    return made


class Fault:
    """Raises in the second micro-batch of 5 x 30 tokens (the teacher's: 5 x 29) in one place, while it is on."""

    def __init__(self) -> None:
        self.place: str | None = None

    def watch(self, model: torch.nn.Module, teacher: bool) -> None:
        model.base_model.layers[1].register_forward_hook(
            lambda layer, arguments, output: self.forward(output, teacher), always_call=False
        )

    def forward(self, output: torch.Tensor, teacher: bool) -> None:
        hidden = output[0] if isinstance(output, tuple) else output
        if self.place == "forward" and hidden.shape[:2] == (5, 30):
            self.fail()
        if self.place == "teacher" and teacher and hidden.shape[:2] == (5, 29):
            self.fail()
        if self.place == "backward" and hidden.shape[:2] == (5, 30) and hidden.requires_grad:
            hidden.register_hook(self.fail)

    def fail(self, *_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


def steps(trainer: Trainer, fault: Fault, model: Path, place: str | None, at: int, halved: int) -> dict:
    """STEPS updates from the model. From step `at` on they fail in `place`, or, without one, the limit is `halved`."""
    trainer.restore(model, False)
    trainer.begin(OPTIMISER, STEPS)
    limit = trainer._micro_batch_tokens
    limit.value = LARGE
    losses, norms, retries = [], [], 0
    for step in range(STEPS):
        if step >= at:
            fault.place = place
            if place is None:
                limit.value = halved
        metrics = trainer.update(batch(step), TokenKL(top_k=None))
        losses.append(metrics.loss)
        norms.append(metrics.grad_norm)
        retries += metrics.extra.get("out_of_memory_retries", 0)
    fault.place = None
    weights = [weight.detach().clone() for _, weight in master_weights(trainer.policy)]
    return {"losses": losses, "norms": norms, "weights": weights, "retries": retries, "limit": limit.value}


def largest(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


def compare(model: Path, device: torch.device, options: dict, settings: dict) -> None:
    """One JSON line a place, for one trainer."""
    config = BackendConfig(micro_batch_tokens=LARGE, device="cpu", logit_chunk=64, **settings)
    trainer, fault = Trainer(config, read_options(options), model, device), Fault()
    trainer.freeze_teacher()
    fault.watch(trainer.policy, False)
    fault.watch(trainer._teacher, True)
    initial = [weight.detach().clone() for _, weight in master_weights(trainer.policy)]
    calm: dict[int, dict] = {}  # by the step from which on the limit is halved
    for name, (place, at) in PLACES.items():
        got = steps(trainer, fault, model, place, at, 0)
        if at not in calm:
            calm[at] = steps(trainer, fault, model, None, at, got["limit"])
        line = {
            "place": name, "retries": got["retries"], "limit": got["limit"],
            "loss": max(abs(a - b) for a, b in zip(got["losses"], calm[at]["losses"], strict=True)),
            "norm": max(abs(a - b) for a, b in zip(got["norms"], calm[at]["norms"], strict=True)),
            "weights": largest(got["weights"], calm[at]["weights"]), "moved": largest(got["weights"], initial),
        }  # fmt: skip
        print(json.dumps({**options, **settings, **line}), flush=True)
    sequences = [example.tokens for example in batch(9)]
    trainer._micro_batch_tokens.value = LARGE
    fault.place = "forward"
    got = trainer.score(sequences, Role.POLICY, 1.0)
    fault.place, limit = None, trainer._micro_batch_tokens.value
    undisturbed = trainer.score(sequences, Role.POLICY, 1.0)
    worst = largest(got, undisturbed)
    print(json.dumps({**options, **settings, "place": "score", "limit": limit, "logprobs": worst}), flush=True)
    trainer.close()


if __name__ == "__main__":
    device = join("cpu")
    torch.set_num_threads(1)
    for options, settings in json.loads(sys.argv[2]):
        compare(Path(sys.argv[1]), device, options, settings)
