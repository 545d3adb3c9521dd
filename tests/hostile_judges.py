"""A judge that misbehaves, for the verifier pool: Question.judge is "hostile_judges:judge"."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from sdzero_bench.types import Question, Verdict


def judge(question: Question, text: str) -> Verdict:
    """Does what the text says."""
    match text.split():
        case ["hang"]:
            time.sleep(600)
        case ["hang-in-c"]:  # holds the interpreter lock: no Python thread and no signal handler runs
            pow(3, 10**10)
        case ["crash"]:
            os._exit(7)
        case ["memory"]:
            bytearray(1 << 40)
        case ["raise"]:
            raise RuntimeError("no such animal")
        case ["exit"]:
            sys.exit(0)
        case ["print"]:
            print("noise")
        case ["child"]:
            child = subprocess.Popen(["sleep", "600"])
            with open(question.answer, "w") as file:
                file.write(str(child.pid))
            time.sleep(600)
        case ["odd"]:
            return "right"  # type: ignore[return-value]
        case ["modules"]:
            return Verdict(1, None, ",".join({"torch", "transformers", "datasets"} & sys.modules.keys()))
    return Verdict(1, text, "fine")
