"""Fixtures that tests share: small real models in a folder, built once a session."""

import os

import pytest

# Test files run side by side, one process a core: more threads than that would only wait for each other.
os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

from sdzero_bench.contract.tiny_model import build_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A random two-layer Qwen3 with tied embeddings and the embedded tokenizer, as a Hugging Face folder."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def untied_tiny_model(tmp_path_factory):
    """The same with an output head of its own."""
    return build_tiny_model(tmp_path_factory.mktemp("untied"), tied=False)
