"""A launch profile: one YAML that says how the harness is started on a kind of machine, and with which engine settings.

Example (`backends/profiles/node8.yaml`, shortened):

    description: one node of 8 GPUs, ZeRO-2, a vLLM engine on every rank
    launcher: {command: torchrun, processes_per_node: 8}
    machine: {device: cuda, gpus_per_node: 8, memory_gb: 80, tflops: 300, bandwidth_gb_s: 3350}
    backend: {name: vllm-deepspeed, dtype: bfloat16, options: {zero_stage: 2}}
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from sdzero_bench.config import BackendConfig, Settings


class Launcher(Settings):
    """Which launcher starts the processes. `python` is one process without a launcher."""

    command: Literal["python", "torchrun", "deepspeed", "accelerate"] = "python"
    nodes: int = Field(1, gt=0)
    processes_per_node: int = Field(1, gt=0)
    # host:port of the first node, where there are several
    rendezvous: str | None = Field(None, pattern=r"^[^\s:]+:\d{1,5}$")
    hostfile: str | None = None  # deepspeed's list of hosts (`host slots=8` a line)
    environment: dict[str, str] = Field(default_factory=dict)  # variables every process gets

    @model_validator(mode="after")
    def _one_process_without_a_launcher(self) -> Launcher:
        if self.command == "python" and self.nodes * self.processes_per_node > 1:
            raise ValueError("command: python starts one process; several need torchrun, deepspeed or accelerate")
        return self


class Machine(Settings):
    """What `plan` reckons with: one node."""

    device: Literal["cpu", "cuda"] = "cpu"
    gpus_per_node: int = Field(0, ge=0)
    memory_gb: float = Field(gt=0)  # of one GPU (of the node where there is none), in 1e9 bytes
    tflops: float = Field(gt=0)  # 1e12 operations a second that one process reaches in training, not the peak
    bandwidth_gb_s: float = Field(gt=0)  # memory bandwidth of one process, 1e9 bytes a second: decoding is bound by it


class Servers(Settings):
    """vLLM servers on GPUs of their own (the split profile)."""

    count: int = Field(1, gt=0)
    tensor_parallel: int = Field(1, gt=0)  # GPUs of each server
    first_gpu: int = Field(0, ge=0)  # the servers' GPUs follow one another from here
    first_port: int = Field(8100, gt=0, lt=65_536)
    start_limit_s: float = Field(900, gt=0)  # loading weights, compiling and capturing CUDA graphs takes minutes
    # What starts a server, given MODEL and vLLM's options; empty: the vLLM of this environment. vLLM in an environment
    # of its own, where this package is installed too (servers take weights through it): [/opt/vllm/bin/vllm, serve]
    command: tuple[str, ...] = ()

    @property
    def gpus(self) -> list[int]:
        """The GPUs of all servers."""
        return list(range(self.first_gpu, self.first_gpu + self.count * self.tensor_parallel))

    @property
    def addresses(self) -> list[str]:
        """Where they answer. Example: `http://127.0.0.1:8100`."""
        return [f"http://127.0.0.1:{self.first_port + number}" for number in range(self.count)]


class Profile(Settings):
    """One kind of machine and how it is used."""

    description: str
    launcher: Launcher = Launcher()
    machine: Machine
    backend: dict[str, Any] = Field(default_factory=dict)  # fields of the config's `backend` section
    servers: Servers | None = None

    @property
    def processes(self) -> int:
        """Ranks that run the harness."""
        return self.launcher.nodes * self.launcher.processes_per_node

    @field_validator("backend")
    @classmethod
    def _backend_section(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            BackendConfig.model_validate(value)
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(map(str, problem["loc"]))
            known = f"; known: {', '.join(BackendConfig.model_fields)}" if problem["type"] == "extra_forbidden" else ""
            raise ValueError(f"{field}: {problem['msg']}{known}") from None
        return value

    @model_validator(mode="after")
    def _fit(self) -> Profile:
        servers, gpus = self.servers, self.machine.gpus_per_node
        if servers and self.launcher.nodes > 1:
            raise ValueError("servers are started on one node; give launcher.nodes: 1")
        if servers and self.backend.get("options", {}).get("servers") != servers.addresses:
            raise ValueError(f"backend.options.servers must name the servers: {servers.addresses}")
        if self.machine.device == "cuda":
            needed = self.launcher.processes_per_node + (len(servers.gpus) if servers else 0)
            if needed > gpus:
                raise ValueError(f"{needed} GPUs are needed for processes and servers; machine.gpus_per_node is {gpus}")
            if servers and servers.gpus[-1] >= gpus:
                raise ValueError(f"servers: GPU {servers.gpus[-1]} is past the last of {gpus}; lower first_gpu")
        return self
