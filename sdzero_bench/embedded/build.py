"""Rebuild the embedded base model from its seed, in about seven minutes on one core.

Example: `python -m sdzero_bench.embedded.build --out DIR` writes a Hugging Face folder (config.json, model.safetensors,
generation_config.json, the tokenizer's files) and recipe.json: the seed, versions, every setting, the last loss and
what the finished model can do. Training goes through the same backend and objective as every method's.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sdzero_bench.backend import open_backend
from sdzero_bench.config import BackendConfig, OptimiserConfig, Schedule
from sdzero_bench.embedded.corpus import CorpusRecipe, documents
from sdzero_bench.embedded.measure import measure
from sdzero_bench.embedded.tokenizer import build_tokenizer
from sdzero_bench.examples import Example

CONTEXT = 512  # tokens
ARCHITECTURE = {
    "hidden_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 32,  # vLLM's CPU attention refuses hidden_size / heads = 24
    "intermediate_size": 256,
    "tie_word_embeddings": True,
    "max_position_embeddings": CONTEXT,
}


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """How long and how fast."""

    seed: int = 0
    steps: int = 1_500
    documents_per_step: int = 64
    learning_rate: float = 2e-3
    threads: int = 1  # another number adds in another order: not the same bytes


def build(out: Path, corpus: CorpusRecipe, training: TrainingRecipe, measured: bool = True) -> dict[str, Any]:
    """Train from random weights, write the folder and return what recipe.json holds."""
    from sdzero_bench.objectives import NLL

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as untrained:
        _write_untrained(Path(untrained), training.seed)
        config = BackendConfig(device="cpu", threads=training.threads)
        backend = open_backend(config, untrained, training.seed)
    optimiser = OptimiserConfig(
        learning_rate=training.learning_rate, schedule=Schedule.COSINE, warmup_steps=50, weight_decay=0.01
    )
    backend.begin_training(optimiser, training.steps)
    losses: list[float] = []
    batches = _batches(documents(corpus, backend.tokenizer), training)
    for done, batch in enumerate(islice(batches, training.steps), start=1):
        losses.append(backend.update(batch, NLL()).loss)
        if done % 50 == 0:
            print(f"{done} of {training.steps} updates, loss {_mean(losses[-50:]):.3f}", flush=True)
    backend.save(out)
    (out / "model.safetensors").chmod(0o644)  # safetensors writes files only their owner can read
    seconds = time.perf_counter() - started
    recipe = {
        "corpus": asdict(corpus),
        "training": asdict(training),
        "architecture": ARCHITECTURE,
        "versions": _versions(),
        "final_loss": round(_mean(losses[-100:]), 4),
        "seconds": round(seconds),
        "measured": measure(backend) if measured else {},
    }
    backend.close()
    (out / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n")
    return recipe


def _write_untrained(path: Path, seed: int) -> None:
    from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM, set_seed

    set_seed(seed)
    tokenizer = build_tokenizer(CONTEXT)
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    model = Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), **ARCHITECTURE, **ids))
    model.generation_config = GenerationConfig(do_sample=True, temperature=1.0, **ids)
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)


def _batches(stream: Iterator[Example], training: TrainingRecipe) -> Iterator[list[Example]]:
    """Batches of documents of like length, in random order: half the padding, half the time."""
    rng = random.Random(training.seed)
    size = training.documents_per_step
    while True:
        pool = sorted(islice(stream, 50 * size), key=lambda document: len(document.tokens))
        batches = [pool[start : start + size] for start in range(0, len(pool), size)]
        rng.shuffle(batches)
        yield from batches


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _versions() -> dict[str, str]:
    import tokenizers
    import torch
    import transformers

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
    }


def main() -> None:
    """The command line."""
    defaults = TrainingRecipe()
    parser = argparse.ArgumentParser(prog="python -m sdzero_bench.embedded.build", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model to")
    parser.add_argument("--threads", type=int, default=defaults.threads)
    parser.add_argument("--steps", type=int, default=defaults.steps, help="updates; fewer only to try the command")
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="of the corpus, the weights and the order of documents"
    )
    options = parser.parse_args()
    training = TrainingRecipe(seed=options.seed, steps=options.steps, threads=options.threads)
    recipe = build(options.out, CorpusRecipe(seed=options.seed), training)
    print(json.dumps(recipe["measured"], indent=2))


if __name__ == "__main__":
    main()
