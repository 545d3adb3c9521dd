"""The arithmetic question set: splits, gold solutions, and the task file as lm-eval reads it."""

import re

import pytest

from sdzero_bench.errors import UserError
from sdzero_bench.verify.math import judge
from sdzero_tasks.arithmetic import SPLITS, questions


def expressions(split: str, size: int = 400, seed: int = 0) -> list[str]:
    return [question.messages[0]["content"] for question in questions(split, size, (3, 5), seed)]


def test_no_expression_is_in_two_splits_or_twice_in_one():
    found = [text for split in SPLITS for seed in (0, 1) for text in set(expressions(split, seed=seed))]
    by_split = {split: set(expressions(split)) | set(expressions(split, seed=1)) for split in SPLITS}
    assert sum(map(len, by_split.values())) == len(set(found))
    assert all(len(set(expressions(split))) == 400 for split in SPLITS)


def test_the_same_seed_gives_the_same_questions_and_a_larger_set_begins_with_a_smaller_one():
    assert expressions("train", 50) == expressions("train", 400)[:50]
    assert expressions("train", 50) != expressions("train", 50, seed=1)


def test_ids_are_unique_and_name_the_expression():
    asked = questions("train", 300, (3, 5), 0)
    assert len({question.id for question in asked}) == 300
    again = {question.id: question for question in questions("train", 3_000, (3, 5), 7)}
    assert all(again[q.id].messages == q.messages for q in asked if q.id in again)


def test_lengths_are_within_the_bounds_and_all_occur():
    lengths = {len(re.findall(r"\d+", text)) for text in expressions("evaluation", 60)}
    assert lengths == {3, 4, 5}


def test_every_step_of_a_gold_solution_is_true_and_it_verifies():
    for question in questions("train", 300, (2, 6), 3):
        assert question.solution is not None
        for left, sign, right, result in re.findall(r"(-?\d+) ([+-]) (\d+) = (-?\d+)", question.solution):
            assert int(left) + int(sign + right) == int(result)
        expression = question.messages[0]["content"].removesuffix(" = ?")
        assert int(question.answer) == sum(map(int, re.findall(r"[+-]?\d+", expression.replace(" ", ""))))
        assert judge(question, question.solution).reward == 1
        wrong = question.solution.replace("\\boxed{", "\\boxed{1")
        assert judge(question, wrong).reward == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("test", 5, (3, 5), 0), "unknown split 'test'; known: pretraining, train, evaluation"),
        (("train", 0, (3, 5), 0), "size is 0"),
        (("train", 5, (5, 3), 0), "terms is 5-3"),
        (("train", 5, (1, 3), 0), "terms is 1-3"),
        (("evaluation", 500, (2, 2), 0), "has only about"),
    ],
)
def test_bad_requests_are_answered_in_one_line(arguments, problem):
    with pytest.raises(UserError) as caught:
        questions(*arguments)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lm_eval_reads_the_task_and_judges_by_the_last_box():
    from importlib.resources import files

    from lm_eval.tasks import TaskManager

    folder = str(files("sdzero_tasks"))
    task = TaskManager(include_path=folder).load([f"{folder}/arithmetic/arithmetic.yaml"])["tasks"]["arithmetic"]
    document = next(iter(task.test_docs()))
    first = questions("evaluation", 1, (3, 5), 0)[0]
    assert task.doc_to_text(document) == first.messages[0]["content"]
    assert task.doc_to_target(document) == first.solution
    assert task.process_results(document, [f"so \\boxed{{x}}\n\n{first.solution}"]) == {"acc": 1}
    assert task.process_results(document, [f"{first.solution}\n\nso \\boxed{{x}}"]) == {"acc": 0}
