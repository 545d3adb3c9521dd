"""Hostile programs at one level, for another judge than the tests' own: `python all_at.py LEVEL FOLDER`.

Where there are namespaces, and for what only uses the machine up, the user makes little difference: a few of the
programs have to do. Prints a JSON object:
{"level": "namespaces", "problems": ["tcp: HARM spoke to ...", ...]}, or {"skipped": "..."} where the level does not
work. Needs nothing but the standard library.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent)]

from hostile.offers import why_skipped  # noqa: E402
from hostile.programs import PROGRAMS  # noqa: E402
from hostile.world import World  # noqa: E402
from sdzero_bench.sandbox import Level, Limits, Sandbox  # noqa: E402

FEW = {"fork_bomb", "thread_bomb", "memory_bomb_of_many", "inode_filler", "daemon", "fill_the_folder", "kill_everyone"}
FEW |= {"tcp", "read_secrets", "destroy_files", "write_to_what_is_shown", "read_the_proc_of_others", "new_namespaces"}


def ordinary_problems(sandbox: Sandbox, folder: Path) -> list[str]:
    """What does not work of a conversation, and of a C++ program that is compiled and then run."""
    limits = Limits(cpu_seconds=60, wall_seconds=120)
    with sandbox.start(["cat"], limits=limits) as program:
        problems = [] if program.ask(b"there", cpu_seconds=9, wall_seconds=60) == b"there" else ["no conversation"]
    if shutil.which("g++"):
        (folder / "a.cpp").write_text("#include <iostream>\nint main() { std::cout << 7 << std::endl; }")
        compiled = sandbox.run(["g++", "-o", "/box/a", "/box/a.cpp"], folder=folder, writable=True, limits=limits)
        ran = sandbox.run(["/box/a"], folder=folder, limits=limits)
        problems += [] if ran.stdout == b"7\n" else [f"C++: {compiled}, {ran}"]
    return problems


if __name__ == "__main__":
    level = Level(sys.argv[1])
    if reason := why_skipped(level):
        print(json.dumps({"skipped": reason}))
        sys.exit()
    os.environ["SDZERO_TEST_TOKEN"] = "host-only-secret"
    with World(Path(sys.argv[2])) as world:
        tempfile.tempdir = str(world.temporary)
        for name, function in PROGRAMS.items():
            if name in FEW or (level is Level.LANDLOCK and function.__module__ == "hostile.escapes"):
                world.attack(Sandbox(level), name)
        world.problems += ordinary_problems(Sandbox(level), Path(sys.argv[2]))
    print(json.dumps({"level": level, "problems": world.problems}))
