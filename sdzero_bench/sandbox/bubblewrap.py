"""bwrap's command line for an order: bwrap(1), version 0.7 or newer.

Example: ["/usr/bin/bwrap", "--unshare-pid", ..., "--ro-bind", "/usr", "/usr", ..., "python3", "-c", "...keeper..."].
The keeper is its process 1 and ends it when the judge is gone; `--die-with-parent` would do so when the thread ends
that started the program.
"""

from __future__ import annotations

import shutil

from sdzero_bench.errors import RunError
from sdzero_bench.sandbox.order import Order
from sdzero_bench.sandbox.server import inside
from sdzero_bench.sandbox.view import KEEPER

CONTROL = 3  # the keeper's socket
_BINDS = {"read": "--ro-bind", "write": "--bind", "device": "--dev-bind"}


def command(order: Order) -> list[str]:
    """The command line. Raises RunError where bwrap is not installed."""
    program = shutil.which("bwrap")
    if program is None:
        raise RunError("sandbox: bwrap is not installed")
    options = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    options += [] if order["user"] else ["--unshare-user"]  # root brings a user namespace of its own: `new_users`
    options += ["--new-session", "--as-pid-1"]
    for kind, source, place in order["view"]:
        if kind == "tmp":
            options += ["--perms", "1777", "--size", str(order["temp_bytes"]), "--tmpfs", place]
        elif kind == "proc":
            options += ["--proc", place]
        elif kind == "link":
            options += ["--symlink", source, place]
        else:
            options += [_BINDS[kind], source, place]
    python, *arguments = inside("keeper", KEEPER, CONTROL)
    for path, place in order["places"].items():
        if python.startswith(f"{path}/"):
            python = place + python[len(path) :]
    return [program, *options, "--remount-ro", "/", python, *arguments]
