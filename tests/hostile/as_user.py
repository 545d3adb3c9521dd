"""All hostile programs at one level, for a judge that is an ordinary user: `python as_user.py LEVEL FOLDER`.

Programs that only use the machine up differ little by user: a few of them have to do. Prints a JSON object: {"level": "namespaces", "problems": ["tcp: HARM spoke to ...", ...]}, or {"skipped": "..."} where
the level does not work. Needs nothing but the standard library.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent)]

from hostile.programs import PROGRAMS  # noqa: E402
from hostile.world import World  # noqa: E402
from sdzero_bench.sandbox import Level, Sandbox  # noqa: E402
from sdzero_bench.sandbox.choose import why_not  # noqa: E402

FEW = {"fork_bomb", "thread_bomb", "memory_bomb_of_many", "disk_filler", "inode_filler", "daemon", "fill_the_folder"}

if __name__ == "__main__":
    level = Level(sys.argv[1])
    if problem := why_not(level):
        print(json.dumps({"skipped": problem}))
        sys.exit()
    os.environ["SDZERO_TEST_TOKEN"] = "host-only-secret"
    with World(Path(sys.argv[2])) as world:
        tempfile.tempdir = str(world.temporary)
        for name, function in PROGRAMS.items():
            if name in FEW or function.__module__ == "hostile.escapes":
                world.attack(Sandbox(level), name)
    print(json.dumps({"level": level, "problems": world.problems}))
