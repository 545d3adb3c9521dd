"""A writable folder of a run: handed to the run's user before, taken back and made harmless after.

Example: a program left /box/out -> /etc/shadow and a setuid file: the link is gone and the bit cleared before the
judge reads the folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from sdzero_bench.sandbox.inside.folders import remove

_LONGEST = 3000  # bytes of a path that is left alone; the kernel takes 4096


def lend(folder: str, user: list[int]) -> None:
    """Give a folder and all in it to the user that the program runs as. Only root can."""
    os.chown(folder, *user)
    for entry in _below(folder):
        os.chown(entry.path, *user, follow_symlinks=False)


def take_back(folder: str, executable: bool) -> None:
    """Make everything the judge's again, without links, devices, pipes and setuid bits.

    `executable`: files become so, as the program could not make them. A folder nested too deep to be read is removed.
    """
    if os.geteuid() == 0:
        os.chown(folder, 0, os.getegid())
    for entry in _below(folder):
        mode = entry.stat(follow_symlinks=False).st_mode
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            os.unlink(entry.path)
            continue
        if os.geteuid() == 0:
            os.chown(entry.path, 0, os.getegid(), follow_symlinks=False)
        wanted = mode & 0o777 | (0o700 if stat.S_ISDIR(mode) else 0o600) | (0o111 if executable else 0)
        if wanted != stat.S_IMODE(mode):
            os.chmod(entry.path, wanted)
        if len(os.fsencode(entry.path)) > _LONGEST:
            _remove(entry)


def _remove(entry: os.DirEntry[str]) -> None:
    if entry.is_dir(follow_symlinks=False):
        remove(entry.path)
    else:
        os.unlink(entry.path)


def _below(folder: str) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, a folder before what is in it, links not followed."""
    todo = [folder]
    while todo:
        try:
            with os.scandir(todo.pop()) as entries:
                found = list(entries)
        except FileNotFoundError:
            continue  # the caller has removed it
        for entry in found:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
