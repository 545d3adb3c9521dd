"""Sandbox for programs that a model wrote: `open_sandbox().run(argv, folder=..., limits=...)`.

Example: `run(["python3", "/box/program.py"], folder=folder, stdin=b"3 7", limits=Limits(2, 10))` -> Outcome(b"10\\n").
"""

from sdzero_bench.sandbox.choose import describe_level, open_sandbox
from sdzero_bench.sandbox.level import Level
from sdzero_bench.sandbox.limits import Limits, Outcome, Stop, Stopped
from sdzero_bench.sandbox.program import Program
from sdzero_bench.sandbox.sandbox import Sandbox

__all__ = [
    "Level", "Limits", "Outcome", "Program", "Sandbox", "Stop", "Stopped", "describe_level", "open_sandbox",
]  # fmt: skip
