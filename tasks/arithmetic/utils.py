"""What arithmetic.yaml needs from Python: the documents, and how a response is judged.

Example of a document: {"question": "3 + 7 = ?", "answer": "10", "solution": "3 + 7 = 10 ; so \\boxed{10}"}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import DatasetDict


def load(size: int = 500, min_terms: int = 3, max_terms: int = 5, seed: int = 0, **_: Any) -> DatasetDict:
    """The train and evaluation splits; lm-eval's own metadata (a version, the model's arguments) is ignored."""
    from datasets import Dataset, DatasetDict

    from sdzero_tasks.arithmetic import questions

    splits = {}
    for split in ("train", "evaluation"):
        rows = [
            {"question": question.messages[-1]["content"], "answer": question.answer, "solution": question.solution}
            for question in questions(split, size, (min_terms, max_terms), seed)
        ]
        splits[split] = Dataset.from_list(rows)
    return DatasetDict(splits)


def process_results(document: dict[str, str], results: list[str]) -> dict[str, int]:
    """1 where the last box of the response holds the answer."""
    from sdzero_bench.types import Question
    from sdzero_bench.verify.math import judge

    message = {"role": "user", "content": document["question"]}
    return {"acc": judge(Question("arithmetic", (message,), document["answer"]), results[0]).reward}
