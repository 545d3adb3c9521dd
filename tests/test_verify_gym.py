import json

import pytest

from sdzero_bench.questions import load_questions
from sdzero_bench.types import Extraction, Question
from sdzero_bench.verify.gym import decode, encode, judge, runs_code


@pytest.mark.parametrize("name", ["chain_sum", "countdown", "word_sorting", "arc_1d", "rearc", "simple_integration"])
def test_gold_answers_score_and_others_do_not(name):
    for question in load_questions(f"reasoning_gym:{name}?size=3&seed=1"):
        meta = json.loads(json.dumps(dict(question.meta)))  # as read back from a run directory
        question = Question(question.id, question.messages, question.answer, meta=meta, extraction=question.extraction)
        assert judge(question, rf"so \boxed{{{question.answer}}}").reward == 1
        assert judge(question, r"so \boxed{nonsense}").reward == 0
        assert judge(question, "no answer").reason == "no answer found"


def test_any_right_answer_counts_where_there_are_several():
    entry = {"question": "?", "answer": "10 + 2", "metadata": {"numbers": [10, 2, 12], "target": 12, "expression": ""}}
    meta = {"generator": "countdown", "parameters": {}, "entry": entry}
    question = Question("q", (), "10 + 2 + 12 - 12", meta=meta)
    assert judge(question, r"\boxed{(12 + 2) - 10}").reward == 0
    entry["metadata"]["target"] = 4
    assert judge(question, r"\boxed{(12 + 2) - 10}").reward == 1


def test_numbers_written_otherwise():
    entry = {"question": "?", "answer": "1234", "metadata": {}}
    meta = {"generator": "chain_sum", "parameters": {}, "entry": entry}
    question = Question("q", (), "1234", meta=meta, extraction=Extraction.BOXED_OR_LAST_NUMBER)
    assert judge(question, "that makes $1,234.").reward == 1
    assert judge(question, r"\boxed{1,234}").reward == 1
    assert judge(question, r"\boxed{1,235}").reward == 0
    assert judge(question, r"\boxed{1234 1234}").reward == 0  # partial credit is no reward


def test_answers_that_would_run_code_are_refused(tmp_path):
    meta = {
        "generator": "string_insertion",
        "parameters": {},
        "entry": {"question": "?", "answer": "ABC", "metadata": {"string": "A", "solution": "ABC"}},
    }
    made = tmp_path / "made"
    verdict = judge(Question("q", (), "ABC", meta=meta), rf"\boxed{{[open('{made}', 'w').write('x')]}}")
    assert (verdict.reward, verdict.reason) == (0, "the answer calls code")
    assert not made.exists()


@pytest.mark.parametrize("answer", ["__import__('os')", "exit()", "[].append(1)", "x . y (1)", "(lambda: 1)()"])
def test_runs_code(answer):
    assert runs_code(answer)


@pytest.mark.parametrize("answer", ["3*x**2 + C", "(1 + 2)*3", "(1+2)(3+4)", "sin(x)*exp(2*x)", "['A', 'B']", "Q _ _"])
def test_plain_answers_do_not(answer):
    assert not runs_code(answer)


def test_entries_keep_their_types_through_json():
    entry = {"a": ((1, 2), [3]), "b": {1: "x", 2: (4,)}}
    assert decode(json.loads(json.dumps(encode(entry)))) == entry
