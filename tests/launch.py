"""Run a Python module or script in one process or, as `accelerate launch` does on a CPU, in two (gloo).

Example: `run_python(["-m", "sdzero_bench.contract", "-x"], processes=2)`.
"""

import os
import subprocess
import sys


def run_python(arguments: list[str], processes: int = 1, **environment: str) -> str:
    """Standard output and error; fails the test when the command fails or takes more than 200 s."""
    command = [sys.executable, *arguments]
    if processes > 1:
        # --multi_gpu means several processes, on a CPU too; port 0 takes a free one.
        launch = f"-m accelerate.commands.launch --multi_gpu --num_processes {processes} --num_machines 1"
        launch += " --mixed_precision no --dynamo_backend no --main_process_port 0"
        command = [sys.executable, *launch.split(), *arguments]
    done = subprocess.run(
        command,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout
