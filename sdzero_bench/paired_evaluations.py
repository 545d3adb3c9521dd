"""Two evaluations on the same questions, compared question by question.

Example: `compare_evaluations(Path("results/eval-base-s0"), Path("results/eval-mine-s0"))` pairs the tasks both folders
have: aime24, 30 questions, 40.0% and 46.7%, a difference of -6.7 points, p = 0.21, 3 questions won, 7 lost, 20 tied.

A folder holds metrics.json (one task: a round's `eval` folder), or a folder with metrics.json for each task (what
`eval` and `score` write). The differences are A minus B.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sdzero_bench.errors import UserError
from sdzero_bench.intervals import NO_SPREAD
from sdzero_bench.significance import holm, sign_flip_p
from sdzero_bench.statistics import Estimate, paired_difference

METRICS = "metrics.json"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One task's evaluation, as far as pairs need it."""

    path: Path
    task: str | None  # where its record names one
    k: int  # samples a question
    per_question: Mapping[str, float]  # question id -> mean reward of its samples
    gold: Mapping[str, str] | None  # question id -> gold answer (`evaluation_summary.gold_answers`)


@dataclass(frozen=True, slots=True)
class PairedEvaluation:
    """One task of both evaluations. Accuracies are over the shared questions, the difference is A minus B."""

    task: str
    questions: int  # that both have
    only_a: int  # questions left out because the other has none of them
    only_b: int
    k_a: int
    k_b: int
    accuracy_a: float
    accuracy_b: float
    confidence: float
    difference: Estimate  # Student-t over the questions' differences
    p: float  # paired t-test; nan for a single question
    p_exact: (
        float | None
    )  # sign-flip test over all patterns: McNemar's exact test where k is 1; None: too many to count
    won: int  # questions on which A's mean is higher
    lost: int
    tied: int
    p_holm: float = math.nan  # `p` adjusted over the tasks of the comparison; those without a p-value are no tests
    p_exact_holm: float | None = None


def compare_evaluations(a: Path, b: Path, confidence: float = 0.95) -> list[PairedEvaluation]:
    """Pair the tasks that both folders have, by name, with p-values adjusted for their number (Holm).

    Two folders of one task each are paired whatever the folders are called. Raises UserError where a folder holds no
    evaluation, where no task or none of a task's questions is shared, and where questions of one name differ.
    """
    if not 0 < confidence < 1:
        raise UserError(f"--confidence: {confidence} must be between 0 and 1, for example 0.95")
    ours, theirs = read_evaluations(a), read_evaluations(b)
    pairs = _pairs(ours, theirs)
    if not pairs:
        raise UserError(f"paired: no task is in both: {a} has {', '.join(ours)}; {b} has {', '.join(theirs)}")
    return _adjusted([_compare(name, *pair, confidence) for name, pair in pairs.items()])


def unpaired_tasks(a: Path, b: Path) -> list[str]:
    """Tasks of one folder only, for people: "aime25 (A only)"; empty where `compare_evaluations` leaves none out."""
    ours, theirs = read_evaluations(a), read_evaluations(b)
    if _pairs(ours, theirs) and len(ours) == len(theirs) == 1:
        return []
    ours_only, theirs_only = ours.keys() - theirs.keys(), theirs.keys() - ours.keys()
    return [f"{name} (A only)" for name in sorted(ours_only)] + [f"{name} (B only)" for name in sorted(theirs_only)]


def read_evaluations(folder: Path) -> dict[str, Evaluation]:
    """The evaluations of a folder by the name of their folder. Raises UserError where there is none."""
    if (folder / METRICS).is_file():
        return {folder.resolve().name: _read(folder / METRICS)}
    found = sorted(path for path in folder.glob(f"*/{METRICS}") if path.is_file())
    if not found:
        hint = "name one of its rounds, as in RUN/rounds/01/eval" if (folder / "rounds").is_dir() else (
            "name the output of `eval` or `score`, or a round's `eval` folder"
        )  # fmt: skip
        raise UserError(f"paired: {folder} holds no {METRICS}, nor do its folders; {hint}")
    return {path.parent.name: _read(path) for path in found}


def _pairs(
    ours: Mapping[str, Evaluation], theirs: Mapping[str, Evaluation]
) -> dict[str, tuple[Evaluation, Evaluation]]:
    if len(ours) == len(theirs) == 1:
        return {name: (a, b) for (name, a), b in zip(ours.items(), theirs.values(), strict=True)}
    return {name: (ours[name], theirs[name]) for name in ours if name in theirs}


def _read(path: Path) -> Evaluation:
    try:
        record = json.loads(path.read_text())
        per_question = {str(name): float(value) for name, value in record["per_question"].items()}
        k, task, gold = int(record["evaluation"]["k"]), record.get("task"), record.get("gold")
        if k < 1 or any(abs(k * mean - round(k * mean)) > 1e-6 for mean in per_question.values()):
            raise ValueError("no means of k rewards")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"paired: {path} is not an evaluation's record: it needs `evaluation.k` and, in `per_question`, means of "
            "k rewards; evaluate again with this version"
        ) from None
    return Evaluation(path, task, k, per_question, gold)


def _compare(name: str, a: Evaluation, b: Evaluation, confidence: float) -> PairedEvaluation:
    shared = [question for question in a.per_question if question in b.per_question]
    if not shared:
        one, other = (next(iter(evaluation.per_question), "none") for evaluation in (a, b))
        raise UserError(
            f"paired: {a.path} and {b.path} share no question (ids are like {one!r} and {other!r}); "
            "a paired comparison needs two evaluations of the same questions"
        )
    _check_same(a, b, shared)
    ours, theirs = ({question: of[question] for question in shared} for of in (a.per_question, b.per_question))
    differences = [ours[question] - theirs[question] for question in shared]
    paired = paired_difference(ours, theirs, confidence)
    return PairedEvaluation(
        name,
        len(shared),
        len(a.per_question) - len(shared),
        len(b.per_question) - len(shared),
        a.k,
        b.k,
        math.fsum(ours.values()) / len(shared),
        math.fsum(theirs.values()) / len(shared),
        confidence,
        paired.estimate,
        paired.p_value,
        sign_flip_p(differences, math.lcm(a.k, b.k)),
        sum(difference > NO_SPREAD for difference in differences),
        sum(difference < -NO_SPREAD for difference in differences),
        sum(abs(difference) <= NO_SPREAD for difference in differences),
    )


def _check_same(a: Evaluation, b: Evaluation, shared: list[str]) -> None:
    """UserError where questions of one name are not the same question, as far as the records can tell."""
    if a.gold is not None and b.gold is not None:
        for question in shared:
            if a.gold.get(question) != b.gold.get(question):
                raise UserError(
                    f"paired: question {question!r} has the gold answer {a.gold.get(question)!r} in {a.path} and "
                    f"{b.gold.get(question)!r} in {b.path}: they are other questions under the same name"
                )
    elif a.task is not None and b.task is not None and a.task != b.task:
        raise UserError(
            f"paired: {a.path} evaluates {a.task!r} and {b.path} {b.task!r}; compare evaluations of one task"
        )


def _adjusted(pairs: list[PairedEvaluation]) -> list[PairedEvaluation]:
    tested = [index for index, pair in enumerate(pairs) if not math.isnan(pair.p)]
    for index, adjusted in zip(tested, holm([pairs[index].p for index in tested]), strict=True):
        pairs[index] = replace(pairs[index], p_holm=adjusted)
    counted = [(index, pair.p_exact) for index, pair in enumerate(pairs) if pair.p_exact is not None]
    for (index, _), adjusted in zip(counted, holm([p for _, p in counted]), strict=True):
        pairs[index] = replace(pairs[index], p_exact_holm=adjusted)
    return pairs
