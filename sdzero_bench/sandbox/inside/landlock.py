"""Landlock: a process gives up every file but those under some folders (Linux 5.13; landlock(7)).

Example: `restrict(readable=["/usr", "/lib"], writable=["/tmp/sdzero-x"], devices=["/dev/null"], listed=[])`;
what is `listed` may be looked through, not read.
From newer kernels come the denial of TCP (ABI 4), of ioctls on devices (5), of signals to processes outside and of
connecting to abstract sockets outside (6).
"""

from __future__ import annotations

import ctypes
import os
import struct

from sdzero_bench.sandbox.inside.kernel import (
    LANDLOCK_ADD_RULE,
    LANDLOCK_CREATE_RULESET,
    LANDLOCK_RESTRICT_SELF,
    syscall,
)

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}  # rights that an ABI knows
_ALL_FILES = (1 << 16) - 1  # ABI 5
_TCP = 0b11  # bind and connect, ABI 4
_SCOPES = 0b11  # abstract unix sockets and signals, ABI 6
_GRANTABLE = _ALL_FILES & ~(1 << 6 | 1 << 9 | 1 << 11 | _IOCTL_DEV)  # not: to make device nodes and sockets


def abi() -> int:
    """The version of Landlock here, 0 where there is none."""
    try:
        return syscall(LANDLOCK_CREATE_RULESET, None, 0, 1, name="landlock")
    except OSError:
        return 0


def restrict(readable: list[str], writable: list[str], devices: list[str], listed: list[str]) -> None:
    """Restrict this process and its children. Needs no_new_privs. Raises OSError where Landlock is missing."""
    version = abi()
    files = _FILES.get(version, _ALL_FILES)
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("QQQ", files, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)[:size]
    ruleset = syscall(LANDLOCK_CREATE_RULESET, attributes, size, 0, name="landlock_create_ruleset")
    read = _EXECUTE | _READ_FILE | _READ_DIR
    for paths, rights in (
        (readable, read),
        (writable, _GRANTABLE),
        (devices, _READ_FILE | _WRITE_FILE),
        (listed, _READ_DIR),
    ):
        for path in paths:
            _grant(ruleset, path, rights & files)
    syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0, name="landlock_restrict_self")
    os.close(ruleset)


def _grant(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
    rule = struct.pack("=Qi", rights, descriptor)
    path_beneath = 1
    syscall(LANDLOCK_ADD_RULE, ruleset, path_beneath, ctypes.c_char_p(rule), 0, name=f"landlock_add_rule {path}")
    os.close(descriptor)
