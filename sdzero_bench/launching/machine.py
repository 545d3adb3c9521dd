"""Whether this machine has what a profile asks for: refused in one line, not in one traceback a process.

Example: `--profile node8` on a laptop is told that 8 GPUs are wanted and none is seen.
"""

from __future__ import annotations

from importlib.util import find_spec
from shutil import which

from sdzero_bench.errors import UserError
from sdzero_bench.launching.profile import Profile


def check_machine(profile: Profile, *, gpus: bool, servers: bool) -> None:
    """Launcher, vLLM where `servers` are started, and GPUs where `gpus` are used. Raises UserError for what lacks."""
    launcher = profile.launcher
    over_ssh = launcher.command == "deepspeed" and launcher.nodes > 1
    if launcher.command in ("deepspeed", "accelerate") and find_spec(launcher.command) is None:
        raise UserError(
            f"--profile: the launcher {launcher.command} is not installed: pip install 'sdzero-bench[deepspeed]'"
        )
    if over_ssh and which("pdsh") is None:
        raise UserError("--hostfile: deepspeed reaches other nodes with pdsh, which is not installed")
    if servers and profile.servers and not profile.servers.command and find_spec("vllm") is None:
        raise UserError("--profile: its servers need vLLM: pip install 'sdzero-bench[vllm]', or set servers.command")
    if gpus and profile.machine.device == "cuda" and not over_ssh:
        import torch

        wanted = launcher.processes_per_node + (len(profile.servers.gpus) if servers and profile.servers else 0)
        here = torch.cuda.device_count()
        if here < wanted:
            raise UserError(
                f"--profile: it uses {wanted} GPUs a node and torch sees {here}; give --processes or another profile"
            )
