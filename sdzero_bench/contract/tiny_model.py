"""A real, small, random model for tests: Qwen3 with 2 layers and the embedded tokenizer, about 0.1M parameters.

Example: `build_tiny_model(folder, tied=False)` writes a Hugging Face folder; its next-token distributions have an
entropy of about 3 nats over 60 tokens, and it ends a response after some tens of tokens.
"""

from __future__ import annotations

from pathlib import Path

CONTEXT = 128  # tokens


def build_tiny_model(folder: Path, *, tied: bool = True, seed: int = 0) -> Path:
    """Write the model and its tokenizer into the folder; the same seed gives the same weights. Returns the folder."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    from sdzero_bench.embedded.tokenizer import build_tokenizer

    tokenizer = build_tokenizer(CONTEXT)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        initializer_range=0.2,  # the usual 0.02 would make every distribution flat
        tie_word_embeddings=tied,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
