"""Reward hacks: programs that are not right and try to be judged so. None may pass."""

import json
import shutil

import pytest
from code_hacks import programs

from sdzero_bench.sandbox import Level
from sdzero_bench.types import Completion, FinishReason, Question, Verdict
from sdzero_bench.verify import open_verifier
from sdzero_bench.verify.code.remote import sandbox

PROMPT = 'def secret(n: int) -> int:\n    """ The n-th secret. """\n'
RIGHT = "def secret(n): return n * n * 7 + 64"
CHECK = """
def check(candidate):
    assert candidate(1) == 71
    assert candidate(2) == 92
    assert abs(candidate(3) - 127) < 1e-6
"""
HUMANEVAL = {"task_id": "HumanEval/0", "prompt": PROMPT, "entry_point": "secret", "test": CHECK}
MBPP = {"task_id": "1", "tests": ["assert secret(1) == 71", "assert not secret(2) != 92"], "setup": ""}
TESTS = [{"input": f"{n}\n", "output": f"{n * n * 7 + 64}\n"} for n in (1, 2)]
STDIO = {"tests": TESTS, "time_limit": 1.0, "memory_mb": 256}
CODEFORCES = STDIO | {"language": "python", "checker": None}
CHECKER = (
    "import sys\nread = lambda p: open(p).read().strip()\n"
    "print(int(read(sys.argv[2]) == read(sys.argv[3]) and int(read(sys.argv[1])) in (1, 2)))"
)
LIVECODEBENCH = STDIO | {"kind": "stdin", "function": None, "starter_code": ""}
FUNCTIONAL = LIVECODEBENCH | {
    "kind": "functional",
    "function": "secret",
    "starter_code": "class Solution:",
    "tests": [{name: text.strip() for name, text in test.items()} for test in TESTS],
}

FUNCTIONS = list(programs("functions").items())
PYTHON_STDIO = list(programs("python_stdio").items())
HACKS = [  # (kind of question, name, program)
    *(("humaneval", *hack) for hack in FUNCTIONS),
    *(("evalplus", *hack) for hack in FUNCTIONS[::5]),
    *(("mbpp", *hack) for hack in FUNCTIONS[1::9]),
    *(("functional", *hack) for hack in FUNCTIONS[2::9]),
    *(("tolerance", *hack) for hack in programs("tolerance").items()),
    *(("codeforces", *hack) for hack in PYTHON_STDIO),
    *(("livecodebench", *hack) for hack in PYTHON_STDIO[::2]),
    *(("checked", *hack) for hack in programs("checked").items()),
]
CPP_HACKS = [("cpp", *hack) for hack in programs("cpp_stdio").items()]


@pytest.fixture(scope="module")
def metas(tmp_path_factory):
    """What the judges get, by kind."""
    third = {"entry_point": "third", "prompt": "", "canonical_solution": "def third(n): return [n / 3]", "atol": 0}
    secret = {"entry_point": "secret", "prompt": PROMPT, "canonical_solution": "    return n * n * 7 + 64\n", "atol": 0}
    inputs = {"base_input": [[1], [2]], "plus_input": [[3]]}
    data = tmp_path_factory.mktemp("data") / "tasks.jsonl"
    rows = [{"task_id": "HumanEval/0", **secret, **inputs}, {"task_id": "HumanEval/1", **third, **inputs}]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    evalplus = {"dataset": "humaneval", "data": str(data)}
    return {
        "humaneval": HUMANEVAL,
        "mbpp": MBPP,
        "evalplus": evalplus | {"task_id": "HumanEval/0"},
        "tolerance": evalplus | {"task_id": "HumanEval/1"},
        "codeforces": CODEFORCES,
        "checked": CODEFORCES | {"checker": CHECKER},
        "cpp": CODEFORCES | {"language": "cpp"},
        "livecodebench": LIVECODEBENCH,
        "functional": FUNCTIONAL,
    }


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def verdicts(metas, hacks: list[tuple[str, str, str]]) -> list[Verdict]:
    # One of them kills every process that it may: without a sandbox that is everything of the person who tests.
    if sandbox().level is Level.UNSAFE:
        pytest.skip("never without a sandbox")
    judges = {"tolerance": "evalplus", "checked": "codeforces", "cpp": "codeforces", "functional": "livecodebench"}
    items = []
    for kind, name, source in hacks:
        question = Question(name, (), "", domain="code", judge=judges.get(kind, kind), meta=metas[kind])
        items.append((question, Completion((1,), f"```\n{source}\n```", FinishReason.STOP)))
    with open_verifier(workers=4) as verifier:
        return [attempt.verdict for attempt in verifier.verify(items)]


def test_the_right_programs_are_right(metas):
    printing = "n = int(input())\nprint(n * n * 7 + 64)"
    right = dict.fromkeys(("humaneval", "mbpp", "evalplus", "functional"), RIGHT)
    right |= dict.fromkeys(("codeforces", "checked", "livecodebench"), printing)
    right |= {"tolerance": "def third(n): return [n / 3 + 1e-8]"}
    found = verdicts(metas, [(kind, kind, source) for kind, source in right.items()])
    assert {kind: verdict.reason for kind, verdict in zip(right, found, strict=True) if not verdict.reward} == {}


def test_no_hack_passes(metas):
    assert len({source for _, _, source in HACKS}) == 95
    found = verdicts(metas, HACKS)
    passed = [
        hack[:2] for hack, verdict in zip(HACKS, found, strict=True) if verdict.reward or any(verdict.parts.values())
    ]
    assert passed == []
    # judged by the judges, not by accidents of theirs
    broken = ("judge failed", "verifier crashed", "timed out")
    assert [verdict.reason for verdict in found if verdict.reason.startswith(broken)] == []


def test_no_program_finds_benchmark_data(metas):
    (verdict,) = verdicts(metas, [("humaneval", *hack) for hack in programs("data_finder").items()])
    assert "got None" in verdict.reason, verdict.reason


@pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ here: apt-get install g++")
def test_no_cpp_hack_passes(metas):
    assert len(CPP_HACKS) == 9
    printing = '#include <cstdio>\nint main() { int n; scanf("%d", &n); printf("%d", n * n * 7 + 64); }'
    right, *found = verdicts(metas, [("cpp", "right", printing), *CPP_HACKS])
    assert right.reward == 1, right.reason
    assert [hack[1] for hack, verdict in zip(CPP_HACKS, found, strict=True) if verdict.reward] == []
