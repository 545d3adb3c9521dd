"""What the tests here run under torchrun: a list of jobs, each on a backend of its own, one after another.

Example: `torchrun --nproc_per_node 2 engine_jobs.py JOBS.json OUT`, where JOBS.json holds
`[{"name": "zero3", "do": "train", "model": "/m", "config": {"name": "vllm-deepspeed", "options": {"zero_stage": 3}}}]`,
leaves OUT/zero3.json and the folders the job saved in OUT/zero3. Tests call `train` and `sampled` on hf-accelerate too.
"""

import gc
import json
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from sdzero_backends.vllm_deepspeed import worker
from sdzero_backends.vllm_deepspeed.colocated import ColocatedSampler
from sdzero_bench.backend import Backend, open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.errors import RunError
from sdzero_bench.examples import Example
from sdzero_bench.objectives import NLL, Objective, PolicyGradient, TokenKL
from sdzero_bench.types import Sampling, TokenIds

CONSTANT = OptimiserConfig(learning_rate=1e-3, schedule=Schedule.CONSTANT)
COSINE = OptimiserConfig(learning_rate=1e-3, schedule=Schedule.COSINE, warmup_steps=2)
OBJECTIVES: dict[str, Objective] = {"nll": NLL(), "token_kl": TokenKL(), "policy_gradient": PolicyGradient()}
BATCH_SIZES = (5, 3, 1, 2, 8)  # on two ranks: one example too many, none at all for one rank, as many for both


def train(backend: Backend, job: dict[str, Any], out: Path) -> dict[str, Any]:
    """Five updates of each objective from the same weights, the weights after them, and what the sampler then has."""
    backend.freeze_teacher()
    got: dict[str, Any] = {"world_size": backend.world_size}
    for objective, loss in OBJECTIVES.items():
        backend.restore(job["model"])
        backend.begin_training(CONSTANT, steps=len(BATCH_SIZES))
        rng = random.Random(objective)
        losses, norms, tokens, synced = [], [], [], []
        for size in BATCH_SIZES:
            metrics = backend.update([_example(rng) for _ in range(size)], loss)
            losses.append(metrics.loss)
            norms.append(metrics.grad_norm)
            tokens.append(metrics.tokens)
            if hasattr(backend, "_sampler"):
                synced.append(_synchronised(backend))
        got[objective] = {"losses": losses, "norms": norms, "tokens": tokens, "synced": synced}
        backend.save(out / job["name"] / objective)
    if hasattr(backend, "_trainer"):
        got["recomputes"] = backend._trainer.policy.is_gradient_checkpointing
    if "broken" in job:
        got["broken"] = _with_stale_weights(backend, job["broken"])
    backend.close()
    return got


def resume(backend: Backend, job: dict[str, Any], out: Path) -> dict[str, Any]:
    """Four updates, saved; four more; then the same four from what was saved, on another backend."""
    folder = out / job["name"]

    def updates(backend: Backend, steps: range) -> list[float]:
        batches = [[_example(random.Random(f"{step} {i}")) for i in range(5)] for step in steps]
        return [backend.update(batch, NLL()).loss for batch in batches]

    backend.begin_training(COSINE, steps=8)
    updates(backend, range(4))
    backend.save(folder / "saved", training_state=True)
    uninterrupted = updates(backend, range(4, 8))
    synced = [_synchronised(backend)]
    backend.save(folder / "uninterrupted")
    backend.restore(folder / "saved")
    backend.save(folder / "weights_again")
    backend.close()
    backend = open_backend(BackendConfig.model_validate(job["config"]), job["model"], seed=1)
    backend.begin_training(COSINE, steps=8)
    backend.restore(folder / "saved", training_state=True)
    backend.save(folder / "saved_again")
    resumed = updates(backend, range(4, 8))
    synced.append(_synchronised(backend))
    backend.save(folder / "resumed")
    backend.close()
    return {"uninterrupted": uninterrupted, "resumed": resumed, "synced": synced}


def sample(backend: Backend, job: dict[str, Any], out: Path) -> dict[str, Any]:
    """Completions of the job's prompts."""
    got = sampled(backend, [tuple(prompt) for prompt in job["prompts"]], job["samplings"])
    backend.close()
    return got


def sampled(
    backend: Backend, prompts: list[TokenIds], samplings: dict[str, dict[str, Any]]
) -> dict[str, list[list[int]]]:
    """Token ids of one completion of each prompt, by the name of the sampling."""
    return {
        name: [list(one.token_ids) for (one,) in backend.generate(prompts, Sampling(**sampling))]
        for name, sampling in samplings.items()
    }


def _with_stale_weights(backend: Any, broken: str) -> list[str | None]:
    """What `synchronise` says after three updates that do not arrive, and after a fourth that does."""
    backend.begin_training(OptimiserConfig(learning_rate=1e-2, schedule=Schedule.CONSTANT), steps=4)
    whole = _broken(broken)
    said = []
    for step in range(4):
        if step == 3:
            whole()
        backend.update([_example(random.Random(step)) for _ in range(5)], NLL())
        said.append(_refusal(backend._synchronise))
    return said


def _broken(what: str) -> Callable[[], None]:
    """Break the handing over; returns what makes it whole. head: as vLLM 0.32 leaves a tied one on a CPU in float32."""
    owner, name = {"head": (worker, "_bind_cpu_heads"), "all": (ColocatedSampler, "take")}[what]
    whole = getattr(owner, name)
    setattr(owner, name, lambda *_: None)
    return lambda: setattr(owner, name, whole)


def start_broken(job: dict[str, Any]) -> str | None:
    """The last job of a process: vLLM takes the process group with it."""
    _broken("head")
    return _refusal(lambda: open_backend(BackendConfig.model_validate(job["config"]), job["model"], seed=0))


def _refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except RunError as error:
        return str(error)
    return None


def _synchronised(backend: Any) -> dict[str, list[float]]:
    """Differences between the trainer's and the sampler's log-probabilities before and after handing over."""
    rng = random.Random(0)
    probes = [_tokens(rng, 20, 60) for _ in range(4)]
    expected = torch.cat([one[1:] for one in backend.score(probes)])

    def differences() -> list[float]:
        got = [logprob for tokens in probes for logprob in backend._sampler.logprobs(tokens)]
        return (expected - torch.tensor(got)).abs().tolist()

    stale = differences()
    backend._synchronise()
    return {"stale": stale, "fresh": differences()}


def _tokens(rng: random.Random, shortest: int, longest: int) -> TokenIds:
    return tuple(rng.choices(range(6, 50), k=rng.randint(shortest, longest)))


def _example(rng: random.Random) -> Example:
    tokens, hint = _tokens(rng, 10, 40), _tokens(rng, 3, 9)
    weights = tuple(float(position >= 5) for position in range(len(tokens)))
    old_logprobs = tuple(weight * rng.uniform(-5, -1) for weight in weights)
    return Example(tokens, weights, (*tokens, *hint, *tokens[5:]), rng.choice((1.0, -1.0, 0.5, 2.0)), old_logprobs)


def main(jobs: Path, out: Path) -> None:
    for job in json.loads(jobs.read_text()):
        if job["do"] == "start_broken":
            got: Any = start_broken(job)
        else:
            backend = open_backend(BackendConfig.model_validate(job["config"]), job["model"], seed=0)
            got = {"train": train, "resume": resume, "sample": sample}[job["do"]](backend, job, out)
            gc.freeze()  # vLLM collects garbage seven times a start: most of its 5 s, with its modules in the heap
        if int(os.environ["RANK"]) == 0:
            (out / f"{job['name']}.json").write_text(json.dumps(got))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
