"""DeepSeek-R1's solutions joined to Codeforces' questions: which problem, which language, which of several."""

import json

import made_benchmarks as made
import pytest

from sdzero_bench.benchmarks import benchmark_questions
from sdzero_bench.config_files import load_config
from sdzero_bench.data import check_solutions, load_data
from sdzero_bench.errors import UserError

CPP, PYTHON = "```cpp\nint main() {}\n```", "```python\nprint(6)\n```"
TRAIN = [row for number in range(4) for row in made.codeforces_rows(f"{number}/A", aliases=[f"{number}/Z"])]
TEST = made.codeforces_rows("2000/A")


def cots_row(problem, generation, finish="stop"):
    """The data set's columns but for the problem's own text."""
    return {
        "id": problem,
        "aliases": None,
        "prompt": f"Solve {problem}.",
        "generation": generation,
        "finish_reason": finish,
        "api_metadata": {"completion_tokens": 9, "prompt_tokens": 3, "total_tokens": 12},
        "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": generation}],
    }


def thought(answer, reasoning="Hm."):
    return f"<think>\n{reasoning}</think>\n\n{answer}"


CPP_ROWS = [
    cots_row("0/A", thought(CPP, "cut off"), "length"),  # not finished
    cots_row("0/A", thought("I cannot.", CPP)),  # a program only in the reasoning
    cots_row("0/A", thought(CPP, "third")),
    cots_row("0/A", thought(CPP, "fourth")),
    cots_row("1/Z", thought(CPP, "an alias")),
    cots_row("77/A", thought(CPP)),  # no problem of ours
    cots_row("2000/A", thought(CPP)),  # held out
]
PYTHON_ROWS = [cots_row(f"{number}/A", thought(PYTHON, f"python {number}")) for number in (0, 2)]
SOLVED = {
    "codeforces/0/A/cpp": thought(CPP, "third"),
    "codeforces/0/A/python": thought(PYTHON, "python 0"),
    "codeforces/1/A/cpp": thought(CPP, "an alias"),
    "codeforces/2/A/python": thought(PYTHON, "python 2"),
}


def lines(folder, **files):
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def folder(tmp_path):
    return lines(
        tmp_path, codeforces=TEST, codeforces_train=TRAIN, codeforces_cots_solutions=CPP_ROWS,
        codeforces_cots_solutions_py=PYTHON_ROWS,
    )  # fmt: skip


def trained(spec, folder):
    return {q.id: q.solution for q in benchmark_questions(spec, data_dir=folder, split="train")}


def test_questions_that_r1_has_solved_in_their_language(folder):
    assert trained("codeforces?solution=r1", folder) == SOLVED
    assert trained("codeforces?solution=r1&language=python", folder) == {
        name: text for name, text in SOLVED.items() if name.endswith("python")
    }
    without = trained("codeforces", folder)
    assert len(without) == 8
    assert set(without.values()) == {None}


def test_size_counts_solved_questions_in_the_order_of_all(folder):
    order = [name for name in trained("codeforces", folder) if name in SOLVED]
    assert list(trained("codeforces?solution=r1&size=3", folder)) == order[:3]


def test_one_language_needs_that_languages_solutions_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    lines(tmp_path, codeforces=TEST, codeforces_train=TRAIN, codeforces_cots_solutions_py=PYTHON_ROWS)
    assert len(trained("codeforces?solution=r1&language=python", tmp_path)) == 2
    with pytest.raises(UserError, match=r"Put codeforces_cots_solutions\.jsonl into a folder"):
        trained("codeforces?solution=r1", tmp_path)


def test_a_snapshot_of_the_data_set(tmp_path):
    made.codeforces(tmp_path, TEST, TRAIN)
    snapshot = tmp_path / "open-r1" / "codeforces-cots"
    made.write_folder(snapshot, "solutions", {"train": CPP_ROWS})
    made.write_folder(tmp_path / "other", "solutions_py", {"train": PYTHON_ROWS})
    (tmp_path / "other" / "solutions_py").rename(snapshot / "solutions_py")
    first = (snapshot / "README.md").read_text().removesuffix("---\n")
    second = (tmp_path / "other" / "README.md").read_text().removeprefix("---\nconfigs:\n")
    (snapshot / "README.md").write_text(first + second)
    assert trained("codeforces?solution=r1", tmp_path) == SOLVED


def test_sft_can_be_trained_on_them_and_not_without(folder):
    for option, known in (("&solution=r1", True), ("", False)):
        questions = {"train": f"codeforces?split=train{option}", "evaluation": "codeforces"}
        config = load_config(None, method="sft", model="embedded", questions=questions, data_dir=str(folder))
        data = load_data(config.questions, 0, config.data_dir)
        if known:
            check_solutions(config, data)
        else:
            with pytest.raises(UserError, match="8 of 8 questions of codeforces"):
                check_solutions(config, data)


@pytest.mark.parametrize(("option", "split"), [("mine", "train"), ("r1", "evaluation")])
def test_other_solutions_are_not_known(folder, option, split):
    with pytest.raises(UserError, match=f"solution={option} is not known; known: r1, of the train split"):
        benchmark_questions(f"codeforces?solution={option}", data_dir=folder, split=split)


def test_a_row_without_a_generation_is_named(folder):
    lines(folder, codeforces_cots_solutions_py=[{"id": "0/A", "finish_reason": "stop"}])
    with pytest.raises(UserError, match=r"codeforces_cots_solutions_py.jsonl, row 0: field 'generation' is missing"):
        trained("codeforces?solution=r1", folder)
