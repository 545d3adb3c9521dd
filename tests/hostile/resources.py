"""Hostile programs that eat the machine, last too long or crash.

Example: "memory_bomb_of_many" shares its appetite among twelve processes, each below the limit of one.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

from hostile.tools import MB, attempt, harm, libc, program

# Eating the machine


@program
def fork_bomb(facts):
    while True:
        with suppress(OSError):
            os.fork()


@program
def fork_bomb_that_leaves(facts):
    while True:
        with suppress(OSError):
            if os.fork():
                os._exit(0)
            with suppress(OSError):
                os.setsid()


@program
def thread_bomb(facts):
    started = 0
    with suppress(RuntimeError):
        while started < 2000:
            threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
            started += 1
    if started > 200:
        harm(f"{started} threads")
    os._exit(0)


@program
def memory_bomb(facts):
    blocks = []
    while True:
        blocks.append(b"x" * (8 * MB))


@program
def memory_bomb_of_many(facts):
    for _ in range(12):
        if not os.fork():
            blocks = [b"x" * (8 * MB) for _ in range(20)]
            time.sleep(1000)
            print(blocks)
    time.sleep(1000)


@program
def hidden_memory(facts):
    with suppress(OSError):
        harm(f"shared memory without a file {mmap.mmap(-1, 64 * MB)}")
    attempt("memfd", os.memfd_create, "x")
    for flags in (0o1000 | 0o600,):
        if libc.shmget(0, 64 * MB, flags) != -1:
            harm("System V shared memory")
    with suppress(OSError):
        descriptor = os.open("/dev/zero", os.O_RDWR)
        harm(f"/dev/zero {mmap.mmap(descriptor, 64 * MB, mmap.MAP_SHARED)}")
    written = 0
    with suppress(OSError), open("/dev/shm/big", "wb") as file:
        for _ in range(400):
            written += file.write(b"x" * MB)
    if written > 32 * MB:
        harm(f"{written} bytes in /dev/shm")


@program
def disk_filler(facts):
    written = 0
    with suppress(OSError), open("big", "wb", buffering=0) as file:
        while written < 400 * MB:
            written += file.write(b"x" * MB)
    if written > 32 * MB:
        harm(f"a file of {written} bytes")


@program
def disk_filler_with_many(facts):
    with suppress(OSError):
        for number in range(2000):
            with open(f"file{number}", "wb") as file:
                file.write(b"x" * MB)
            if number > 400:
                harm(f"{number} files of 1 MiB")
                break
    time.sleep(0.2)


@program
def inode_filler(facts):
    with suppress(OSError):
        for number in range(200_000):
            os.close(os.open(f"f{number}", os.O_CREAT | os.O_WRONLY))
            if number > 100_000:
                harm(f"{number} empty files")
                break


@program
def fill_the_folder(facts):
    work = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    for number in range(400):
        with open(f"{work}/file{number}", "wb") as file:
            file.write(b"x" * MB)
    harm("400 MiB in the folder")


@program
def deep_folders(facts):
    for _ in range(3000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        with open("hidden", "wb") as file:
            file.write(b"x" * 4096)


@program
def closed_folder(facts):
    os.mkdir("closed")
    for number in range(400):
        with open(f"closed/{number}", "wb") as file:
            file.write(b"x" * MB)
        if number == 3:
            os.chmod("closed", 0o300)
    harm("400 MiB in a folder that nobody can read")


@program
def pipe_filler(facts):
    for _ in range(60):
        _, write = os.pipe()
        attempt("a bigger pipe", fcntl.fcntl, write, 1031, 16 * MB)


@program
def endless_stdout(facts):
    while True:
        os.write(1, b"x" * 65536)


@program
def endless_stderr(facts):
    while True:
        os.write(2, b"x" * 65536)


@program
def zombies(facts):
    while True:
        with suppress(OSError):
            if not os.fork():
                os._exit(0)


# Lasting too long


@program
def spin(facts):
    while True:
        pass


@program
def spin_in_many(facts):
    for _ in range(3):
        os.fork()
    while True:
        pass


@program
def spin_unseen(facts):
    """Children that nobody waits for leave their processor time in no account."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        with suppress(OSError):
            if not os.fork():
                end = time.process_time() + 0.02
                while time.process_time() < end:
                    pass
                os._exit(0)
            os.wait()


@program
def ignore_signals(facts):
    for number in range(1, 65):
        with suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_IGN)
    while True:
        pass


@program
def sleep(facts):
    time.sleep(1000)


@program
def stop_itself(facts):
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(1000)


@program
def close_stdout_and_live(facts):
    os.close(1)
    os.close(2)
    time.sleep(1000)


@program
def daemon(facts):
    if os.fork():
        os._exit(0)
    with suppress(OSError):
        os.setsid()
    if os.fork():
        os._exit(0)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    time.sleep(1000)


@program
def children_that_outlive(facts):
    for _ in range(4):
        subprocess.Popen(["sleep", "1000"])


# Crashing


@program
def deep_recursion(facts):
    sys.setrecursionlimit(10**9)

    def down(n):
        return down(n + 1) + 1

    down(0)


@program
def null_pointer(facts):
    ctypes.string_at(0)


@program
def core_dump(facts):
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    os.abort()
