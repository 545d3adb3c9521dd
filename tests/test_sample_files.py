import json
from pathlib import Path

import pytest

from sdzero_bench.errors import UserError
from sdzero_bench.sample_files import read_samples
from sdzero_bench.types import Question

SUFFIX = "\nPlease reason step by step, and put your final answer within \\boxed{}."


def question(name: str, text: str, answer: str = "4") -> Question:
    return Question(name, ({"role": "user", "content": text},), answer)


QUESTIONS = [
    question("HumanEval/0", "def add(a, b):\n    ..."),
    question("set/7", "How many legs does a dog have, if it has all of them?" + SUFFIX),
    question("set/8", "How many legs does a spider have, if it has all of them?" + SUFFIX, "8"),
]


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_formats(tmp_path: Path) -> None:
    path = written(
        tmp_path / "s.jsonl",
        {"task_id": "HumanEval/0", "solution": "a"},
        {"id": "7", "completion": "b"},  # without the task's name before it
        "",
        {"problem": "How many legs does a spider have,  if it has all of them?", "completion": "c", "answer": "8"},
    )
    samples = read_samples(path, QUESTIONS)
    assert [(q.id, c.text, c.token_ids) for q, c in samples.items] == [
        ("HumanEval/0", "a", ()), ("set/7", "b", ()), ("set/8", "c", ()),
    ]  # fmt: skip
    assert not samples.without


def test_several_samples_stand_together_and_missing_questions_are_named(tmp_path: Path) -> None:
    rows = [
        {"id": name, "completion": text}
        for name, text in (("set/8", "1"), ("set/7", "2"), ("set/8", "3"), ("set/7", "4"))
    ]
    samples = read_samples(written(tmp_path / "s.jsonl", *rows), QUESTIONS)
    assert [(q.id, c.text) for q, c in samples.items] == [
        ("set/7", "2"),
        ("set/7", "4"),
        ("set/8", "1"),
        ("set/8", "3"),
    ]
    assert [q.id for q in samples.without] == ["HumanEval/0"]


def test_without_a_task_every_line_brings_its_answer(tmp_path: Path) -> None:
    rows = [
        {"id": "x", "completion": "so \\boxed{5}", "answer": 5},
        {"problem": "2+2?", "completion": "4", "answer": "4"},
    ]
    samples = read_samples(written(tmp_path / "s.jsonl", *rows), None)
    assert [(q.id, q.answer, q.judge) for q, _ in samples.items] == [("x", "5", "math"), ("2+2?", "4", "math")]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["{"], "s.jsonl:1 is not JSON"),
        (["[1]"], "s.jsonl:1 is not an object"),
        ([], "holds no samples"),
        ([{"completion": "a"}], "has neither task_id nor question_id nor id nor problem"),
        ([{"id": "set/9", "completion": "a"}], "the task has no question 'set/9'; its ids are like"),
        ([{"id": "set/7"}], "field solution or completion or response or output is missing; it has: id"),
        ([{"id": "set/7", "completion": 3}], "is not text"),
        ([{"id": "set/7", "completion": "a"}] * 2 + [{"id": "set/8", "completion": "a"}], "1 samples of set/8"),
    ],
)  # fmt: skip
def test_bad_files(tmp_path: Path, rows: list, said: str) -> None:
    with pytest.raises(UserError, match="--samples: ") as refused:
        read_samples(written(tmp_path / "s.jsonl", *rows), QUESTIONS)
    assert said in str(refused.value)


def test_bad_files_without_a_task(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"s.jsonl:1 has no answer; name the questions with --task"):
        read_samples(written(tmp_path / "s.jsonl", {"id": "a", "completion": "b"}), None)
    rows = [{"id": "a", "completion": "b", "answer": "1"}, {"id": "a", "completion": "b", "answer": "2"}]
    with pytest.raises(UserError, match=r"s.jsonl:2: a has another answer"):
        read_samples(written(tmp_path / "s.jsonl", *rows), None)
    with pytest.raises(UserError, match="no such file"):
        read_samples(tmp_path / "none.jsonl", None)
