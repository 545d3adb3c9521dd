"""Rows of Codeforces, codeforces-cots and LiveCodeBench, with programs of a line or two in place of their problems.

Example: "Write a short Python program that prints the word Banana." has the test {"input": "", "output": "Banana\\n"}
and the gold solution `print("Banana")`, after a thought.

Problems are as easy as this because a model of 135M weights has to be right sometimes: nothing can be learned from
samples that are all wrong. No word or number is asked for by two problems.
"""

from __future__ import annotations

import base64
import json
import pickle
import random
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Rows = list[Mapping[str, Any]]

_NAMES = {"cpp": "C++", "python": "Python"}
_PROGRAMS = {
    "cpp": "#include <iostream>\nint main() {{\n    std::cout << {0};\n}}",
    "python": "print({0})",
}
_TRAINING, _HELD_OUT, _LIVECODEBENCH = 40, 20, 20  # problems
_WORDS = (
    "Apple Banana Cherry Lemon Orange Peach Plum Grape Melon Mango Carrot Potato Tomato Onion Pepper Bread Butter "
    "Cheese Honey Sugar Dog Cat Horse Tiger Lion Eagle Rabbit Mouse Sheep Whale River Mountain Forest Island Ocean "
    "Desert Cloud Thunder Winter Summer"
)


@dataclass(frozen=True)
class Problem:
    """What is asked: a program that prints one word or number."""

    printed: str

    def statement(self, language: str) -> str:
        """The whole question."""
        kind = "number" if self.printed.isdecimal() else "word"
        return f"Write a short {_NAMES[language]} program that prints the {kind} {self.printed}."

    def program(self, language: str) -> str:
        """The program in a block, as an assistant would give it."""
        value = self.printed if self.printed.isdecimal() else f'"{self.printed}"'
        return f"```{language}\n{_PROGRAMS[language].format(value)}\n```"

    def test(self) -> dict[str, str]:
        """Nothing to read, and what is to be printed."""
        return {"input": "", "output": f"{self.printed}\n"}


def programs() -> dict[str, Rows]:
    """Files by name; the same rows every time."""
    problems = _problems()
    train, test, other = (
        problems[:_TRAINING],
        problems[_TRAINING : _TRAINING + _HELD_OUT],
        problems[_TRAINING + _HELD_OUT :][:_LIVECODEBENCH],
    )
    return {
        "codeforces.jsonl": _codeforces(test, 2000),
        "codeforces_train.jsonl": _codeforces(train, 1),
        "codeforces_cots_solutions.jsonl": _cots(train, 1, "cpp"),
        "codeforces_cots_solutions_py.jsonl": _cots(train, 1, "python"),
        "livecodebench.jsonl": [_livecodebench(number, problem) for number, problem in enumerate(other)],
    }


def _problems() -> Sequence[Problem]:
    """Every problem, in a random order of its own."""
    rng = random.Random("twin programs")
    words = _WORDS.split()
    numbers = rng.sample(range(10, 100), len(words))
    return [Problem(printed) for printed in rng.sample([*words, *map(str, numbers)], 2 * len(words))]


def _codeforces(problems: Sequence[Problem], contest: int) -> Rows:
    return [
        {
            "id": f"{contest + number}/A",
            "aliases": None,
            "contest_id": str(contest + number),
            "contest_name": "twin-data",
            "index": "A",
            "time_limit": 2.0,
            "memory_limit": 256.0,
            "title": problem.printed,
            "description": f"Print {problem.printed}.",
            "input_format": "Nothing.",
            "output_format": "A word or a number.",
            "interaction_format": None,
            "note": None,
            "examples": [problem.test()],
            "official_tests": [problem.test()],
            "official_tests_complete": True,
            "input_mode": "stdio",
            "generated_checker": None,
            "executable": True,
            "generated_tests": 0,
            "language": language,
            "prompt": problem.statement(language),
        }
        for number, problem in enumerate(problems)
        for language in _NAMES
    ]


def _cots(problems: Sequence[Problem], contest: int, language: str) -> Rows:
    """C++: one generation that was cut off, then one that was not."""
    rows: Rows = []
    for number, problem in enumerate(problems):
        whole = f"<think>\nIt prints {problem.printed}.\n</think>\n\n{problem.program(language)}"
        cut = [(whole[: len(whole) // 2], "length")] if language == "cpp" else []
        for generation, reason in [*cut, (whole, "stop")]:
            prompt = {"role": "user", "content": problem.statement(language)}
            rows.append(
                {
                    "id": f"{contest + number}/A",
                    "aliases": None,
                    "contest_id": str(contest + number),
                    "prompt": problem.statement(language),
                    "generation": generation,
                    "finish_reason": reason,
                    "messages": [prompt, {"role": "assistant", "content": generation}],
                }
            )
    return rows


def _livecodebench(number: int, problem: Problem) -> Mapping[str, Any]:
    tests = [{**problem.test(), "testtype": "stdin"}]
    return {
        "question_title": problem.printed,
        "question_content": problem.statement("python"),
        "platform": "atcoder",
        "question_id": f"twin{number:03d}_a",
        "contest_id": f"twin{number:03d}",
        "contest_date": "2025-01-04T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps(tests),
        "private_test_cases": _packed(tests),
        "metadata": "{}",
    }


def _packed(tests: Sequence[Mapping[str, str]]) -> str:
    """As LiveCodeBench packs private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests), protocol=4))).decode()
