"""Which level is chosen, what is said about it, and what happens to a sandbox whose judge is killed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest
from hostile.offers import why_skipped
from hostile.world import processes_of, until_none

import sdzero_bench
from sdzero_bench.errors import UserError
from sdzero_bench.sandbox import Level, Limits, Sandbox, describe_level, open_sandbox, server
from sdzero_bench.sandbox.choose import why_not

LEVELS = [Level.BUBBLEWRAP, Level.NAMESPACES, Level.LANDLOCK]
LIMITS = Limits(cpu_seconds=20, wall_seconds=60)
JUDGE = """
import os, sys
from pathlib import Path
from sdzero_bench.sandbox import Level, Limits, Sandbox
sandbox = Sandbox(Level(sys.argv[1]))
limits = Limits(cpu_seconds=60, wall_seconds=60)
source = "import os, time; print(1, flush=True); os.fork(); os.fork(); time.sleep(1000)"
command = [sys.executable, "-I", "-S", "-c", source]
with sandbox.start(command, limits=limits) as program:
    print(program.ask(b"", cpu_seconds=60, wall_seconds=60).decode(), flush=True)
    sandbox.run(command, limits=limits)
"""


@pytest.fixture(params=LEVELS)
def level(request) -> Level:
    if reason := why_skipped(request.param):
        pytest.skip(reason)
    return request.param


def test_the_safest_level_is_chosen(monkeypatch):
    monkeypatch.delenv("SDZERO_SANDBOX", raising=False)
    works = [level for level in LEVELS if not why_not(level)]
    if not works:
        pytest.skip("no level works here")
    assert open_sandbox().level is works[0]
    monkeypatch.setenv("SDZERO_SANDBOX", works[-1])
    assert open_sandbox().level is works[-1]
    assert open_sandbox(Level.UNSAFE).level is Level.UNSAFE


def test_unknown_levels(monkeypatch):
    monkeypatch.setenv("SDZERO_SANDBOX", "docker")
    with pytest.raises(UserError, match="SDZERO_SANDBOX: unknown level 'docker'; known: bubblewrap, namespaces"):
        open_sandbox()


def test_bubblewrap_asked_for_and_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    why_not.cache_clear()
    try:
        with pytest.raises(UserError, match="level bubblewrap does not work here: bwrap is not installed; install"):
            open_sandbox(Level.BUBBLEWRAP)
    finally:
        why_not.cache_clear()


def test_where_nothing_works_unsafe_has_to_be_asked_for(level, tmp_path):
    """Inside a sandbox there is no other one."""
    package = Path(sdzero_bench.__file__).parent
    (tmp_path / "sdzero_bench").mkdir()
    for name in ("__init__.py", "errors.py"):
        shutil.copy(package / name, tmp_path / "sdzero_bench" / name)
    shutil.copytree(package / "sandbox", tmp_path / "sdzero_bench" / "sandbox")
    source = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom sdzero_bench.sandbox import open_sandbox\nopen_sandbox()"
    )
    ran = Sandbox(level).run([sys.executable, "-c", source, "/box"], folder=tmp_path, limits=LIMITS)
    last = ran.stderr.decode().splitlines()[-1]
    assert "UserError: sandbox: no way to hold the programs that a model wrote (bubblewrap: " in last
    assert "apt-get install bubblewrap" in last
    assert last.endswith("--unsafe-code")


def test_descriptions_are_one_line():
    for level in Level:
        assert "\n" not in describe_level(level)
        assert "raise the level" in describe_level(level) or level in (Level.BUBBLEWRAP, Level.NAMESPACES)
    assert describe_level(Level.UNSAFE).startswith("UNSAFE")


@pytest.mark.parametrize("moment", ["running", "any"])
def test_nothing_outlives_a_killed_judge(level, moment, tmp_path):
    for _ in range(1 if moment == "running" else 3):
        judge = subprocess.Popen(
            [sys.executable, "-c", JUDGE, level],
            stdout=subprocess.PIPE,
            env=os.environ | {"TMPDIR": str(tmp_path)},
            start_new_session=True,
        )
        assert judge.stdout is not None
        if moment == "running":
            assert judge.stdout.readline() == b"1\n"
            assert wait_for(lambda: len(processes_of(judge.pid)) == 8), processes_of(judge.pid)  # noqa: B023
        else:
            time.sleep(random.uniform(0.1, 0.5))
        below = subprocess.run(["ps", "-eo", "pid,ppid,sid"], capture_output=True, text=True).stdout
        os.killpg(judge.pid, signal.SIGKILL)
        judge.wait()
        judge.stdout.close()
        started = [pid for pid, parent, _ in map(str.split, below.splitlines()) if parent == str(judge.pid)]
        assert until_none(lambda: processes_of(judge.pid)) == []  # noqa: B023
        assert until_none(lambda: [pid for pid in started if Path(f"/proc/{pid}").exists()]) == []  # noqa: B023
        assert until_none(lambda: os.listdir(tmp_path)) == []


def wait_for(condition, seconds=20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_a_server_that_was_killed_is_replaced(level):
    sandbox = Sandbox(level)
    assert sandbox.run(["/bin/echo", "1"], limits=LIMITS).stdout == b"1\n"
    with sandbox.start(["/bin/cat"], limits=LIMITS) as program:
        assert program.ask(b"there", cpu_seconds=5, wall_seconds=20) == b"there"
        server._server.process.kill()
        server._server.process.wait()
        assert program.ask(b"still there", cpu_seconds=5, wall_seconds=20) == b"still there"
        assert sandbox.run(["/bin/echo", "2"], limits=LIMITS).stdout == b"2\n"


def test_an_interpreter_in_a_closed_folder_where_the_view_has_another_one(level, tmp_path):
    """A virtual environment below the place of /box, in a folder that is closed to others."""
    where = tmp_path / "closed"
    venv.create(where / "venv", symlinks=True)
    where.chmod(0o700)
    (where / "venv").chmod(0o700)
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "folder" / "a").write_text("shown")
    source = f"""
import sys
from pathlib import Path
from sdzero_bench.sandbox import Level, Limits, Sandbox, order, view
view.WORK = order.WORK = {str(where)!r}
source = "import sys; print(sys.prefix, open(sys.argv[1]).read())"
command = [sys.executable, "-c", source, {str(where)!r} + "/a"]
print(Sandbox(Level({str(level)!r})).run(command, folder=Path({str(tmp_path / "folder")!r}), limits=Limits(20, 60)))
"""
    path = str(Path(sdzero_bench.__file__).parent.parent)
    ran = subprocess.run(
        [where / "venv/bin/python", "-c", source], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    prefix = "/run/python/" if level is not Level.LANDLOCK else str(where / "venv")
    assert f"stdout=b'{prefix}" in ran.stdout, ran
    assert "shown" in ran.stdout
