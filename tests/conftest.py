"""Fixtures that tests share: small real models in a folder, built once a session."""

import pytest

from sdzero_bench.contract.tiny_model import build_tiny_model


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    """A random two-layer Qwen3 with tied embeddings and the embedded tokenizer, as a Hugging Face folder."""
    return build_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def untied_tiny_model(tmp_path_factory):
    """The same with an output head of its own."""
    return build_tiny_model(tmp_path_factory.mktemp("untied"), tied=False)
