"""What the processes of a sandbox use together, from /proc.

Example: `sample([7, 9])` -> (3, 1.42, 73400320): three threads live in the two processes, the tree has used 1.42 s of
processor time (also what ended), and 70 MiB are theirs.
"""

from __future__ import annotations

import os
import resource

_TICK = os.sysconf("SC_CLK_TCK")


def sample(pids: list[int]) -> tuple[int, float, int]:
    """(threads alive, seconds of processor time, bytes) of `pids` and all that this process has waited for.

    Bytes are those that no file gives back: anonymous, shared and swapped memory. Memory that processes share after a
    fork counts for each of them.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    threads, cpu, memory = 0, ended.ru_utime + ended.ru_stime, 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
        if len(fields) < 22:
            continue  # gone
        cpu += sum(map(int, fields[11:15])) / _TICK  # its own, and of the children that it waited for
        threads += int(fields[17])
        status = _read(f"/proc/{pid}/status")
        memory += sum(_kilobytes(status, name) for name in (b"\nRssAnon:", b"\nRssShmem:", b"\nVmSwap:")) * 1024
    return threads, cpu, memory


def processes() -> list[int]:
    """All but this one, where this is process 1 of its own /proc."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]


def descendants(root: int) -> list[int]:
    """The tree below `root`, from the host's /proc."""
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        return _descendants_by_parent(root)
    found: list[int] = []
    todo = [root]
    while todo:
        pid = todo.pop()
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            children = [int(child) for child in _read(f"/proc/{pid}/task/{thread}/children").split()]
            found += children
            todo += children
    return found


def _descendants_by_parent(root: int) -> list[int]:
    """The same on a kernel without the list of children (CONFIG_PROC_CHILDREN)."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _read(f"/proc/{name}/stat").rpartition(b")")[2].split()):
            children.setdefault(int(fields[1]), []).append(int(name))
    found: list[int] = []
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def used(folder: str) -> tuple[int, int]:
    """(bytes, files) on the file system that `folder` is the root of."""
    state = os.statvfs(folder)
    return (state.f_blocks - state.f_bfree) * state.f_frsize, state.f_files - state.f_ffree


def _kilobytes(status: bytes, name: bytes) -> int:
    _, found, after = status.partition(name)
    return int(after.split(None, 1)[0]) if found else 0


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read() or b""
    except OSError:
        return b""
