"""The policy, its teacher and its optimiser on transformers and accelerate.

Weights stay in float32; with dtype bfloat16 the forward passes run under autocast. Every rank holds the whole model:
a batch's sequences are dealt out to the ranks, and gradients are summed once an update, so that the loss and the step
are those of one process.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object, set_seed
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler
from transformers import PreTrainedModel

from sdzero_backends.hf_accelerate.sampling import sample_rows
from sdzero_backends.shared.loading import context_length, end_of_sequence_ids, load_policy
from sdzero_backends.shared.memory import RETRIES, MemoryLimit, memory_errors
from sdzero_backends.shared.micro_batch_loss import micro_batch_logprobs, micro_batch_loss
from sdzero_backends.shared.micro_batches import by_length, width
from sdzero_backends.shared.rows import completions_by_prompt, counter, dealt_out, rows_of
from sdzero_backends.shared.schedule import make_schedule
from sdzero_bench.backend import Metrics, Progress
from sdzero_bench.config import BackendConfig, OptimiserConfig
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.examples import Batch, loss_weights
from sdzero_bench.objectives import Objective
from sdzero_bench.types import Completion, Role, Sampling, TokenIds

T = TypeVar("T")

LESS_TO_TRAIN = "set backend.gradient_checkpointing, lower backend.logit_chunk or the longest sequence (max_new_tokens)"
LESS_TO_SAMPLE = "lower max_new_tokens"
LESS_TO_STEP = "the optimiser keeps 12 bytes a weight beside the model's 4; take a smaller model or more memory"


class HFAccelerateBackend:
    """See `sdzero_bench.backend.Backend` for what each method promises."""

    def __init__(self, config: BackendConfig, model: Path | str, seed: int) -> None:
        self._config = config
        _check(config)
        if config.threads:
            torch.set_num_threads(config.threads)
        # Precision is ours (`_autocast`): accelerate fixes its own for the whole process, but backends come and go.
        # Without cpu=True accelerate would take the ranks of a launcher on a machine without GPU for separate runs.
        cpu = config.device == "cpu" or (config.device == "auto" and not torch.accelerator.is_available())
        self._accelerator = Accelerator(mixed_precision="no", cpu=cpu)
        self._device = (
            self._accelerator.device if config.device in ("auto", "cpu", "cuda") else torch.device(config.device)
        )
        set_seed(seed)
        self._policy, self._tokenizer = load_policy(model, self._device)
        if config.gradient_checkpointing:
            self._policy.gradient_checkpointing_enable()
        self._eos_ids = end_of_sequence_ids(self._policy, self._tokenizer)
        pad_id = self._tokenizer.pad_token_id
        self._pad_id = int(min(self._eos_ids) if pad_id is None else pad_id)
        self._teacher: PreTrainedModel | None = None
        self._max_grad_norm: float | None = None
        self._optimiser: torch.optim.Optimizer | None = None
        self._schedule: LRScheduler | None = None
        # Micro-batches make no collective call, so a rank may halve its own limit.
        self._micro_batch_tokens = MemoryLimit(
            "backend.micro_batch_tokens", config.micro_batch_tokens, LESS_TO_TRAIN, self.rank
        )
        self._sample_batch = MemoryLimit("backend.sample_batch", config.sample_batch, LESS_TO_SAMPLE, self.rank)

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self._tokenizer

    @property
    def context_length(self) -> int:
        """In tokens."""
        return context_length(self._policy, self._tokenizer)

    @property
    def rank(self) -> int:
        """0-based."""
        return int(self._accelerator.process_index)

    @property
    def world_size(self) -> int:
        """Processes."""
        return int(self._accelerator.num_processes)

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, progress: Progress | None = None
    ) -> list[list[Completion]]:
        """Rows are dealt out by prompt length, so that ranks get like work."""
        rows = rows_of(prompts, sampling.n)
        mine = dealt_out(rows, prompts, self.rank, self.world_size)
        with self._autocast():
            sampled = sample_rows(
                self._policy,
                [prompts[prompt] for prompt, _ in mine],
                [sample for _, sample in mine],
                sampling,
                eos_ids=self._eos_ids,
                pad_id=self._pad_id,
                context=self.context_length,
                batch=self._sample_batch,
                on_finished=counter(progress, self.world_size, len(rows)),
            )
        drawn = self._gather(list(zip(mine, sampled, strict=True)))
        return completions_by_prompt(len(prompts), drawn, self._tokenizer, self._eos_ids)

    def score(self, sequences: Sequence[TokenIds], of: Role = Role.POLICY, temperature: float = 1.0) -> list[Tensor]:
        """Chunked like the losses, so that logits of a long sequence never exist at once."""
        model = self._policy if of is Role.POLICY else self._frozen()
        mine = range(self.rank, len(sequences), self.world_size)

        def attempt() -> list[tuple[int, list[float]]]:
            scored: list[tuple[int, list[float]]] = []
            for group in by_length([len(sequences[i]) for i in mine], self._micro_batch_tokens.value):
                indices = [mine[i] for i in group]
                size = len(group) * len(sequences[indices[0]])
                with self._micro_batch_tokens.around(len(group), size), self._autocast():
                    logprobs = micro_batch_logprobs(
                        model, [sequences[i] for i in indices], temperature, self._pad_id, self._config.logit_chunk
                    )
                scored += zip(indices, logprobs, strict=True)
            return scored

        scored, _ = self._micro_batch_tokens.until_it_fits(attempt)
        by_index = dict(self._gather(scored))
        return [torch.tensor(by_index[i]) for i in range(len(sequences))]

    def begin_training(self, optimiser: OptimiserConfig, steps: int) -> None:
        """torch's AdamW with transformers' schedules."""
        self._max_grad_norm = optimiser.max_grad_norm
        self._optimiser = torch.optim.AdamW(
            self._policy.parameters(),
            lr=optimiser.learning_rate,
            betas=(optimiser.beta1, optimiser.beta2),
            weight_decay=optimiser.weight_decay,
        )
        self._schedule = make_schedule(self._optimiser, optimiser, steps)

    def update(self, batch: Batch, objective: Objective) -> Metrics:
        """Each rank takes every world_size-th example; losses and gradients are summed over ranks."""
        if self._optimiser is None or self._schedule is None:
            raise RuntimeError("call begin_training before update")
        weights = loss_weights(batch, objective.aggregation)
        mine = range(self.rank, len(batch), self.world_size)

        def attempt() -> dict[str, float]:
            sums = {"loss": 0.0}
            for group in by_length([width(batch[i]) for i in mine], self._micro_batch_tokens.value):
                examples, example_weights = [batch[mine[i]] for i in group], [weights[mine[i]] for i in group]
                with self._micro_batch_tokens.around(len(group), len(group) * width(examples[0])):
                    loss, figures = self._loss(examples, example_weights, objective)
                    loss.backward()
                for name, value in {"loss": float(loss.detach()), **figures}.items():
                    sums[name] = sums.get(name, 0.0) + value
            return sums

        self._policy.train()
        sums, retries = self._micro_batch_tokens.until_it_fits(attempt, undo=self._optimiser.zero_grad)
        self._policy.eval()
        sums = self._sum_over_ranks({**sums, RETRIES: retries} if retries else sums)
        with memory_errors("the optimiser's step", LESS_TO_STEP):
            grad_norm = self._clip_summed_gradients()
        if not math.isfinite(grad_norm):
            raise RunError(f"update: the gradient is {grad_norm} (loss {sums['loss']:.4g}); lower the learning rate")
        learning_rate = float(self._schedule.get_last_lr()[0])
        with memory_errors("the optimiser's step", LESS_TO_STEP):
            self._optimiser.step()
        self._schedule.step()
        self._optimiser.zero_grad(set_to_none=True)
        return Metrics(sums.pop("loss"), grad_norm, learning_rate, sum(e.counted for e in batch), sums)

    def freeze_teacher(self) -> None:
        """A second copy of the weights on the same device."""
        if self._teacher is None:
            self._teacher = copy.deepcopy(self._policy).requires_grad_(False).eval()
        else:  # in place: three copies of the weights might not fit
            self._teacher.load_state_dict(self._policy.state_dict())

    def save(self, path: Path, *, training_state: bool = False) -> None:
        """Rank 0 writes; the others wait."""
        if self.rank == 0:
            self._policy.save_pretrained(path)
            self._tokenizer.save_pretrained(path)
            if training_state and self._optimiser and self._schedule:
                state = {
                    "optimiser": self._optimiser.state_dict(),
                    "schedule": self._schedule.state_dict(),
                    "rng": torch.get_rng_state(),
                }
                torch.save(state, path / "training_state.pt")
        self.broadcast(None)

    def restore(self, path: Path | str, *, training_state: bool = False) -> None:
        """Weights are copied into the model in place, so an optimiser that holds its parameters stays valid."""
        loaded, _ = load_policy(path, self._device)
        self._policy.load_state_dict(loaded.state_dict())
        if training_state:
            if self._optimiser is None or self._schedule is None:
                raise RuntimeError("call begin_training before restoring a training state")
            state = torch.load(Path(path) / "training_state.pt", map_location="cpu", weights_only=True)
            self._optimiser.load_state_dict(state["optimiser"])
            self._schedule.load_state_dict(state["schedule"])
            torch.set_rng_state(state["rng"].cpu())

    def broadcast(self, value: T) -> T:
        """Through accelerate's process group."""
        box = [value]
        broadcast_object_list(box)
        return box[0]

    def close(self) -> None:
        """Drop teacher and optimiser. The process group stays until the process ends: the next backend uses it."""
        self._teacher = self._optimiser = self._schedule = None

    def _loss(
        self, examples: Sequence[Any], weights: Sequence[Sequence[float]], objective: Objective
    ) -> tuple[Tensor, dict[str, float]]:
        teacher = self._frozen() if objective.needs_teacher else None
        with self._autocast():
            return micro_batch_loss(
                self._policy, teacher, examples, weights, objective, self._pad_id, self._config.logit_chunk
            )

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._config.dtype == "bfloat16")

    def _frozen(self) -> PreTrainedModel:
        if self._teacher is None:
            raise RuntimeError("call freeze_teacher before using the teacher")
        return self._teacher

    def _clip_summed_gradients(self) -> float:
        parameters = [p for p in self._policy.parameters() if p.requires_grad]
        for parameter in parameters:
            if parameter.grad is None:  # no counted token on this rank
                parameter.grad = torch.zeros_like(parameter)
            if self.world_size > 1:
                parameter.grad = self._accelerator.reduce(parameter.grad, reduction="sum")
        limit = float("inf") if self._max_grad_norm is None else self._max_grad_norm
        return float(torch.nn.utils.clip_grad_norm_(parameters, limit))

    def _sum_over_ranks(self, sums: dict[str, float]) -> dict[str, float]:
        totals: dict[str, float] = {}
        for one in self._gather([sums]):
            for name, value in one.items():
                totals[name] = totals.get(name, 0.0) + value
        return totals

    def _gather(self, values: list[T]) -> list[T]:
        return gather_object(values) if self.world_size > 1 else values


def _check(config: BackendConfig) -> None:
    if config.options:
        raise UserError(f"backend.options: hf-accelerate has none; got {', '.join(config.options)}")
    try:
        kind = "cpu" if config.device == "auto" else torch.device(config.device).type
    except RuntimeError:
        raise UserError(f"backend.device: {config.device!r} is no device; use auto, cpu, cuda or cuda:N") from None
    if kind == "cuda" and not torch.cuda.is_available():
        raise UserError(f"backend.device: {config.device} was asked for and torch sees no GPU; use auto or cpu")
