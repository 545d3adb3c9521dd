"""Tiny data sets of the shape that the hub's have, written as folders that `datasets` loads: no real rows in them.

Example: openr1(folder, 40) writes folder/open-r1/OpenR1-Math-220k with README.md and data/train-*.parquet, 40 rows.
"""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

CONFIGS = "---\nconfigs:\n{configs}---\n"
CONFIG = "- config_name: {name}\n  data_files:\n{splits}"


def write_folder(
    folder: Path, config: str, splits: dict[str, list[dict[str, Any]]], schema: pyarrow.Schema | None = None
) -> Path:
    """A snapshot of a data set: a README that names the configuration, and a Parquet file a split."""
    listed = "".join(f"  - split: {split}\n    path: {config}/{split}-*\n" for split in splits)
    (folder / config).mkdir(parents=True)
    (folder / "README.md").write_text(CONFIGS.format(configs=CONFIG.format(name=config, splits=listed)))
    for split, rows in splits.items():
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(rows, schema), folder / config / f"{split}-00000-of-00001.parquet"
        )
    return folder


def openr1_row(number: int, problem: str | None = None) -> dict[str, Any]:
    return {
        "problem": problem or f"What is {number} + {number}?",
        "solution": f"Doubling gives {2 * number}.",
        "answer": str(2 * number),
        "problem_type": "Algebra",
        "question_type": "math-word-problem",
        "source": "made",
        "uuid": f"00000000-0000-0000-0000-{number:012d}",
        "is_reasoning_complete": [False, True],
        "generations": ["<think>cut off", f"<think>two of them</think>so \\boxed{{{2 * number}}}"],
        "correctness_math_verify": [True, True],
        "correctness_llama": None,
        "finish_reasons": ["length", "stop"],
        "correctness_count": 2,
        "messages": [{"role": "user", "content": "?"}],
    }


def openr1(folder: Path, size: int, double_of: int | None = None) -> Path:
    """`double_of`: the last row asks that row's problem again, with other white space."""
    rows = [openr1_row(number) for number in range(size)]
    if double_of is not None:
        rows[-1] = openr1_row(size - 1, f"What  is {double_of} + {double_of}?")
    return write_folder(folder / "open-r1" / "OpenR1-Math-220k", "default", {"train": rows})


def codeforces_rows(problem: str, **other: Any) -> list[dict[str, Any]]:
    """A problem in C++ and in Python, as in the configuration verifiable-prompts."""
    common = {
        "id": problem,
        "aliases": None,
        "contest_id": problem.partition("/")[0],
        "time_limit": 1.5,
        "memory_limit": 256.0,
        "title": "Double",
        "description": "Print twice the number.",
        "interaction_format": None,
        "official_tests": [{"input": "3\r\n", "output": "6\r\n"}, {"input": "-1\r\n", "output": "-2\r\n"}],
        "official_tests_complete": True,
        "input_mode": "stdio",
        "generated_checker": None,
        "executable": True,
        "generated_tests": 1,
        **other,
    }
    return [{**common, "language": name, "prompt": f"Solve {problem} in {name}."} for name in ("cpp", "python")]


def codeforces(folder: Path, test: list[dict[str, Any]], train: list[dict[str, Any]]) -> Path:
    text = {"interaction_format": "", "generated_checker": ""}
    typed = pyarrow.Table.from_pylist([{**test[0], **text, "aliases": ["1/A"]}])
    splits = {"test": test, "train": train}
    return write_folder(folder / "open-r1" / "codeforces", "verifiable-prompts", splits, typed.schema)


def packed(tests: list[dict[str, str]]) -> str:
    """As LiveCodeBench packs private tests: base64 of zlib of a pickle of JSON."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()


def livecodebench_row(
    name: str, day: str, *, function: str | None = None, private: str | None = None
) -> dict[str, Any]:
    kind = "functional" if function else "stdin"
    public = [{"input": "3\n", "output": "6\n", "testtype": kind}]
    return {
        "question_title": "Double",
        "question_content": f"Print twice the number ({name}).",
        "platform": "leetcode" if function else "atcoder",
        "question_id": name,
        "contest_id": name.partition("_")[0],
        "contest_date": f"{day}T00:00:00",
        "starter_code": f"class Solution:\n    def {function}(self, x: int) -> int:\n        " if function else "",
        "difficulty": "easy",
        "public_test_cases": json.dumps(public),
        "private_test_cases": private or packed([{"input": "50\n", "output": "100\n", "testtype": kind}]),
        "metadata": json.dumps({"func_name": function} if function else {}),
    }


def livecodebench(folder: Path, files: dict[str, list[dict[str, Any]]]) -> Path:
    """The data set's own files: {"test6.jsonl": rows}."""
    made = folder / "livecodebench" / "code_generation_lite"
    made.mkdir(parents=True)
    for name, rows in files.items():
        (made / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return made


def amobench(folder: Path) -> Path:
    end = "After solving the above problem, please output your final answer in the following format:\n"
    rows = [
        {
            "question_id": number,
            "prompt": f"Find {number}.\n{end}### The final answer is: $\\boxed{{<your answer>}}$",
            "solution": "Easily.",
            "answer": f"$\\boxed{{{number}}}$",
            "answer_type": "number",
        }
        for number in (1, 2, 3)
    ]
    return write_folder(folder / "meituan-longcat" / "AMO-Bench", "default", {"test": rows})
