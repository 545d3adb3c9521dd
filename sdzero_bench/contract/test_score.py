"""score: log-probabilities of given tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from sdzero_bench.backend import Backend
from sdzero_bench.config import OptimiserConfig, Schedule
from sdzero_bench.contract.reference import logprobs
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL
from sdzero_bench.types import Role, TokenIds

Draw = Callable[..., list[TokenIds]]


@pytest.mark.parametrize("temperature", [1.0, 0.7])
@torch.no_grad()
def test_equals_transformers(
    backend: Backend, small_pieces: Backend, model: Any, random_tokens: Draw, temperature: float
) -> None:
    """To 1e-4, for sequences of unlike lengths, in large and small pieces; 0 for the first token; on every rank."""
    sequences = random_tokens(9, 1, 60)
    for engine in (backend, small_pieces):
        scored = engine.score(sequences, temperature=temperature)
        for tokens, got in zip(sequences, scored, strict=True):
            assert got.dtype == torch.float32
            torch.testing.assert_close(got.double(), logprobs(model, tokens, temperature), atol=1e-4, rtol=1e-4)
        assert all(map(torch.equal, scored, engine.broadcast(scored)))


def test_padding_changes_nothing(backend: Backend, random_tokens: Draw) -> None:
    """A short sequence scores the same alone and beside a long one."""
    short, long = random_tokens(1, 6, 6)[0], random_tokens(1, 60, 60)[0]
    alone = backend.score([short])[0]
    torch.testing.assert_close(backend.score([long, short])[1], alone, atol=1e-5, rtol=0)


def test_teacher_stays_where_it_was_frozen(backend: Backend, random_tokens: Draw) -> None:
    """Updates move the policy and not the teacher; freezing again makes the teacher the current policy."""
    sequences = random_tokens(3, 8, 20)
    backend.freeze_teacher()
    before = backend.score(sequences)
    backend.begin_training(OptimiserConfig(learning_rate=1e-2, schedule=Schedule.CONSTANT), steps=3)
    for _ in range(3):
        backend.update([Example(s, (0.0,) + (1.0,) * (len(s) - 1)) for s in sequences], NLL())
    after = backend.score(sequences)
    assert (after[0] - before[0]).abs().max() > 0.01
    for then, now in zip(before, backend.score(sequences, of=Role.TEACHER), strict=True):
        torch.testing.assert_close(now, then, atol=1e-5, rtol=0)
    backend.freeze_teacher()
    for policy, teacher in zip(after, backend.score(sequences, of=Role.TEACHER), strict=True):
        torch.testing.assert_close(teacher, policy, atol=1e-5, rtol=0)
