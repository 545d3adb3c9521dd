"""The launcher command of a profile: words and environment, as they are run and as they are printed.

Example (`launch --profile cpu2 --dry-run -- train` on two cores):

    OMP_NUM_THREADS=1 python -m torch.distributed.run --standalone --nproc_per_node 2 -m sdzero_bench train --set ...
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from sdzero_bench.errors import UserError
from sdzero_bench.launching.profile import Launcher, Profile


@dataclass(frozen=True)
class Command:
    """A program to start."""

    words: list[str]
    environment: dict[str, str] = field(default_factory=dict)  # on top of the environment it is started from

    def __str__(self) -> str:
        """One line that a shell runs."""
        return " ".join(
            [*(f"{name}={shlex.quote(value)}" for name, value in self.environment.items()), shlex.join(self.words)]
        )


def launch_command(profile: Profile, words: Sequence[str], node_rank: int | None) -> Command:
    """The command that starts `sdzero-bench WORDS` on the profile's processes. Raises UserError where options lack."""
    launcher = profile.launcher
    if node_rank is not None and (launcher.nodes == 1 or launcher.command == "deepspeed"):
        reason = "there is one node" if launcher.nodes == 1 else "deepspeed numbers the hosts itself"
        raise UserError(f"--node-rank: {reason}; leave it out")
    builders = {"python": _python, "torchrun": _torchrun, "deepspeed": _deepspeed, "accelerate": _accelerate}
    command = [sys.executable, *builders[launcher.command](launcher, node_rank)]
    if launcher.command == "deepspeed" and launcher.nodes > 1:
        words = [_for_a_remote_shell(word) for word in words]
    return Command([*command, "sdzero_bench", *words], _environment(profile))


def _python(launcher: Launcher, node_rank: int | None) -> list[str]:
    return ["-m"]


def _torchrun(launcher: Launcher, node_rank: int | None) -> list[str]:
    processes = ["--nproc_per_node", str(launcher.processes_per_node)]
    if launcher.nodes == 1:
        return ["-m", "torch.distributed.run", "--standalone", *processes, "-m"]
    host, port = _first_node(launcher, node_rank)
    # torchrun's static rendezvous: with c10d it ignores --node_rank and any node may get rank 0, which keeps the run
    # directory.
    nodes = ["--nnodes", str(launcher.nodes), "--node_rank", str(node_rank)]
    return ["-m", "torch.distributed.run", *nodes, "--master_addr", host, "--master_port", port, *processes, "-m"]


def _accelerate(launcher: Launcher, node_rank: int | None) -> list[str]:
    # --multi_gpu is accelerate's word for several processes, on a CPU too; the last two silence its advice.
    several = ["--multi_gpu"] if launcher.nodes * launcher.processes_per_node > 1 else []
    command = ["-m", "accelerate.commands.launch", *several, "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["--num_processes", str(launcher.nodes * launcher.processes_per_node)]
    command += ["--num_machines", str(launcher.nodes)]
    if launcher.nodes == 1:
        return [*command, "--main_process_port", "0", "-m"]  # a free one
    host, port = _first_node(launcher, node_rank)
    return [*command, "--machine_rank", str(node_rank), "--main_process_ip", host, "--main_process_port", port, "-m"]


def _deepspeed(launcher: Launcher, node_rank: int | None) -> list[str]:
    # --no_local_rank: without it deepspeed adds --local_rank=N to our arguments; the variable LOCAL_RANK is set anyway.
    command = ["-m", "deepspeed.launcher.runner"]
    if launcher.nodes > 1:
        if launcher.hostfile is None:
            raise UserError("--hostfile: deepspeed reaches several nodes through one (`host slots=8` a line)")
        if launcher.environment:
            names = ", ".join(launcher.environment)
            raise UserError(f"launcher.environment: deepspeed takes {names} to other nodes from ~/.deepspeed_env only")
        command += ["--hostfile", launcher.hostfile]
        if launcher.rendezvous is not None:
            host, port = launcher.rendezvous.split(":")
            command += ["--master_addr", host, "--master_port", port]
    command += ["--num_nodes", str(launcher.nodes), "--num_gpus", str(launcher.processes_per_node)]
    return [*command, "--no_local_rank", "--module"]


def _first_node(launcher: Launcher, node_rank: int | None) -> list[str]:
    if launcher.rendezvous is None:
        raise UserError("--rendezvous: several nodes meet at HOST:PORT of the first one; give the same on each")
    if node_rank is None or not 0 <= node_rank < launcher.nodes:
        raise UserError(f"--node-rank: say which node this is, 0 to {launcher.nodes - 1}")
    return launcher.rendezvous.split(":")


def _for_a_remote_shell(word: str) -> str:
    """Quote what deepspeed hands to pdsh: it puts double quotes around words with blanks and leaves the others bare."""
    if " " not in word:
        return shlex.quote(word)
    for character in "\\$`":
        word = word.replace(character, f"\\{character}")
    return word


def _environment(profile: Profile) -> dict[str, str]:
    environment = {}
    if profile.machine.device == "cpu" and "OMP_NUM_THREADS" not in os.environ:
        # torchrun would say 1, torch alone every core in every process
        cores = len(os.sched_getaffinity(0))
        environment["OMP_NUM_THREADS"] = str(max(1, cores // profile.launcher.processes_per_node))
    if profile.servers and profile.machine.device == "cuda":
        gpus = [gpu for gpu in range(profile.machine.gpus_per_node) if gpu not in profile.servers.gpus]
        environment["CUDA_VISIBLE_DEVICES"] = visible_gpus(gpus[: profile.launcher.processes_per_node])
    return environment | profile.launcher.environment


def visible_gpus(gpus: Sequence[int]) -> str:
    """CUDA_VISIBLE_DEVICES for some of the GPUs that this process may use."""
    ours = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = ours.split(",") if ours else [str(gpu) for gpu in range(max(gpus) + 1)]
    if len(names) <= max(gpus):
        raise UserError(f"CUDA_VISIBLE_DEVICES={ours} leaves {len(names)} GPUs; the profile uses GPU {max(gpus)}")
    return ",".join(names[gpu] for gpu in gpus)
