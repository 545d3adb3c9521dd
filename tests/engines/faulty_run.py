"""Run by test_engine_failures: `sdzero-bench` with an engine that fails once a file is there.

Example: `FAULT='["sampler", "/tmp/run/rounds/01/draft.json", 0]' python faulty_run.py train ...`: on rank 0 a layer of
vLLM's model raises as soon as the drafts are kept. A hook of torch on all modules does it; nothing is patched.
"""

import json
import os
from pathlib import Path

import torch
from torch.nn.modules.module import register_module_forward_pre_hook

from sdzero_bench.cli.app import main

MODULES = {"sampler": "vllm.model_executor.models", "trainer": "transformers.models"}
ERRORS = {
    "sampler": RuntimeError("CUDA error: an illegal memory access was encountered"),
    "trainer": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
}


def fail(module: torch.nn.Module, _: object) -> None:
    of = type(module)
    if of.__module__.startswith(MODULES[engine]) and of.__name__.endswith("DecoderLayer") and Path(file).exists():
        raise ERRORS[engine]


engine, file, rank = json.loads(os.environ.get("FAULT", '["sampler", "/", -1]'))
if int(os.environ.get("RANK", "0")) == rank:
    register_module_forward_pre_hook(fail)
if __name__ == "__main__":
    main()
