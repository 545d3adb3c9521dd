"""DeepSpeed as if the passes since its last step had not been made: for a step that ran out of memory half-way.

Example: the third micro-batch of a step fails in its backward pass under ZeRO 2. Gradients of two micro-batches are in
the partitions, those of half a model in the buckets, and the engine believes that a backward pass goes on. DeepSpeed
0.19 has no call for this: what it clears in `step` and in the epilogue of a backward pass is cleared here.
"""

from __future__ import annotations

import deepspeed
from deepspeed.accelerator import get_accelerator
from deepspeed.runtime.base_optimizer import ZeROOptimizer
from deepspeed.runtime.zero.stage3 import DeepSpeedZeroOptimizer_Stage3
from deepspeed.runtime.zero.stage_1_and_2 import DeepSpeedZeroOptimizer

from sdzero_bench.errors import RunError


def drop_pass(engine: deepspeed.DeepSpeedEngine) -> None:
    """Gradients, partial or whole, and what forward and backward passes keep open. Only without other ranks."""
    get_accelerator().synchronize()  # ZeRO reduces on streams of its own
    optimizer = engine.optimizer
    try:
        if isinstance(optimizer, ZeROOptimizer):
            while optimizer._backward_active_depth:
                optimizer.exit_backward()
            optimizer.clear_backward_seen_flag()
        engine.zero_grad()
        if isinstance(optimizer, DeepSpeedZeroOptimizer_Stage3):
            _drop_stage_3(optimizer)
        elif isinstance(optimizer, DeepSpeedZeroOptimizer):
            _drop_stages_1_and_2(optimizer)
        elif hasattr(optimizer, "zero_grad"):
            optimizer.zero_grad()
        engine._forward_epilogue()
        engine.empty_partition_cache()  # whole weights that ZeRO 3 gathered for the pass
    except AttributeError as error:
        raise RunError(
            f"out of memory, and this DeepSpeed ({deepspeed.__version__}) cannot drop half a step ({error}); lower "
            "backend.micro_batch_tokens and repeat the command: it goes on from the last checkpoint"
        ) from None


def _drop_stages_1_and_2(optimizer: DeepSpeedZeroOptimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    optimizer.micro_step_id = -1
    for index in range(len(optimizer.params_already_reduced)):
        optimizer.params_already_reduced[index] = False
    for bucket in optimizer.ipg_buckets.values():
        bucket.clear()
    optimizer.extra_large_param_to_reduce.clear()
    optimizer.previous_reduced_grads.clear()
    optimizer._release_ipg_buffers()
    for group in list(optimizer.averaged_gradients):
        optimizer.averaged_gradients[group] = None
    for group in list(optimizer.all_grad_tensors):
        optimizer.all_grad_tensors[group] = None
    if optimizer.cpu_offload:
        optimizer._offload_accumulated_param_ids = set()
        optimizer.reset_cpu_buffers()


def _drop_stage_3(optimizer: DeepSpeedZeroOptimizer_Stage3) -> None:
    optimizer.zero_grad(set_to_none=True)  # the next gradients replace those in the partitions
    optimizer._offload_boundary_param_ids = set()
    for index in optimizer.params_already_reduced:
        optimizer.params_already_reduced[index] = False
    for bucket in optimizer.ipg_buckets.values():
        bucket.clear_params()
    optimizer.parameter_offload.release_backward_leftovers()
