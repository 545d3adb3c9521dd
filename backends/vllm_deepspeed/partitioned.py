"""Whole weights of a model that ZeRO 3 divides among the ranks; the same calls work where it does not.

Example: `for name, weight in whole_weights(model)` gives every rank every weight, one at a time: a layer's worth of
memory, not a model's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.utils import safe_get_full_fp32_param, safe_set_full_fp32_param
from torch import Tensor
from transformers import PreTrainedModel
from transformers.integrations import HfDeepSpeedConfig

from sdzero_backends.shared.loading import load_policy


def load_partitioned(model: Path | str, device: torch.device, config: dict[str, Any]) -> tuple[PreTrainedModel, Any]:
    """As `load_policy`; with ZeRO 3 every rank keeps only its part of each weight as it is read."""
    if config["zero_optimization"]["stage"] < 3:
        return load_policy(model, device)
    with _loading_divides(config):
        return load_policy(model, device, checked=False)


def whole_weights(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """(name, weight as the forward pass uses it), in the model's order; on all ranks together."""
    for name, parameter in model.named_parameters():
        with deepspeed.zero.GatheredParameters([parameter], enabled=_divided(parameter)):
            yield name, parameter.detach()


def master_weights(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """(name, float32 weight that the optimiser holds); on all ranks together."""
    for name, parameter in model.named_parameters():
        master = safe_get_full_fp32_param(parameter) if _mixed(parameter) else None
        if master is not None:
            yield name, master
            continue
        with deepspeed.zero.GatheredParameters([parameter], enabled=_divided(parameter)):
            yield name, parameter.detach()


def set_weights(model: PreTrainedModel, source: Mapping[str, Tensor] | None, engine: Any = None) -> None:
    """Rank 0's weights (`source`; None elsewhere) into every rank's model and into the optimiser's float32 copies.

    engine: the DeepSpeed engine that trains the model; None for a frozen one.
    """
    for name, parameter in model.named_parameters():
        with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0, enabled=_divided(parameter)):
            if source is not None:
                parameter.data.copy_(source[name])
            if not _divided(parameter):
                dist.broadcast(parameter.data, src=0)
    if engine is None or not hasattr(engine.optimizer, "refresh_fp32_params"):
        return
    engine.optimizer.refresh_fp32_params()
    for name, parameter in model.named_parameters():
        if _mixed(parameter):  # float32 copies made from bfloat16 weights would lose what the file still has
            exact = torch.empty(_shape(parameter), dtype=torch.float32, device=parameter.device)
            if source is not None:
                exact.copy_(source[name])
            dist.broadcast(exact, src=0)
            safe_set_full_fp32_param(parameter, exact)


def _divided(parameter: Tensor) -> bool:
    return hasattr(parameter, "ds_id")


def _mixed(parameter: Tensor) -> bool:
    return parameter.dtype is not torch.float32


def _shape(parameter: Any) -> torch.Size:
    shape: torch.Size = parameter.ds_shape if _divided(parameter) else parameter.shape
    return shape


@contextmanager
def _loading_divides(config: dict[str, Any]) -> Iterator[None]:
    """transformers divides weights while it loads them for as long as such an object lives."""
    alive = HfDeepSpeedConfig(config)
    try:
        yield
    finally:
        del alive
