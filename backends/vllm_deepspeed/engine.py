"""The backend: a DeepSpeed trainer and a vLLM sampler of the same policy.

Weights are handed over when something is sampled after they changed, not before. On a GPU the sampler sleeps while the
policy trains. See `sdzero_bench.backend.Backend` for what each method promises.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from transformers import set_seed

from sdzero_backends.shared.loading import context_length, end_of_sequence_ids
from sdzero_backends.shared.rows import completions_by_prompt, counter, dealt_out, rows_of
from sdzero_backends.vllm_deepspeed.draw import draw
from sdzero_backends.vllm_deepspeed.options import read_options
from sdzero_backends.vllm_deepspeed.processes import broadcast, gather, join
from sdzero_backends.vllm_deepspeed.sampler import Sampler, make_sampler
from sdzero_backends.vllm_deepspeed.sync import probe, synchronise
from sdzero_backends.vllm_deepspeed.trainer import Trainer
from sdzero_bench.backend import Metrics, Progress
from sdzero_bench.config import BackendConfig, OptimiserConfig
from sdzero_bench.errors import UserError
from sdzero_bench.examples import Batch
from sdzero_bench.objectives import Objective
from sdzero_bench.types import Completion, Role, Sampling, TokenIds

T = TypeVar("T")

MAX_TEMPERATURE = 2.0  # vLLM's


class VLLMDeepSpeedBackend:
    """One policy, trained by DeepSpeed and sampled by vLLM."""

    def __init__(self, config: BackendConfig, model: Path | str, seed: int) -> None:
        options = self._options = read_options(config.options)
        if config.threads:
            torch.set_num_threads(config.threads)
        device = join(config.device)
        if dist.get_world_size() % options.tensor_parallel:
            raise UserError(
                f"backend.options.tensor_parallel: {dist.get_world_size()} processes cannot be divided into groups of "
                f"{options.tensor_parallel}"
            )
        set_seed(seed)
        self._config = config
        self._trainer = Trainer(config, options, model, device)
        self._eos_ids = end_of_sequence_ids(self._trainer.policy, self.tokenizer)
        self._probe = probe(set(range(len(self.tokenizer))) - set(self.tokenizer.all_special_ids))
        self._sampler: Sampler = make_sampler(model, config, options, self.context_length, device)
        self._synchronise()

    @property
    def tokenizer(self) -> Any:
        """The model's tokenizer."""
        return self._trainer.tokenizer

    @property
    def context_length(self) -> int:
        """In tokens: the model's, or `max_model_len` where that is less."""
        context = context_length(self._trainer.policy, self.tokenizer)
        return min(context, self._options.max_model_len or context)

    @property
    def rank(self) -> int:
        """0-based."""
        return int(dist.get_rank())

    @property
    def world_size(self) -> int:
        """Processes."""
        return int(dist.get_world_size())

    def generate(
        self, prompts: Sequence[TokenIds], sampling: Sampling, progress: Progress | None = None
    ) -> list[list[Completion]]:
        """Rows are dealt out to the engines; the ranks of a tensor-parallel engine sample its rows together."""
        if sampling.temperature > MAX_TEMPERATURE:
            raise UserError(f"temperature: vLLM takes at most {MAX_TEMPERATURE:g}; got {sampling.temperature:g}")
        if self._stale or self._sampler.asleep:
            self._synchronise()
        sampler = self._sampler
        rows = rows_of(prompts, sampling.n)
        mine = dealt_out(rows, prompts, sampler.part, sampler.parts)
        draws = [draw(prompts[prompt], sample, sampling, self.context_length) for prompt, sample in mine]
        sampled = sampler.generate(draws, sampling, self._eos_ids, counter(progress, sampler.parts, len(rows)))
        drawn = gather(list(zip(mine, sampled, strict=True)))
        return completions_by_prompt(len(prompts), dict(drawn).items(), self.tokenizer, self._eos_ids)

    def score(self, sequences: Sequence[TokenIds], of: Role = Role.POLICY, temperature: float = 1.0) -> list[Tensor]:
        """Through the training engine, in the precision that is trained in."""
        self._rest()
        return self._trainer.score(sequences, of, temperature)

    def begin_training(self, optimiser: OptimiserConfig, steps: int) -> None:
        """A fresh AdamW under DeepSpeed."""
        self._rest()
        self._trainer.begin(optimiser, steps)

    def update(self, batch: Batch, objective: Objective) -> Metrics:
        """One step; the sampler gets the new weights when it is asked next."""
        self._rest()
        self._stale = True
        return self._trainer.update(batch, objective)

    def freeze_teacher(self) -> None:
        """A second copy of the weights, divided like the policy's."""
        self._rest()
        self._trainer.freeze_teacher()

    def save(self, path: Path, *, training_state: bool = False) -> None:
        """A Hugging Face folder in float32; rank 0's path holds on every rank."""
        self._trainer.save(Path(self.broadcast(str(path))), training_state)

    def restore(self, path: Path | str, *, training_state: bool = False) -> None:
        """Weights, and with training_state the optimiser, for as many ranks as saved it."""
        self._rest()
        self._stale = True
        self._trainer.restore(path, training_state)

    def broadcast(self, value: T) -> T:
        """Through torch's process group."""
        return broadcast(value)

    def close(self) -> None:
        """Stop both engines. The process group stays until the process ends."""
        self._trainer.close()
        self._sampler.close()

    def _synchronise(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()  # what torch keeps of the training is missing when the sampler wakes
        synchronise(self._trainer, self._sampler, self._probe, self._config.dtype)
        self._stale = False

    def _rest(self) -> None:
        """Give the sampler's memory to the training; it wakes with new weights."""
        self._sampler.sleep()
