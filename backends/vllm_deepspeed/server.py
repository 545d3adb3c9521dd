"""Sampling from vLLM servers on devices of their own; new weights reach them through a folder.

Example: four trainers and the servers on ports 8100 to 8103: rank 1 samples from port 8101; after an update rank 0
writes the weights into `weights_folder`, all four servers read them, and the files are deleted.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch.distributed as dist
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from sdzero_backends.vllm_deepspeed.draw import Draw
from sdzero_backends.vllm_deepspeed.options import Options
from sdzero_backends.vllm_deepspeed.processes import broadcast, gather
from sdzero_backends.vllm_deepspeed.server_requests import Request, ask
from sdzero_backends.vllm_deepspeed.sync import BOUNDS
from sdzero_bench.config import BackendConfig
from sdzero_bench.errors import RunError, UserError
from sdzero_bench.types import Sampling, TokenIds

FILE_BYTES = 2 * 2**30  # of weights held in memory before they are written
RESET_LIMIT_S = 30.0  # vLLM ends the requests of a run that was stopped within moments
# A server has defaults of its own for what a request leaves out.
NEUTRAL = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}


class ServerSampler:
    """The servers of `backend.options.servers`, with the calls the backend needs."""

    def __init__(self, config: BackendConfig, options: Options, context: int) -> None:
        self.part, self.parts = dist.get_rank(), dist.get_world_size()
        self._servers = tuple(address.rstrip("/") for address in options.servers)
        # As many ranks as servers: one each. More ranks share servers, fewer have several.
        self._mine = self._servers[self.part % len(self._servers) :: self.parts]
        self._context, self._dtype = context, config.dtype
        self._at_once = config.sample_batch
        self._folder = Path(options.weights_folder or "").resolve()
        self._taken: str | None = None  # the folder that our weights reached the servers through
        self._check()

    def generate(
        self, draws: Sequence[Draw], sampling: Sampling, eos_ids: frozenset[int], on_finished: Callable[[int], None]
    ) -> list[TokenIds]:
        """One completion a draw, its end-of-sequence token kept; none where there is no room."""
        fitting = [row for row, one in enumerate(draws) if one.max_tokens]
        on_finished(len(draws) - len(fitting))
        requests = [
            self._completion(
                server,
                draws[row].prompt,
                max_tokens=draws[row].max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                seed=draws[row].seed,
                stop_token_ids=sorted(eos_ids),
                ignore_eos=True,  # vLLM's own idea of them
                return_token_ids=True,
            )
            for row, server in zip(fitting, cycle(self._mine), strict=False)
        ]
        answers = ask(requests, self._at_once, lambda: on_finished(1))
        self._refuse_foreign_weights()
        completions: list[TokenIds] = [()] * len(draws)
        for row, request, answer in zip(fitting, requests, answers, strict=True):
            (choice,) = answer["choices"]
            if choice["finish_reason"] not in ("stop", "length"):  # cut off, as when a server is told to end
                raise RunError(f"the server {request.address} broke off a response ({choice['finish_reason']})")
            completions[row] = tuple(choice["token_ids"])
        return completions

    def logprobs(self, tokens: TokenIds) -> list[float]:
        """Natural-log probability of every token but the first, as this rank's servers see it."""
        requests = [
            self._completion(server, tokens, max_tokens=1, temperature=0.0, prompt_logprobs=0) for server in self._mine
        ]
        seen = [
            [entry[str(token)]["logprob"] for entry, token in zip(found[1:], tokens[1:], strict=True)]
            for found in (answer["choices"][0]["prompt_logprobs"] for answer in ask(requests))
        ]
        differ = max(max(values) - min(values) for values in zip(*seen, strict=True))
        if differ > BOUNDS[self._dtype]:
            raise RunError(f"{', '.join(self._mine)}: the servers' log-probabilities differ by {differ:.3g}")
        return seen[0]

    def take(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """New weights for the next samples, on all servers; what was cached of the old ones goes."""
        folder = Path(broadcast(str(self._folder / f"weights-{uuid4().hex}")))
        if self.part == 0:
            try:
                write_weights(weights, folder)
                ask([_call(server, "take_weights_from", str(folder)) for server in self._servers])
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            self._reset_caches()
        else:
            for _ in weights:  # ranks gather each weight together
                pass
        self._taken = str(folder)
        dist.barrier()

    @property
    def asleep(self) -> bool:
        """Whether a server lost the weights it took: it started again, or took another run's. The same on all ranks."""
        return any(gather([self._foreign() is not None]))

    def sleep(self) -> None:
        """Nothing: servers have their devices for themselves."""

    def close(self) -> None:
        """Nothing: servers are ended by who started them."""

    def _check(self) -> None:
        """Refuse what would fail after the first training."""
        for server, answer in zip(self._mine, ask([Request(one, "/v1/models") for one in self._mine]), strict=True):
            longest = answer["data"][0].get("max_model_len")
            if longest is not None and longest < self._context:
                raise UserError(
                    f"backend.options.servers: {server} takes sequences of at most {longest} tokens, and the policy's "
                    f"context is {self._context}; start it with --max-model-len {self._context}"
                )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"backend.options.weights_folder: {self._folder}: {error.strerror}") from None

    def _completion(self, server: str, prompt: TokenIds, **settings: Any) -> Request:
        return Request(server, "/v1/completions", {"prompt": list(prompt), **NEUTRAL, **settings})

    def _reset_caches(self) -> None:
        """A KV cache of the old weights would be used for prompts that begin alike."""
        deadline = time.monotonic() + RESET_LIMIT_S
        waiting = self._servers
        while True:
            answers = ask([Request(server, "/reset_prefix_cache", {}) for server in waiting])
            waiting = tuple(one for one, answer in zip(waiting, answers, strict=True) if not answer["success"])
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise RunError(f"the server {waiting[0]} samples for another run; give each run servers of its own")
            time.sleep(0.2)

    def _foreign(self) -> str | None:
        """A server of this rank with other weights than it took from us."""
        answers = ask([_call(server, "weights_taken_from") for server in self._mine])
        for server, answer in zip(self._mine, answers, strict=True):
            if set(answer["results"]) != {self._taken}:
                return server
        return None

    def _refuse_foreign_weights(self) -> None:
        server = self._foreign()
        if server is not None:
            raise RunError(
                f"the server {server} lost the policy's weights while it sampled: it started again, or another run "
                "uses it; give each run servers of its own; the same command goes on from the last finished part"
            )


def write_weights(weights: Iterable[tuple[str, Tensor]], folder: Path) -> None:
    """Safetensors files of about FILE_BYTES in a new folder."""
    held: dict[str, Tensor] = {}
    size = number = 0

    def write() -> None:
        nonlocal size, number
        save_file(held, folder / f"{number:05d}.safetensors")
        held.clear()
        size, number = 0, number + 1

    try:
        folder.mkdir(parents=True)
        for name, weight in weights:
            held[name] = weight.to("cpu", copy=True).contiguous()
            size += weight.nbytes
            if size >= FILE_BYTES:
                write()
        if held:
            write()
    except (OSError, SafetensorError) as error:  # the latter where the disk is full
        raise RunError(f"backend.options.weights_folder: {folder}: {error}") from None


def _call(server: str, method: str, *arguments: str) -> Request:
    return Request(server, "/collective_rpc", {"method": method, "args": list(arguments)})
