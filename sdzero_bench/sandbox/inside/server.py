"""The server: one small process per judge that forks a keeper for every run, as a new interpreter would cost 30 ms.

Example: the judge sends one byte with four descriptors (a socket, and the program's stdin, stdout and stderr); the fork
reads its order from that socket and becomes a keeper, or `bwrap` with a keeper in it. The server ends with the judge.
"""

from __future__ import annotations

import array
import os
import socket

from sdzero_bench.sandbox.inside import keeper, kernel, namespaces

_SIZE = 4 * array.array("i").itemsize


def main(descriptor: int) -> None:
    """Serve the judge at the other end of a SOCK_SEQPACKET socket until it closes it, or dies."""
    judge = socket.socket(fileno=descriptor)
    kernel.on_signal(kernel.SIGINT, kernel.SIG_IGN)
    kernel.on_signal(kernel.SIGCHLD, kernel.SIG_IGN)  # no zombies
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    while True:
        message, ancillary, _, _ = judge.recvmsg(1, socket.CMSG_SPACE(_SIZE), socket.MSG_CMSG_CLOEXEC)
        if not message:
            return
        received = array.array("i", ancillary[0][2][:_SIZE])
        if not os.fork():
            judge.close()
            os.close(null)
            _become_keeper(*received)
        for number in received:
            os.close(number)


def _become_keeper(control: int, *streams: int) -> None:
    try:
        kernel.on_signal(kernel.SIGCHLD, kernel.SIG_DFL)
        for stream, descriptor in enumerate(streams):
            os.dup2(descriptor, stream)
            os.close(descriptor)
        os.setsid()
        order = keeper.receive(control)
        if "command" not in order:
            keeper.keep(control, order)
        if order["user"]:
            namespaces.new_users()
        os.dup2(control, order["control"])
        os.set_inheritable(order["control"], True)
        os.execve(order["command"][0], order["command"], order["env"])
    except BaseException as error:
        keeper.say(control, f"failed {error}")
    finally:
        os._exit(1)
