"""How strongly a program is held, by name.

Example: `SDZERO_SANDBOX=namespaces` asks for Level.NAMESPACES.
"""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Kinds of sandbox, the safest first."""

    BUBBLEWRAP = "bubblewrap"  # the bwrap program: namespaces, a file system of its own, seccomp
    NAMESPACES = "namespaces"  # the same, set up by this package
    LANDLOCK = "landlock"  # no namespaces: Landlock and seccomp over a process like any other
    UNSAFE = "unsafe"  # limits only
