"""Loopback and the port where processes meet, the host's own name, and the hub.

Example: a stale torchrun still holds port 29500, and the next one ends with "address already in use".
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sdzero_bench.benchmarks.network import offline, unreachable
from sdzero_bench.doctor.finding import Finding, ok, warning, wrong

RENDEZVOUS = 29500  # torchrun's and DeepSpeed's own choice
_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Network:
    """What is None works."""

    loopback: str | None  # why this machine does not reach itself
    port: int
    port_problem: str | None
    name: str
    name_problem: str | None
    offline: str | None  # the variable that forbids the hub
    hub: str
    hub_problem: str | None


def gather_network() -> Network:
    """Waits three seconds at most for a name, and as long for the hub."""
    named = os.environ.get("MASTER_PORT", "")
    port = int(named) if named.isdecimal() and 0 < int(named) < 65_536 else RENDEZVOUS
    name, hub = socket.gethostname(), os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    forbidden = offline()
    return Network(
        loopback=_loopback(),
        port=port,
        port_problem=busy(port),
        name=name,
        name_problem=_within(_SECONDS, lambda: _resolve(name)),
        offline=forbidden,
        hub=hub,
        hub_problem=None if forbidden else _within(_SECONDS, lambda: unreachable(hub)),
    )


def busy(port: int) -> str | None:
    """Why nothing can listen on `port`, None where it is free."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as torch: a port that was just left is free
        try:
            tried.bind(("", port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def _loopback() -> str | None:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=_SECONDS).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _resolve(name: str) -> str | None:
    try:
        socket.getaddrinfo(name, None)
    except OSError as error:
        return error.strerror or str(error)
    return None


def _within(seconds: float, ask: Callable[[], str | None]) -> str | None:
    """The answer of `ask`, or that there was none in time: looking a name up takes no time limit."""
    answers: list[str | None] = []
    thread = threading.Thread(target=lambda: answers.append(ask()), daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else f"no answer in {seconds:g} s"


def check_network(facts: Network) -> Iterator[Finding]:
    """Loopback, port, name, hub."""
    if facts.loopback:
        yield wrong("loopback", f"127.0.0.1: {facts.loopback}", "processes of a run talk over it: allow it")
    else:
        yield ok("loopback", "127.0.0.1 listens and answers")
    subject = f"port {facts.port}"
    if facts.port_problem:
        found = f"{facts.port_problem}: launchers meet there, an earlier run may still hold it"
        mend = "end what listens (ss -ltnp), or export MASTER_PORT (torchrun: --master-port) with another"
        yield warning(subject, found, mend)
    else:
        yield ok(subject, "free; launchers meet there")
    if facts.name_problem:
        mend = f"add 127.0.0.1 {facts.name} to /etc/hosts, or export GLOO_SOCKET_IFNAME=lo on one machine"
        yield warning("host name", f"{facts.name}: {facts.name_problem}", mend)
    if facts.offline:
        yield warning("hub", f"{facts.offline} is set: only local models and data",
                      f"unset {facts.offline} to download; or give folders (--model DIR, --data-dir DIR)")  # fmt: skip
    elif facts.hub_problem:
        yield warning("hub", f"{facts.hub}: {facts.hub_problem}",
                      "without it give folders (--model DIR, --data-dir DIR) and export HF_HUB_OFFLINE=1")  # fmt: skip
    else:
        yield ok("hub", f"{facts.hub} answers")
