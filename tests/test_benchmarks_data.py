"""Where rows come from: the data folder, EvalPlus' places, the Hugging Face caches at one revision, no network."""

import gzip
import json
import os
import shutil
import socket
import time
from pathlib import Path

import made_benchmarks as made
import pytest
from serving import free_ports

from sdzero_bench.benchmarks import benchmark_questions, find_card
from sdzero_bench.benchmarks.network import unreachable
from sdzero_bench.benchmarks.places import Kind, Split, locate
from sdzero_bench.errors import UserError

ROWS = [{"problem": f"{number}?", "answer": str(number)} for number in range(3)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


@pytest.fixture(autouse=True)
def caches(tmp_path_factory, monkeypatch):
    """Caches of the test's own, and no hub."""
    import datasets

    folder = tmp_path_factory.mktemp("caches")
    for name in ("SDZERO_DATA_DIR", "HUMANEVAL_OVERRIDE_PATH", "MBPP_OVERRIDE_PATH", "HF_HUB_CACHE",
                 "HF_DATASETS_CACHE", "HF_ENDPOINT", "HF_DATASETS_OFFLINE"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(folder / "huggingface"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "prepared")
    return folder


def card(name: str):
    found = find_card(name)
    assert found is not None
    return found


def answers(name: str, data_dir: Path | None = None) -> list[str]:
    return [question.answer for question in benchmark_questions(name, data_dir=data_dir)]


def write(path: Path, text: str = LINES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_format_of_a_local_file(tmp_path):
    import pyarrow.parquet

    write(tmp_path / "lines" / "aime24.jsonl", f"\ufeff{LINES}\n\n")
    write(tmp_path / "list" / "aime24.json", json.dumps(ROWS))
    write(tmp_path / "keyed" / "aime24.json", json.dumps({"data": ROWS}))
    write(tmp_path / "json-lines" / "aime24.json")
    write(tmp_path / "declared" / "aime2024.jsonl")
    (tmp_path / "gz").mkdir()
    (tmp_path / "gz" / "aime24.jsonl.gz").write_bytes(gzip.compress(LINES.encode()))
    (tmp_path / "parquet").mkdir()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), tmp_path / "parquet" / "aime24.parquet")
    made.write_folder(tmp_path / "folder" / "HuggingFaceH4" / "aime_2024", "default", {"train": ROWS})
    made.write_folder(tmp_path / "short" / "aime_2024", "default", {"train": ROWS})
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert len(folders) == 9
    for folder in folders:
        assert answers("aime24", folder) == ["0", "1", "2"], folder


def test_a_folder_without_readme_has_its_configurations_as_folders(tmp_path):
    rows = [{"question": "?", "answer": "So\n#### 4"}]
    folder = made.write_folder(tmp_path / "openai" / "gsm8k", "main", {"train": rows, "test": rows * 2})
    (folder / "README.md").unlink()
    assert answers("gsm8k", tmp_path) == ["4", "4"]


def test_a_folder_that_save_to_disk_wrote(tmp_path):
    from datasets import Dataset, DatasetDict

    DatasetDict({"train": Dataset.from_list(ROWS)}).save_to_disk(str(tmp_path / "aime_2024"))
    assert answers("aime24", tmp_path) == ["0", "1", "2"]


def test_tasks_yaml_maps_names_to_files(tmp_path):
    write(tmp_path / "tasks.yaml", "aime24: sub/mine.jsonl\ngsm8k: {evaluation: e.jsonl, train: t.jsonl}\n")
    write(tmp_path / "sub" / "mine.jsonl")
    write(tmp_path / "aime24.jsonl", LINES * 2)
    assert answers("aime24", tmp_path) == ["0", "1", "2"]
    assert locate(card("gsm8k"), Split.FEWSHOT, write(tmp_path / "t.jsonl").parent).path == tmp_path / "t.jsonl"
    with pytest.raises(UserError, match=r"tasks.yaml: gsm8k is mapped to e.jsonl, which is not there"):
        answers("gsm8k", tmp_path)
    write(tmp_path / "tasks.yaml", "- aime24\n")
    with pytest.raises(UserError, match="must map names of tasks to files"):
        answers("aime24", tmp_path)


def test_the_environment_names_a_data_folder_too(tmp_path, monkeypatch):
    write(tmp_path / "aime24.jsonl")
    monkeypatch.setenv("SDZERO_DATA_DIR", str(tmp_path))
    assert answers("aime24") == ["0", "1", "2"]
    monkeypatch.setenv("SDZERO_DATA_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="SDZERO_DATA_DIR: no folder"):
        answers("aime24")


def test_another_number_of_questions_is_said(tmp_path, caplog):
    path = write(tmp_path / "aime24.jsonl")
    assert len(answers("aime24", tmp_path)) == 3
    assert caplog.messages == [f"note: aime24: {path} has 3 questions, the benchmark 30"]
    caplog.clear()
    write(path, LINES * 10)
    assert len(answers("aime24", tmp_path)) == 30
    assert not caplog.messages


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("aime24.jsonl", '{"problem": \n', "aime24.jsonl:1 is not JSON"),
        ("aime24.jsonl", "[1]\n", "aime24.jsonl:1 is not an object with fields"),
        ("aime24.json", "3", "must hold a list of rows, not a int"),
        ("aime24.jsonl.gz", "plain", "cannot read"),
        ("aime24.parquet", "plain", "is not Parquet"),
        ("aime24.jsonl", "", "no questions are left of its evaluation split"),
    ],
)
def test_bad_files_are_named(tmp_path, name, text, problem):
    write(tmp_path / name, text)
    with pytest.raises(UserError, match=problem) as caught:
        answers("aime24", tmp_path)
    assert "\n" not in str(caught.value)


def prepared(caches: Path, name: str, config: str, split: str, rows: list[dict], shards: int = 1) -> Path:
    """What `datasets` leaves in its cache: one Arrow file a shard, in a folder named like the revision."""
    from datasets import Dataset

    task = card(name)
    known = {
        "HuggingFaceH4/MATH-500": "HuggingFaceH4___math-500",
        "open-r1/OpenR1-Math-220k": "open-r1___open_r1-math-220k",
    }
    folder = caches / "huggingface" / "datasets" / known[task.dataset] / config / "0.0.0" / str(task.revision)
    folder.mkdir(parents=True)
    stem = task.dataset.rpartition("/")[2].lower()
    Dataset.from_list(rows).save_to_disk(str(caches / "saved"), num_shards=shards)
    for number, path in enumerate(sorted((caches / "saved").glob("*.arrow"))):
        part = f"-{number:05d}-of-{shards:05d}" if shards > 1 else ""
        shutil.move(path, folder / f"{stem}-{split}{part}.arrow")
    shutil.rmtree(caches / "saved")
    return folder


def test_the_cache_of_datasets_at_the_pinned_revision(caches):
    rows = [{"problem": f"{n}?", "answer": str(n), "unique_id": f"test/{n}"} for n in range(500)]
    folder = prepared(caches, "math500", "default", "test", rows, shards=3)
    assert locate(card("math500"), Split.EVALUATION, None).kind is Kind.ARROW
    assert answers("math500") == [str(number) for number in range(500)]
    whole = folder.rename(folder.with_name("0" * 40))  # another revision is not this one
    assert not locate(card("math500"), Split.EVALUATION, None).at_hand
    whole.rename(folder)
    next(folder.glob("*-00001-*")).unlink()  # a shard is missing
    assert not locate(card("math500"), Split.EVALUATION, None).at_hand
    prepared(caches, "openr1_math", "default", "train", [made.openr1_row(number) for number in range(501)])
    with pytest.raises(UserError, match="has 501 rows, not 93733: its download is incomplete"):
        answers("openr1_math")  # held out of part of the rows, the questions would be others


def test_a_download_with_another_number_of_questions_is_refused(caches):
    prepared(caches, "math500", "default", "test", ROWS)
    with pytest.raises(UserError, match="has 3 questions, not 500: its download is incomplete; delete it"):
        answers("math500")


def test_the_hubs_cache_at_the_pinned_revision(caches):
    task = card("aime25")
    root = caches / "huggingface" / "hub" / "datasets--math-ai--aime25"
    snapshot = root / "snapshots" / str(task.revision)
    write(snapshot / "README.md", "")
    assert not locate(task, Split.EVALUATION, None).at_hand
    blob = write(
        root / "blobs" / "abc", "".join(json.dumps({"problem": f"{n}", "answer": str(n)}) + "\n" for n in range(30))
    )
    (snapshot / "test.jsonl").symlink_to(blob)
    assert locate(task, Split.EVALUATION, None).kind is Kind.SNAPSHOT
    assert answers("aime25") == [str(number) for number in range(30)]


def test_livecodebenchs_files_in_the_hubs_cache(caches):
    task = card("livecodebench")
    name = "datasets--livecodebench--code_generation_lite"
    snapshot = caches / "huggingface" / "hub" / name / "snapshots" / str(task.revision)
    rows = [made.livecodebench_row("a", "2025-02-01")]
    write(snapshot / "test6.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    assert len(benchmark_questions("livecodebench?release=v6")) == 1
    with pytest.raises(UserError, match=r"livecodebench is not at hand: .* \(HF_HUB_OFFLINE is set\)"):
        benchmark_questions("livecodebench?release=v5_v6")


def test_evalplus_own_places(caches, tmp_path, monkeypatch):
    row = {"task_id": "HumanEval/0", "prompt": "def f():\n", "entry_point": "f", "canonical_solution": "    pass\n",
           "base_input": [[]], "plus_input": []}  # fmt: skip
    path = write(caches / "evalplus" / "HumanEvalPlus-v0.1.10.jsonl", json.dumps(row))
    assert locate(card("humaneval_plus"), Split.EVALUATION, None).path == path
    (question,) = benchmark_questions("humaneval_plus")
    assert question.meta == {"dataset": "humaneval", "task_id": "HumanEval/0", "data": None}
    other = write(tmp_path / "other.jsonl", json.dumps({**row, "task_id": "HumanEval/1"}))
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(other))
    assert benchmark_questions("humaneval_plus")[0].id == "HumanEval/1"
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(tmp_path / "nowhere.jsonl"))
    with pytest.raises(UserError, match="HUMANEVAL_OVERRIDE_PATH: no file"):
        benchmark_questions("humaneval_plus")


@pytest.mark.parametrize("name", ["math500", "humaneval_plus", "livecodebench", "openr1_math", "gsm8k"])
def test_what_is_not_at_hand_is_said_in_seconds(tmp_path, monkeypatch, name):
    """HF_ENDPOINT is a port where nothing listens; EvalPlus' host is told off by HF_HUB_OFFLINE."""
    address = f"http://127.0.0.1:{free_ports(1)}"
    if name != "humaneval_plus":
        monkeypatch.delenv("HF_HUB_OFFLINE")
        monkeypatch.setenv("HF_ENDPOINT", address)
        for proxy in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.delenv(proxy, raising=False)
            monkeypatch.delenv(proxy.upper(), raising=False)
    start = time.monotonic()
    with pytest.raises(UserError) as caught:
        benchmark_questions(name, data_dir=tmp_path)
    assert time.monotonic() - start < 6
    text = str(caught.value)
    assert "\n" not in text
    assert f"the data of {name} is not at hand: {tmp_path} has none of {name}.jsonl" in text
    assert (
        f"Put {name}.jsonl into a folder and name that with --data-dir (or SDZERO_DATA_DIR), or run this once" in text
    )
    assert ("HF_HUB_OFFLINE is set" if name == "humaneval_plus" else "Connection refused") in text


def test_a_host_that_never_answers_costs_seconds():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert unreachable(f"http://127.0.0.1:{listening.getsockname()[1]}") is None
    start = time.monotonic()
    assert unreachable("https://no-such-host.invalid")
    assert time.monotonic() - start < 6


DATA = os.environ.get("SDZERO_BENCH_DATA")


@pytest.mark.skipif(not DATA, reason="SDZERO_BENCH_DATA names no folder with benchmark data")
@pytest.mark.parametrize(
    ("name", "size"),
    [("math500", 500), ("aime24", 30), ("aime25", 30), ("hmmt25", 30), ("amc23", 40), ("minerva_math", 272),
     ("olympiadbench", 674), ("gsm8k", 1319), ("mbpp_plus", 399)],
)  # fmt: skip
def test_the_development_data(name, size):
    questions = benchmark_questions(name, data_dir=DATA)
    assert len(questions) == size
    assert len({question.id for question in questions}) == size
    for question in questions:
        text = question.messages[-1]["content"]
        assert text.count("Please reason step by step, and put your final answer within \\boxed{}.") == (
            question.domain == "math"
        )
        assert bool(question.answer) == (question.domain == "math")
    if name == "gsm8k":
        assert len(benchmark_questions(name, data_dir=DATA, split="train")) == 7473
        assert len(benchmark_questions(f"{name}?shots=5", data_dir=DATA)[0].messages) == 11
