"""`score`: completions made elsewhere, judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdzero_bench.cli.options import DataDir, Fresh, UnsafeCode, option
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_bench.types import Question


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score", epilog="Example: sdzero-bench score --task humaneval --samples samples.jsonl")(score_samples)


def score_samples(
    samples: Annotated[
        Path,
        option(
            "--samples", help="JSON lines: `task_id` with `solution` or `completion` (EvalPlus), or `id` or `problem` "
            "with `completion`, optionally `answer`. Several lines a question give pass@k.",
        ),
    ],
    task: Annotated[
        str | None, option("--task", "-t", help="A task of `sdzero-bench tasks`; without it each line's own `answer`.")
    ] = None,
    data_dir: DataDir = None,
    limit: Annotated[
        int | None, option("--limit", help="Only the first so many questions, without --task of the file's.")
    ] = None,
    workers: Annotated[int | None, option("--workers", help="Judging processes (default: twice the cores).")] = None,
    confidence: Annotated[float, typer.Option("--confidence", help="Of the intervals.")] = 0.95,
    unsafe_code: UnsafeCode = False,
    out: Annotated[Path | None, option("--out", "-o", help="Where verdicts and figures are kept.")] = None,
    fresh: Fresh = False,
) -> None:  # fmt: skip
    """Judge completions made elsewhere: the judges and the table of `eval`, no model needed."""
    from sdzero_bench.config import EvaluationConfig
    from sdzero_bench.evaluation_table import render_evaluations
    from sdzero_bench.progress import reporter_for
    from sdzero_bench.questions.spec import split_spec
    from sdzero_bench.rundir import remove_evaluation
    from sdzero_bench.running_programs import prepare_programs
    from sdzero_bench.sample_files import Samples, read_samples
    from sdzero_bench.scoring import prepare_folder, score
    from sdzero_bench.verify import open_verifier

    for name, value in (("--limit", limit), ("--workers", workers)):
        if value is not None and value < 1:
            raise UserError(f"{name}: {value} is too small; give a whole number of at least 1")
    if not 0 < confidence < 1:
        raise UserError(f"--confidence: {confidence} must be between 0 and 1, for example 0.95")
    questions = _questions(task, data_dir) if task else None
    matched = read_samples(samples, questions)
    if limit is not None:
        asked = questions if questions is not None else [question for question, _ in matched.items]
        kept = set(list(dict.fromkeys(question.id for question in asked))[:limit])
        matched = Samples(
            [item for item in matched.items if item[0].id in kept], [q for q in matched.without if q.id in kept]
        )
    reporter = reporter_for(0)
    if not matched.items:
        raise UserError(f"--samples: {samples} holds no sample of the task's first {limit} questions")
    config = EvaluationConfig(confidence=confidence)
    label = split_spec(task)[0].replace("/", "-") if task else "answers"
    folder = out or Path("results") / f"score-{label}-{samples.stem}"
    if fresh:
        remove_evaluation(folder)
    prepare_folder(folder, label, config.seed)
    prepare_programs([item[0] for item in matched.items], unsafe=unsafe_code, say=reporter.say)
    if matched.without:
        answered = len({item[0].id for item in matched.items})
        reporter.say(
            f"{samples} has samples of {answered} of {answered + len(matched.without)} questions; "
            "the figures are over these"
        )
    with open_verifier(workers) as verifier:
        try:
            record = score(label, matched, config, verifier, folder, reporter)
        except KeyboardInterrupt:
            reporter.say("interrupted: verdicts so far are kept, and the same command goes on from there")
            raise
    print(render_evaluations({label: record}, "terminal", "Scores"), end="")
    reporter.say(f"kept in {folder / label}: verdicts.jsonl, samples.parquet, metrics.json")


def _questions(task: str, data_dir: Path | None) -> list[Question]:
    """The task's. Raises UserError that names the option, and the way without a task where the data is missing."""
    from sdzero_bench.benchmarks import find_card
    from sdzero_bench.benchmarks.cards import unknown_task
    from sdzero_bench.benchmarks.places import Split, locate
    from sdzero_bench.questions import is_question_set, load_questions

    name = task.partition("?")[0]
    if not is_question_set(task):
        raise unknown_task(name, "--task")
    try:
        return load_questions(task, split="evaluation", data_dir=data_dir)
    except UserError as error:
        card = find_card(name)
        if card is None or card.domain != "math" or locate(card, Split.EVALUATION, data_dir).at_hand:
            raise
        raise UserError(
            f"{error}; or leave --task out and give every line of --samples `problem`, `answer` and `completion`"
        ) from None
