"""Options and fixtures of the contract suite, as a pytest plugin. Backends are opened once.

Example: a test that takes `backend` gets the engine of --backend, set back to the initial weights.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM

from sdzero_bench.backend import Backend, open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.contract.tiny_model import build_tiny_model
from sdzero_bench.types import TokenIds


def pytest_addoption(parser: pytest.Parser) -> None:
    """--backend NAME, --model FOLDER, --option NAME=VALUE."""
    group = parser.getgroup("sdzero-bench backend contract")
    group.addoption("--backend", default="hf-accelerate", help="entry point of the group sdzero_bench.backends")
    group.addoption("--option", action="append", default=[], help="NAME=VALUE: one of backend.options, as YAML")
    group.addoption("--model", default=None, help="a Hugging Face folder; default: a random two-layer Qwen3")


@pytest.fixture(scope="session")
def model_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The initial weights."""
    given = request.config.getoption("--model")
    return Path(given) if given else build_tiny_model(tmp_path_factory.mktemp("model"))


def _opened(request: pytest.FixtureRequest, folder: Path, **settings: Any) -> Iterator[Backend]:
    given = (option.partition("=") for option in request.config.getoption("--option"))
    options = {name: yaml.safe_load(value) for name, _, value in given}
    config = BackendConfig(name=request.config.getoption("--backend"), options=options, **settings)
    backend = open_backend(config, folder, seed=0)
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def _large_pieces(request: pytest.FixtureRequest, model_folder: Path) -> Iterator[Backend]:
    yield from _opened(request, model_folder)


@pytest.fixture(scope="session")
def _small_pieces(request: pytest.FixtureRequest, model_folder: Path) -> Iterator[Backend]:
    yield from _opened(request, model_folder, micro_batch_tokens=50, sample_batch=3, logit_chunk=7)


@pytest.fixture
def backend(_large_pieces: Backend, model_folder: Path) -> Backend:
    """The backend with the default piece sizes."""
    _large_pieces.restore(model_folder)
    return _large_pieces


@pytest.fixture
def small_pieces(_small_pieces: Backend, model_folder: Path) -> Backend:
    """The same with tiny micro-batches, sampling batches and logit chunks."""
    _small_pieces.restore(model_folder)
    return _small_pieces


@pytest.fixture
def model(model_folder: Path) -> Any:
    """The initial weights in plain transformers, float32 on the CPU."""
    return AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32).eval()


@pytest.fixture
def folder(backend: Backend, tmp_path: Path) -> Path:
    """An empty folder, the same one on every rank."""
    return Path(backend.broadcast(str(tmp_path)))


@pytest.fixture(scope="session")
def random_tokens(_large_pieces: Backend) -> Callable[..., list[TokenIds]]:
    """`random_tokens(count, shortest, longest, seed=0)`: sequences of ordinary tokens."""
    tokenizer = _large_pieces.tokenizer
    ordinary = sorted(set(range(len(tokenizer))) - set(tokenizer.all_special_ids))

    def draw(count: int, shortest: int, longest: int, seed: int = 0) -> list[TokenIds]:
        rng = random.Random(seed)
        return [tuple(rng.choices(ordinary, k=rng.randint(shortest, longest))) for _ in range(count)]

    return draw
