"""CPU twins of the recipes: their made-up data, their proportions, and one of them run from start to end."""

import csv
import io
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdzero_bench.benchmarks import benchmark_questions, expand
from sdzero_bench.budget import plan_round
from sdzero_bench.cli.app import app
from sdzero_bench.config_files import load_config, shipped_config, shipped_recipes
from sdzero_bench.data import load_data
from sdzero_bench.errors import UserError
from sdzero_bench.paper.ours import MODELS, read_measured, value
from sdzero_bench.paper.published import published
from sdzero_bench.paper.table import render_published
from sdzero_bench.twin_data import twin_data, write_twin_data
from sdzero_bench.variants import method_configs
from sdzero_bench.verify.judges import load_judge

RECORDED = Path(__file__).parent.parent / "results/reference/twins"
ROWS = ["sft", "rft", "grpo", "sdft", "srt", "sdzero"]  # of Table 1; base is their round 0
TWINS = [name for name in shipped_recipes() if name.endswith("-twin")]
SIZES = {"aime24": 30, "aime25": 30, "hmmt25": 30, "amobench": 50, "openr1_math": 500, "math": 60,
         "codeforces": 40, "livecodebench": 20}  # fmt: skip
# What a twin may have of its own: sizes, lengths, learning rates, and what only says how the machine is used.
OWN = {"model", "twin_of", "data_dir", "seed", "samples_per_round", "checkpoint_every", "backend", "variants"}
OWN_FIELDS = {"train", "per_round", "evaluation_limit", "max_new_tokens", "max_tokens", "max_teacher_tokens",
              "learning_rate", "prompts_per_step", "steps", "warmup_steps", "max_traces", "k"}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_twin_data(tmp_path_factory.mktemp("data") / "twin-data")


def asked(questions):
    return [question.messages[-1]["content"] for question in questions]


def sdzero_bench(*words, cwd, **environment):
    done = subprocess.run(
        [sys.executable, "-m", "sdzero_bench", *words], cwd=cwd, capture_output=True, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_column_of_table_1_has_its_questions(folder):
    assert list(SIZES) == expand(["paper"])
    for task, size in SIZES.items():
        assert len(benchmark_questions(task, data_dir=folder)) == size, task


def test_nothing_is_asked_twice(folder):
    """Neither by two benchmarks nor in training and evaluation."""
    sets = [asked(benchmark_questions(task, data_dir=folder)) for task in SIZES]
    sets += [asked(benchmark_questions(task, data_dir=folder, split="train")) for task in ("openr1_math", "codeforces")]
    first_lines = [text.partition("\n")[0] for texts in sets[:6] + sets[-2:-1] for text in texts]  # without the suffix
    assert len(first_lines) == len(set(first_lines)) == 700 + 600
    printed = [
        re.findall(r"prints the (?:word|number) (\w+)\.", text) for texts in sets[6:8] + sets[-1:] for text in texts
    ]
    assert len(printed) == 40 + 20 + 80
    assert len({word for (word,) in printed}) == 20 + 20 + 40  # Codeforces asks for each in two languages


def test_always_the_same_files(tmp_path, folder):
    """Whatever the process; and data that is there already is not overwritten."""
    sdzero_bench("twin-data", cwd=tmp_path, PYTHONHASHSEED="7")
    assert {path.name: path.read_text() for path in (tmp_path / "twin-data").iterdir()} == twin_data()
    assert sdzero_bench("twin-data", "-o", str(folder), cwd=tmp_path).strip() == str(folder)
    (tmp_path / "twin-data" / "aime24.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=r"aime24\.jsonl holds something else; give another folder with --out"):
        write_twin_data(tmp_path / "twin-data")


@pytest.mark.parametrize(
    "spec",
    [
        "openr1_math?size=6",
        "codeforces?solution=r1&language=python&size=4",
        pytest.param(
            "codeforces?solution=r1&language=cpp&size=2",
            marks=pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ here: apt-get install g++"),
        ),
    ],
)
def test_gold_solutions_are_right(spec, folder):
    for question in benchmark_questions(spec, data_dir=folder, split="train"):
        verdict = load_judge(question.judge)(question, question.solution)
        assert verdict.reward == 1, (question.id, verdict)


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_has_its_recipes_proportions(name, folder):
    twin, full = (load_config(shipped_config(one)) for one in (name, name.removesuffix("-twin")))
    assert twin.twin_of == MODELS[full.model.partition("/")[2]]
    size = twin.questions.per_round
    assert twin.samples_per_round == 4 * size
    assert twin.srt.max_traces == pytest.approx(full.srt.max_traces * size / 15_000)
    plans = [
        {row: plan_round(one, 1, questions).samples for row, one in method_configs(config, ROWS).items()}
        for config, questions in ((twin, size), (full, 15_000))
    ]
    for row in ROWS:
        small, large = (plan[row] for plan in plans)
        assert small == pytest.approx({phase: count * size / 15_000 for phase, count in large.items()}, rel=0.03)
    data = load_data(twin.questions, twin.seed, folder)
    assert len(data.train) == size
    assert all(question.solution for question in data.train)


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_its_recipe_in_everything_else(name):
    twin, full = (load_config(shipped_config(one)).model_dump() for one in (name, name.removesuffix("-twin")))
    for section, fields in full.items():
        if section not in OWN and isinstance(fields, dict):
            fields, own = ({k: v for k, v in one.items() if k not in OWN_FIELDS} for one in (fields, twin[section]))
            assert own == fields, section
        elif section not in OWN:
            assert twin[section] == fields, section
    assert {one: (v["about"], v["method"], list(v["set"])) for one, v in twin["variants"].items()} == {
        one: (v["about"], v["method"], list(v["set"])) for one, v in full["variants"].items()
    }


@pytest.mark.parametrize("name", ["qwen3-4b-math", "qwen3-4b-code"])
def test_the_recorded_twins_fill_every_column_of_their_domain(name):
    folder = RECORDED / name
    measured = read_measured([folder])
    table = published("table1")
    columns = [c for c in expand([f"paper_{name.rpartition('-')[2]}"]) if c in table.columns]
    for row in ("base", *ROWS):
        (one,) = [one for one in measured if one.row == row]
        assert one.twin_of == "Qwen3-4B-Instruct"
        assert all(value([one], table.columns[column]) for column in columns), row
    assert render_published(table, measured) == (folder / "table1.txt").read_text()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_math_twin_from_start_to_end(tmp_path):
    """Made smaller still: one row of the table, and the base, in every column of its domain."""
    sdzero_bench("twin-data", cwd=tmp_path)
    sets = [
        "questions.train=openr1_math?split=train&size=36", "questions.per_round=36", "samples_per_round=144",
        "questions.evaluation_limit=4", "evaluation.k=1", "srt.epochs=1", "distil.prompts_per_step=7", "distil.steps=3",
        "sampling.max_new_tokens=60", "evaluation.max_new_tokens=60", "verifier_workers=1",
    ]  # fmt: skip
    words = [word for setting in sets for word in ("--set", setting)]
    sdzero_bench("compare", "-c", "qwen3-4b-math-twin", "--methods", "sdzero", "-o", "twin", *words, cwd=tmp_path)
    for number in ("0", "1"):
        evaluated = [
            "--run",
            "twin/sdzero",
            "--round",
            number,
            "--tasks",
            "paper_math",
            "--max-tokens",
            "60",
            "-k",
            "8",
        ]
        sdzero_bench("eval", *evaluated, cwd=tmp_path)
    printed = sdzero_bench("paper", "table1", "--runs", "twin", "-f", "csv", cwd=tmp_path)
    twins = [row for row in csv.DictReader(io.StringIO(printed)) if row["twin"] == "embedded" and row["ours"]]
    assert {(row["model"], row["method"]) for row in twins} == {
        ("Qwen3-4B-Instruct", row) for row in ("base", "sdzero")
    }
    assert {row["column"] for row in twins} >= {task for task in SIZES if task not in ("codeforces", "livecodebench")}
    assert {row["difference"] for row in twins} == {""}
    assert "twin: embedded: a small model on small questions" in sdzero_bench(
        "paper", "table1", "--runs", "twin", cwd=tmp_path
    )


@pytest.mark.parametrize(
    ("twin", "made", "message"),
    [
        ("qwen3-4b-math-twin", [], "no folder twin-data; `sdzero-bench twin-data` makes it"),
        ("qwen3-4b-code-twin", ["twin-data"], "smollm2-135m; `sdzero-bench fetch-model smollm2-135m` makes it"),
    ],
)
def test_what_a_twin_lacks_is_said_with_the_command_that_makes_it(twin, made, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in made:
        write_twin_data(Path(folder))
    wrong = CliRunner().invoke(app, ["compare", "-c", twin, "--methods", "sdzero", "--dry-run"])
    assert isinstance(wrong.exception, UserError)
    assert message in str(wrong.exception)
