"""SFT: NLL on gold demonstrations. Needs question sets with worked solutions; draws no samples.

Example: "3 + 7 - 4 = ?" is trained with its solution "3 + 7 = 10 ; 10 - 4 = 6 ; so \\boxed{6}".
"""

from __future__ import annotations

from sdzero_bench.methods.rft import response_example
from sdzero_bench.rounds import Round


def train_round(run: Round) -> None:
    """Train on the round's demonstrations."""
    examples = [response_example(run.prompter, q, run.prompter.gold(q.solution or "")) for q in run.questions]
    run.fit("sft", examples, run.config.sft)
