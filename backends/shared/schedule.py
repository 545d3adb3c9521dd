"""transformers' learning-rate schedules by our settings. Example: cosine over 300 updates, 15 of them warm-up."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler
from transformers.optimization import get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup

from sdzero_bench.config import OptimiserConfig, Schedule


def make_schedule(optimiser: Optimizer, config: OptimiserConfig, steps: int) -> LRScheduler:
    """The schedule of a phase of `steps` updates."""
    warmup = config.warmup_steps or round(config.warmup_ratio * steps)
    if config.schedule is Schedule.COSINE:
        return get_cosine_schedule_with_warmup(optimiser, warmup, steps)
    return get_constant_schedule_with_warmup(optimiser, warmup)
