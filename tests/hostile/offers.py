"""What the machine offers, found out by other means than the sandbox's own: a level that is offered has to work.

Example: where `unshare -Urpfn --mount-proc true` succeeds, Level.NAMESPACES must not be skipped.
"""

import ctypes
import shutil
import subprocess

from sdzero_bench.sandbox import Level
from sdzero_bench.sandbox.choose import why_not

COMMANDS = {
    Level.BUBBLEWRAP: "bwrap --unshare-all --size 4096 --tmpfs /tmp --ro-bind /usr /usr --ro-bind /lib /lib "
    "--ro-bind-try /lib64 /lib64 --proc /proc /usr/bin/true",
    Level.NAMESPACES: "unshare --user --map-root-user --pid --fork --net --ipc --mount-proc true",
}


def offered(level: Level) -> bool:
    if level in COMMANDS:
        command = COMMANDS[level].split()
        return bool(shutil.which(command[0])) and subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    if level is Level.LANDLOCK:
        return int(ctypes.CDLL(None).syscall(444, None, ctypes.c_long(0), ctypes.c_long(1))) > 0  # its ABI version
    return True


def why_skipped(level: Level) -> str:
    """Why tests of a level are skipped, "" where it works. Fails where it should work and does not."""
    reason = why_not(level)
    assert not (reason and offered(level)), f"the machine offers {level}, but: {reason}"
    return f"{level} is not offered here: {reason}" if reason else ""
