"""A jail of our own: new user, mount, process, network, IPC, host name and cgroup namespaces, and a root of tmpfs.

Example: `enter([["read", "/usr", "/usr"], ["link", "usr/bin", "/bin"], ["tmp", "", "/tmp"]], ...)` returns in process
number 1 of the new namespaces, whose root holds /usr read-only and an empty /tmp; the caller's process waits for it.
After unshare(1) and pivot_root(2). Linux 5.12 (mount_setattr).
"""

from __future__ import annotations

import os

from sdzero_bench.sandbox.inside import kernel

_NEW = kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS
_INODES = 1024  # files in /tmp and /dev/shm

# [kind, source, place]: "read", "write", "device", "link", "tmp" or "proc"; sources are real paths
View = list[list[str]]


def enter(view: View, size: int, user: tuple[int, int] | None, control: int) -> None:
    """Return as process 1 of a jail that shows `view`; /tmp and /dev/shm hold `size` bytes and belong to `user`.

    `user` is (uid, gid) that the program will have, None for the caller's own. The caller's process holds nothing open
    but `control`. Raises OSError where the kernel refuses.
    """
    new_users()
    kernel.unshare(_NEW | kernel.CLONE_NEWCGROUP)
    child = os.fork()
    if child:
        os.closerange(0, control)
        os.closerange(control + 1, 1 << 16)
        os.waitpid(child, 0)
        os._exit(0)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, kernel.SIGKILL)
    _build(view, size, user)


def new_users() -> None:
    """A new user namespace: for root with every user in it, else with the caller's own alone.

    Where the kernel refuses root one, everything stays as it was: root can do without. Raises OSError else.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid:
        kernel.unshare(kernel.CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")
        return
    maps = {f"/proc/{os.getpid()}/{name}": _identity(name) for name in ("uid_map", "gid_map")}
    there, answer = os.pipe2(os.O_CLOEXEC)
    wait, go = os.pipe2(os.O_CLOEXEC)
    helper = os.fork()  # maps of more than one user are written from outside
    if not helper:
        os.close(go)
        try:
            if os.read(wait, 1):
                for path, text in maps.items():
                    _write(path, text)
            os.write(answer, b"done")
        except OSError as error:
            os.write(answer, str(error).encode())
        finally:
            os._exit(0)
    os.close(answer)
    try:
        kernel.unshare(kernel.CLONE_NEWUSER)
        os.write(go, b"!")
    except OSError:
        pass
    os.close(go)
    said = os.read(there, 4096)
    os.waitpid(helper, 0)
    os.close(there)
    os.close(wait)
    if said != b"done":
        raise OSError(f"user namespace: {said.decode(errors='replace')}")


def _identity(name: str) -> str:
    lines = [line.split() for line in open(f"/proc/self/{name}").read().splitlines()]  # noqa: SIM115
    return "".join(f"{start} {start} {count}\n" for start, _, count in lines)


def _build(view: View, size: int, user: tuple[int, int] | None) -> None:
    """Mount the view below a new root and make it the only one."""
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", "/tmp", "tmpfs", flags, "size=1m,mode=755")
    for folder in ("old", "new"):
        os.mkdir(f"/tmp/{folder}")
    kernel.pivot_root("/tmp", "/tmp/old")
    kernel.mount("tmpfs", "/new", "tmpfs", flags, "size=1m,mode=755")
    owner = f",uid={user[0]},gid={user[1]}" if user else ""
    for kind, source, place in view:
        target = f"/new{place}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if kind == "link":
            os.symlink(source, target)
        elif kind == "tmp":
            os.makedirs(target, exist_ok=True)
            kernel.mount("tmpfs", target, "tmpfs", flags, f"size={size},nr_inodes={_INODES},mode=700{owner}")
        elif kind == "proc":
            os.makedirs(target, exist_ok=True)
            kernel.mount("proc", target, "proc", flags | kernel.MS_NOEXEC)
        else:
            _bind(f"/old{source}", target, kind)
    os.chdir("/new")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    kernel.mount("none", "/", None, kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | flags)
    os.chdir("/")


def _bind(source: str, target: str, kind: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.close(os.open(target, os.O_CREAT | os.O_CLOEXEC, 0o644))
    kernel.mount(source, target, None, kernel.MS_BIND | kernel.MS_REC)
    if kind == "device":
        return
    attributes = kernel.MOUNT_ATTR_NOSUID | kernel.MOUNT_ATTR_NODEV
    kernel.restrict_mount(target, attributes | (kernel.MOUNT_ATTR_RDONLY if kind == "read" else 0))


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
