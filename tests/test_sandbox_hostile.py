"""Hostile programs at every level of the sandbox: none does harm, outlives its limit, or leaves anything behind."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hostile.offers import why_skipped
from hostile.programs import PROGRAMS
from hostile.world import World

import sdzero_bench
from sdzero_bench.sandbox import Level, Sandbox
from sdzero_bench.sandbox.inside import seccomp

LEVELS = [Level.BUBBLEWRAP, Level.NAMESPACES, Level.LANDLOCK]
NOBODY = 65534
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request) -> Sandbox:
    if reason := why_skipped(request.param):
        pytest.skip(reason)
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
    with tempfile.TemporaryDirectory(prefix="sdzero-test-") as folder:
        script = copy_programs(Path(folder)) / "all_at.py"
        run_all([ordinary_python(), script, level, f"{folder}/world"], user=NOBODY, group=NOBODY, extra_groups=[])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, with fewer capabilities")
def test_no_harm_in_a_default_container():
    with tempfile.TemporaryDirectory(prefix="sdzero-test-") as folder:
        script = copy_programs(Path(folder)) / "in_container.py"
        run_all([sys.executable, script, Level.LANDLOCK, f"{folder}/world"])


def copy_programs(folder: Path) -> Path:
    """The programs and the sandbox's own files where everybody can read them; the folder of the programs."""
    shutil.copytree(HERE / "hostile", folder / "hostile")
    package = Path(sdzero_bench.__file__).parent
    (folder / "sdzero_bench").mkdir()
    for name in ("__init__.py", "errors.py"):
        shutil.copy(package / name, folder / "sdzero_bench" / name)
    shutil.copytree(package / "sandbox", folder / "sdzero_bench" / "sandbox")
    (folder / "world").mkdir()
    folder.chmod(0o755)
    for path in (folder, folder / "world"):
        os.chown(path, NOBODY, NOBODY)
    return folder / "hostile"


def run_all(command, **options):
    ran = subprocess.run(command, capture_output=True, text=True, **options)
    assert ran.returncode == 0, ran.stderr
    report = json.loads(ran.stdout)
    if "skipped" in report:
        pytest.skip(f"for another judge {report['skipped']}")
    assert report["problems"] == []


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


def test_numbers_of_system_calls():
    """The tables against the kernel's own headers, for both machines."""
    headers = [("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0), ("/usr/include/asm-generic/unistd.h", 1)]
    if missing := [path for path, _ in headers if not Path(path).exists()]:
        pytest.skip(f"needs {missing} (apt-get install linux-libc-dev)")
    tables = seccomp._DENIED | seccomp._DENIED_ALONE | seccomp._ABSENT
    for path, column in headers:
        found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(path).read_text())
        header = {name: int(number) for name, number in found}
        ours = {name: numbers[column] for name, numbers in tables.items() if name in header}
        assert ours == {name: header[name] for name in ours}
        assert len(ours) > 0.9 * len([name for name, numbers in tables.items() if numbers[column] is not None])
        checked = ["clone", "mmap", "socketpair", "prlimit64", "ioctl", "prctl", "fcntl", "kill", "tgkill"]
        rules = [numbers[column] for numbers, _ in seccomp._checked(True, 1)]
        assert rules == [header[name] for name in [*checked, "sched_setaffinity"]]
