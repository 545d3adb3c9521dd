"""System calls that Python has no function for, through ctypes.

Example: `prctl(PR_SET_NO_NEW_PRIVS, 1)`; `mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID, "size=1m")`. Each raises OSError
with the call's name where the kernel refuses.
"""

from __future__ import annotations

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP = 1, 4, 8, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 36, 38, 47, 2
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_LAST = 1, 2, 63
_CAPABILITY_VERSION = 0x20080522
# `import signal` would cost a run in bubblewrap 10 ms (enum).
SIGINT, SIGKILL, SIGCHLD, SIGSTOP, SIGXCPU, SIGNALS = 2, 9, 17, 19, 24, 64
SIG_DFL, SIG_IGN = 0, 1

# From number 424 on every architecture has the same numbers.
MOUNT_SETATTR, LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 442, 444, 445, 446
_OLDER = {
    "x86_64": {"pivot_root": 155, "capget": 125, "capset": 126},
    "aarch64": {"pivot_root": 41, "capget": 90, "capset": 91},
}
MACHINE = os.uname().machine


def check(result: int, name: str) -> int:
    """The result of a C call. Raises OSError where it is -1."""
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def syscall(number: int, *arguments: object, name: str) -> int:
    """A system call by number; ints become longs."""
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return check(libc.syscall(ctypes.c_long(number), *converted), name)


def prctl(option: int, *arguments: int) -> int:
    """prctl(2)."""
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return check(libc.prctl(option, *values), f"prctl {option}")


def on_signal(number: int, action: int) -> None:
    """Let a signal act as SIG_DFL or SIG_IGN."""
    libc.signal(number, ctypes.c_void_p(action))


def reset_signals() -> None:
    """Every signal acts as by default and none is blocked, whatever was inherited."""
    for number in range(1, SIGNALS + 1):
        libc.signal(number, ctypes.c_void_p(SIG_DFL))  # refused for a few, rightly
    set_mask = 2
    libc.sigprocmask(set_mask, ctypes.create_string_buffer(128), None)


def unshare(flags: int) -> None:
    """unshare(2)."""
    check(libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    """mount(2)."""
    encoded = [text.encode() if text is not None else None for text in (source, target, kind, options)]
    result = libc.mount(encoded[0], encoded[1], encoded[2], ctypes.c_ulong(flags), encoded[3])
    check(result, f"mount {source} at {target}")


def restrict_mount(target: str, attributes: int) -> None:
    """Add MOUNT_ATTR_* to a mount and all below it (mount_setattr(2), Linux 5.12)."""
    words = (ctypes.c_uint64 * 4)(attributes, 0, 0, 0)
    at_fdcwd, at_recursive = -100, 0x8000
    syscall(
        MOUNT_SETATTR, at_fdcwd, target.encode(), at_recursive, words, ctypes.sizeof(words), name=f"restrict {target}"
    )


def pivot_root(new: str, old: str) -> None:
    """pivot_root(2)."""
    syscall(_OLDER[MACHINE]["pivot_root"], new.encode(), old.encode(), name="pivot_root")


def unmount(target: str) -> None:
    """umount2(2), detached: at once, whoever uses it."""
    check(libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def permitted_capabilities() -> int:
    """The capabilities that this process may use: capget(2), as bits."""
    header, data = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    syscall(_OLDER[MACHINE]["capget"], header, data, name="capget")
    return int(data[1]) | int(data[4]) << 32


def bound_capabilities(mask: int) -> None:
    """Give up for good, also for what is executed, every capability but those in `mask`, where this may be done."""
    for capability in range(CAP_LAST + 1):
        if not mask >> capability & 1:
            libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)


def set_capabilities(mask: int) -> None:
    """Set the permitted, effective and inheritable capabilities: capset(2)."""
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)  # 0: this thread
    syscall(_OLDER[MACHINE]["capset"], header, (ctypes.c_uint32 * 6)(low, low, low, high, high, high), name="capset")
