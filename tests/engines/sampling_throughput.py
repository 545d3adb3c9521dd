"""Tokens a second of both samplers on the same prompts, in turn, in one process and on one thread.

    python tests/engines/sampling_throughput.py --model embedded --prompts 512 --max-tokens 64
    python tests/engines/sampling_throughput.py --model FOLDER --prompts 32 --max-tokens 128 --dtype bfloat16

Every sampler draws the prompts once to warm up, then as often as --times says, with another seed each time.
"""

from __future__ import annotations

import argparse
import statistics
import time

from sdzero_bench.backend import Backend, open_backend
from sdzero_bench.config import BackendConfig
from sdzero_bench.embedded import model_path
from sdzero_bench.types import Sampling, TokenIds
from sdzero_tasks.arithmetic import questions


def tokens_per_second(backend: Backend, prompts: list[TokenIds], max_tokens: int, seed: int) -> float:
    """Sampled ones, at temperature 0.7."""
    start = time.monotonic()
    drawn = backend.generate(prompts, Sampling(max_new_tokens=max_tokens, temperature=0.7, seed=seed))
    return sum(len(one.token_ids) for of_prompt in drawn for one in of_prompt) / (time.monotonic() - start)


def main() -> None:
    """Print one line a sampler and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--prompts", type=int, default=512)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--batch", type=int, default=256, help="rows sampled together")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    model = model_path() if asked.model == "embedded" else asked.model
    backends = {
        name: open_backend(
            BackendConfig(name=name, device="cpu", threads=1, dtype=asked.dtype, sample_batch=asked.batch), model, 0
        )
        for name in ("hf-accelerate", "vllm-deepspeed")
    }
    tokenizer = backends["hf-accelerate"].tokenizer
    prompts: list[TokenIds] = [
        tuple(tokenizer.apply_chat_template(list(q.messages), add_generation_prompt=True, return_dict=False))
        for q in questions("evaluation", asked.prompts, (3, 5), 0)
    ]
    speeds: dict[str, list[float]] = {name: [] for name in backends}
    for seed in range(asked.times + 1):
        for name, backend in backends.items():
            speed = tokens_per_second(backend, prompts, asked.max_tokens, seed)
            if seed:  # the first warms up
                speeds[name].append(speed)
    for name, values in speeds.items():
        print(f"{name}: {statistics.median(values):.0f} tokens/s (" + ", ".join(f"{v:.0f}" for v in values) + ")")
    hf, vllm = (statistics.median(values) for values in speeds.values())
    print(f"vllm-deepspeed / hf-accelerate: {vllm / hf:.2f}")


if __name__ == "__main__":
    main()
