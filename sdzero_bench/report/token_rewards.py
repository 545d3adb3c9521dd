"""Token rewards of localisations for the page's heatmaps.

Example: 200 responses of 30 tokens; every token as text, its log-probability under the policy and its reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sdzero_bench.localisation.kept import RESPONSES, read_summary, titles
from sdzero_bench.localisation.summary import VERDICTS

COLUMNS = ["question", "reward", "extracted", "tokens", "student_logprobs", "token_rewards"]


def heatmap_data(localisations: Sequence[Path], most: int) -> list[dict[str, Any]]:
    """One entry a localisation: policy, how many responses it has of each verdict, and at most `most` of them.

    Where not all are shown half of them are wrong ones. Raises UserError for an unfinished localisation.
    """
    return [
        {
            "title": title,
            "all": {verdict: read_summary(folder)[verdict]["responses"] for verdict in VERDICTS},
            "responses": _responses(folder / RESPONSES, most),
        }
        for title, folder in zip(titles(localisations), localisations, strict=True)
    ]


def _responses(path: Path, most: int) -> list[dict[str, Any]]:
    """Rewards to 3 digits: small ones are ranked too."""
    if not path.exists():  # recorded localisations keep figures only
        return []
    rows = pq.read_table(path, columns=COLUMNS).to_pylist()
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
            "policy": [float(f"{one:.3g}") for one in row["student_logprobs"]],
            "rewards": [float(f"{one:.3g}") for one in row["token_rewards"]],
        }
        for row in rows
    ]
