import json
import time

import pytest

from sdzero_bench.verify.code import remote
from sdzero_bench.verify.code.inside.values import Opaque
from sdzero_bench.verify.code.remote import ProgramError, RaisedError, RemoteFunction, RemoteProgram

PROGRAM = """
import sys, os, time, json
calls = []
def count(): calls.append(1); return len(calls)
def same(*args, **kwargs): return args, kwargs
def mutate(items): items.append(1); return None
def fail(): raise KeyError("no such key")
def leave(): sys.exit(0)
def spin():
    while True: pass
def sleep(): time.sleep(1000)
def lock():
    import _thread
    held = _thread.allocate_lock()
    held.acquire(); held.acquire()
def wait():
    if os.fork() == 0: time.sleep(1000)
    os.wait()
def big(): return "x" * 20_000_000
def say(): print("passed"); sys.stderr.write("x" * 10_000_000); return sys.stdin.read()
def thing(): return object()
def pair(): return iter([[1, 2], [1, 2.0]])
def order(): return list({str(i) for i in range(50)})
def fds(): return sorted(int(name) for name in os.listdir("/proc/self/fd"))
def load(): import numpy; return numpy.arange(3)
def box(): return [[1, 2]]
"""


@pytest.fixture(scope="module")
def shared():
    with RemoteProgram(60) as program:
        program.load([PROGRAM], ["count"])
        yield program


def call(program, name, *args, seconds=1.0, **kwargs):
    return program.call(name, args, kwargs, cpu_seconds=seconds).value


def test_values_go_and_come(shared):
    value = {1: (2, [3.5, None]), "é": {4}, (): b"\xff"}
    assert call(shared, "same", value, 1 << 100, key=value) == ((value, 1 << 100), {"key": value})
    assert isinstance(call(shared, "thing"), Opaque)
    assert call(shared, "load").tolist() == [0, 1, 2]


def test_arguments_are_the_programs_own_copies(shared):
    items = [0]
    function = RemoteFunction(shared, "mutate", 1.0)
    assert function(items) is None
    assert items == [0]
    assert function.calls == 1


def test_the_process_lasts_from_call_to_call(shared):
    assert [call(shared, "count"), call(shared, "count")] == [1, 2]


def test_what_it_prints_and_reads_goes_nowhere(shared):
    assert call(shared, "say") == ""


def test_what_it_raises_is_ours(shared):
    with pytest.raises(RaisedError, match="KeyError: 'no such key'") as raised:
        call(shared, "fail")
    assert raised.value.kind == "KeyError"
    with pytest.raises(RaisedError, match="SystemExit: 0"):
        call(shared, "leave")
    with pytest.raises(RaisedError, match="TypeError"):
        call(shared, "fail", 1)


def test_as_a_set(shared):
    reply = shared.call("order", [], cpu_seconds=1, as_set=True)
    assert reply.value == {str(i) for i in range(50)}
    with pytest.raises(RaisedError, match="unhashable"):
        shared.call("box", [], cpu_seconds=1, as_set=True)


def test_sets_have_the_same_order_in_every_process(shared):
    with RemoteProgram(5) as other:
        other.load([PROGRAM], ["order"])
        assert call(other, "order") == call(shared, "order")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("spin", "cpu time limit"),
        ("sleep", "TimeoutError: it only waits"),
        ("lock", "TimeoutError: it only waits"),
        ("wait", "wall time limit|it only waits"),  # for a child, which may be at work where that can be seen
        ("big", "output limit"),
    ],
)
def test_limits(name, reason, monkeypatch):
    monkeypatch.setattr(remote, "WALL_START", 2.0)
    start = time.monotonic()
    with RemoteProgram(60) as program:
        program.load([PROGRAM], [name])
        with pytest.raises(ProgramError, match=reason):
            call(program, name, seconds=3 if name == "big" else 0.3)
        with pytest.raises(ProgramError):
            call(program, "count")  # it is gone
    assert time.monotonic() - start < 15


def test_a_program_that_is_kept_waiting_by_others_is_not_idle(shared):
    start = time.process_time()
    program = "def slow(n):\n    import time\n    end = time.monotonic() + n\n    x = 0\n"
    program += "    while time.monotonic() < end:\n        for _ in range(100_000): x += 1\n        time.sleep(0.2)\n"
    with RemoteProgram(60) as sleepy:
        sleepy.load([program], ["slow"])
        call(sleepy, "slow", 2.5, seconds=5)
    assert time.process_time() - start < 2


def test_between_calls_it_may_wait(shared):
    time.sleep(2.5)
    assert call(shared, "same") == ((), {})


def test_all_calls_together_have_a_limit():
    with RemoteProgram(0.5) as program:
        program.load(["def work(n):\n    for _ in range(n): pass"], ["work"])
        with pytest.raises(ProgramError, match="time limit"):
            [call(program, "work", 1_000_000) for _ in range(10_000)]


def test_loading():
    with RemoteProgram(60) as program:
        assert program.load(["1/0", "x = 1", "def g(): pass"], ["f", "g"]) == ["g"]
        with pytest.raises(ProgramError, match=r"^SyntaxError: invalid syntax \(line 2\)$"):
            program.load(["x = 1\nx = = 2", "1/0"], ["f"])
        with pytest.raises(ProgramError, match=r"^does not define f$"):
            program.load(["x = 1"], ["f"])
        with pytest.raises(ProgramError, match=r"^SystemExit: 3$"):
            program.load(["import sys\nsys.exit(3)"], ["f"])
        solution = "class Solution:\n    def __init__(self): self.n = n\n    def f(self): return self.n"
        assert program.load([solution], ["f", "g"], prelude="n = 5", owner="Solution") == ["f"]
        assert call(program, "f") == 5
        assert program.load(["def f(x): return x"], ["f"], owner="Solution") == ["f"]


def test_a_program_does_not_run_as_main():
    with RemoteProgram(5) as program:
        program.load(["def f(): return __name__\nif __name__ == '__main__': 1/0"], ["f"])
        assert call(program, "f") == "builtins"  # as in EvalPlus


# Programs that write replies themselves: they find the pipe among the open files.
FORGE = """
import os, json, gc
def pipe():
    # the descriptor that the replies go to: the only pipe that is open for writing
    for number in range(3, 64):
        try:
            if os.readlink(f"/proc/self/fd/{number}").startswith("pipe:"):
                os.write(number, b"")
                return number
        except OSError:
            pass
def request():
    for value in gc.get_objects():
        if type(value) is dict and value.get("do") == "call" and "id" in value:
            return value
"""


def replying(fields: str) -> str:
    """A statement that replies to the request that is being answered."""
    return f"os.write(pipe(), json.dumps({{'id': request()['id'], 'cpu': 0, {fields}}}).encode() + b'\\n')"


def forged(body: str, calls: int = 1):
    """What a program whose function `f` forges replies is taken to have returned."""
    source = FORGE + "def f(*args):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    with RemoteProgram(10) as program:
        program.load([source], ["f"])
        return [call(program, "f", i) for i in range(calls)]


def test_forgery_by_identity_is_only_data():
    assert forged(replying("'value': 41") + "\nos._exit(0)") == [
        41
    ]  # it may say what it likes, once, and only when asked


@pytest.mark.parametrize(
    "body",
    [
        # ahead of the call: the second reply is there before the second request
        "for v in (1, 2): " + replying("'value': v"),
        "os.write(pipe(), b'\\n')",
        "os.write(pipe(), b'{}\\n')",
        "os.write(pipe(), b'null\\n')",
        "os.write(pipe(), b'[' * 100_000 + b'\\n')",
        "os.write(pipe(), b'\\xff\\xfe\\n')",
        "os.write(pipe(), b'{\"id\": NaN}\\n')",
        "os.close(pipe())",
        "[os.close(n) for n in range(100) if n not in (0, 1, 2)]",
    ],
)
def test_replies_out_of_turn_fail(body):
    with pytest.raises(ProgramError):
        forged(body, calls=2)


@pytest.mark.parametrize(
    "reply",
    [
        {"value": 1}, {"cpu": -1e9, "value": 1}, {"cpu": 1e300, "value": 1}, {"cpu": "0", "value": {}}, {"cpu": 0},
        {"cpu": 0, "value": {"s": [[1]]}}, {"cpu": 0, "error": 5}, {"cpu": 0, "error": [1, 2]},
        {"cpu": None, "value": 1}, {"cpu": 0, "value": {"v": "f"}}, {"cpu": 0, "value": {"r": [0, 10**12, 1]}},
    ],
)  # fmt: skip
def test_malformed_replies_fail(reply):
    body = f"r = json.loads({json.dumps(json.dumps(reply))})\nr['id'] = request()['id']\n"
    body += "os.write(pipe(), json.dumps(r).encode() + b'\\n')\nos._exit(0)"
    with pytest.raises(ProgramError):
        forged(body)
