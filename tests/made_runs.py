"""Comparisons made on disk without an engine, of any size: what the harness itself writes, on attempts made up here."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml
from words import TOKENIZER

from sdzero_bench.comparison_folder import write_comparison
from sdzero_bench.config_files import load_config, shipped_config
from sdzero_bench.evaluation_summary import gold_answers, per_question_accuracy, summarise, summarise_revisions
from sdzero_bench.localisation.kept import RESPONSES, SUMMARY
from sdzero_bench.localisation.rewards import ScoredResponse
from sdzero_bench.localisation.run import write_responses
from sdzero_bench.localisation.summary import summarise_localisation
from sdzero_bench.records import question_row, revision_rows, row, write_rows
from sdzero_bench.rundir import Cost, RunDirectory, write_json, write_lines
from sdzero_bench.types import Attempt, Completion, FinishReason, Question, RevisionTrace, Verdict

WAIT = "Wait, this response is not correct, let me start over."


def made_comparison(
    out: Path,
    methods: Sequence[str] = ("sdzero", "grpo"),
    rounds: int = 2,
    questions: int = 4,
    k: int = 2,
    words: int = 8,
    seed: int = 0,
) -> Path:
    """A finished comparison; `words` is about the length of a response. Question 0 is the one that is never right."""
    config = load_config(shipped_config("embedded"), [], seed=seed, rounds=rounds, evaluation__k=k)
    settings = config.model_dump(mode="json", exclude={"method", "label", "variants"})
    out.mkdir(parents=True)
    write_comparison(out, methods, [], settings)
    asked = [
        Question(f"made/{n}", ({"role": "user", "content": f"{n} + 1 = ? <b>&"},), str(n + 1)) for n in range(questions)
    ]
    for method in methods:
        directory = RunDirectory(out / method)
        of_method = config.model_copy(update={"method": method})
        directory.prepare(yaml.safe_dump(of_method.model_dump(mode="json")), {"seed": seed, "versions": {"torch": "2"}})
        for number in range(rounds + 1):
            if number:
                directory.mark(number, "distil", Cost(10, 100, 5, 50, 1.5))
                directory.mark(number, "trained", Cost(), questions=questions, budget=100)
            draw = random.Random(f"{method if number else 'base'} {number} {seed}")
            made_evaluation(directory, number, asked, of_method.evaluation, words, draw)
    return out


def made_evaluation(
    directory: RunDirectory, number: int, asked: Sequence[Question], config: Any, words: int, draw: random.Random
) -> None:
    """rounds/NN/eval as `evaluate` leaves it."""
    attempts = [
        made_attempt(question, int(question.id != "made/0" and draw.random() < 0.3 + 0.2 * number), words, draw)
        for question in asked
        for _ in range(config.k)
    ]
    drafts = attempts[:: config.k]
    traces = [RevisionTrace(one, WAIT, made_attempt(one.question, 1, words, draw)) for one in drafts]
    folder = directory.round_path(number) / "eval"
    folder.mkdir(parents=True)
    write_lines(folder / "questions.jsonl", map(question_row, asked))
    write_rows(
        folder / "samples.parquet", [*(row(one, "evaluation") for one in attempts), *revision_rows(traces, drafts)]
    )
    record = {
        "task": "base",
        "gold": gold_answers(attempts),
        "evaluation": summarise(attempts, config),
        "per_question": per_question_accuracy(attempts),
        "revision": summarise_revisions(traces, config),
        "cost": asdict(Cost(len(attempts), 10, 0, 0, 0.5)),
    }
    write_json(folder / "metrics.json", record)


def made_attempt(question: Question, reward: int, words: int, draw: random.Random) -> Attempt:
    """A judged response with markup in it, as models write; a tenth are cut off."""
    reason = FinishReason.LENGTH if draw.random() < 0.1 else FinishReason.STOP
    text = " ".join(draw.choice(("so", "</script>", "3", "+", "thus", "the", "sum", "is")) for _ in range(words))
    answer = question.answer if reward else "0"
    return Attempt(
        question,
        Completion(tuple(range(words)), f"{text} \\boxed{{{answer}}}", reason),
        Verdict(reward, answer, "equal" if reward else "not equal"),
    )


def made_localisation(out: Path, responses: int = 6, tokens: int = 30, seed: int = 0, reviser: str = "") -> Path:
    """An output folder of `localize`: in wrong responses one token has nearly all of the mass."""
    out.mkdir(parents=True)
    draw = random.Random(seed)
    question = Question("made/1", ({"role": "user", "content": "1 + 1 = ?"},), "2")
    scored = []
    for number in range(responses):
        reward = number % 2
        ids = tuple(draw.choice(TOKENIZER.encode("3 + 7 = 10 ; so", add_special_tokens=False)) for _ in range(tokens))
        text = Completion(ids, TOKENIZER.decode(ids), FinishReason.STOP)
        student = tuple(-draw.random() for _ in ids)
        gap = [draw.random() / 10 for _ in ids]
        gap[3] = 6.0 if not reward else 0.2
        theirs = tuple(one - more for one, more in zip(student, gap, strict=True))
        scored.append(ScoredResponse(Attempt(question, text, Verdict(reward, "2", "made")), ids, student, theirs))
    made = {
        "policy": f"s{seed}/rounds/02/checkpoint",
        "reviser": reviser or f"s{seed}/rounds/02/checkpoint",
        "round": 2,
    }
    settings = {"method": "sdzero", "seed": seed, "localisation": made}
    (out / "run.yaml").write_text(yaml.safe_dump(settings))
    (out / "environment.json").write_text(json.dumps({"seed": seed}))
    write_responses(out / RESPONSES, scored, TOKENIZER)
    write_json(out / SUMMARY, summarise_localisation(scored, 0, 0.95))
    return out
