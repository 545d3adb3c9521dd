"""Question sets by a specification string: the embedded one, generators, files, Hugging Face data sets.

Examples: "arithmetic?split=train&size=4000&terms=3-5", "reasoning_gym:chain_sum?size=200", "train.jsonl",
"hf:openai/gsm8k?config=main&split=train".
"""

from __future__ import annotations

from importlib.util import find_spec
from os.path import isdir, isfile  # unlike pathlib's, no error for a name too long to be a file's
from pathlib import Path
from typing import NamedTuple

from sdzero_bench.benchmarks import benchmark_questions, is_benchmark, read_cards
from sdzero_bench.errors import UserError
from sdzero_bench.questions.prompt import prepare
from sdzero_bench.questions.spec import check_options, split_spec, suggest, whole_number
from sdzero_bench.types import Question

__all__ = ["Source", "describe_sources", "is_question_set", "load_questions", "prepare"]

_NAMES = ("arithmetic", "reasoning_gym:GENERATOR", "hf:DATASET", "FILE.jsonl")
_FILES = (".jsonl", ".json", ".ndjson")


class Source(NamedTuple):
    """One kind of question set, for people choosing."""

    name: str
    example: str
    domain: str
    gold_solutions: str
    at_hand: str


def load_questions(
    spec: str, *, seed: int = 0, split: str = "train", data_dir: Path | None = None, shots: int | None = None
) -> list[Question]:
    """The questions a specification names, in a fixed order with ids that are stable and unique within the set.

    `seed` and `split` ("train", "evaluation") are for sets that have them and whose specification gives none;
    `data_dir` and `shots` (worked examples before each question) for benchmarks. Raises UserError.
    """
    if isfile(spec):  # a name may hold a question mark
        return _load_file(spec, Path(spec), {})
    name, options = split_spec(spec)
    kind, colon, rest = name.partition(":")
    if name == "arithmetic":
        return _load_arithmetic(spec, options, seed, split)
    if is_benchmark(name):
        return benchmark_questions(spec, data_dir=data_dir, split=split, shots=shots)
    if colon and kind == "reasoning_gym":
        from sdzero_bench.questions import gym

        return gym.load(spec, rest, options, seed)
    if colon and kind == "hf":
        from sdzero_bench.questions import hub

        return hub.load(spec, rest, options)
    if Path(name).suffix in _FILES or isfile(name):
        return _load_file(spec, Path(name), options)
    if name and isdir(name):
        raise UserError(f"questions: {name} is a folder; for a Hugging Face data set write hf:{name}")
    raise UserError(f"questions: unknown question set {spec!r}{suggest(name, (*_NAMES, *read_cards()))}")


def is_question_set(spec: str) -> bool:
    """Whether `load_questions` is meant: a name of its own, a benchmark, or a file. Reads nothing."""
    if isfile(spec):
        return True
    name = spec.partition("?")[0]
    kind, colon, _ = name.partition(":")
    known = name == "arithmetic" or is_benchmark(name) or (bool(colon) and kind in ("reasoning_gym", "hf"))
    return known or Path(name).suffix in _FILES or isdir(name)


def describe_sources() -> list[Source]:
    """What `load_questions` understands."""
    gym_at_hand = "yes" if find_spec("reasoning_gym") else "pip install reasoning-gym"
    gold = "field `solution`, or GSM8K's ####"
    gym_example = "reasoning_gym:chain_sum?size=200&seed=3&min_terms=2"
    hub_example = "hf:openai/gsm8k?config=main&split=train"
    return [
        Source("arithmetic", "arithmetic?split=train&size=4000&terms=3-5", "math", "yes", "yes"),
        Source("reasoning-gym generator", gym_example, "the generator's", "no", gym_at_hand),
        Source("JSON lines file", "train.jsonl", "math", gold, "your file"),
        Source("Hugging Face data set", hub_example, "math", gold, "downloaded, or a local folder"),
    ]


def _load_file(spec: str, path: Path, options: dict[str, str]) -> list[Question]:
    from sdzero_bench.questions import jsonl, records

    return jsonl.load(path, records.field_options(spec, options))


def _load_arithmetic(spec: str, options: dict[str, str], seed: int, split: str) -> list[Question]:
    from sdzero_tasks.arithmetic import questions

    check_options(spec, options, ("split", "size", "terms", "seed"))
    shortest, _, longest = options.get("terms", "3-5").partition("-")
    if not (shortest.isdecimal() and (longest or shortest).isdecimal()):
        raise UserError(f"questions: terms={options['terms']} in {spec!r} must be a number or a range like 3-5")
    return questions(
        options.get("split", split),
        whole_number(spec, options, "size", 4000 if split == "train" else 500, least=1),
        (int(shortest), int(longest or shortest)),
        whole_number(spec, options, "seed", seed),
    )
