"""What both engines read as they are imported: what matters to a person is printed by the harness itself."""

from __future__ import annotations

import logging
import os
import warnings

import torch


def quiet_engines() -> None:
    """Before the first import of either engine. What the user has set stays."""
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    logging.getLogger("vllm").setLevel(logging.ERROR)  # as long as vLLM has not read the variable
    # DeepSpeed warns of its own choice
    os.environ.setdefault("DS_ACCELERATOR", "cuda" if torch.cuda.is_available() else "cpu")
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"(vllm|deepspeed)\..*")
