"""update: losses, gradients and steps against plain PyTorch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from sdzero_bench.backend import Backend
from sdzero_bench.config import OptimiserConfig, Schedule
from sdzero_bench.contract import reference
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL, Objective, PolicyGradient, TokenKL
from sdzero_bench.types import TokenIds

Draw = Callable[..., list[TokenIds]]
OBJECTIVES = {"nll": NLL(), "token_kl": TokenKL(), "policy_gradient": PolicyGradient()}
LEARNING_RATE, MAX_GRAD_NORM, STEPS = 1e-3, 0.5, 4
OPTIMISER = OptimiserConfig(
    learning_rate=LEARNING_RATE, schedule=Schedule.COSINE, weight_decay=0.01, max_grad_norm=MAX_GRAD_NORM
)


@pytest.fixture
def batch(model: Any, random_tokens: Draw) -> list[Example]:
    """Seven examples of 10 to 40 tokens, one of them with nothing counted, that serve all three objectives."""
    examples = []
    hints = random_tokens(7, 3, 9, seed=2)
    for index, (tokens, hint) in enumerate(zip(random_tokens(7, 10, 40, seed=1), hints, strict=True)):
        context = len(tokens) if index == 3 else 6
        weights = tuple(float(position >= context) for position in range(len(tokens)))
        with torch.no_grad():
            old = reference.logprobs(model, tokens)
        # Old log-probabilities on both sides of both clips.
        shifts = [0.5 * math.sin(7 * position + index) for position in range(len(tokens))]
        old_logprobs = tuple(
            (float(p) + shift) * bool(w) for p, shift, w in zip(old, shifts, weights, strict=True)
        )  # fmt: skip
        examples.append(Example(tokens, weights, (*tokens, *hint, *tokens[context:]), (-1.0) ** index, old_logprobs))
    return examples


def _reference_loss(name: str, model: Any, teacher: Any, batch: list[Example]) -> torch.Tensor:
    if name == "nll":
        return reference.nll(model, batch)
    if name == "token_kl":
        return reference.reverse_kl(model, teacher, batch)
    return reference.dapo(model, batch, clip_low=0.2, clip_high=0.28)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("pieces", ["backend", "small_pieces"])
def test_losses_and_steps_are_plain_pytorch(
    request: pytest.FixtureRequest, pieces: str, name: str, model: Any, batch: list[Example]
) -> None:
    """Loss to 1e-5, gradient norm and learning rate of each of 4 clipped AdamW steps; the loss goes down."""
    engine: Backend = request.getfixturevalue(pieces)
    engine.freeze_teacher()
    engine.begin_training(OPTIMISER, steps=STEPS)
    teacher = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.95), weight_decay=0.01)
    losses = []
    for step in range(STEPS):
        expected = _reference_loss(name, model, teacher, batch)
        expected.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM)
        learning_rate = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / STEPS))
        for group in optimiser.param_groups:
            group["lr"] = learning_rate
        optimiser.step()
        optimiser.zero_grad()
        got = engine.update(batch, OBJECTIVES[name])
        assert got.loss == pytest.approx(expected.item(), abs=1e-5, rel=1e-5 if step == 0 else 1e-4)
        assert got.grad_norm == pytest.approx(norm.item(), rel=1e-3)
        assert got.learning_rate == pytest.approx(learning_rate)
        assert got.tokens == sum(example.counted for example in batch)
        assert got == engine.broadcast(got)
        losses.append(got.loss)
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_a_batch_with_nothing_counted(backend: Backend, random_tokens: Draw, objective: Objective) -> None:
    """Loss 0 from 0 tokens, and no error."""
    tokens = random_tokens(1, 9, 9)[0]
    backend.freeze_teacher()
    backend.begin_training(OPTIMISER, steps=1)
    got = backend.update([Example(tokens, (0.0,) * 9, tokens)], objective)
    assert (got.loss, got.grad_norm, got.tokens) == (0.0, 0.0, 0)


def test_clip_fraction_is_reported(backend: Backend, model: Any, batch: list[Example]) -> None:
    """The share of counted tokens whose ratio was clipped, weighted like the loss."""
    clipped = 0
    for example in batch:
        ratio = (reference.logprobs(model, example.tokens) - torch.tensor(example.old_logprobs)).exp()
        beyond = ratio > 1.28 if example.advantage > 0 else ratio < 0.8
        clipped += int((beyond & (torch.tensor(example.weights) != 0)).sum())
    assert clipped > 0
    backend.begin_training(OPTIMISER, steps=1)
    got = backend.update(batch, PolicyGradient())
    assert got.extra["clip_fraction"] == pytest.approx(clipped / sum(e.counted for e in batch), abs=1e-5)
