"""Folders that a hostile program has written: measured and removed without being led astray.

Example: `measure("/tmp/sdzero-1f")` -> (8192, 3) for a folder with a file of 8 KiB, a link to /etc and an empty folder.
"""

from __future__ import annotations

import os

UNREADABLE = (1 << 62, 1 << 62)


def measure(folder: str, enough: int = 1 << 62) -> tuple[int, int]:
    """(bytes on disk, files) below a folder, of at most about `enough` files.

    UNREADABLE where a program has closed a folder in it, or nested them too deep to tell.
    """
    size = files = 0
    todo = [folder]
    while todo and files <= enough:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > enough:
                        break
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError:
            return UNREADABLE
    return size, files


def remove(folder: str) -> None:
    """Remove a folder and all in it, however deep. Nothing else may be writing in it."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    top = os.open(folder, flags)
    number = 0
    # Folders inside a folder are moved up to the top, so that no path and no recursion grows with the depth.
    while names := os.listdir(top):
        for name in names:
            try:
                os.unlink(name, dir_fd=top)
                continue
            except OSError:  # a folder
                os.chmod(name, 0o700, dir_fd=top)
            inner = os.open(name, flags, dir_fd=top)
            for child in os.listdir(inner):
                try:
                    os.unlink(child, dir_fd=inner)
                except OSError:
                    number += 1
                    os.chmod(child, 0o700, dir_fd=inner)
                    os.rename(child, f".sdzero-{number}", src_dir_fd=inner, dst_dir_fd=top)
            os.close(inner)
            os.rmdir(name, dir_fd=top)
    os.close(top)
    os.rmdir(folder)
