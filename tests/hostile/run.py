"""Runs one hostile program, inside the sandbox: `python /box/hostile/run.py fork_bomb /box/facts.json`."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from hostile.programs import PROGRAMS

if __name__ == "__main__":
    with open(sys.argv[2]) as file:
        facts = json.load(file)
    PROGRAMS[sys.argv[1]](facts)
