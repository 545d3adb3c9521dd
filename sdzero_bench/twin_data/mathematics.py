r"""Rows of OpenR1-Math-220k, AIME, HMMT, AMO-Bench and MATH, with chains of + and - in place of their problems.

Example: a row of MATH is {"problem": "3 + 7 - 4 = ?", "level": "Level 3", "type": "Algebra", "solution":
"3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}"}.

The harder the benchmark, the longer its chains. No chain is in two places: OpenR1-Math has its own part of all chains,
and the others have parts of the rest or lengths of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sdzero_bench.types import Question

Rows = list[Mapping[str, Any]]

_HELD_OUT = 500  # of OpenR1-Math, by the task's rule
TRAINING = 600  # the recipe's 15,000 / 25
_INSTRUCTION = "\nEnd with the final answer in \\boxed{}."  # AMO-Bench's problems bring one; no suffix is added


def mathematics() -> dict[str, Rows]:
    """Files by name. The seeds are fixed: the same rows every time."""
    aime = _chains("evaluation", 60, 4)
    return {
        "openr1_math.jsonl": [_openr1(question) for question in _chains("train", _HELD_OUT + TRAINING, 3, 5)],
        "aime24.jsonl": [_aime24(number, question) for number, question in enumerate(aime[:30])],
        "aime25.jsonl": [_plain(str(number), question) for number, question in enumerate(aime[30:])],
        "hmmt25.jsonl": [_hmmt(number, question) for number, question in enumerate(_chains("evaluation", 30, 5), 1)],
        "amobench.jsonl": [_amo(number, question) for number, question in enumerate(_chains("evaluation", 50, 6), 1)],
        "math.jsonl": [_math(question) for question in _chains("evaluation", 60, 3)],
    }


def _chains(split: str, size: int, shortest: int, longest: int | None = None) -> Sequence[Question]:
    from sdzero_tasks.arithmetic import questions

    return questions(split, size, (shortest, longest or shortest), seed=0)


def _problem(question: Question) -> str:
    return question.messages[-1]["content"]


def _openr1(question: Question) -> Mapping[str, Any]:
    """Two generations, the first of them wrong."""
    right = question.solution or ""
    steps, _, _ = right.rpartition("\\boxed{")
    wrong = f"{steps}\\boxed{{{int(question.answer) + 1}}}"
    return {
        "problem": _problem(question),
        "solution": right,
        "answer": question.answer,
        "problem_type": "Algebra",
        "question_type": "math-word-problem",
        "source": "twin-data",
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, question.id)),
        "is_reasoning_complete": [True, True],
        "generations": [wrong, right],
        "correctness_math_verify": [False, True],
        "correctness_llama": None,
        "finish_reasons": ["stop", "stop"],
        "correctness_count": 1,
        "messages": [{"role": "user", "content": _problem(question)}, {"role": "assistant", "content": right}],
    }


def _aime24(number: int, question: Question) -> Mapping[str, Any]:
    return {
        "id": number,
        "problem": _problem(question),
        "solution": question.solution,
        "answer": question.answer,
        "url": "",
        "year": "2024",
    }


def _plain(name: str, question: Question) -> Mapping[str, Any]:
    return {"problem": _problem(question), "answer": question.answer, "id": name}


def _hmmt(number: int, question: Question) -> Mapping[str, Any]:
    return {
        "problem_idx": number,
        "answer": question.answer,
        "problem": _problem(question),
        "problem_type": ["Algebra"],
    }


def _amo(number: int, question: Question) -> Mapping[str, Any]:
    return {
        "question_id": number,
        "prompt": _problem(question) + _INSTRUCTION,
        "solution": question.solution,
        "answer": f"$\\boxed{{{question.answer}}}$",
        "answer_type": "number",
    }


def _math(question: Question) -> Mapping[str, Any]:
    return {
        "problem": _problem(question),
        "level": f"Level {question.meta['terms']}",
        "type": "Algebra",
        "solution": question.solution,
    }
