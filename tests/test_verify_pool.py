import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sdzero_bench.errors import UserError
from sdzero_bench.types import Completion, FinishReason, Question
from sdzero_bench.verify import open_verifier
from sdzero_bench.verify.pool import VerifierPool

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _hostile_judges_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(HERE))  # workers get the parent's sys.path


def item(text: str, judge: str = "hostile_judges:judge", gold: str = "12") -> tuple[Question, Completion]:
    question = Question("q", ({"role": "user", "content": "?"},), gold, judge=judge)
    return question, Completion((1,), text, FinishReason.STOP)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition, seconds: float = 15) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("hang", "timed out after 1 s"),
        ("hang-in-c", "timed out after 1 s"),
        ("crash", "verifier crashed"),
        ("exit", "verifier crashed"),
        ("memory", "judge failed: MemoryError: "),
        ("raise", "judge failed: RuntimeError: no such animal"),
        ("odd", "judge failed: returned 'right', not a Verdict with reward 0 or 1"),
    ],
)
def test_only_the_bad_item_suffers(bad, reason):
    items = [item(f"good {i}") for i in range(40)]
    items[17] = item(bad)
    with open_verifier(2, 1) as verifier:
        attempts = verifier.verify(items)
    assert [attempt.question is question for attempt, (question, _) in zip(attempts, items, strict=True)] == [True] * 40
    assert [attempt.completion.text for attempt in attempts] == [completion.text for _, completion in items]
    assert [i for i, attempt in enumerate(attempts) if not attempt.reward] == [17]
    assert attempts[17].verdict.reason == reason
    assert all(a.verdict.extracted == a.completion.text for i, a in enumerate(attempts) if i != 17)


def test_many_bad_items_with_one_worker():
    texts = ["crash", "good", "crash", "hang", "raise", "good", "crash"]
    with open_verifier(1, 1) as verifier:
        assert [a.reward for a in verifier.verify([item(text) for text in texts])] == [0, 1, 0, 0, 0, 1, 0]


def test_math_in_a_pool_hangs_are_killed_and_verdicts_do_not_depend_on_order():
    texts = [rf"so \boxed{{{answer}}}" for answer in ("12.0", "(10^9)!", "24/2", "13", "12 and 13", "", "12")]
    items = [item(text, "math") for text in texts] * 3
    items = [pair for i, pair in enumerate(items) if "!" not in pair[1].text or i == 1]
    with open_verifier(2, 3) as verifier:
        forward = verifier.verify(items)
        backward = verifier.verify(items[::-1])
    assert [a.reward for a in forward[:7]] == [1, 0, 1, 0, 0, 0, 1]
    assert forward[1].verdict.reason == "timed out after 3 s"
    assert forward[1].verdict.extracted == "(10^9)!"
    assert [a.verdict for a in backward[::-1]] == [a.verdict for a in forward]


def test_nothing_to_do_starts_nothing():
    with VerifierPool(2, 1) as pool:
        assert pool.verify([]) == []
        assert pool.verify([item(r"\boxed{12}", "math")])[0].reward == 1
        assert not pool._workers


def test_close_leaves_no_process_and_verify_works_again():
    pool = VerifierPool(2, 5)
    pool.verify([item(f"good {i}") for i in range(8)])
    pids = [worker.process.pid for worker in pool._workers]
    assert pids
    assert all(alive(pid) for pid in pids)
    pool.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)  # no zombie either
    assert pool.verify([item("good")])[0].reward == 1
    pool.close()


def test_a_worker_that_died_between_calls_is_replaced():
    with VerifierPool(1, 5) as pool:
        pool.verify([item("good")])
        pool._workers[0].process.send_signal(signal.SIGKILL)
        time.sleep(0.2)
        assert pool.verify([item("good")])[0].reward == 1


def test_a_timeout_kills_what_the_judge_started(tmp_path):
    noted = tmp_path / "pid"
    with open_verifier(1, 1.5) as verifier:
        assert verifier.verify([item("child", gold=str(noted))])[0].reward == 0
    assert until(lambda: not alive(int(noted.read_text())))


def test_judges_print_nowhere_and_workers_are_light(capfd):
    with open_verifier(1, 5) as verifier:
        attempts = verifier.verify([item("print"), item("modules"), item(r"\boxed{12.0}", "math"), item("modules")])
    assert capfd.readouterr().out == ""
    assert [attempts[1].verdict.reason, attempts[3].verdict.reason] == ["", ""]


@pytest.mark.parametrize("judge", ["maths", "no_such_module:judge", "hostile_judges:nothing", "a b:c", "x:"])
def test_unknown_judges(judge):
    with open_verifier(1, 5) as verifier, pytest.raises(UserError, match="judge"):
        verifier.verify([item("good", judge)])


def test_bad_settings():
    for workers, timeout in ((0, 1), (1, 0), (1, float("nan"))):
        with pytest.raises(UserError, match="verifier"):
            VerifierPool(workers, timeout)


PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
sys.path.insert(0, sys.argv[1])
from sdzero_bench.verify.pool import VerifierPool
from test_verify_pool import item
print("main imported", flush=True)
pool = VerifierPool(2, float(sys.argv[2]))
pool.verify([item("good")] * 8)
print(*[worker.process.pid for worker in pool._workers], flush=True)
pool.verify([item("hang-in-c"), item("hang")])
"""  # no `if __name__ == "__main__"`: workers must not run it again


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_workers_die_with_their_parent_even_in_a_hang(tmp_path, sent):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    timeout = "1" if sent == signal.SIGKILL else "60"  # SIGKILLed in the hang, before the second is over
    parent = subprocess.Popen(
        [sys.executable, str(program), str(HERE), timeout],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert parent.stdout is not None
    assert parent.stdout.readline() == "main imported\n"
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.4)
    os.killpg(parent.pid, sent)
    assert parent.wait(timeout=30) != 0
    assert until(lambda: not any(alive(pid) for pid in pids))
    parent.stdout.close()


def test_speed():
    """The embedded default judges about 5,000 completions a phase."""
    with open_verifier(2, 10) as verifier:
        verifier.verify([item(r"\boxed{12.0}", "math")])  # start
        start = time.monotonic()
        attempts = verifier.verify([item(rf"3 + {i} = {i} ; so \boxed{{{i}}}", "math") for i in range(5000)])
        assert sum(attempt.reward for attempt in attempts) == 1
        assert time.monotonic() - start < 2  # settled in this process
        start = time.monotonic()
        assert all(attempt.reward for attempt in verifier.verify([item(f"good {i}") for i in range(5000)]))
        assert time.monotonic() - start < 10  # through the workers
