"""A vLLM engine inside this rank's process, on the rank's device.

Example: 512 prompts at temperature 0.7: continuous batching, one seed a row, the KV cache of common prefixes once.
It starts with random weights: what it samples with always comes from the trainer, so that weights which do not arrive
show at the first comparison (`sync.py`).
"""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from tqdm import tqdm

from sdzero_backends.vllm_deepspeed.draw import Draw
from sdzero_backends.vllm_deepspeed.options import Options
from sdzero_bench.config import BackendConfig
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.types import Sampling, TokenIds

PREFILL_TOKENS = 8192  # prompt tokens read in one step
EXTENSION = "sdzero_backends.vllm_deepspeed.worker.WeightSync"


class ColocatedSampler:
    """vLLM's `LLM` with the calls the backend needs."""

    def __init__(
        self, model: Path | str, config: BackendConfig, options: Options, context: int, device: torch.device
    ) -> None:
        self.part = dist.get_rank() // options.tensor_parallel  # ranks of one part sample the same rows together
        self.parts = dist.get_world_size() // options.tensor_parallel
        self._sleeps = options.sleep and device.type == "cuda"
        self._asleep = False
        _set_environment(options)
        from vllm import LLM

        cpu = {}
        if device.type == "cpu":
            cpu = {"enforce_eager": True}
            torch._dynamo.config.disable = True  # what vLLM compiles all the same costs more time than it saves here
        arguments: dict[str, Any] = {
            "model": str(model),
            "skip_tokenizer_init": True,
            "load_format": "dummy",
            "dtype": config.dtype,
            "max_model_len": context,
            "max_num_seqs": config.sample_batch,
            "gpu_memory_utilization": options.gpu_memory_utilization,
            "enforce_eager": options.enforce_eager,
            "enable_prefix_caching": options.prefix_caching,
            "enable_sleep_mode": self._sleeps,
            "tensor_parallel_size": options.tensor_parallel,
            "distributed_executor_backend": "external_launcher",
            "worker_extension_cls": EXTENSION,
            "generation_config": "vllm",
            # A prompt is read whole: on a CPU vLLM 0.32 fails on a seeded request whose prompt it read in parts.
            "enable_chunked_prefill": False,
            "max_num_batched_tokens": max(context, PREFILL_TOKENS),
            "disable_log_stats": True,
            **cpu,
            **options.vllm,
        }
        try:
            self._llm = LLM(**arguments)
        except (ValueError, TypeError, RuntimeError, AssertionError) as error:
            raise UserError(f"backend: vLLM does not start: {' '.join(str(error).split())[:400]}") from error

    def generate(
        self, draws: Sequence[Draw], sampling: Sampling, eos_ids: frozenset[int], on_finished: Callable[[int], None]
    ) -> list[TokenIds]:
        """One completion a draw, its end-of-sequence token kept; none where there is no room."""
        from vllm import SamplingParams

        fitting = [row for row, one in enumerate(draws) if one.max_tokens]
        on_finished(len(draws) - len(fitting))
        settings = [
            SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=draws[row].max_tokens,
                seed=draws[row].seed,
                stop_token_ids=sorted(eos_ids),
                ignore_eos=True,  # vLLM's own idea of them
                detokenize=False,
            )
            for row in fitting
        ]
        inputs: list[Any] = [{"prompt_token_ids": list(draws[row].prompt)} for row in fitting]
        with _engine_errors():
            outputs = self._llm.generate(inputs, settings, use_tqdm=_bar(on_finished)) if fitting else []
        completions: list[TokenIds] = [()] * len(draws)
        for row, output in zip(fitting, outputs, strict=True):
            completions[row] = tuple(output.outputs[0].token_ids)
        return completions

    def logprobs(self, tokens: TokenIds) -> list[float]:
        """Natural-log probability of every token but the first, as the sampler sees it."""
        from vllm import SamplingParams

        settings = SamplingParams(max_tokens=1, prompt_logprobs=0, temperature=0.0, detokenize=False)
        with _engine_errors():
            (output,) = self._llm.generate([{"prompt_token_ids": list(tokens)}], settings, use_tqdm=False)
        entries = list(output.prompt_logprobs)[1:]
        return [entry[token].logprob for entry, token in zip(entries, tokens[1:], strict=True)]

    def take(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """New weights for the next samples; what was cached of the old ones goes."""
        with _engine_errors():
            if self._asleep:
                self._llm.wake_up(tags=["weights"])
            self._llm.collective_rpc("take_weights", args=(weights,))
            if self._asleep:
                self._llm.wake_up(tags=["kv_cache"])
                self._asleep = False
            self._llm.reset_prefix_cache()

    @property
    def asleep(self) -> bool:
        """Whether its memory was given up: it wakes when it takes weights."""
        return self._asleep

    def sleep(self) -> None:
        """Give the GPU's memory to the training: weights and KV cache are dropped."""
        if self._sleeps and not self._asleep:
            with _engine_errors():
                self._llm.sleep(level=2)
            self._asleep = True

    def close(self) -> None:
        """Free the engine, but not the process group: vLLM's own shutdown would end that, and the ranks go on."""
        client = self._llm.llm_engine.engine_core
        client._finalizer.detach()
        client.engine_core.model_executor.shutdown()
        client.engine_core.scheduler.shutdown()
        del client, self._llm
        gc.collect()


def _set_environment(options: Options) -> None:
    """Read by vLLM as it starts; what the user has set stays."""
    for name, value in {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # the engine in this process, where weights are handed over by reference
        "VLLM_CPU_KVCACHE_SPACE": str(options.cpu_kv_cache_gb),
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # the trainer's threads run on the same cores
        "VLLM_NO_USAGE_STATS": "1",
    }.items():
        os.environ.setdefault(name, value)


def _bar(on_finished: Callable[[int], None]) -> Callable[..., Any]:
    """vLLM counts finished requests on a bar of the caller's making: ours shows nothing and passes the counts on."""

    class Silent(tqdm):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            super().__init__(*arguments, **{**settings, "file": io.StringIO()})
            self._counts = settings.get("desc") == "Processed prompts"

        def update(self, n: float | None = 1) -> bool | None:
            if self._counts:
                on_finished(int(n or 0))
            return super().update(n)

    return Silent


@contextmanager
def _engine_errors() -> Iterator[None]:
    """A dead or overfull engine ends the run with one line; the run directory can go on."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise RunError(
            f"the sampler ran out of memory; lower backend.sample_batch or backend.options.gpu_memory_utilization "
            f"({str(error).splitlines()[0]})"
        ) from None
    except Exception as error:
        if type(error).__module__.startswith("vllm") or isinstance(error, RuntimeError):
            raise RunError(
                f"the sampler (vLLM) died: {type(error).__name__}: {' '.join(str(error).split())[:300]}; "
                "the same command goes on from the last finished part"
            ) from error
        raise
