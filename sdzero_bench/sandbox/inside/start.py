"""Start the program: a child process that gives up every right before it becomes it.

Example: `start({"argv": ["python3", "/box/program.py"], ...}, "/tmp", ...)` -> its process number. In the child, in
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

    Raises OSError where it cannot be held. A program that cannot be run says so on its stderr and ends with 127, as in
    shells.
    """
    failure, tell = os.pipe2(os.O_CLOEXEC)  # closed by exec
    child = os.fork()
    if child:
        os.close(tell)
        said = os.read(failure, 4096)
        os.close(failure)
        if said:
            raise OSError(said.decode(errors="replace"))
        return child
    held = False
    places = order["places"] | {"/tmp": temp}
    argv = [_placed(argument, places) for argument in order["argv"]]
    environment = {name: _placed(value, places) for name, value in order["env"].items()}
    try:
        kernel.reset_signals()
        os.setsid()
        os.closerange(3, tell)
        os.closerange(tell + 1, 1 << 16)
        os.chdir(temp)
        os.umask(0o022)
        _first_to_go()
        _limit(order["limits"])
        if order["confine"]:
            _give_up(order, alone, files)
        held = True
        os.execvpe(argv[0], argv, environment)
    except BaseException as error:
        if held:
            os.write(2, f"sandbox: cannot run {argv[0]}: {error}\n".encode())
        else:
            os.write(tell, str(error).encode() or b"no reason given")
    finally:
        os._exit(127)


def _placed(text: str, places: dict[str, str]) -> str:
    """A path in the program's view, "/box/a.py", where it really is on a level that moves nothing."""
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
    kept = _reader() if order["user"] else None
    mask = 1 << kept if kept is not None else 0
    kernel.bound_capabilities(mask)
    if order["user"]:
        uid, gid = order["user"]
        kernel.prctl(kernel.PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    kernel.set_capabilities(mask)
    if kept is not None:
        kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_RAISE, kept)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if files is not None:
        landlock.restrict(**files)
    seccomp.install(alone)


def _reader() -> int | None:
    """The capability that lets another user than root read what root has closed to others; None: there is none here.

    A root judge's folders often are, and Python's own; the view, or Landlock, still bounds what can be reached. Default
    containers have only the stronger one.
    """
    permitted = kernel.permitted_capabilities()
    capabilities = (kernel.CAP_DAC_READ_SEARCH, kernel.CAP_DAC_OVERRIDE)
    return next((capability for capability in capabilities if permitted >> capability & 1), None)
