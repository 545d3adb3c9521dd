"""What the hostile programs are let loose on: canaries of every kind on the host, looked at after each attack.

Example: after "tcp" the listener on 127.0.0.1 must have no connection waiting, the victim (a process of the host) must
be as it was, and no process of the sandbox may be left.
"""

from __future__ import annotations

import compileall
import json
import os
import resource
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from hostile.tools import MARK
from sdzero_bench.sandbox import Limits, Outcome, Sandbox, Stop

HERE = Path(__file__).parent
LIMITS = Limits(cpu_seconds=5, wall_seconds=20, memory_bytes=256 << 20, file_bytes=8 << 20, output_bytes=1 << 20)
IDLE = {"sleep", "stop_itself", "close_stdout_and_live", "spin_unseen"}  # these use up the time that there is
BUSY = {"spin", "spin_in_many", "ignore_signals", "fork_bomb", "fork_bomb_that_leaves", "zombies", "deep_recursion"}
WRITABLE = {"leave_traps", "fill_the_folder"}
ENDS = {  # of those that can end in one way only, or some
    "memory_bomb": {Stop.MEMORY},
    "memory_bomb_of_many": {Stop.MEMORY},
    "endless_stdout": {Stop.OUTPUT},
    "endless_stderr": {Stop.OUTPUT},
    "spin": {Stop.CPU},
    "spin_in_many": {Stop.CPU},
    "ignore_signals": {Stop.CPU},
    "fork_bomb": {Stop.CPU, Stop.PROCESSES},
    "sleep": {Stop.WALL},
    "stop_itself": {Stop.WALL},
    "close_stdout_and_live": {Stop.WALL},
    "null_pointer": {Stop.SIGNAL},
    "core_dump": {Stop.SIGNAL},
}
SLACK = 3.0  # seconds beyond the wall limit, for a busy machine


class World:
    """Canaries below `folder` (and one in the home directory where that can be written)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []

    def __enter__(self) -> Self:
        public = self.folder / "public"
        (public / "open").mkdir(parents=True)
        self.secrets = [public / "secret.txt"]
        home = Path.home() / f".sdzero-canary-{os.getpid()}"
        if os.access(home.parent, os.W_OK):
            self.secrets.append(home)
        for path in (*self.secrets, public / "open" / "file"):
            path.write_text(MARK)
        (public / "open" / "file").chmod(0o666)
        (public / "open").chmod(0o777)
        self.watched = [*self.secrets, public, public / "open", public / "open" / "file"]
        name = f"sdzero-canary-{os.getpid()}"
        self.sockets = {
            "tcp": _bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": _bound(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "abstract stream": _bound(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}"),
            "abstract datagram": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{name}"),
            "unix": _bound(socket.AF_UNIX, socket.SOCK_DGRAM, f"{public}/socket"),
        }
        os.chmod(public / "socket", 0o777)
        self.victim = subprocess.Popen(["sleep", "1000"], env={"SECRET": MARK})
        self.facts = {
            "secrets": [str(path) for path in self.secrets],
            "open_to_all": str(public / "open" / "file"),
            "checkout": str(HERE.parent),
            "tcp": self.sockets["tcp"].getsockname()[1],
            "udp": self.sockets["udp"].getsockname()[1],
            "abstract": name,
            "unix": str(public / "socket"),
            "victim": self.victim.pid,
            "judge": os.getpid(),
        }
        self.temporary = self.folder / "temporary"
        self.temporary.mkdir(mode=0o755)
        self.work = self._programs("programs")
        self.before = self._state()
        return self

    def __exit__(self, *exception: object) -> None:
        self.victim.kill()
        self.victim.wait()
        for listener in self.sockets.values():
            listener.close()
        for path in self.secrets:
            path.unlink(missing_ok=True)

    def attack(self, sandbox: Sandbox, name: str) -> Outcome:
        """Run one hostile program. Adds what it got, broke or left behind to `problems`."""
        work = self._programs(name) if name in WRITABLE else self.work
        command = [sys.executable, "-I", "-S", "/box/hostile/run.py", name, "/box/facts.json"]
        limits = replace(
            LIMITS,
            cpu_seconds=0.3 if name in BUSY else LIMITS.cpu_seconds,
            wall_seconds=0.6 if name in IDLE else LIMITS.wall_seconds,
        )
        start = time.monotonic()
        outcome = sandbox.run(command, folder=work, writable=name in WRITABLE, limits=limits)
        seconds = time.monotonic() - start
        found = [line for line in outcome.stdout.decode(errors="replace").splitlines() if line.startswith("HARM")]
        if seconds > limits.wall_seconds + SLACK:
            found.append(f"took {seconds:.1f} s")
        found += self._changes()
        if left := until_none(lambda: processes_of(os.getpid())):
            found.append(f"processes left: {left}")
        if any(self.temporary.iterdir()):
            found.append(f"files left: {list(self.temporary.iterdir())}")
        found += [f"left {path} in the folder" for path in work.rglob("*") if not _harmless(path)]
        if name in ENDS and outcome.stop not in ENDS[name]:
            found.append(f"ended otherwise: {outcome}")
        if outcome.cpu_seconds > limits.cpu_seconds + 0.5:
            found.append(f"used {outcome.cpu_seconds} s")
        self.problems += [f"{name}: {problem}" for problem in found]
        return outcome

    def _programs(self, name: str) -> Path:
        """A new folder with the programs and the facts, to be shown at /box."""
        work = self.folder / name
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(HERE, work / "hostile", ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(work, quiet=1)  # else each of them would compile all of them
        (work / "facts.json").write_text(json.dumps(self.facts))
        return work

    def _changes(self) -> list[str]:
        found = [f"{what} canary was reached" for what, listener in self.sockets.items() if _was_reached(listener)]
        after = self._state()
        return found + [f"{what} was changed" for what, state in self.before.items() if after[what] != state]

    def _state(self) -> dict[str, Any]:
        """What must stay as it is."""
        state: dict[str, Any] = {}
        for path in self.watched:
            info = path.stat()
            content = sorted(os.listdir(path)) if path.is_dir() else path.read_text()
            state[str(path)] = (info.st_mode, info.st_uid, info.st_mtime_ns, content)
        for what, pid in (("victim", self.victim.pid), ("judge", os.getpid())):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            state[what] = (
                "T" in fields[0] or "Z" in fields[0],
                os.getpriority(os.PRIO_PROCESS, pid),
                os.sched_getaffinity(pid),
                resource.prlimit(pid, resource.RLIMIT_CPU),
            )
        return state


def _harmless(path: Path) -> bool:
    mode = path.lstat().st_mode
    return (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and not mode & 0o6000 and path.lstat().st_uid == os.getuid()


def _bound(family: int, kind: int, address: object) -> socket.socket:
    listener = socket.socket(family, kind)
    listener.bind(address)
    listener.setblocking(False)
    if kind == socket.SOCK_STREAM:
        listener.listen()
    return listener


def _was_reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(100)
    except BlockingIOError:
        return False
    return True


def processes_of(judge: int) -> list[str]:
    """Programs in the sandboxes of a process: by their users where it is root, else by their environment."""
    users = range(1879048192 + judge * 64, 1879048192 + judge * 64 + 64)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            owner = folder.stat().st_uid
            if owner in users or (
                owner == os.getuid() != 0 and b"\0USER=program\0" in (folder / "environ").read_bytes()
            ):
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()!r}")
        except OSError:
            continue  # it has just ended
    return found


def until_none(look: Callable[[], list[str]], seconds: float = 3.0) -> list[str]:
    """What `look` still finds after some seconds."""
    end = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return found
