"""A launch profile: one YAML that says how the harness is started on a kind of machine, and with which engine settings.

Example (`backends/profiles/node8.yaml`, shortened):

    description: one node of 8 GPUs, ZeRO-2, a vLLM engine on every rank
    launcher: {command: torchrun, processes_per_node: 8}
    machine: {device: cuda, gpus_per_node: 8, memory_gb: 80, tflops: 400, bandwidth_gb_s: 3350}
    backend: {name: vllm-deepspeed, dtype: bfloat16, options: {zero_stage: 2}}
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from sdzero_bench.config import Settings


class Launcher(Settings):
    """Which launcher starts the processes. `python` is one process without a launcher."""

    command: Literal["python", "torchrun", "deepspeed", "accelerate"] = "python"
    nodes: int = Field(1, gt=0)
    processes_per_node: int = Field(1, gt=0)
    rendezvous: str | None = None  # host:port of the first node, where there are several (torchrun's c10d)
    hostfile: str | None = None  # deepspeed's list of hosts (`host slots=8` a line)
    environment: dict[str, str] = Field(default_factory=dict)  # variables every process gets


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
