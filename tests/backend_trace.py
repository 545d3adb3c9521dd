"""Run by test_backend_contract in one and in two processes: five updates of each objective, then sampled tokens.

Example: `python backend_trace.py MODEL_FOLDER OUT.json`.
"""

import json
import random
import sys
from pathlib import Path

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL, PolicyGradient, TokenKL
from sdzero_bench.types import Sampling


def main(model: Path, out: Path) -> None:
    backend = open_backend(BackendConfig(micro_batch_tokens=150), model, seed=0)
    backend.freeze_teacher()
    rng = random.Random(0)
    trace: dict[str, object] = {"world_size": backend.world_size}
    for objective in (NLL(), TokenKL(), PolicyGradient()):
        backend.restore(model)
        backend.begin_training(OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT), steps=5)
        losses = []
        for _ in range(5):
            batch = [_example(rng, advantage) for advantage in (1.0, -1.0, 0.5, 2.0, -0.5)]
            metrics = backend.update(batch, objective)
            losses.append([metrics.loss, metrics.grad_norm, metrics.tokens])
        trace[type(objective).__name__] = losses
    backend.restore(model)
    prompts = [_tokens(rng, 4, 20) for _ in range(7)]
    got = backend.generate(prompts, Sampling(max_new_tokens=30, n=3, seed=5))
    trace["tokens"] = [[one.token_ids for one in of_prompt] for of_prompt in got]
    if backend.rank == 0:
        out.write_text(json.dumps(trace))


def _tokens(rng: random.Random, shortest: int, longest: int) -> tuple[int, ...]:
    return tuple(rng.choices(range(6, 50), k=rng.randint(shortest, longest)))


def _example(rng: random.Random, advantage: float) -> Example:
    tokens, hint = _tokens(rng, 10, 40), _tokens(rng, 3, 9)
    weights = tuple(float(position >= 5) for position in range(len(tokens)))
    old_logprobs = tuple(weight * rng.uniform(-5, -1) for weight in weights)
    return Example(tokens, weights, (*tokens, *hint, *tokens[5:]), advantage, old_logprobs)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
