"""`score`: judge completions made elsewhere, with the judges, figures and files of `eval`, without a model.

Example: score("humaneval", ..., Path("samples.jsonl"), out) writes out/humaneval/metrics.json, samples.parquet and
verdicts.jsonl ({"question_id": "HumanEval/0", "sample": 0, "reward": 1, "reason": "passed 7 tests", ...}).
"""

from __future__ import annotations

import hashlib
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
from sdzero_bench.types import Attempt, Question, Verdict
from sdzero_bench.verify import Verifier

FINISHED = "verdicts.jsonl"


def score(
    name: str, samples: Samples, config: EvaluationConfig, verifier: Verifier, out: Path, reporter: Reporter
) -> dict[str, Any]:
    """Judge every sample and keep figures and verdicts in `out`/`name`. Returns the figures' record.

    Verdicts are written as they come; the same call again goes on with the rest. Raises UserError where the folder
    cannot be written, or holds the verdicts of other samples.
    """
    folder = out / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(out / "environment.json", describe_environment(config.seed, engine=False))
    except OSError as error:
        raise UserError(f"--out: cannot write to {out}: {error.strerror}; choose another folder") from None
    attempts = _judge(samples, verifier, folder, reporter, name)
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
    write_atomically(folder / FINISHED, lambda path: path.write_text("".join(_verdict_lines(attempts))))
    write_json(folder / "metrics.json", record)
    (folder / f".{FINISHED}.part").unlink(missing_ok=True)
    return record


def _judge(samples: Samples, verifier: Verifier, folder: Path, reporter: Reporter, name: str) -> list[Attempt]:
    """Attempts in the order of the samples; those that the folder holds verdicts of are not judged again."""
    items = samples.items
    keys = [_key(index, question, completion.text) for index, (question, completion) in enumerate(items)]
    finished = _read_verdicts(folder / FINISHED)
    if finished and finished.keys() != set(keys):
        raise UserError(f"--out: {folder} holds the verdicts of other samples; choose another folder, or give --fresh")
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


def _key(index: int, question: Question, text: str) -> str:
    parts = (index, question.id, question.judge, question.answer, text)
    return hashlib.sha256("\0".join(map(str, parts)).encode(errors="surrogatepass")).hexdigest()


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


def _verdict_lines(attempts: Sequence[Attempt]) -> list[str]:
    lines: list[str] = []
    seen = dict.fromkeys((attempt.question.id for attempt in attempts), 0)
    for attempt in attempts:
        question = attempt.question
        place = {"question_id": question.id, "sample": seen[question.id]}
        record = {**place, **asdict(attempt.verdict), "key": _key(len(lines), question, attempt.completion.text)}
        seen[question.id] += 1
        lines.append(json.dumps(record) + "\n")
    return lines
