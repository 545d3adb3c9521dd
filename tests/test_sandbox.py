"""Ordinary programs in the sandbox, at every level that this machine offers, and the judge's side of it."""

import ast
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hostile.offers import why_skipped
from hostile.world import processes_of

from sdzero_bench.sandbox import Level, Limits, Sandbox, Stop, Stopped
from sdzero_bench.sandbox.view import interpreter_places

LEVELS = [Level.BUBBLEWRAP, Level.NAMESPACES, Level.LANDLOCK]
LIMITS = Limits(cpu_seconds=20, wall_seconds=60)
ECHO = """
import sys, time
for line in sys.stdin:
    word, _, rest = line.strip().partition(" ")
    if word == "spin":
        while True: pass
    if word == "sleep": time.sleep(1000)
    if word == "exit": sys.exit(int(rest))
    if word == "raise": raise ValueError(rest)
    if word == "flood": print("x" * int(rest))
    if word == "work":
        end = time.process_time() + float(rest)
        while time.process_time() < end: pass
    if word == "noise": print("x" * int(rest), file=sys.stderr)
    print(rest[::-1], flush=True)
"""


@pytest.fixture(scope="module", params=LEVELS)
def sandbox(request) -> Sandbox:
    if reason := why_skipped(request.param):
        pytest.skip(reason)
    return Sandbox(request.param)


def python(sandbox, source, folder=None, limits=LIMITS, **options):
    return sandbox.run([sys.executable, "-c", source], folder=folder, limits=limits, **options)


def talk(sandbox, limits=LIMITS):
    return sandbox.start([sys.executable, "-I", "-S", "-c", ECHO], limits=limits)


def test_input_output_and_exit_codes(sandbox):
    outcome = python(
        sandbox, "import sys; print(sys.stdin.read().upper()); print('e', file=sys.stderr); sys.exit(3)", stdin=b"abc"
    )
    assert (outcome.stdout, outcome.stderr, outcome.exit_code, outcome.stop) == (b"ABC\n", b"e\n", 3, Stop.EXITED)
    assert 0 < outcome.cpu_seconds < 5


def test_exceptions_and_signals(sandbox):
    outcome = python(sandbox, "1 / 0")
    assert (outcome.exit_code, outcome.stop) == (1, Stop.EXITED)
    assert outcome.stderr.endswith(b"ZeroDivisionError: division by zero\n")
    outcome = python(sandbox, "import os; os.abort()")
    assert (outcome.exit_code, outcome.stop) == (-6, Stop.SIGNAL)


def test_a_program_that_is_not_there(sandbox):
    outcome = sandbox.run(["no-such-program"], limits=LIMITS)
    assert (outcome.exit_code, outcome.stop) == (127, Stop.EXITED)
    assert b"cannot run no-such-program" in outcome.stderr


def test_much_input_read_or_not(sandbox):
    data = b"0123456789" * 800_000
    counted = python(sandbox, "import sys; print(len(sys.stdin.read()))", stdin=data)
    assert counted.stdout == b"8000000\n"
    assert python(sandbox, "print(1)", stdin=data).stdout == b"1\n"
    limits = Limits(cpu_seconds=20, wall_seconds=60, output_bytes=8_000_000)
    assert python(sandbox, "import sys; print(sys.stdin.read(), end='')", stdin=data, limits=limits).stdout == data


def test_output_is_cut_at_its_limit(sandbox):
    limits = Limits(cpu_seconds=20, wall_seconds=60, output_bytes=1000)
    assert python(sandbox, "print('x' * 999)", limits=limits).stop is Stop.EXITED
    outcome = python(sandbox, "print('x' * 1000)", limits=limits)
    assert (len(outcome.stdout), outcome.stop, outcome.exit_code) == (1000, Stop.OUTPUT, None)


def test_numpy(sandbox):
    outcome = python(sandbox, "import numpy; print(int((numpy.ones((200, 200)) @ numpy.ones((200, 200))).sum()))")
    assert outcome.stdout == b"8000000\n", outcome


@pytest.mark.skipif(not shutil.which("g++"), reason="needs g++")
def test_cpp_is_compiled_in_a_writable_folder_and_run_in_a_read_only_one(sandbox, tmp_path):
    (tmp_path / "a.cpp").write_text(
        "#include <iostream>\nint main() { long a, b; std::cin >> a >> b; std::cout << a + b << std::endl; return 7; }"
    )
    tmp_path.chmod(0o700)
    command = ["g++", "-O1", "-o", "/box/a", "/box/a.cpp"]
    compiled = sandbox.run(command, folder=tmp_path, writable=True, limits=Limits(60, 120))
    assert (compiled.exit_code, compiled.stderr) == (0, b"")
    assert (tmp_path / "a").stat().st_uid == os.geteuid()
    outcome = sandbox.run(["/box/a"], folder=tmp_path, stdin=b"3 4", limits=LIMITS)
    assert (outcome.stdout, outcome.exit_code) == (b"7\n", 7)


def test_what_is_shown(sandbox, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("shown")
    source = "import os, sys; print(open(sys.argv[1]).read(), os.getcwd(), os.environ['HOME'], os.listdir('.'))"
    outcome = sandbox.run([sys.executable, "-c", source, "/box/data/x.txt"], folder=tmp_path, limits=LIMITS)
    shown, directory, home, files = outcome.stdout.decode().split()
    assert (shown, home) == ("shown", directory)
    below_tmp = {Path(place).parts[2] for place in interpreter_places().values() if place.startswith("/tmp/")}
    assert set(ast.literal_eval(files)) <= below_tmp  # nothing, or Python where that is installed in /tmp
    if sandbox.level in (Level.BUBBLEWRAP, Level.NAMESPACES):
        assert directory == "/tmp"
        found = python(sandbox, "import os; print(*sorted(os.listdir('/')))", folder=tmp_path).stdout.decode().split()
        assert not {"home", "opt", "var", "mnt", "srv", "boot", "sys"} & set(found)
        assert {"usr", "tmp", "box", "proc", "dev"} <= set(found)


def test_what_programs_of_many_processes_need(sandbox):
    source = """
import asyncio, subprocess, sys, tempfile, threading
async def twice(n):
    await asyncio.sleep(0.01)
    return 2 * n
async def main():
    return await asyncio.gather(*map(twice, range(3)))
print(asyncio.run(main()))
threads = [threading.Thread(target=lambda: None) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(subprocess.run([sys.executable, "-S", "-c", "print(5)"], capture_output=True, text=True).stdout)
with tempfile.TemporaryFile() as file:
    file.write(b"abc")
"""
    outcome = python(sandbox, source)
    assert outcome.stdout.split() == b"[0, 2, 4] 5".split() or outcome.stdout.split() == [b"[0,", b"2,", b"4]", b"5"], (
        outcome
    )


def test_a_pool_of_processes(sandbox):
    if sandbox.level is Level.LANDLOCK:
        pytest.skip("no /dev/shm without a file system of its own")
    source = "import multiprocessing\nwith multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1, -2]))"
    assert python(sandbox, source).stdout == b"[1, 2]\n"


def test_a_file_limit_is_an_error_that_the_program_sees(sandbox):
    source = "try: open('big', 'wb').write(b'x' * (64 << 20))\nexcept OSError as error: print(error.errno)"
    assert python(sandbox, source).stdout in (b"27\n", b"28\n")  # EFBIG, ENOSPC


def test_runs_at_the_same_time(sandbox):
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda n: sandbox.run(["/bin/echo", str(n)], limits=LIMITS), range(24)))
    assert [int(outcome.stdout) for outcome in outcomes] == list(range(24))


def test_nothing_stays_open(sandbox):
    sandbox.run(["/bin/true"], limits=LIMITS)
    before = os.listdir("/proc/self/fd"), children()
    for _ in range(5):
        sandbox.run(["/bin/true"], limits=LIMITS)
        with talk(sandbox) as program:
            ask(program, b"")
    assert (os.listdir("/proc/self/fd"), children()) == before
    assert processes_of(os.getpid()) == []


def children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def ask(program, line, cpu_seconds=20.0, wall_seconds=60.0):
    return program.ask(line, cpu_seconds=cpu_seconds, wall_seconds=wall_seconds)


def test_a_conversation(sandbox):
    with talk(sandbox) as program:
        assert ask(program, b"say abc") == b"cba"
        assert ask(program, b"say " + b"de" * 300_000) == b"ed" * 300_000
        for _ in range(2):
            with pytest.raises(Stopped) as stopped:
                ask(program, b"exit 4")
            assert (stopped.value.stop, stopped.value.detail) == (Stop.EXITED, "exit code 4")


@pytest.mark.parametrize(
    ("line", "stop", "detail"),
    [
        (b"spin", Stop.CPU, ""),
        (b"sleep", Stop.WALL, ""),
        (b"flood 2000", Stop.OUTPUT, ""),
        (b"noise 2000", Stop.OUTPUT, "x" * 300),
        (b"raise oh no", Stop.EXITED, "exit code 1, ValueError: oh no"),
    ],
)
def test_limits_of_a_call(sandbox, line, stop, detail):
    with talk(sandbox, Limits(cpu_seconds=20, wall_seconds=60, output_bytes=1500)) as program:
        assert ask(program, b"say a") == b"a"
        with pytest.raises(Stopped) as stopped:
            ask(program, line, cpu_seconds=0.3, wall_seconds=0.5 if line == b"sleep" else 30)
        assert (stopped.value.stop, stopped.value.detail) == (stop, detail)


def test_processor_time_is_counted_by_the_call(sandbox):
    with talk(sandbox) as program:
        for _ in range(4):
            ask(program, b"work 0.2 ", cpu_seconds=0.45)


def test_a_program_is_killed_on_leaving_the_block(sandbox):
    with talk(sandbox) as program:
        ask(program, b"")
        program.kill()
        with pytest.raises(Stopped, match="killed"):
            ask(program, b"")
    with talk(sandbox):
        pass  # before it has started
    with pytest.raises(ZeroDivisionError), talk(sandbox):
        raise ZeroDivisionError
    assert processes_of(os.getpid()) == []


def test_unsafe_has_limits_too():
    unsafe = Sandbox(Level.UNSAFE)
    assert python(unsafe, "import os; print(os.getuid())").stdout == b"%d\n" % os.getuid()
    source = "import os, time\nif os.fork(): os._exit(0)\nos.setsid(); time.sleep(1000)"
    assert python(unsafe, source).stop is Stop.EXITED
    assert not [pid for pid in Path("/proc").glob("[0-9]*") if b"os.setsid(); time.sleep(1000)" in command_line(pid)]
    assert python(unsafe, "while True: pass", limits=Limits(0.2, 60)).stop is Stop.CPU
    with talk(unsafe) as program:
        assert ask(program, b"say abc") == b"cba"


def command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
