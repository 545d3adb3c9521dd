"""What the command line changes in a profile.

Example: `--profile nodes --nodes 4` is the profile with `launcher.nodes: 4`.
"""

from __future__ import annotations

from pathlib import Path

from sdzero_bench.errors import UserError
from sdzero_bench.launching.profile import Profile
from sdzero_bench.launching.profiles import checked_profile


def adjust(
    profile: Profile,
    *,
    nodes: int | None = None,
    processes: int | None = None,
    rendezvous: str | None = None,
    hostfile: Path | None = None,
) -> Profile:
    """The profile with what is given, checked again. A hostfile is deepspeed's, and says how many nodes there are."""
    changes = {"nodes": nodes, "processes_per_node": processes, "rendezvous": rendezvous}
    if hostfile is not None:
        changes |= {"command": "deepspeed", "hostfile": str(hostfile)}
        if nodes is None:
            changes["nodes"] = hosts_of(hostfile)
    data = profile.model_dump()
    data["launcher"] |= {name: value for name, value in changes.items() if value is not None}
    return checked_profile(data, "the options over the profile")


def hosts_of(hostfile: Path) -> int:
    """How many hosts deepspeed's hostfile lists."""
    try:
        lines = [line.partition("#")[0].split() for line in hostfile.read_text().splitlines()]
    except (OSError, UnicodeDecodeError):
        raise UserError(f"--hostfile: {hostfile} cannot be read") from None
    hosts = [words for words in lines if words]
    for words in hosts:
        if len(words) != 2 or not words[1].startswith("slots="):
            raise UserError(f"--hostfile: {hostfile}: {' '.join(words)!r} is not `host slots=N`")
    if not hosts:
        raise UserError(f"--hostfile: {hostfile} lists no host")
    return len(hosts)
