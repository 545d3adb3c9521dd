"""The keeper: the root of a sandbox's process tree. It starts the program, watches the whole tree, and reports.

Example: the judge sends {"argv": [...], "level": "namespaces", "cpu_seconds": 2.0, ...} over a socket; back comes one
line "exited 0 0.031" (how it stopped, exit status or minus a signal, seconds of processor time) or "failed mount: ...".
When the socket closes, the judge is gone and the keeper ends everything.
"""

from __future__ import annotations

import marshal
import os
import select
import struct
import time

from sdzero_bench.sandbox.inside import folders, kernel, namespaces, watch
from sdzero_bench.sandbox.inside.start import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sdzero_bench.sandbox.inside.start import Order

_LOOK = 0.02  # seconds between samples
_LOOK_OFTEN = 0.003  # where nothing tells that the program has ended
_LOOK_SELDOM = 0.1  # where a look itself takes long: many files
_SPARE = 8  # threads above the limit that the kernel should have refused
_MAX_FILES = 1024  # in the temporary folder, and as many new ones in a writable folder


def main(control: int) -> None:
    """Keep one program, in a jail that is there already."""
    keep(control, receive(control))


def keep(control: int, order: Order) -> None:
    """Keep one program and end this process; `control` is the socket to the judge."""
    temp = "/tmp"
    try:
        kernel.on_signal(kernel.SIGINT, kernel.SIG_IGN)
        if order["level"] == "namespaces":
            namespaces.enter(order["view"], order["temp_bytes"], order["user"], control)
        elif order["level"] == "bubblewrap":
            kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            temp = _make_temp(order)
        report = _Keeper(control, order, temp).keep()
    except Exception as error:
        report = f"failed {error}"
    finally:
        if temp != "/tmp":
            folders.remove(temp)
    say(control, report)
    os._exit(0)  # the interpreter's own end takes longer


def receive(control: int) -> Order:
    """Read the judge's order: its length, then marshalled. Ends this process where the judge is gone."""
    (size,) = struct.unpack("I", _exactly(control, 4))
    order: Order = marshal.loads(_exactly(control, size))
    return order


class _Keeper:
    def __init__(self, control: int, order: Order, temp: str) -> None:
        self.control, self.order, self.temp = control, order, temp
        self.alone = os.getpid() != 1  # without a process namespace
        self.cpu_limit = order["cpu_seconds"]  # of the whole tree since its start; the judge moves it for every call
        self.child = 0
        self.status: int | None = None  # of the program, once it has ended
        self.folder_before = folders.measure(order["writable"]) if order["writable"] else (0, 0)

    def keep(self) -> str:
        """Run the program to its end or its first limit; the report."""
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)  # nobody's to read
        files = self.order["files"]
        if files is not None:
            files = files | {"writable": [*files["writable"], self.temp]}
        self.child = start(self.order, self.temp, self.alone, files)
        say(self.control, "started")
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        stop = ""
        try:
            stop = self._watch()
        finally:
            self._end_all()
        _, cpu, _ = watch.sample([])
        code = self.status if self.status is not None else 0
        if not stop and (cpu > self.cpu_limit or code == -kernel.SIGXCPU):
            stop = "cpu"
        return f"{stop or 'exited'} {code} {cpu:.6f}"

    def _watch(self) -> str:
        """Wait until the program ends ("") or goes over a limit (which)."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        least = wait = _LOOK
        try:
            poll.register(os.pidfd_open(self.child), select.POLLIN)
        except (AttributeError, OSError):  # Linux before 5.3, or a Python made on one
            least = wait = _LOOK_OFTEN
        while True:
            ready = dict(poll.poll(wait * 1000))
            if self.control in ready and not self._listen():
                return "killed"
            self._reap()
            if self.status is not None:
                return ""
            start = time.process_time()
            if stop := self._over():
                return stop
            wait = min(max(least, 4 * (time.process_time() - start)), _LOOK_SELDOM)

    def _listen(self) -> bool:
        """Take the judge's messages: seconds of processor time allowed from now on. False where it is gone."""
        message = os.read(self.control, 8)
        if len(message) == 8:
            _, cpu, _ = watch.sample(self._pids())
            self.cpu_limit = cpu + struct.unpack("d", message)[0]
        return bool(message)

    def _over(self) -> str:
        threads, cpu, memory = watch.sample(self._pids())
        if cpu > self.cpu_limit:
            poll = select.poll()
            poll.register(self.control, select.POLLIN)
            return "" if poll.poll(0) else "cpu"  # a new call may have begun in between
        if memory > self.order["memory_bytes"]:
            return "memory"
        if threads > self.order["processes"] + _SPARE:
            return "processes"
        return "files" if self._files_over() else ""

    def _files_over(self) -> bool:
        # A full tmpfs is no offence: the program was refused. What the level cannot refuse is one.
        temporary = (
            [folders.measure(self.temp, _MAX_FILES)] if self.alone else [watch.used(self.temp), watch.used("/dev/shm")]
        )
        if any(size > self.order["temp_bytes"] or files > _MAX_FILES for size, files in temporary):
            return True
        if not self.order["writable"]:
            return False
        size_before, files_before = self.folder_before
        size, files = folders.measure(self.order["writable"], files_before + _MAX_FILES)
        return size - size_before > self.order["temp_bytes"] or files - files_before > _MAX_FILES

    def _pids(self) -> list[int]:
        return watch.descendants(os.getpid()) if self.alone else watch.processes()

    def _reap(self) -> bool:
        """Collect what has ended; whether anything is left."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return True
                if pid == self.child:
                    self.status = os.waitstatus_to_exitcode(status)
        except ChildProcessError:
            return False

    def _end_all(self) -> None:
        """Kill every process of the tree and wait for it."""
        while self._reap():
            if self.alone:
                pids: list[int] = []
                while len(now := self._pids()) > len(pids) or set(now) - set(pids):
                    pids = now
                    _send(pids, kernel.SIGSTOP)  # what is stopped starts nothing new
                _send(pids, kernel.SIGKILL)
            else:
                os.kill(-1, kernel.SIGKILL)
            time.sleep(0.001)


def _send(pids: list[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def say(control: int, line: str) -> None:
    """Tell the judge, if it is still there."""
    try:
        os.write(control, line.replace("\n", " ").encode()[:4000] + b"\n")
    except OSError:
        return  # the judge is gone


def _exactly(control: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(control, size - len(data))
        if not piece:
            os._exit(1)
        data += piece
    return data


def _make_temp(order: Order) -> str:
    path = f"{order['temp_parent']}/sdzero-{os.urandom(8).hex()}"
    os.mkdir(path, 0o700)
    if order["user"]:
        os.chown(path, *order["user"])
    return path
