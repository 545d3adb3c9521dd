"""Runs a file as a program of its own, as `python main.py` would, but without the time that `site` takes.

Example: `main("/box/main.py", [], "/venv/lib/python3.11/site-packages", "from math import *")`.
"""

from __future__ import annotations

import builtins
import os
import sys
from _sitebuiltins import Quitter

from sdzero_bench.verify.code.inside.idle import watch


def main(path: str, arguments: list[str], packages: str, prelude: str) -> None:
    """Run it as __main__. `packages`: folders of installed packages; `prelude`: what it finds defined."""
    setattr(builtins, "exit", Quitter("exit", "Ctrl-D"))  # noqa: B010  (mypy knows both as functions)
    setattr(builtins, "quit", Quitter("quit", "Ctrl-D"))  # noqa: B010
    sys.path[:] = [folder for folder in sys.path if folder] + packages.split(os.pathsep)
    sys.argv[:] = [path, *arguments]
    watch(lambda: True, _give_up)
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        code = compile(file.read(), os.path.basename(path), "exec", dont_inherit=True)
    names = sys.modules["__main__"].__dict__
    for name in [name for name in names if not name.startswith("__")]:
        del names[name]
    exec(prelude, names)
    exec(code, names)


def _give_up() -> None:
    os.write(2, b"TimeoutError: it only waits\n")
    os._exit(1)
