"""A small HTTP program that stands where `vllm serve` would: it answers /health and notes its own and a child's pid.

Example: `python serving.py MODEL --port 8100 ...`; with SERVING=slow it never answers, with SERVING=broken it ends.
"""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psutil


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row, below those that the kernel hands out to other tests meanwhile."""
    while True:
        port = random.SystemRandom().randrange(10_000, 30_000)
        if all(_is_free(port + number) for number in range(count)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def notes(folder: Path) -> list[dict]:
    """What the servers of a folder noted, by port."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("server-*.json"))]


def alive(pids: Sequence[int]) -> list[int]:
    """Those that still run, after the moment that the kernel takes to end what was killed."""
    deadline = time.monotonic() + 5
    while (left := [pid for pid in pids if _runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    if os.environ.get("SERVING") == "broken":
        sys.exit("no such model")
    port = int(sys.argv[sys.argv.index("--port") + 1])
    child = subprocess.Popen(["sleep", "300"])  # as vLLM's engine process
    noted = {"pids": [os.getpid(), child.pid], "words": sys.argv[1:], "dev": os.environ["VLLM_SERVER_DEV_MODE"]}
    Path(f"server-{port}.tmp").write_text(json.dumps(noted))
    Path(f"server-{port}.tmp").rename(f"server-{port}.json")
    if os.environ.get("SERVING") == "slow":
        time.sleep(300)
    HTTPServer(("127.0.0.1", port), Health).serve_forever()


if __name__ == "__main__":
    main()
