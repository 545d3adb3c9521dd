"""Hostile programs that go for what is outside: the network, other people's files, other processes, the kernel.

Example: "kill_everyone" sends SIGKILL to every process number it can think of.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hostile.tools import MARK, attempt, call, harm, libc, program

X86 = os.uname().machine == "x86_64"


def say(family: int, kind: int, address: object) -> None:
    with suppress(OSError), socket.socket(family, kind) as speaker:
        speaker.settimeout(1)
        speaker.connect(address)
        speaker.send(b"hello from inside")
        harm(f"spoke to {address!r}")


@program
def tcp(facts):
    say(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", facts["tcp"]))


@program
def udp(facts):
    say(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", facts["udp"]))


@program
def dns(facts):
    attempt("resolved a name", socket.getaddrinfo, "example.com", 80)
    for server in ("127.0.0.53", "8.8.8.8"):
        say(socket.AF_INET, socket.SOCK_DGRAM, (server, 53))


@program
def unix_sockets(facts):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        say(socket.AF_UNIX, kind, f"\0{facts['abstract']}")
        say(socket.AF_UNIX, kind, facts["unix"])


@program
def socket_pair_with_an_address(facts):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        with suppress(OSError):
            ours, _ = socket.socketpair(socket.AF_UNIX, kind)
            for address in (f"\0{facts['abstract']}", facts["unix"]):
                attempt(f"sent a datagram to {address}", ours.sendto, b"hello", address)
                attempt(f"connected a pair to {address}", ours.connect, address)


@program
def other_sockets(facts):
    for family in range(1, 46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            attempt(f"socket of family {family}", socket.socket, family, kind)


@program
def inherited_descriptors(facts):
    for descriptor in range(3, 1024):
        with suppress(OSError):
            os.fstat(descriptor)
            harm(f"descriptor {descriptor} is open")
            os.write(descriptor, b"exited 0 0\n")


@program
def environment_secrets(facts):
    for name, value in os.environ.items():
        if MARK in value:
            harm(f"{name}={value}")


# Files


def read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1 << 16)


def steal(path: str) -> None:
    with suppress(OSError):
        if MARK.encode() in read(path):
            harm(f"read {path}")


@program
def read_passwords(facts):
    for path in ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/hostname"):
        with suppress(OSError):
            if read(path):
                harm(f"read {path}")


@program
def read_secrets(facts):
    for path in facts["secrets"]:
        steal(path)
        with suppress(OSError):
            if os.path.basename(path) in os.listdir(os.path.dirname(path)):
                harm(f"listed {path}")
        for root in (
            "/..",
            "/../old",
            "/old",
            "/tmp/../..",
            "/proc/self/root/..",
            "/proc/self/cwd/../..",
            "/proc/1/root",
        ):
            steal(f"{root}{path}")


@program
def read_the_checkout(facts):
    attempt("listed the checkout", os.listdir, facts["checkout"])
    attempt("read the checkout", read, facts["checkout"] + "/test_sandbox_hostile.py")


@program
def links_to_secrets(facts):
    for number, path in enumerate(facts["secrets"]):
        os.symlink(path, f"link{number}")
        steal(f"link{number}")
        attempt("linked", os.link, path, f"hard{number}")
        attempt("linked what a link shows", os.link, f"link{number}", f"harder{number}", None)


@program
def destroy_files(facts):
    for path in [*facts["secrets"], facts["open_to_all"]]:
        folder = os.path.dirname(path)
        for what, function, *arguments in (
            ("removed", os.unlink, path),
            ("moved", os.rename, path, "/tmp/mine"),
            ("truncated", os.truncate, path, 0),
            ("wrote", os.open, path, os.O_WRONLY),
            ("emptied", os.open, path, os.O_WRONLY | os.O_TRUNC),
            ("made a file beside", os.open, f"{folder}/new", os.O_CREAT | os.O_WRONLY),
            ("made a folder beside", os.mkdir, f"{folder}/newer"),
            ("closed", os.chmod, path, 0),
            ("closed the folder of", os.chmod, folder, 0),
            ("gave away", os.chown, path, 1, 1),
            ("dated", os.utime, path, (0, 0)),
            ("marked", os.setxattr, path, "user.mark", b"1"),
        ):
            attempt(f"{what} {path}", function, *arguments)


@program
def write_to_what_is_shown(facts):
    own = os.path.abspath(__file__)
    for path in (own, os.path.dirname(own), os.sys.executable, os.sys.prefix, os.__file__, "/usr/bin/env", "/usr"):
        attempt(f"wrote to {path}", os.open, path, os.O_WRONLY | os.O_APPEND)
        attempt(f"made a file in {path}", os.open, f"{path}/new", os.O_CREAT | os.O_WRONLY)
        attempt(f"closed {path}", os.chmod, path, 0)
        attempt(f"moved {path}", os.rename, path, f"{path}.old")
        attempt(f"dated {path}", os.utime, path, (0, 0))
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY)
            attempt(f"closed {path} when open", os.fchmod, descriptor, 0)
            attempt(f"leased {path}", fcntl.fcntl, descriptor, 1024, fcntl.F_WRLCK)
    for folder in ("/", "/etc", "/run", "/var", "/home", "/root", "/dev", "/proc", "/opt", "/usr/local"):
        attempt(f"made a file in {folder}", os.open, f"{folder}/new", os.O_CREAT | os.O_WRONLY)


@program
def leave_traps(facts):
    """In a writable folder: links, pipes and setuid files for the judge to fall over."""
    work = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    os.symlink(facts["secrets"][0], f"{work}/answer.txt")
    os.symlink("/etc/passwd", f"{work}/passwd")
    os.symlink(os.path.dirname(facts["secrets"][0]), f"{work}/folder")
    with suppress(OSError):
        os.mkfifo(f"{work}/pipe")
    with suppress(OSError):
        os.mknod(f"{work}/device", 0o666 | stat.S_IFCHR, os.makedev(1, 1))
        harm("made a device")
    Path(f"{work}/program").write_bytes(b"#!/bin/sh\n")
    with suppress(OSError):
        os.chmod(f"{work}/program", 0o6777)
    os.mkdir(f"{work}/shut", 0o300)
    Path(f"{work}/shut/in").write_text("x")
    for path in ("/etc/passwd", facts["secrets"][0], "/usr/bin/env", "/tmp"):
        attempt(f"linked {path}", os.link, path, f"{work}/hard")


@program
def devices(facts):
    for path in ("/dev/mem", "/dev/kmem", "/dev/sda", "/dev/vda", "/dev/kmsg", "/dev/tty", "/dev/ptmx", "/dev/fuse"):
        attempt(f"opened {path}", os.open, path, os.O_RDONLY)
    attempt("made a device", os.mknod, "mem", 0o666 | stat.S_IFCHR, os.makedev(1, 1))
    for path in ("/proc/kcore", "/proc/kmsg", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern"):
        attempt(f"wrote to {path}", os.open, path, os.O_WRONLY)
    for path in ("/proc/kcore", "/proc/kmsg"):
        attempt(f"opened {path}", os.open, path, os.O_RDONLY)


# Processes


def processes(facts: dict) -> Iterator[int]:
    """The victim, the judge, this program's parents, and whatever /proc shows; not itself."""
    pids = [facts["victim"], facts["judge"], os.getppid(), 1, 0]
    with suppress(OSError):
        pids += [int(name) for name in os.listdir("/proc") if name.isdigit()]
    yield from (pid for pid in dict.fromkeys(pids) if pid != os.getpid())


@program
def kill_everyone(facts):
    for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGXCPU, signal.SIGKILL):
        for pid in processes(facts):
            if pid > 0:
                with suppress(OSError):
                    os.kill(pid, number)
                with suppress(OSError):
                    os.killpg(pid, number)
    with suppress(OSError):
        os.kill(-1, signal.SIGKILL)
    time.sleep(0.1)


@program
def signals_by_other_roads(facts):
    for pid in processes(facts):
        reader, writer = os.pipe()
        with suppress(OSError):
            fcntl.fcntl(reader, fcntl.F_SETOWN, pid)
            fcntl.fcntl(reader, 10, signal.SIGKILL)  # F_SETSIG
            fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            os.write(writer, b"x")
        with suppress(OSError):
            ours, theirs = socket.socketpair()
            fcntl.ioctl(ours, 0x8901, struct.pack("i", pid))  # FIOSETOWN
            fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
            theirs.send(b"x")
        with suppress(OSError):
            signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL)
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, 19)
        with suppress(OSError):
            os.sched_setaffinity(pid, {0})
        with suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_CPU, (0, 0))
        for number in (234, 129, 297) if X86 else (131, 138, 240):  # tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo
            libc.syscall(ctypes.c_long(number), pid, pid, int(signal.SIGKILL), ctypes.create_string_buffer(128))
    with suppress(OSError):
        os.setpriority(os.PRIO_USER, os.getuid(), 19)
    time.sleep(0.1)


@program
def trace_others(facts):
    for pid in processes(facts):
        for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
            attempt(f"traced {pid}", libc.ptrace, request, pid, None, None)


@program
def read_the_memory_of_others(facts):
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_size_t * 2)(0x400000, 8)
    for pid in processes(facts):
        for what, number in (("read", 310 if X86 else 270), ("wrote", 311 if X86 else 271)):
            arguments = [ctypes.c_long(value) for value in (pid, 1, 1, 0)]
            call(f"{what} memory", number, arguments[0], local, arguments[1], remote, arguments[2], arguments[3])


@program
def read_the_proc_of_others(facts):
    for pid in processes(facts):
        if pid == 0:
            continue
        steal(f"/proc/{pid}/environ")
        for name in ("mem", "maps", "root/etc/passwd"):
            attempt(f"opened /proc/{pid}/{name}", os.open, f"/proc/{pid}/{name}", os.O_RDONLY)
        for number in range(8):
            attempt(f"saw file {number} of {pid}", os.readlink, f"/proc/{pid}/fd/{number}")
            attempt(f"opened file {number} of {pid}", os.open, f"/proc/{pid}/fd/{number}", os.O_WRONLY)


@program
def rise(facts):
    for what, function in (("setuid", os.setuid), ("setgid", os.setgid), ("seteuid", os.seteuid)):
        attempt(what, function, 0)
    attempt("setgroups", os.setgroups, [0])
    for command in ("su -c true", "sudo -n true", "mount -t tmpfs none /tmp", "chroot / /bin/true", "unshare -Ur true"):
        if os.system(f"{command} >/dev/null 2>&1") == 0:
            harm(command)


@program
def new_namespaces(facts):
    for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):
        call("unshare", 272 if X86 else 97, ctypes.c_long(flag))
        if flag != 0x80:
            call("clone", 56 if X86 else 220, ctypes.c_long(flag | 17), None, None, None, None)
    call("clone3", 435, ctypes.create_string_buffer(88), ctypes.c_long(88))
    call("setns", 308 if X86 else 268, 0, 0)


@program
def mounts(facts):
    attempt("mount", libc.mount, b"none", b"/tmp", b"tmpfs", 0, None)
    attempt("bind", libc.mount, b"/", b"/tmp", None, 4096, None)
    attempt("remount", libc.mount, None, b"/usr", None, 32 | 4096, None)
    attempt("umount", libc.umount2, b"/proc", 2)
    attempt("chroot", os.chroot, "/tmp")
    call("pivot_root", 155 if X86 else 41, b"/", b"/")
    call("open_tree", 428, -100, b"/", 1)
    call("fsopen", 430, b"tmpfs", 0)


@program
def odd_system_calls(facts):
    numbers = {"bpf": (321, 280), "keyctl": (250, 219), "perf_event_open": (298, 241), "userfaultfd": (323, 282)}
    numbers |= {"io_uring_setup": (425, 425), "kexec_load": (246, 104), "reboot": (169, 142), "swapon": (167, 224)}
    numbers |= {"init_module": (175, 105), "add_key": (248, 217), "open_by_handle_at": (304, 265), "acct": (163, 89)}
    numbers |= {"settimeofday": (164, 170), "sethostname": (170, 161), "quotactl": (179, 60), "unknown": (600, 600)}
    for name, (x86, arm) in numbers.items():
        call(name, x86 if X86 else arm, 0, 0, 0, 0, 0)
    if X86:
        call("x32 getpid", 0x40000000 | 39)
