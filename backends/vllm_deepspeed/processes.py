"""The process group, the device of this rank, and what ranks tell one another.

Example: under `torchrun --nproc_per_node 2` on a CPU two ranks meet through gloo; without a launcher there is one rank.
"""

from __future__ import annotations

import os
import socket
from typing import TypeVar

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.accelerator import get_accelerator

from sdzero_bench.errors import UserError

T = TypeVar("T")


def join(device: str) -> torch.device:
    """Start or join the process group; returns this rank's device."""
    on_gpu = torch.cuda.is_available() and device != "cpu"
    if device not in ("auto", "cpu", "cuda") or (device == "cuda" and not on_gpu):
        raise UserError(
            f"backend.device: vllm-deepspeed takes auto, cpu or cuda (a rank's GPU is the launcher's choice), and this "
            f"machine has {'GPUs' if torch.cuda.is_available() else 'no GPU'}; got {device!r}"
        )
    if not dist.is_initialized():
        if "RANK" not in os.environ:  # no launcher
            alone = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1"}
            os.environ.update(alone, MASTER_PORT=str(_free_port()))
        os.environ.setdefault("DS_ACCELERATOR", "cuda" if on_gpu else "cpu")
        # On a CPU DeepSpeed would compile an operation for messages between ranks, which takes minutes and a compiler.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
        deepspeed.init_distributed(dist_backend="nccl" if on_gpu else "gloo", verbose=False)
    if not on_gpu:
        return torch.device("cpu")
    local = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    get_accelerator().set_device(local.index)
    return local


def gather(values: list[T]) -> list[T]:
    """Every rank's values, one rank after another, on every rank."""
    everyone: list[list[T]] = [[] for _ in range(dist.get_world_size())]
    dist.all_gather_object(everyone, values)
    return [value for of_rank in everyone for value in of_rank]


def broadcast(value: T) -> T:
    """Rank 0's value, on every rank."""
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
