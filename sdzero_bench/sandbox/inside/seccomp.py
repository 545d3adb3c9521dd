"""The system call filter of a judged program: what it may not ask the kernel for, on every level.

Example: `install(alone=True)` in the program's process, last before exec; `socket.socket()` then raises EPERM.
The filter is a BPF program (seccomp(2), "SECCOMP_SET_MODE_FILTER"): a deny-list, as the judged programs are any
program, with everything newer than this file refused. `alone` is for a program without a process namespace of its
own (landlock): it may then signal and reschedule nobody but itself, and change no file's owner, mode or times.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from sdzero_bench.sandbox.inside.kernel import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MACHINE,
    check,
    libc,
)

# Numbers on (x86_64, aarch64), from asm/unistd_64.h and asm-generic/unistd.h; None: not there.
_DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "move_pages": (279, 239), "migrate_pages": (256, 238),
    # mounts and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "move_mount": (429, 429), "open_tree": (428, 428), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    # parts of the kernel that no judged program needs
    "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "acct": (163, 89),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162),
    "syslog": (103, 116), "lookup_dcookie": (212, 18), "vhangup": (153, 58), "personality": (135, 92),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    # network; a pair of connected sockets (below) is what is left
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201), "accept": (43, 202),
    "accept4": (288, 242),
    # memory that no process's resident size shows
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "shmat": (30, 196),
    "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180),
}  # fmt: skip
_DENIED_ALONE: dict[str, tuple[int | None, int | None]] = {
    "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "setsid": (112, 157), "setpgid": (109, 154), "sched_setscheduler": (144, 119), "sched_setparam": (142, 118),
    "sched_setattr": (314, 274), "setpriority": (141, 140), "ioprio_set": (251, 30),
    # what Landlock does not restrict (truncate: before its ABI 3)
    "truncate": (76, 45),
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "utime": (132, None), "utimes": (235, None), "utimensat": (280, 88), "futimesat": (261, None),
}  # fmt: skip
_ABSENT: dict[str, tuple[int | None, int | None]] = {  # said not to exist: glibc then uses the older calls
    "clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
}  # fmt: skip
_NEWEST = 462  # what came after (x86_64 and aarch64 share these numbers) does not exist either
_X32 = 0x40000000  # the x32 calls of x86_64

_COLUMN = {"x86_64": 0, "aarch64": 1}
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _JEQ, _JGE, _JSET, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
_IOCTL_DENIED = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX; FIOSETOWN, SIOCSPGRP: signals to others
_PRCTL_DENIED = (4, 35, 0x59616D61)  # PR_SET_DUMPABLE, PR_SET_MM, PR_SET_PTRACER
# F_SETOWN, F_SETSIG, F_SETOWN_EX: signals to others; F_SETLEASE, F_NOTIFY: others wait; F_SETPIPE_SZ: kernel memory
_FCNTL_DENIED = (8, 10, 15, 1024, 1026, 1031)

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def program(alone: bool, pid: int) -> list[Instruction]:
    """The BPF program for this machine; `pid` is the number of the process it is for."""
    if MACHINE not in _COLUMN:
        raise OSError(f"no system call filter for {MACHINE}")
    column = _COLUMN[MACHINE]
    code: list[Instruction] = [
        (_LOAD, 0, 0, 4),
        (_JEQ, 1, 0, _AUDIT_ARCH[MACHINE]),
        _ret(_KILL),
        (_LOAD, 0, 0, 0),
        (_JGE, 0, 1, _NEWEST + 1),  # the x32 calls too
        _ret(_ERRNO | errno.ENOSYS),
    ]
    denied = _DENIED | (_DENIED_ALONE if alone else {})
    for calls, answer in ((denied, errno.EPERM), (_ABSENT, errno.ENOSYS)):
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                code += [(_JEQ, 0, 1, number), _ret(_ERRNO | answer)]
    for numbers, rule in _checked(alone, pid):
        code += [(_JEQ, 0, len(rule), numbers[column]), *rule]
    return [*code, _ret(_ALLOW)]


def _checked(alone: bool, pid: int) -> list[tuple[tuple[int, int], list[Instruction]]]:
    """Calls that are allowed for some arguments: numbers, and the instructions that decide."""
    deny, allow = _ret(_ERRNO | errno.EPERM), _ret(_ALLOW)
    rules = [
        ((56, 220), [_argument(0), (_JSET, 0, 1, _NAMESPACES), deny, allow]),  # clone
        # mmap: memory shared without a file stays when no process shows it
        ((9, 222), [_argument(3), (_AND, 0, 0, 0x21), (_JEQ, 0, 1, 0x21), deny, allow]),
        # socketpair: a stream cannot send to another address
        ((53, 199), [_argument(1), (_AND, 0, 0, 0xF), (_JEQ, 1, 0, 1), deny, allow]),
        ((302, 261), [_argument(0), (_JEQ, 1, 0, 0), deny, allow]),  # prlimit64: of itself only
        ((16, 29), [_argument(1), *_any_of(_IOCTL_DENIED), deny, allow]),  # ioctl
        ((157, 167), [_argument(0), *_any_of(_PRCTL_DENIED), deny, allow]),  # prctl
        ((72, 25), [_argument(1), *_any_of(_FCNTL_DENIED), deny, allow]),  # fcntl
    ]
    if alone:
        rules += [
            ((62, 129), [_argument(0), (_JEQ, 1, 0, pid), deny, allow]),  # kill: itself only
            ((234, 131), [_argument(0), (_JEQ, 1, 0, pid), deny, allow]),  # tgkill: raise() and abort()
            ((203, 122), [_argument(0), (_JEQ, 1, 0, 0), deny, allow]),  # sched_setaffinity
        ]
    return rules


def install(alone: bool) -> None:
    """Put the filter over this process and its children. Needs no_new_privs or CAP_SYS_ADMIN."""
    code = b"".join(struct.pack("HBBI", *step) for step in program(alone, os.getpid()))
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    set_seccomp, mode_filter = 22, 2
    check(libc.prctl(set_seccomp, ctypes.c_ulong(mode_filter), filter_, 0, 0), "seccomp filter")


def _ret(value: int) -> Instruction:
    return (_RETURN, 0, 0, value)


def _argument(index: int) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * index)  # the low half: what these calls look at


def _any_of(values: tuple[int, ...]) -> list[Instruction]:
    """Go on with the next instruction where the loaded value is one of `values`, else skip it."""
    last = len(values) - 1
    return [(_JEQ, last - i, 1 if i == last else 0, value) for i, value in enumerate(values)]
