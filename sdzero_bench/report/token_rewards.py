"""Token rewards of localisations for the page's heatmaps.

Example: 200 responses of 30 tokens; every token as text, its log-probability under the policy and its reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sdzero_bench.localisation.kept import RESPONSES, read_policy, read_summary

COLUMNS = ["question", "reward", "extracted", "tokens", "student_logprobs", "token_rewards"]
DIGITS = 2  # nats


def heatmap_data(localisations: Sequence[Path], most: int) -> list[dict[str, Any]]:
    """One entry a localisation: its title, the policy, and at most `most` responses, half of them wrong."""
    return [
        {"title": title_of(folder, localisations), "responses": _responses(folder, most)} for folder in localisations
    ]


def title_of(folder: Path, others: Sequence[Path]) -> str:
    """The policy in words, with the folder where another has the same."""
    title = read_policy(folder).title
    return f"{title} ({folder})" if sum(read_policy(other).title == title for other in others) > 1 else title


def _responses(folder: Path, most: int) -> list[dict[str, Any]]:
    read_summary(folder)  # refuses an unfinished one
    rows = pq.read_table(folder / RESPONSES, columns=COLUMNS).to_pylist()
    if most and len(rows) > most:
        wrong, right = ([number for number, row in enumerate(rows) if row["reward"] == reward] for reward in (0, 1))
        of_right = min(len(right), max(most // 2, most - len(wrong)))
        rows = [rows[number] for number in sorted(wrong[: most - of_right] + right[:of_right])]
    return [
        {
            "question": row["question"],
            "reward": row["reward"],
            "answer": row["extracted"],
            "tokens": row["tokens"],
            "policy": [round(one, DIGITS) for one in row["student_logprobs"]],
            "rewards": [round(one, DIGITS) for one in row["token_rewards"]],
        }
        for row in rows
    ]
