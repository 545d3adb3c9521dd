import math
import shutil

import pytest

from sdzero_bench.errors import UserError
from sdzero_bench.types import Question, Verdict
from sdzero_bench.verify.code import compilers
from sdzero_bench.verify.code.codeforces import same_words
from sdzero_bench.verify.code.livecodebench import same_output
from sdzero_bench.verify.judges import load_judge

NEEDS_CPP = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ here: apt-get install g++")


def judge(name: str, meta: dict, text: str) -> Verdict:
    verdict = load_judge(name)(Question("q", (), "", domain="code", judge=name, meta=meta), text)
    assert verdict.extracted is None or len(verdict.extracted) <= 300
    return verdict


PROMPT = 'from typing import List\n\n\ndef half(xs: List[int]) -> List[int]:\n    """ Halves. """\n'
HUMANEVAL = {
    "task_id": "HumanEval/x",
    "prompt": PROMPT,
    "entry_point": "half",
    "test": """
def check(candidate):
    assert candidate([4, 6]) == [2, 3]
    x = candidate([3])
    assert x[0] <= 1, x
    assert tuple(half([])) == ()
""",
}


@pytest.mark.parametrize(
    ("text", "reward", "reason"),
    [
        ("    return [x // 2 for x in xs]\n", 1, "passed 3 tests"),
        ("```python\ndef half(xs: List[int]): return [x // 2 for x in xs]\n```", 1, "passed 3 tests"),
        ("def half(xs): return iter(x // 2 for x in xs)", 0, "test 1: got <list_iterator object"),
        ("def half(xs): return [round(x / 2) for x in xs]", 0, "test 2: got [2], assert x[0] <= 1, x"),
        ("def half(xs): return xs and [x // 2 for x in xs] or None", 0, "test 3: got None, TypeError: "),
        ("def half(xs): return {}[0]", 0, "test 1: KeyError: 0"),
        ("def half(xs):\n    while True: pass", 0, "test 1: cpu time limit"),
        ("def third(xs): return xs", 0, "does not define half"),
        ("def half(xs) return xs", 0, "SyntaxError: expected ':' (line 1)"),
        ("", 0, "no code found"),
    ],
)
def test_humaneval(text, reward, reason):
    verdict = judge("humaneval", HUMANEVAL, text)
    assert verdict.reason.startswith(reason), verdict.reason
    assert verdict.reward == reward


def test_a_program_does_not_change_the_tests_own_values():
    meta = HUMANEVAL | {"test": "def check(candidate):\n    xs = [2]\n    candidate(xs)\n    assert xs == [2]"}
    assert judge("humaneval", meta, "def half(xs): xs.clear()").reward == 1


def test_drawn_inputs_are_the_same_every_time():
    test = "def check(candidate):\n    import random\n    assert candidate(random.random()) == 0.8444218515250481"
    assert judge("humaneval", HUMANEVAL | {"test": test}, "def half(x): return x").reward == 1


MBPP = {"task_id": "2", "tests": ["assert set(shared((3, 4), (5, 4))) == set([4])", "assert shared((1,), ()) == ()"]}


@pytest.mark.parametrize(
    ("text", "reward", "reason"),
    [
        ("```python\ndef shared(a, b): return tuple(x for x in a if x in b)\n```", 1, "passed 2 tests"),
        ("def shared(a, b): return [x for x in a if x in b]", 0, "test 2: got [], assert shared((1,), ()) == ()"),
        ("def shared(a): return a", 0, "test 1: TypeError: shared() takes 1 positional"),
        ("import sys\nsys.exit()", 0, "does not define shared"),
    ],
)
def test_mbpp(text, reward, reason):
    verdict = judge("mbpp", MBPP | {"setup": ""}, text)
    assert verdict.reason.startswith(reason) or "SystemExit" in verdict.reason
    assert verdict.reward == reward


def test_mbpp_tests_may_use_modules_and_the_programs_classes():
    tests = ["assert math.isclose(depth(root), pi / pi)", "assert depth(Node(1)) == 0"]
    meta = {"task_id": "1", "tests": tests, "setup": "root = Node(1)\nroot.left = Node(2)"}
    program = "class Node:\n    left = None\n    def __init__(self, value): self.value = value\n"
    program += "def depth(node): return 1 + depth(node.left) if node and node.left else 0"
    verdict = judge("mbpp", meta | {"tests": tests[:1], "setup": meta["setup"] + "\npi = 3"}, program)
    assert verdict.reason == "TypeError" or verdict.reward == 0  # pi is in the program's process, by its name only
    assert judge("mbpp", meta | {"tests": ["assert math.isclose(depth(root), 1)"]}, program).reward == 1
    assert judge("mbpp", {"task_id": "1", "tests": tests[:1], "setup": "from math import pi\nroot = 1"},
                 "def depth(n): return n").reward == 1  # fmt: skip


LINES = {"tests": [{"input": "3 7\r\n", "output": "10\r\n"}, {"input": "1 1", "output": "2\n"}]}
CODEFORCES = LINES | {"language": "python", "time_limit": 1.0, "memory_mb": 256, "checker": None}
CPP = CODEFORCES | {"language": "cpp"}
ADD_CPP = '#include <cstdio>\nint main() { int a, b; scanf("%d %d", &a, &b); printf("%d\\n\\n", a + b); }'


@pytest.mark.parametrize(
    ("meta", "text", "reward", "reason"),
    [
        (CODEFORCES, "```python\nprint(sum(map(int, input().split())))\nexit()\n```", 1, "passed 2 tests"),
        (
            CODEFORCES,
            "import numpy, sys\nprint(numpy.array(list(map(int, sys.stdin.buffer.read().split()))).sum())",
            1,
            "",
        ),
        (CODEFORCES, "if __name__ == '__main__': print(10)", 0, "test 2: word 1: expected '2', got '10'"),
        (CODEFORCES, "print(10, 11)", 0, "test 1: word 2: expected nothing more, got '11'"),
        (CODEFORCES, "1/0", 0, "test 1: exit code 1: ZeroDivisionError: division by zero"),
        (CODEFORCES, "while True: pass", 0, "test 1: cpu time limit"),
        (CODEFORCES, "x = bytearray(1 << 30)", 0, "test 1: exit code 1: MemoryError"),
        (CODEFORCES, "print(", 0, "test 1: exit code 1: SyntaxError: '(' was never closed"),
        (CODEFORCES, "", 0, "no code found"),
        pytest.param(CPP, f"```cpp\n{ADD_CPP}\n```", 1, "passed 2 tests", marks=NEEDS_CPP),
        pytest.param(CPP, ADD_CPP.replace("+", "-"), 0, "test 1: word 1: expected '10', got '-4'", marks=NEEDS_CPP),
        pytest.param(
            CPP, "int main() { return x; }", 0, "does not compile: main.cpp:1:21: error: ‘x’", marks=NEEDS_CPP
        ),
        pytest.param(
            CPP, "#include <cstdlib>\nint main() { abort(); }", 0, "test 1: killed by a signal", marks=NEEDS_CPP
        ),
        pytest.param(CPP, "int main() { return 3; }", 0, "test 1: exit code 3", marks=NEEDS_CPP),
    ],
)
def test_codeforces(meta, text, reward, reason):
    verdict = judge("codeforces", meta, text)
    assert verdict.reason.startswith(reason), verdict.reason
    assert verdict.reward == reward


def test_codeforces_compares_words():
    assert same_words("YES\n1 2\n", "yes\n1\n\n2  ")
    assert same_words("no", "No")
    assert not same_words("1.0", "1")
    assert not same_words("yes", "yess")
    assert not same_words("1 2", "12")
    assert not same_words("abc", "ABC")


@pytest.mark.parametrize(
    ("checker", "reward"),
    [
        ("print(1)", 1),
        ("print('100')", 1),
        ("print(0)", 0),
        ("print(1)\nprint(1)", 0),
        ("print(1)\nraise SystemExit(2)", 0),
        # input, correct output, output, without empty lines and carriage returns
        ("import sys\na, b, c = [open(p).read() for p in sys.argv[1:]]\nprint(int((a, b, c) in "
         "[('3 7\\n', '10\\n', '-10\\n'), ('1 1', '2\\n', '-2\\n')]))", 1),
    ],
)  # fmt: skip
def test_codeforces_checkers(checker, reward):
    program = "print('\\n', -sum(map(int, input().split())), '\\n\\n', sep='')"
    assert judge("codeforces", CODEFORCES | {"checker": checker}, program).reward == reward


def test_a_missing_compiler_is_refused_at_the_start(monkeypatch, tmp_path):
    question = Question("q", (), "", judge="codeforces", meta=CPP)
    monkeypatch.setenv("PATH", str(tmp_path))
    compilers._compiler.cache_clear()
    with pytest.raises(UserError, match=r"g\+\+"):
        compilers.check_compilers([question])
    compilers.check_compilers([Question("q", (), "", judge="codeforces", meta=CODEFORCES), Question("m", (), "1")])
    compilers._compiler.cache_clear()


STDIN = LINES | {"kind": "stdin", "function": None, "starter_code": "", "time_limit": 6.0, "memory_mb": 1024}
STARTER = "class Solution:\n    def add(self, xs: List[int], n: int) -> List[int]:\n        "
FUNCTIONAL = STDIN | {
    "kind": "functional",
    "function": "add",
    "starter_code": STARTER,
    "tests": [{"input": "[1, 2]\n3", "output": "[4, 5]"}, {"input": "[]\n3", "output": "[]"}],
}


@pytest.mark.parametrize(
    ("meta", "text", "reward", "reason"),
    [
        (STDIN, "def f(): print(sum(map(int, input().split())))\nif __name__ == '__main__': f()", 1, "passed 2"),
        (STDIN, "xs = defaultdict(int)\nprint(ceil(sum(map(int, sys.stdin.read().split()))), '.00', sep='')", 1, ""),
        (STDIN, "print(10)", 0, "test 2: word 1: expected '2', got '10'"),
        (STDIN, "raise ValueError('no')", 0, "test 1: exit code 1: ValueError: no"),
        (FUNCTIONAL, f"```python\n{STARTER}return [x + n for x in xs]\n```", 1, "passed 2 tests"),
        (FUNCTIONAL, f"{STARTER}return tuple(x + n for x in xs)", 1, "passed 2 tests"),
        (FUNCTIONAL | {"function": None}, f"{STARTER}return [x + n for x in xs]", 1, "passed 2 tests"),
        (FUNCTIONAL, "def add(xs, n): return [x + n for x in xs]", 1, "passed 2 tests"),
        (FUNCTIONAL, f"{STARTER}return xs", 0, "test 1: expected [4, 5], got [1, 2]"),
        (FUNCTIONAL, f"{STARTER}return xs[0] and [4, 5]", 0, "test 2: IndexError: list index out of range"),
        (FUNCTIONAL, "class Solution: pass", 0, "does not define add"),
    ],
)  # fmt: skip
def test_livecodebench(meta, text, reward, reason):
    verdict = judge("livecodebench", meta, text)
    assert verdict.reason.startswith(reason), verdict.reason
    assert verdict.reward == reward


def test_livecodebench_compares_lines_and_decimals():
    assert same_output("1 2\n3\n", " 1 2 \n 3")
    assert same_output("1.50 2", "1.5 2.0")
    assert same_output("Yes", "Yes")
    assert not same_output("Yes", "YES")
    assert not same_output("1 2\n3", "1 2 3")
    assert not same_output("0.3", "0.30000000000000004")
    assert not same_output("nan", "NaN")
    assert not same_output("5", "sNaN")
    assert not same_output("1e5000000", "2")
    assert same_output(str(math.inf), "Infinity")  # as in the original: both are Decimal("Infinity")


def test_long_whole_numbers():
    number = "1" * 6000
    meta = FUNCTIONAL | {"tests": [{"input": f"[{number}]\n0", "output": f"[{number}]"}]}
    assert judge("livecodebench", meta, "def add(xs, n): return [int(str(xs[0])) + n]").reward == 1
    wrong = judge("livecodebench", meta, "def add(xs, n): return [xs[0] + 1]")
    assert wrong.reward == 0
    assert len(wrong.reason) < 300
