"""Hostile programs at every level of the sandbox: none does harm, outlives its limit, or leaves anything behind."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hostile.programs import PROGRAMS
from hostile.world import World

import sdzero_bench
from sdzero_bench.sandbox import Level, Sandbox
from sdzero_bench.sandbox.choose import why_not

LEVELS = [Level.BUBBLEWRAP, Level.NAMESPACES, Level.LANDLOCK]
NOBODY = 65534


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request) -> Sandbox:
    if problem := why_not(request.param):
        pytest.skip(f"{request.param} does not work here: {problem}")
    return Sandbox(request.param)


def test_there_are_many():
    assert len(PROGRAMS) >= 50


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_harm(sandbox, world, name, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(world.temporary))
    monkeypatch.setenv("SDZERO_TEST_TOKEN", "host-only-secret")
    world.problems.clear()
    world.attack(sandbox, name)
    assert world.problems == []


@pytest.mark.skipif(os.geteuid() != 0, reason="the judge of the other tests is an ordinary user already")
@pytest.mark.parametrize("level", LEVELS)
def test_no_harm_where_the_judge_is_an_ordinary_user(level):
    python = ordinary_python()
    with tempfile.TemporaryDirectory(prefix="sdzero-test-") as folder:
        shutil.copytree(Path(__file__).parent / "hostile", f"{folder}/hostile")
        package = Path(sdzero_bench.__file__).parent
        for name in ("__init__.py", "errors.py", "sandbox"):
            copy = shutil.copytree if name == "sandbox" else shutil.copy
            os.makedirs(f"{folder}/sdzero_bench", exist_ok=True)
            copy(package / name, f"{folder}/sdzero_bench/{name}")
        os.mkdir(f"{folder}/world")
        for path in (folder, f"{folder}/world"):
            os.chown(path, NOBODY, NOBODY)
        command = [python, f"{folder}/hostile/as_user.py", level, f"{folder}/world"]
        ran = subprocess.run(command, capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[])
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    if "skipped" in report:
        pytest.skip(f"{level} does not work here for an ordinary user: {report['skipped']}")
    assert report == {"level": level, "problems": []}


def ordinary_python() -> str:
    """A Python that an ordinary user can run; root's may be in a folder that is closed to others."""
    check = ["-I", "-S", "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
        try:
            if subprocess.run([python, *check], user=NOBODY, stderr=subprocess.DEVNULL).returncode == 0:
                return python
        except OSError:
            continue
    pytest.skip("no Python 3.11 here that an ordinary user can run")
