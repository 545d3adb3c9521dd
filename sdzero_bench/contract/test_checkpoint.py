"""save, restore, broadcast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from sdzero_bench.backend import Backend
from sdzero_bench.config import OptimiserConfig, Schedule
from sdzero_bench.contract.reference import logprobs
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL
from sdzero_bench.types import Sampling, TokenIds

Draw = Callable[..., list[TokenIds]]
OPTIMISER = OptimiserConfig(learning_rate=3e-3, schedule=Schedule.COSINE, warmup_steps=2)


def _train(backend: Backend, random_tokens: Draw, steps: range) -> list[float]:
    losses = []
    for step in steps:
        sequences = random_tokens(4, 8, 20, seed=step)
        losses.append(backend.update([Example(s, (0.0,) + (1.0,) * (len(s) - 1)) for s in sequences], NLL()).loss)
    return losses


def test_a_saved_policy_is_a_plain_hugging_face_folder(backend: Backend, random_tokens: Draw, folder: Path) -> None:
    """AutoModelForCausalLM and AutoTokenizer load it, and it scores as the backend did; so does the backend again."""
    backend.begin_training(OPTIMISER, steps=8)
    _train(backend, random_tokens, range(3))
    tokens = random_tokens(1, 20, 20)[0]
    expected = backend.score([tokens])[0]
    sampled = backend.generate([tokens], Sampling(max_new_tokens=8))
    backend.save(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        torch.testing.assert_close(logprobs(model, tokens).float(), expected, atol=1e-4, rtol=1e-4)
    loaded = AutoTokenizer.from_pretrained(folder)
    assert loaded.get_vocab() == backend.tokenizer.get_vocab()
    assert loaded.chat_template == backend.tokenizer.chat_template
    _train(backend, random_tokens, range(1))
    backend.restore(folder)
    torch.testing.assert_close(backend.score([tokens])[0], expected, atol=1e-6, rtol=0)
    assert backend.generate([tokens], Sampling(max_new_tokens=8)) == sampled


def test_a_restored_training_goes_on_as_if_never_interrupted(
    backend: Backend, random_tokens: Draw, folder: Path
) -> None:
    """Weights, optimiser and schedule: the losses after restoring are those of the uninterrupted run, to 1e-6."""
    backend.begin_training(OPTIMISER, steps=8)
    _train(backend, random_tokens, range(4))
    backend.save(folder, training_state=True)
    uninterrupted = _train(backend, random_tokens, range(4, 8))
    backend.begin_training(OPTIMISER, steps=8)
    backend.restore(folder, training_state=True)
    resumed = _train(backend, random_tokens, range(4, 8))
    torch.testing.assert_close(torch.tensor(resumed), torch.tensor(uninterrupted), atol=1e-6, rtol=0)


def test_a_new_training_forgets_the_last(backend: Backend, random_tokens: Draw, folder: Path) -> None:
    """begin_training starts with a fresh optimiser: from the same weights the same losses."""
    backend.save(folder)
    runs = []
    for _ in range(2):
        backend.restore(folder)
        backend.begin_training(OPTIMISER, steps=4)
        runs.append(_train(backend, random_tokens, range(4)))
    torch.testing.assert_close(torch.tensor(runs[0]), torch.tensor(runs[1]), atol=1e-6, rtol=0)


def test_broadcast_gives_rank_0s_value(backend: Backend) -> None:
    """Any picklable value."""
    assert 0 <= backend.rank < backend.world_size
    assert backend.broadcast({"rank": backend.rank, "words": ("a", 1.5)}) == {"rank": 0, "words": ("a", 1.5)}
