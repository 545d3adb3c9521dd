"""Start the program: a child process that gives up every right before it becomes it.

Example: `start({"argv": ["python3", "/work/program.py"], ...}, "/tmp", ...)` -> its process number. In the child, in
this order: own session, resource limits, an unused user where the keeper is root, no new privileges, Landlock, the
system call filter.
"""

from __future__ import annotations

import os
import resource

from sdzero_bench.sandbox.inside import kernel, landlock, seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Order = dict[str, Any]  # what the judge's side asks for: see `sdzero_bench.sandbox.order`


def start(order: Order, temp: str, alone: bool, files: dict[str, list[str]] | None) -> int:
    """The child's process number. `alone`: it has no process namespace; `files`: what Landlock leaves to it.

    Where it cannot be run, the child says so on its stderr and ends with 127, as shells do.
    """
    child = os.fork()
    if child:
        return child
    status = 126
    places = order["places"] | {"/tmp": temp}
    argv = [_placed(argument, places) for argument in order["argv"]]
    environment = {name: _placed(value, places) for name, value in order["env"].items()}
    try:
        for number in (kernel.SIGPIPE, kernel.SIGXFSZ, kernel.SIGINT):
            kernel.on_signal(number, kernel.SIG_DFL)
        os.setsid()
        os.closerange(3, 1 << 16)
        os.chdir(temp)
        os.umask(0o022)
        _first_to_go()
        _limit(order["limits"])
        if order["confine"]:
            _give_up(order, alone, files)
        status = 127
        os.execvpe(argv[0], argv, environment)
    except BaseException as error:
        detail = str(error) if status == 126 else f"cannot run {argv[0]}: {error}"
        os.write(2, f"sandbox: {detail}\n".encode())
    finally:
        os._exit(status)


def _placed(text: str, places: dict[str, str]) -> str:
    """A path in the program's view, "/work/a.py", where it really is on a level that moves nothing."""
    for place, real in places.items():
        if text == place or text.startswith(place + "/"):
            return real + text[len(place) :]
    return text


def _first_to_go() -> None:
    """Where the machine runs out of memory, this process ends before any other."""
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # else its own /proc is closed to it
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        return  # a courtesy


def _limit(limits: dict[str, int]) -> None:
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))


def _give_up(order: Order, alone: bool, files: dict[str, list[str]] | None) -> None:
    owner = order["user"] is None
    if not owner:
        uid, gid = order["user"]
        kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    # A root judge's folders are often closed to everybody else; the program still sees only those it is shown.
    kept = 0 if owner else 1 << kernel.CAP_DAC_READ_SEARCH
    kernel.keep_capabilities(kept)
    if kept:
        kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_RAISE, kernel.CAP_DAC_READ_SEARCH)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if files is not None:
        landlock.restrict(**files)
    seccomp.install(alone)
