"""Run a Python module or script in one process or in several (gloo): as `accelerate launch` or as `torchrun` does it.

Example: `run_python(["-m", "sdzero_bench.contract", "-x"], processes=2)`.
"""

import os
import subprocess
import sys

# One round of rejection-sampling fine-tuning in seconds, with a checkpoint every two updates.
SMALL_RFT = [
    "questions.train=arithmetic?split=train&size=40", "questions.evaluation=arithmetic?split=evaluation&size=8",
    "questions.per_round=24", "samples_per_round=72", "sampling.max_new_tokens=48", "checkpoint_every=2",
    "rft.batch_size=4", "evaluation.k=1", "evaluation.revise=false", "evaluation.max_new_tokens=48",
    "backend.threads=1", "verifier_workers=1",
]  # fmt: skip


def run_python(arguments: list[str], processes: int = 1, **environment: str) -> str:
    """Standard output and error; fails the test when the command fails or takes more than 200 s."""
    if processes == 1:
        return _run(arguments, environment)
    # --multi_gpu means several processes, on a CPU too; port 0 takes a free one.
    launch = f"-m accelerate.commands.launch --multi_gpu --num_processes {processes} --num_machines 1"
    launch += " --mixed_precision no --dynamo_backend no --main_process_port 0"
    return _run([*launch.split(), *arguments], environment)


def run_torchrun(arguments: list[str], processes: int, seconds: int = 200, **environment: str) -> str:
    """The same under torchrun, for one process too."""
    launch = f"-m torch.distributed.run --standalone --nproc_per_node {processes}"
    return _run([*launch.split(), *arguments], environment, seconds)


def _run(arguments: list[str], environment: dict[str, str], seconds: int = 200) -> str:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:  # asked to end, a launcher ends its ranks; killed, it would leave them waiting
            process.terminate()
            process.wait(60)
    assert process.returncode == 0, said[-8000:]
    return said
