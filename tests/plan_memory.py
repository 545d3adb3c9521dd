"""Measures what a short real training of hf-accelerate takes: run as a program of its own, it prints bytes by state.

Example: `python tests/plan_memory.py MODEL_FOLDER` prints {"backward pass": 733000000, "sampling": 402000000, ...}: the
largest resident size in each state, less what the process held before the model was loaded.
"""

import gc
import json
import sys
from pathlib import Path

PROMPT, RESPONSE, ROWS, SAMPLED, NEW = 16, 112, 8, 32, 48
SETTINGS = {"micro_batch_tokens": ROWS * (PROMPT + 2 * RESPONSE), "logit_chunk": 256, "sample_batch": SAMPLED}


def build(folder: Path) -> None:
    """A random Qwen3 of 15M parameters with the embedded tokenizer and a vocabulary that makes logits weigh."""
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from sdzero_bench.embedded.tokenizer import build_tokenizer

    tokenizer = build_tokenizer(512)
    config = Qwen3Config(
        vocab_size=8192, hidden_size=384, intermediate_size=1152, num_hidden_layers=6, num_attention_heads=6,
        num_key_value_heads=3, head_dim=64, max_position_embeddings=512, tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id, bos_token_id=None, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _kilobytes(field: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1])


def measure(folder: str, checkpointing: bool) -> dict[str, float]:
    """Largest resident bytes in each state above the start."""
    from sdzero_bench.backend import open_backend
    from sdzero_bench.config import BackendConfig, OnPolicyConfig
    from sdzero_bench.examples import Aggregation, Example
    from sdzero_bench.objectives import TokenKL
    from sdzero_bench.types import Sampling

    small = BackendConfig(device="cpu", threads=1, gradient_checkpointing=checkpointing, **SETTINGS)
    prompt = tuple(range(3, 3 + PROMPT))

    def example(length: int) -> Example:
        y = (7,) * length
        return Example((*prompt, *y), (0.0,) * PROMPT + (1.0,) * length, (*prompt, *y, *y))

    def train(backend, length: int) -> None:
        # One row is shorter, as in any real batch: padded rows need an attention mask.
        rows = [example(length), *(example(length - 1) for _ in range(ROWS - 1))]
        backend.update(rows, TokenKL(top_k=None, aggregation=Aggregation.SEQUENCE_SUM))

    def sample(backend, rows: int, new: int) -> None:
        backend.generate([prompt] * rows, Sampling(new, 1.0, 1.0, 1, 0))

    def prepare(model: str):
        backend = open_backend(small, model, 0)
        backend.freeze_teacher()
        backend.begin_training(OnPolicyConfig().optimiser(), 4)
        return backend

    from sdzero_bench.embedded import model_path

    warm = prepare(str(model_path()))  # libraries, thread pools and kernels are loaded before anything is measured
    train(warm, 4)
    sample(warm, 2, 2)
    warm.close()
    del warm
    gc.collect()
    start = _kilobytes("VmRSS")
    peaks = {}

    def peak(name: str) -> None:
        peaks[name] = max(peaks.get(name, 0), _kilobytes("VmHWM") - start) * 1024
        Path("/proc/self/clear_refs").write_text("5")  # the largest resident size counts from here

    backend = prepare(folder)
    train(backend, 8)  # the moments exist from the first step on
    peak("loading")
    sample(backend, SAMPLED, NEW)  # before the training, whose freed memory the process keeps
    peak("sampling")
    train(backend, RESPONSE)
    peak("backward pass")
    return peaks


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], "checkpointing" in sys.argv[2:])))
