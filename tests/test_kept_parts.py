"""Evaluation in parts: interrupted anywhere, it ends with the same samples."""

from dataclasses import replace
from pathlib import Path

import pytest

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.config_files import load_config
from sdzero_bench.data import Questions
from sdzero_bench.evaluation import evaluate
from sdzero_bench.prompts import Prompter
from sdzero_bench.questions import load_questions
from sdzero_bench.rollouts import Rollouts
from sdzero_bench.rundir import RunDirectory
from sdzero_bench.session import open_session

SETTINGS = EvaluationConfig(k=2, temperature=1.0, max_new_tokens=40)


class StopError(Exception):
    """In place of a Ctrl-C."""


# The same number of rows a part as before, or another: parts are taken as they are. What is left of the answers after
# two parts of 4 questions, then the 12 revisions.
@pytest.mark.parametrize(("rows", "left"), [(8, [4, 8, 4]), (6, [3, 1, 6, 6])])
def test_an_interrupted_evaluation_goes_on_with_the_next_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, left: list[int]
) -> None:
    config = load_config(None, ["backend.threads=1"], model="embedded", questions__train="arithmetic")
    questions = load_questions("arithmetic?size=12", split="evaluation")
    with open_session(config, Questions((), questions, 0)) as session:
        prompter = Prompter(session.backend.tokenizer, config.control)
        rollouts = Rollouts(session.backend, session.verifier, prompter, session.reporter)
        by_8 = replace(rollouts, sample_batch=8)  # 4 questions: three parts of answers, two of revisions
        directory = RunDirectory(tmp_path)
        whole = evaluate(rollouts, questions, SETTINGS, directory, tmp_path / "whole", "whole")

        generate, calls = session.backend.generate, []

        def counted(*arguments, **named):
            calls.append(len(arguments[0]))
            if len(calls) == stop_at:
                raise StopError
            return generate(*arguments, **named)

        monkeypatch.setattr(session.backend, "generate", counted)
        stop_at = 3
        with pytest.raises(StopError):
            evaluate(by_8, questions, SETTINGS, directory, tmp_path / "parts", "parts")
        assert calls == [4, 4, 4]
        calls, stop_at = [], 0
        parts = evaluate(
            replace(rollouts, sample_batch=rows), questions, SETTINGS, directory, tmp_path / "parts", "parts"
        )
        assert calls == left
    assert {**parts, "cost": None, "task": None} == {**whole, "cost": None, "task": None}
    assert (tmp_path / "parts/samples.parquet").read_bytes() == (tmp_path / "whole/samples.parquet").read_bytes()
    assert not (tmp_path / "parts/parts").exists()
