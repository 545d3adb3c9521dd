"""Memory of the host: shared memory, and what is free against vLLM's KV cache on the CPU.

Example: docker gives a container 64 MiB of /dev/shm; vLLM's message queue between processes alone takes 160 MiB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sdzero_bench.doctor.finding import Finding, ok, warning, wrong

KV_CACHE = "VLLM_CPU_KVCACHE_SPACE"
_GIB = 1 << 30
_SHM_ENOUGH = 1 * _GIB  # bytes; ten chunks of 16 MiB for an engine's queue, NCCL's buffers between GPUs, and room
_SHM_LEAST = _GIB // 4


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes."""

    total: int  # 0: not known (no Linux)
    free: int  # what a new process can have
    shm_total: int | None  # None: no /dev/shm
    shm_free: int
    kv_cache: str | None  # the variable, in GiB for every engine


def gather_memory() -> Memory:
    """From /proc, /dev/shm and the control group, whose limit counts where it is lower."""
    total, free = _host()
    limit, used = _number("/sys/fs/cgroup/memory.max"), _number("/sys/fs/cgroup/memory.current")
    if limit is not None and limit < total:
        # Pages of files count as used, and are given up when they are wanted.
        total, free = limit, min(free, limit - (used or 0) + _files())
    try:
        shm = os.statvfs("/dev/shm")
    except OSError:
        return Memory(total, free, None, 0, os.environ.get(KV_CACHE))
    return Memory(total, free, shm.f_blocks * shm.f_frsize, shm.f_bavail * shm.f_frsize, os.environ.get(KV_CACHE))


def _host() -> tuple[int, int]:
    try:
        lines = [line.split() for line in Path("/proc/meminfo").read_text().splitlines()]
    except OSError:
        return 0, 0
    kib = {line[0].rstrip(":"): int(line[1]) for line in lines}
    return kib["MemTotal"] << 10, kib["MemAvailable"] << 10


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):  # no control group, or "max"
        return None


def _files() -> int:
    try:
        lines = dict(line.split() for line in Path("/sys/fs/cgroup/memory.stat").read_text().splitlines())
        return int(lines.get("inactive_file", 0))
    except (OSError, ValueError):
        return 0


def check_memory(facts: Memory, gpus: int, samples_on_cpu: bool) -> Iterator[Finding]:
    """samples_on_cpu: vLLM is here and its KV cache lies in the host's memory."""
    yield _shared(facts, gpus)
    found = f"{facts.free / _GIB:.1f} GiB free of {facts.total / _GIB:.1f}"
    if not facts.total:
        yield ok("memory", "not known on this system")
    elif facts.free < 2 * _GIB:
        yield warning("memory", found, "end what else runs; the embedded model alone wants 1 GiB a process")
    else:
        yield ok("memory", found)
    if samples_on_cpu:
        yield _kv_cache(facts)


def _shared(facts: Memory, gpus: int) -> Finding:
    mend = "docker run --shm-size=8g (or --ipc=host); elsewhere mount -o remount,size=8g /dev/shm"
    if facts.shm_total is None:
        return warning("/dev/shm", "missing: processes on this machine cannot share memory", mend)
    found = f"{facts.shm_free / _GIB:.2f} GiB free of {facts.shm_total / _GIB:.2f}"
    if facts.shm_free >= _SHM_ENOUGH:
        return ok("/dev/shm", found)
    said = f"{found}; vLLM and NCCL share memory between processes there"
    if gpus > 1 and facts.shm_free < _SHM_LEAST:
        return wrong("/dev/shm", said, mend)
    return warning("/dev/shm", said, mend)


def _kv_cache(facts: Memory) -> Finding:
    if not facts.kv_cache:
        return ok(KV_CACHE, "not set: backend.options.cpu_kv_cache_gb counts, for every engine")
    found = f"{facts.kv_cache} GiB for every engine, {facts.free / _GIB:.1f} GiB free"
    if not facts.kv_cache.isdecimal():
        return wrong(KV_CACHE, f"{facts.kv_cache!r} is no whole number of GiB", f"unset {KV_CACHE}")
    if int(facts.kv_cache) * _GIB > facts.free:
        return wrong(KV_CACHE, found, f"set {KV_CACHE} lower: vLLM refuses to start")
    return ok(KV_CACHE, found)
