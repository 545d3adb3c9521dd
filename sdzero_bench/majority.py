r"""maj@k: accuracy of the answer that most of a question's k samples give.

Example: four samples answer \dfrac{1}{2}, \frac12, 3 and nothing: two votes for 1/2, one for 3, and the empty one has
none. If 1/2 was judged right the question counts 1.

Source: Wang et al. 2023, "Self-Consistency Improves Chain of Thought Reasoning in Language Models" (arXiv 2203.11171).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SPACE = re.compile(r"\\[,;:! ]|~|\s|\{\}")  # TeX's spaces too
_SIZED = re.compile(r"\\(?:left|right)(?![A-Za-z])\.?")  # "\right." is a bracket that is not drawn
_FRACTION = re.compile(r"\\[dt]frac(?![A-Za-z])")
_BARE_FRACTION = re.compile(r"\\frac(\d) ?(\d)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([, ])\d{3})(?:\1\d{3})*(?:\.\d+)?")


def normal_form(answer: str) -> str:
    r"""A cheap form in which the commonest ways to write one answer are one string; for grouping, not for judging.

    Without white space (but for one space between digits: "1 1/2" is not 11/2), $, \left and \right, thousands commas
    and a final full stop; \dfrac and \tfrac become \frac, \frac12 becomes \frac{1}{2}.
    """
    text = _FRACTION.sub(r"\\frac", _SIZED.sub("", answer.replace("\\$", "").replace("$", "").replace("−", "-")))
    text = _SPACE.sub(" ", text.replace("{,}", ",").replace("\\!", ""))
    text = re.sub(r"(?<!\d) +| +(?!\d)", "", re.sub(" +", " ", text).strip())
    text = _BARE_FRACTION.sub(r"\\frac{\1}{\2}", text)
    text = text.removesuffix(".").removesuffix("。")
    return re.sub("[, ]", "", text) if _GROUPED.fullmatch(text) else text


def majority_accuracy(answers: Sequence[str | None], rewards: Sequence[int]) -> float:
    """Between 0 and 1: whether the answer with most votes is right, for one question's samples.

    Answers vote in `normal_form`; None has no vote, and without any vote the question counts 0. Where several answers
    have as many votes it is the expected accuracy of choosing one of them at random. Judges see more than the normal
    form: an answer whose samples have different rewards is right where most of them are, and counts half where half
    are. Raises ValueError on unequal lengths.
    """
    votes: dict[str, list[int]] = {}
    for answer, reward in zip(answers, rewards, strict=True):
        if answer is not None:
            votes.setdefault(normal_form(answer), []).append(reward)
    most = max(map(len, votes.values()), default=0)
    winners = [_accuracy(of_answer) for of_answer in votes.values() if len(of_answer) == most]
    return math.fsum(winners) / len(winners) if winners else 0.0


def _accuracy(rewards: Sequence[int]) -> float:
    right = 2 * sum(rewards)
    return 0.5 if right == len(rewards) else float(right > len(rewards))
