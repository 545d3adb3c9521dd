"""vLLM's place beside the trainers: started, waited for, and stopped in every case. A small HTTP program stands in."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from serving import alive, free_ports, notes

from sdzero_bench.errors import RunError
from sdzero_bench.launching.command import Command
from sdzero_bench.launching.servers import Server, run_beside

SERVING = [sys.executable, str(Path(__file__).parent / "serving.py")]


def servers(folder: Path, count: int = 2, how: str = "") -> list[Server]:
    """`count` servers in `folder`; `how` applies to the last one."""
    first = free_ports(count)
    made = []
    for port in range(first, first + count):
        environment = {"VLLM_SERVER_DEV_MODE": "1", "SERVING": how if port == first + count - 1 else ""}
        command = Command([*SERVING, "MODEL", "--port", str(port)], environment)
        made.append(Server(command, f"http://127.0.0.1:{port}", folder / "logs" / f"vllm-{port}.log"))
    return made


def pids(folder: Path) -> list[int]:
    return [pid for noted in notes(folder) for pid in noted["pids"]]


def test_trainers_run_once_all_answer_and_their_code_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # servers on this machine are asked without it
    made = servers(tmp_path)
    asking = "import urllib.request as u; opener = u.build_opener(u.ProxyHandler({}))\n"
    asking += f"for at in {[server.address for server in made]}: assert opener.open(at + '/health').status == 200\n"
    assert run_beside(Command([sys.executable, "-c", asking + "raise SystemExit(7)"]), made, 60) == 7
    assert len(pids(tmp_path)) == 4
    assert alive(pids(tmp_path)) == []
    assert all("GET /health" in server.log.read_text() for server in made)


@pytest.mark.parametrize(("how", "said"), [("slow", "does not answer after 3 s"), ("broken", "ended with exit code 1")])
def test_a_server_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    made = servers(tmp_path, how=how)
    with pytest.raises(RunError, match=said) as error:
        run_beside(Command([sys.executable, "-c", "open('trained', 'w')"]), made, 3)
    assert str(made[-1].log) in str(error.value)
    if how == "broken":
        assert "no such model" in made[-1].log.read_text()
    assert not Path("trained").exists()
    assert alive(pids(tmp_path)) == []


def test_a_server_that_ends_ends_the_trainers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = servers(tmp_path)
    killing = "import json, os, pathlib, time; pathlib.Path('trainer').write_text(str(os.getpid()))\n"
    killing += "noted = json.loads(min(pathlib.Path('.').glob('server-*.json')).read_text())\n"
    killing += "os.kill(noted['pids'][0], 9); time.sleep(300)"
    with pytest.raises(RunError, match="ended with exit code -9"):
        run_beside(Command([sys.executable, "-c", killing]), made, 60)
    assert alive([*pids(tmp_path), int(Path("trainer").read_text())]) == []


def test_a_taken_port_is_not_taken_for_our_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = servers(tmp_path)
    listener = socket.create_server(("127.0.0.1", int(made[1].address.rpartition(":")[2])))
    with listener, pytest.raises(RunError, match="something else listens there"):
        run_beside(Command([sys.executable, "-c", ""]), made, 60)
    assert notes(tmp_path) == []


def profile(folder: Path) -> str:
    """A profile on the CPU whose two servers are the stand-in."""
    port = free_ports(2)
    addresses = [f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"]
    options = {"sampler": "server", "servers": addresses, "weights_folder": "weights", "max_model_len": 128}
    data = {
        "description": "two servers and a trainer on the CPU",
        "machine": {"memory_gb": 8, "tflops": 0.03, "bandwidth_gb_s": 7},
        "servers": {"count": 2, "first_port": port, "start_limit_s": 60, "command": SERVING},
        "backend": {"name": "vllm-deepspeed", "options": options},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(data))
    return "mine.yaml"


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sdzero_bench", "launch", "--profile", profile(folder), "--", *words]
    return subprocess.Popen(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_launch_with_servers(tmp_path: Path) -> None:
    process = start(tmp_path, "train", "--model", "embedded", "--dry-run")
    printed, said = process.communicate(timeout=200)
    assert process.returncode == 0, said
    assert yaml.safe_load(printed)["backend"]["options"]["sampler"] == "server"
    assert len(said.splitlines()) == 3  # two servers and the trainer
    first, second = notes(tmp_path)
    assert first["dev"] == "1"
    assert (Path(first["words"][0]) / "config.json").exists()
    assert first["words"][-2:] == ["--max-model-len", "128"]
    assert len(list((tmp_path / "results" / "servers").glob("vllm-*.log"))) == 2
    assert alive([*first["pids"], *second["pids"]]) == []


def test_a_failing_trainer_stops_the_servers(tmp_path: Path) -> None:
    process = start(
        tmp_path, "train", "--model", "embedded", "--dry-run", "-q", "missing.jsonl", "--backend", "vllm-deepspeed"
    )
    _, said = process.communicate(timeout=200)
    assert process.returncode == 2, said
    assert "missing.jsonl" in said.splitlines()[-1]
    assert len(pids(tmp_path)) == 4
    assert alive(pids(tmp_path)) == []


def started(program: str, folder: Path) -> subprocess.Popen[bytes]:
    """A Python program that Ctrl-C reaches, also where the tests run in the background, which ignores SIGINT."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    return subprocess.Popen(
        [sys.executable, "-c", program], cwd=folder, env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_trainers_and_servers(tmp_path: Path, number: signal.Signals) -> None:
    trainer = "import os, pathlib, signal, sys, time; pathlib.Path('trainer').write_text(str(os.getpid()))\n"
    trainer += f"signal.signal({int(number)}, lambda *_: sys.exit(9)); pathlib.Path('ready').touch(); time.sleep(300)"
    program = (
        "import sys; from pathlib import Path; from test_launch_servers import *\n"
        f"sys.exit(run_beside(Command([sys.executable, '-c', {trainer!r}]), servers(Path('.')), 60))"
    )
    process = started(program, tmp_path)
    deadline = time.monotonic() + 100
    while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(timeout=100) == 9, "the trainer's own answer to the signal is the exit code"
    assert alive([*pids(tmp_path), int((tmp_path / "trainer").read_text())]) == []


def test_a_signal_while_servers_start(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from test_launch_servers import *\n"
        "sys.exit(run_beside(Command(['touch', 'trained']), servers(Path('.'), how='slow'), 100))"
    )
    process = started(program, tmp_path)
    deadline = time.monotonic() + 100
    while len(notes(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=100) == 128 + signal.SIGINT
    assert not (tmp_path / "trained").exists()
    assert alive(pids(tmp_path)) == []
