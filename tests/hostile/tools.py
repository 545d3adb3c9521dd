"""What the hostile programs share: the list of them, and how they say that they got something.

Example: `attempt("setuid", os.setuid, 0)` prints "HARM setuid: ..." where the call succeeds. A program takes the facts
of its world, {"secrets": [path], "victim": pid, "tcp": 45123, ...}: see `hostile.world`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

PROGRAMS: dict[str, Callable[[dict], None]] = {}
MARK = "host-only-secret"  # in the content of every canary
MB = 1 << 20
libc = ctypes.CDLL(None, use_errno=True)


def program(function: Callable[[dict], None]) -> Callable[[dict], None]:
    PROGRAMS[function.__name__] = function
    return function


def harm(what: object) -> None:
    print("HARM", what, flush=True)


def attempt(what: str, function: Callable, *arguments: object) -> None:
    """Harm where a call succeeds."""
    try:
        result = function(*arguments)
    except (OSError, ValueError, OverflowError):
        return
    if result != -1:  # of a C call
        harm(f"{what}: {str(result)[:100]}")


def call(what: str, number: int, *arguments: object) -> None:
    """Harm where a system call by its number fails for anything but permission, or does not fail."""
    result = libc.syscall(ctypes.c_long(number), *arguments)
    if result != -1 or ctypes.get_errno() not in (1, 38):  # EPERM, ENOSYS
        harm(f"{what}: {result} (errno {ctypes.get_errno()})")
