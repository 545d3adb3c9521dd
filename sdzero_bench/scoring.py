"""`score`: judge completions made elsewhere, with the judges, figures and files of `eval`, without a model.

Example: score("humaneval", ..., Path("samples.jsonl"), out) writes out/humaneval/metrics.json, samples.parquet and
verdicts.jsonl ({"question_id": "HumanEval/0", "sample": 0, "reward": 1, "reason": "passed 7 tests", ...}).
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.environment import describe_environment
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation_summary import gold_answers, per_question_accuracy, summarise
from sdzero_bench.progress import Reporter
from sdzero_bench.records import row, write_rows
from sdzero_bench.rundir import write_atomically, write_json
from sdzero_bench.sample_files import Samples
from sdzero_bench.types import Attempt, Verdict
from sdzero_bench.verdict_keys import verdict_keys
from sdzero_bench.verify import Verifier

FINISHED = "verdicts.jsonl"


def prepare_folder(out: Path, name: str, seed: int) -> None:
    """Create `out`/`name`, and keep others out of `out` until this process ends. Raises UserError.

    Before anything is judged, so that nothing is judged for a folder that cannot be written.
    """
    try:
        (out / name).mkdir(parents=True, exist_ok=True)
        handle = (out / ".lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"--out: another process is writing to {out}; wait for it, or stop it") from None
        _HELD.append(handle)
        write_json(out / "environment.json", describe_environment(seed, engine=False))
    except OSError as error:
        raise UserError(f"--out: cannot write to {out}: {error.strerror}; choose another folder") from None


_HELD: list[IO[str]] = []  # a lock lasts as long as its file is open


def score(
    name: str, samples: Samples, config: EvaluationConfig, verifier: Verifier, out: Path, reporter: Reporter
) -> dict[str, Any]:
    """Judge every sample and keep figures and verdicts in `out`/`name` (`prepare_folder`). Returns the figures' record.

    Verdicts are written as they come; the same call again goes on with the rest. Raises UserError where the folder
    holds the verdicts of other samples, or of other questions and tests.
    """
    folder = out / name
    keys = verdict_keys(samples.items)
    attempts = _judge(samples, keys, verifier, folder, reporter, name)
    record = {
        "task": name,
        "gold": gold_answers(attempts),
        "protocol": {"confidence": config.confidence, "interval": config.interval},
        "evaluation": summarise(attempts, config, token_counts=False),
        "per_question": per_question_accuracy(attempts),
        "revision": None,
        "questions_without_samples": [question.id for question in samples.without],
    }
    rows = [row(attempt, "evaluation") | {"token_ids": None, "length": None} for attempt in attempts]
    write_atomically(folder / "samples.parquet", lambda path: write_rows(path, rows))
    write_atomically(folder / FINISHED, lambda path: path.write_text("".join(_verdict_lines(attempts, keys))))
    write_json(folder / "metrics.json", record)
    (folder / f".{FINISHED}.part").unlink(missing_ok=True)
    return record


def _judge(
    samples: Samples, keys: Sequence[str], verifier: Verifier, folder: Path, reporter: Reporter, name: str
) -> list[Attempt]:
    """Attempts in the order of the samples; those that the folder holds verdicts of are not judged again."""
    items = samples.items
    finished = _read_verdicts(folder / FINISHED)
    if finished and finished.keys() != set(keys):
        raise UserError(
            f"--out: {folder} holds the verdicts of other samples, or of the same on other questions or tests; choose "
            "another folder, or give --fresh"
        )
    part = folder / f".{FINISHED}.part"
    known = finished | _read_verdicts(part)
    todo = [index for index, key in enumerate(keys) if key not in known]
    with reporter.task(name, len(items), "verdicts", len(items) - len(todo)) as task, part.open("a") as file:
        for count, (index, attempt) in enumerate(verifier.stream([items[i] for i in todo]), 1):
            key = keys[todo[index]]
            known[key] = attempt.verdict
            _append(file, {"key": key, **asdict(attempt.verdict)})
            task.update(len(items) - len(todo) + count, len(items))
    return [Attempt(*item, known[key]) for item, key in zip(items, keys, strict=True)]


def _read_verdicts(part: Path) -> dict[str, Verdict]:
    verdicts = {}
    for line in part.read_text().splitlines() if part.exists() else []:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:  # the line that was being written when the process was killed
            continue
        verdicts[record["key"]] = Verdict(**{field.name: record[field.name] for field in fields(Verdict)})
    return verdicts


def _append(file: IO[str], record: dict[str, Any]) -> None:
    file.write(json.dumps(record) + "\n")
    file.flush()


def _verdict_lines(attempts: Sequence[Attempt], keys: Sequence[str]) -> list[str]:
    lines: list[str] = []
    seen = dict.fromkeys((attempt.question.id for attempt in attempts), 0)
    for attempt, key in zip(attempts, keys, strict=True):
        question = attempt.question
        place = {"question_id": question.id, "sample": seen[question.id]}
        record = {**place, **asdict(attempt.verdict), "key": key}
        seen[question.id] += 1
        lines.append(json.dumps(record) + "\n")
    return lines
