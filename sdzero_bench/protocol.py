"""How one task is evaluated: its own protocol (its YAML), where a person has set nothing else.

Example: aime24 says 8 samples, temperature 0.7, 32,768 tokens; with `--k 4` it is 4 samples and the rest as before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sdzero_bench.config import EvaluationConfig
from sdzero_bench.errors import UserError

if TYPE_CHECKING:
    from sdzero_bench.benchmarks import Card

PROTOCOL = frozenset({"k", "temperature", "top_p", "max_new_tokens", "revise"})  # what a benchmark has its own say on


def protocol_of(card: Card | None, config: EvaluationConfig, given: Collection[str]) -> EvaluationConfig:
    """The settings a task is evaluated with; `card` is None for a question set without a protocol of its own.

    given: the fields of `config` that a person has set. They count over the card's; defaults and a preset that we chose
    do not. Generate-then-revise of a benchmark is measured where it is asked for. Raises UserError for several samples
    of a greedy policy, which would all be the same.
    """
    own: dict[str, object] = {}
    if card is not None:
        own = {
            "k": card.k,
            "temperature": card.temperature,
            "top_p": card.top_p,
            "max_new_tokens": card.max_new_tokens,
            "revise": False,
        }
    settings = config.model_copy(update={name: value for name, value in own.items() if name not in given})
    if settings.temperature == 0 and settings.k > 1:
        if "k" in given:
            raise UserError(
                f"evaluation.k: {settings.k} samples at temperature 0 are all the same; set k to 1 or a temperature"
            )
        settings = settings.model_copy(update={"k": 1})
    return settings
