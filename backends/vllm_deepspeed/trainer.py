"""The policy under DeepSpeed: losses, updates, scores, the teacher, and its state on disk.

One DeepSpeed engine lives as long as the backend; a new training phase clears its optimiser. Every rank makes the same
number of forward and backward passes, empty ones where it has no examples left: ZeRO's ranks wait for each other.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from pathlib import Path

import deepspeed
import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler
from transformers import PreTrainedModel

from sdzero_backends.shared.loading import check_head, load_policy
from sdzero_backends.shared.memory import RETRIES, MemoryLimit, memory_errors
from sdzero_backends.shared.micro_batch_loss import micro_batch_logprobs, micro_batch_loss
from sdzero_backends.shared.micro_batches import by_length, width
from sdzero_backends.shared.schedule import make_schedule
from sdzero_backends.vllm_deepspeed.deepspeed_config import deepspeed_config, teacher_config
from sdzero_backends.vllm_deepspeed.dropped_pass import drop_pass
from sdzero_backends.vllm_deepspeed.options import Options
from sdzero_backends.vllm_deepspeed.partitioned import load_partitioned, master_weights, set_weights, whole_weights
from sdzero_backends.vllm_deepspeed.processes import gather
from sdzero_bench.backend import Metrics
from sdzero_bench.config import BackendConfig, OptimiserConfig
from sdzero_bench.errors import RunError
from sdzero_bench.examples import Batch, Example, loss_weights
from sdzero_bench.objectives import Objective, pieces_of
from sdzero_bench.types import Role, TokenIds

NO_CLIPPING = 1e30  # DeepSpeed computes the norm only where it clips
LESS_TO_STEP = "set a higher backend.options.zero_stage or offload_optimiser"
LESS_TO_TRAIN = (
    "set backend.gradient_checkpointing, a higher backend.options.zero_stage or offload_optimiser, lower "
    "backend.logit_chunk or the longest sequence (max_new_tokens)"
)


class Trainer:
    """One policy, its optimiser and its teacher, on this rank's part of the work."""

    def __init__(self, config: BackendConfig, options: Options, model: Path | str, device: torch.device) -> None:
        self._config, self._options = config, options
        self._rank, self._world = dist.get_rank(), dist.get_world_size()
        self._device = device
        self._origin = model
        settings = deepspeed_config(config, options, self._world)
        policy, self.tokenizer = load_partitioned(model, device, settings)
        if config.gradient_checkpointing:
            policy.gradient_checkpointing_enable()
        self._engine, *_ = deepspeed.initialize(
            model=_Policy(policy),
            optimizer=torch.optim.AdamW([p for p in policy.parameters() if p.requires_grad], lr=0.0),
            config=settings,
        )
        self.policy: PreTrainedModel = policy
        check_head(policy)
        self._teacher: PreTrainedModel | None = None
        self._teacher_engine: deepspeed.DeepSpeedEngine | None = None  # with ZeRO 3
        self._max_grad_norm = NO_CLIPPING
        self._schedule: LRScheduler | None = None
        self._micro_batch_tokens = MemoryLimit(
            "backend.micro_batch_tokens",
            config.micro_batch_tokens,
            LESS_TO_TRAIN,
            self._rank,
            # ZeRO's ranks meet inside every pass: one of them cannot leave it and come back.
            alone=self._world == 1,
        )
        pad_id = self.tokenizer.pad_token_id
        self.pad_id = int(self.tokenizer.eos_token_id if pad_id is None else pad_id)

    def begin(self, optimiser: OptimiserConfig, steps: int) -> None:
        """A fresh optimiser and schedule for a phase of `steps` updates."""
        inner = self._engine.basic_optimizer
        for group in inner.param_groups:
            group.update(
                lr=optimiser.learning_rate,
                initial_lr=optimiser.learning_rate,
                betas=(optimiser.beta1, optimiser.beta2),
                weight_decay=optimiser.weight_decay,
            )
        for state in inner.state.values():
            for value in state.values():
                value.zero_()
        self._max_grad_norm = optimiser.max_grad_norm or NO_CLIPPING
        self._schedule = make_schedule(inner, optimiser, steps)

    def update(self, batch: Batch, objective: Objective) -> Metrics:
        """Each rank takes every world_size-th example; DeepSpeed averages over ranks, so losses are scaled up."""
        if self._schedule is None:
            raise RuntimeError("call begin_training before update")
        self._engine.train()
        limit = self._micro_batch_tokens
        sums, retries = limit.until_it_fits(lambda: self._gradients(batch, objective), undo=self._drop)
        sums = _summed({**sums, RETRIES: retries} if retries else sums)
        learning_rate = float(self._schedule.get_last_lr()[0])
        with memory_errors("the optimiser's step", LESS_TO_STEP):
            grad_norm = self._step()
        self._engine.eval()
        if not (self._engine.was_step_applied() and math.isfinite(grad_norm) and math.isfinite(sums["loss"])):
            raise RunError(f"update: the gradient is {grad_norm} (loss {sums['loss']:.4g}); lower the learning rate")
        self._schedule.step()
        return Metrics(sums.pop("loss"), grad_norm, learning_rate, sum(e.counted for e in batch), sums)

    def _gradients(self, batch: Batch, objective: Objective) -> dict[str, float]:
        """Forward and backward passes of one step; returns this rank's sums."""
        weights = loss_weights(batch, objective.aggregation)
        mine = range(self._rank, len(batch), self._world)
        groups = list(by_length([width(batch[i]) for i in mine], self._micro_batch_tokens.value))
        sums: dict[str, float] = {"loss": 0.0}
        passes = self._in_step(groups, [sum(batch[mine[i]].counted for i in group) for group in groups])
        for number, (group, pieces) in enumerate(passes):
            self._engine.set_gradient_accumulation_boundary(number == len(passes) - 1)
            examples = [batch[mine[i]] for i in group] or [_nothing(batch[0])]
            example_weights = [weights[mine[i]] for i in group] or [[0.0] * len(examples[0].tokens)]
            teacher = self._frozen() if objective.needs_teacher else None
            with self._micro_batch_tokens.around(len(examples), len(examples) * max(map(width, examples))):
                loss, figures = self._engine(
                    teacher, examples, example_weights, objective, self.pad_id, self._config.logit_chunk, pieces
                )
                self._engine.backward(loss * self._world)
            for name, value in {"loss": float(loss.detach()), **figures}.items():
                sums[name] = sums.get(name, 0.0) + value
        return sums

    def score(self, sequences: Sequence[TokenIds], of: Role, temperature: float) -> list[Tensor]:
        """Each rank scores every world_size-th sequence."""
        model = self.policy if of is Role.POLICY else self._frozen()
        limit = self._micro_batch_tokens
        scored, _ = limit.until_it_fits(lambda: self._scores(sequences, model, temperature), undo=self._drop)
        by_index = dict(gather(scored))
        return [torch.tensor(by_index[i]) for i in range(len(sequences))]

    def _scores(
        self, sequences: Sequence[TokenIds], model: PreTrainedModel, temperature: float
    ) -> list[tuple[int, list[float]]]:
        """This rank's sequences with their numbers."""
        mine = range(self._rank, len(sequences), self._world)
        groups = list(by_length([len(sequences[i]) for i in mine], self._micro_batch_tokens.value))
        scored: list[tuple[int, list[float]]] = []
        longest = [max(len(sequences[mine[i]]) for i in group) for group in groups]
        passes = self._in_step(groups, [len(group) * width for group, width in zip(groups, longest, strict=True)])
        for group, pieces in passes:
            indices = [mine[i] for i in group]
            chosen = [sequences[i] for i in indices] or [sequences[0][:2]]
            with self._micro_batch_tokens.around(len(chosen), len(chosen) * max(map(len, chosen))):
                logprobs = micro_batch_logprobs(
                    model, chosen, temperature, self.pad_id, self._config.logit_chunk, pieces
                )
            scored += zip(indices, logprobs, strict=False)  # none of the empty pass
        return scored

    def freeze_teacher(self) -> None:
        """A copy of the weights; with ZeRO 3 divided among the ranks like the policy's."""
        if self._options.zero_stage < 3:
            if self._teacher is None:
                self._teacher = copy.deepcopy(self.policy).requires_grad_(False).eval()
            else:
                self._teacher.load_state_dict(self.policy.state_dict())
            return
        if self._teacher is None:
            settings = teacher_config(self._config, self._world)
            teacher, _ = load_partitioned(self._origin, self._device, settings)
            self._teacher_engine, *_ = deepspeed.initialize(
                model=_Policy(teacher.requires_grad_(False)), config=settings
            )
            self._teacher = self._teacher_engine.module.policy.eval()
        for (_, weight), parameter in zip(whole_weights(self.policy), self._teacher.parameters(), strict=True):
            with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
                parameter.data.copy_(weight)

    def save(self, path: Path, training_state: bool) -> None:
        """Rank 0 writes a Hugging Face folder in float32, every rank its part of DeepSpeed's state beside it."""
        weights = {name: weight.cpu().clone() for name, weight in master_weights(self.policy) if self._rank == 0}
        if self._rank == 0:
            _save_folder(self.policy, weights, path)
            self.tokenizer.save_pretrained(path)
        if training_state and self._schedule:
            self._engine.save_checkpoint(
                str(path / "deepspeed"), client_state={"schedule": self._schedule.state_dict()}
            )
        dist.barrier()

    def restore(self, path: Path | str, training_state: bool) -> None:
        """Rank 0 reads the folder; with training_state every rank its part of DeepSpeed's state."""
        weights = None
        if self._rank == 0:
            loaded, _ = load_policy(path, torch.device("cpu"), checked=False)
            weights = dict(loaded.named_parameters())
        with torch.no_grad():
            set_weights(self.policy, weights, self._engine)
        if training_state:
            if self._schedule is None:
                raise RuntimeError("call begin_training before restoring a training state")
            _, state = self._engine.load_checkpoint(str(Path(path) / "deepspeed"))
            self._schedule.load_state_dict(state["schedule"])

    def close(self) -> None:
        """Drop the engine and its teacher."""
        self._engine.destroy()
        self._teacher = self._teacher_engine = None

    def _drop(self) -> None:
        """What a pass that ran out of memory has left in DeepSpeed."""
        for engine in (self._engine, self._teacher_engine):
            if engine is not None:
                drop_pass(engine)

    def _in_step(self, groups: list[list[int]], tokens: list[int]) -> list[tuple[list[int], int]]:
        """(this rank's group, calls of the output head) of each pass; as many passes and calls on every rank.

        Groups are empty where this rank has no more. tokens: how many of each group the output head sees.
        """
        pieces = [pieces_of(count, self._config.logit_chunk) for count in tokens] or [1]
        ranks = gather([pieces])
        count = max(map(len, ranks))
        most = [max(calls[number] for calls in ranks if number < len(calls)) for number in range(count)]
        return [(groups[number] if number < len(groups) else [], most[number]) for number in range(count)]

    def _frozen(self) -> PreTrainedModel:
        if self._teacher is None:
            raise RuntimeError("call freeze_teacher before using the teacher")
        return self._teacher

    def _step(self) -> float:
        """Clip, step; the gradient's norm before clipping."""
        if hasattr(self._engine.optimizer, "clip_grad"):
            self._engine.optimizer.clip_grad = self._max_grad_norm
            self._engine.step()
            return float(self._engine.get_global_grad_norm() or 0.0)
        # ZeRO 0 in float32: torch's own optimiser, whose norm DeepSpeed does not report
        norm = torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self._max_grad_norm)
        self._engine.step()
        return float(norm)


class _Policy(torch.nn.Module):
    """What DeepSpeed wraps: calling it gives the loss of a micro-batch."""

    def __init__(self, policy: PreTrainedModel) -> None:
        super().__init__()
        self.policy = policy

    def forward(
        self,
        teacher: PreTrainedModel | None,
        examples: Sequence[Example],
        weights: Sequence[Sequence[float]],
        objective: Objective,
        pad_id: int,
        chunk: int,
        pieces: int,
    ) -> tuple[Tensor, dict[str, float]]:
        return micro_batch_loss(self.policy, teacher, examples, weights, objective, pad_id, chunk, pieces)


def _nothing(example: Example) -> Example:
    """An example of two tokens that carries no loss."""
    tokens = example.tokens[:2]
    return Example(tokens, (0.0,) * len(tokens), example.teacher_tokens and tokens)


def _summed(sums: dict[str, float]) -> dict[str, float]:
    """Over the ranks, by name."""
    totals: dict[str, float] = {}
    for one in gather([sums]):
        for name, value in one.items():
            totals[name] = totals.get(name, 0.0) + value
    return totals


def _save_folder(policy: PreTrainedModel, weights: dict[str, Tensor], path: Path) -> None:
    """Config, generation config and safetensors; a tied head is written once, as transformers does."""
    policy.save_pretrained(path, state_dict=weights)
