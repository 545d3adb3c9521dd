"""The hostile programs for a root judge in what a default container is: `python in_container.py LEVEL FOLDER`.

Root with the capabilities that container engines leave (CapBnd 00000000a80425fb), no new namespaces and no mounts. Then
as `all_at.py`, which becomes this process.
"""

import os
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent)]

from sdzero_bench.sandbox.inside import kernel, seccomp  # noqa: E402

LEFT = 0xA80425FB
REFUSED = ("unshare", "setns", "mount", "umount2", "pivot_root")

if __name__ == "__main__":
    kernel.bound_capabilities(LEFT)
    seccomp._DENIED = {name: numbers for name, numbers in seccomp._DENIED.items() if name in REFUSED}
    seccomp._ABSENT = {"clone3": seccomp._ABSENT["clone3"]}
    clone = [rule for rule in seccomp._checked(False, 0) if rule[0] == (56, 220)]
    seccomp._checked = lambda alone, pid: clone
    seccomp.install(alone=False)
    os.execv(sys.executable, [sys.executable, str(Path(__file__).parent / "all_at.py"), *sys.argv[1:]])
