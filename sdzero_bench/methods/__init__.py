"""The methods by name: each is one function that trains one round, written in the phases of `sdzero_bench.rounds`."""

from collections.abc import Callable

from sdzero_bench.methods import grpo, rft, sdft, sdzero, sft
from sdzero_bench.rounds import Round

TRAIN_ROUND: dict[str, Callable[[Round], None]] = {
    "sdzero": sdzero.train_round,
    "grpo": grpo.train_round,
    "rft": rft.train_round,
    "sft": sft.train_round,
    "sdft": sdft.train_round,
}

NEEDS_SOLUTIONS = ("sft", "sdft")  # gold demonstrations, which the other methods do without
