"""The contract suite on vLLM and DeepSpeed: one rank and two, ZeRO 2 and 3, tied and untied embeddings."""

import re

import pytest
from launch import run_torchrun

pytest.importorskip("vllm")
pytest.importorskip("deepspeed")
pytestmark = pytest.mark.timeout(1000)


def contract(zero_stage: int, processes: int, *words: str) -> str:
    command = ["-m", "sdzero_bench.contract", "--backend", "vllm-deepspeed", "--option", f"zero_stage={zero_stage}"]
    return run_torchrun([*command, "-p", "no:logging", *words], processes, seconds=900)


@pytest.mark.parametrize("zero_stage", [2, 3])
@pytest.mark.parametrize("processes", [1, 2])
def test_contract(zero_stage, processes):
    passed = list(map(int, re.findall(r"(\d+) passed", contract(zero_stage, processes))))
    assert len(passed) == processes
    assert min(passed) >= 28  # the whole suite


@pytest.mark.long
def test_contract_with_untied_embeddings(untied_tiny_model):
    contract(0, 1, "--model", str(untied_tiny_model), "-k", "greedy or score or update")
