"""The judge's end of the keepers' server (`inside/server.py`): one for every process that judges, started when needed.

Example: `fork_keeper([control, stdin, stdout, stderr])` hands these descriptors to a new keeper.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
# The keeper imports its own files and nothing else of this package, whose __init__ files would cost it time.
_BOOT = """
import sys
for name in ("sdzero_bench", "sdzero_bench.sandbox"):
    sys.modules[name] = type(sys)(name)
    sys.modules[name].__path__ = [sys.argv[1]]
from sdzero_bench.sandbox.inside.{module} import main
main(int(sys.argv[2]))
"""


def inside(module: str, place: str, control: int) -> list[str]:
    """The command that runs `main` of a module of `inside`, a folder in `place`."""
    return [sys.executable, "-I", "-S", "-c", _BOOT.format(module=module), place, str(control)]


class _Server:
    def __init__(self) -> None:
        self.judge = os.getpid()
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                inside("server", str(HERE), theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a kill of the judge's group leaves the keepers to end what they keep
                cwd="/",
                env={name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ},
            )

    def close(self) -> None:
        if self.judge == os.getpid():  # not in a fork of the judge
            self.socket.close()
            self.process.kill()  # it may still be forking a keeper: that one finds its judge gone
            self.process.wait()


_server: _Server | None = None
_lock = threading.Lock()


def fork_keeper(descriptors: Sequence[int]) -> None:
    """Hand (control, stdin, stdout, stderr) to a new keeper; the caller closes its own copies."""
    global _server
    with _lock:
        if _server is not None and _server.judge == os.getpid():
            try:
                socket.send_fds(_server.socket, [b"!"], descriptors)
                return
            except OSError:  # somebody killed it
                _server.close()
        elif _server is None:
            atexit.register(_close)
        _server = _Server()
        socket.send_fds(_server.socket, [b"!"], descriptors)


def _close() -> None:
    if _server is not None:
        _server.close()
