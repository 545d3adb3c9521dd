"""A run's directory: what is written when, atomically, so that a run killed anywhere resumes where it was.

    run.yaml                    resolved config            environment.json   versions, hardware, seed
    rounds/00/eval/             the base model             notes.jsonl        remarks for people, by round
    rounds/01/draft.json        phase marker: written last, holds what the phase cost
    rounds/01/samples-draft.parquet        rounds/01/metrics-srt.jsonl        rounds/01/eval/metrics.json
    rounds/01/checkpoint/       the policy after the round, a Hugging Face folder
    tracking.json               with --track: who the run is to trackers; tensorboard/ and wandb/ are theirs

A phase is done when its marker exists. The markers together are the ledger of samples, tokens, updates and seconds.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

import yaml

from sdzero_bench.errors import UserError
from sdzero_bench.same_run import differences


@dataclass
class Cost:
    """What a phase spent. Samples and tokens of evaluation are kept apart by their phase name."""

    samples: int = 0  # completions sampled
    sampled_tokens: int = 0
    updates: int = 0  # optimiser steps
    trained_tokens: int = 0  # tokens that carried a loss, every pass counted
    seconds: float = 0.0  # wall time, without what a killed attempt spent after its last checkpoint

    def add(self, other: Cost) -> None:
        """Add in place."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Call write(temporary path), flush it to disk and move it into place, a file or a folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    _remove(temporary)
    write(temporary)
    for file in sorted(temporary.rglob("*")) if temporary.is_dir() else [temporary]:
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    if path.is_dir():
        shutil.rmtree(path)
    os.replace(temporary, path)


def write_json(path: Path, value: Any) -> None:
    """JSON, atomically."""
    write_atomically(path, lambda temporary: temporary.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n"))


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """JSON lines, atomically."""
    text = "".join(json.dumps(row, sort_keys=True) + "\n" for row in rows)
    write_atomically(path, lambda temporary: temporary.write_text(text))


def remove_evaluation(folder: Path) -> None:
    """Delete what an earlier `eval` or `score` has kept. Raises UserError for anything else, a training run too."""
    if folder.exists() and ((folder / "rounds").exists() or not (folder / "environment.json").exists()):
        raise UserError(f"--fresh: {folder} is not an output folder of eval or score, so it is not deleted")
    if folder.exists():
        shutil.rmtree(folder)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@dataclass(frozen=True)
class RunDirectory:
    """Paths and markers of one run. Only rank 0 writes (`writable`)."""

    root: Path
    writable: bool = True

    def round_path(self, number: int) -> Path:
        """rounds/NN; 0 is the base model."""
        return self.root / "rounds" / f"{number:02d}"

    def marker(self, number: int, phase: str) -> dict[str, Any] | None:
        """What the phase recorded when it was done; None while it is not."""
        path = self.round_path(number) / f"{phase}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def mark(self, number: int, phase: str, cost: Cost, **record: Any) -> None:
        """The phase is done."""
        path = self.round_path(number) / f"{phase}.json"
        order = len(list(path.parent.glob("*.json")))  # phases finish one after the other
        self.write(write_json, path, {"cost": asdict(cost), "order": order, **record})

    def phase_costs(self) -> list[tuple[int, str, Cost]]:
        """(round, phase, cost) of every finished phase, in the order they finished."""
        finished = []
        for path in (self.root / "rounds").glob("*/*.json"):
            record = json.loads(path.read_text())
            finished.append((int(path.parent.name), record["order"], path.stem, Cost(**record["cost"])))
        return [(number, phase, cost) for number, _, phase, cost in sorted(finished, key=lambda entry: entry[:2])]

    def rounds_done(self) -> list[int]:
        """Rounds that are trained and evaluated, 0 the base."""
        return sorted(
            int(path.parent.parent.name) for path in (self.root / "rounds").glob("*/eval/metrics.json")
        )  # fmt: skip

    def checkpoint(self, number: int) -> Path:
        """The policy after a round."""
        return self.round_path(number) / "checkpoint"

    def note(self, number: int, text: str) -> None:
        """Keep a remark once."""
        path = self.root / "notes.jsonl"
        notes = read_lines(path)
        if {"round": number, "note": text} not in notes:
            self.write(write_lines, path, [*notes, {"round": number, "note": text}])

    def notes(self, number: int) -> list[str]:
        """Remarks of a round."""
        return [row["note"] for row in read_lines(self.root / "notes.jsonl") if row["round"] == number]

    def write(self, writer: Callable[..., object], *arguments: Any) -> None:
        """Call a writer on rank 0 only."""
        if self.writable:
            writer(*arguments)

    def prepare(self, config_yaml: str, environment: Mapping[str, Any]) -> None:
        """Create the directory and hold it, or check that it belongs to the same config (then the run resumes).

        A config that asks for more rounds than before is the same run going on, and so is one that uses the machine
        in another way, which is noted.
        """
        if not self.writable:
            return
        path = self.root / "run.yaml"
        try:
            if path.exists():
                self._hold()
                self._go_on(path, config_yaml)
                return
            if self.root.exists() and any(entry.name != ".lock" for entry in self.root.iterdir()):
                raise UserError(f"output: {self.root} exists and is not a run directory; choose another --out")
            self.root.mkdir(parents=True, exist_ok=True)
            self._hold()
            write_json(self.root / "environment.json", environment)
            write_atomically(path, lambda temporary: temporary.write_text(config_yaml))
        except OSError as error:
            raise UserError(f"output: cannot write to {self.root}: {error.strerror}; choose another --out") from None

    def _go_on(self, path: Path, config_yaml: str) -> None:
        """Take over the new config. Raises UserError where it makes another run."""
        before, after = yaml.safe_load(path.read_text()), yaml.safe_load(config_yaml)
        others, remarks = differences(before, after)
        if others == ["rounds"] and after["rounds"] > before["rounds"]:
            others = []
        if others:
            raise UserError(
                f"output: {self.root} holds a run with another config (they differ in {', '.join(others)}); "
                "choose another --out, or repeat its settings to resume it"
            )
        if before == after:
            return
        under_way = max(self.rounds_done(), default=-1) + 1
        for remark in remarks:
            self.note(under_way, f"resumed with {remark}")
        write_atomically(path, lambda temporary: temporary.write_text(config_yaml))

    def _hold(self) -> None:
        """Keep others out until this process ends, however it ends."""
        handle = (self.root / ".lock").open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"output: another process is writing to {self.root}; wait for it, or stop it") from None
        _HELD.append(handle)


_HELD: list[IO[str]] = []  # a lock lasts as long as its file is open


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
