"""What memory and time depend on in a model: parameters, counted exactly, and the sizes of its layers.

Example: `read_shape("Qwen/Qwen3-4B-Instruct-2507")` has 4,022,468,096 parameters (the output head is the embedding), 36
layers, 8 key-value heads of 128. The model is built from its config on torch's meta device; no weights are read. Two
shapes are shipped (`shapes/`), for planning without a hub: those of the paper's models, from their public config.json
(Qwen3-4B-Instruct-2507: its model card says 4.0B, 3.6B without the embedding; Olmo-3-7B-Instruct: 7.3B).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from sdzero_bench.errors import UserError
from sdzero_bench.models import resolve_model

SHIPPED = ("Qwen/Qwen3-4B-Instruct-2507", "allenai/Olmo-3-7B-Instruct")


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder-only transformer with gated feed-forward layers."""

    name: str
    parameters: int  # each once: a tied head is the embedding
    tied: bool
    vocabulary: int
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    qk_norm: bool  # queries and keys are normalised
    context: int  # longest sequence, in tokens
    windows: tuple[int | None, ...]  # per layer: how many tokens back attention sees; None: all

    @property
    def queries(self) -> int:
        """Width of the queries of one token in one layer."""
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        """Width of the keys (and of the values) of one token in one layer."""
        return self.kv_heads * self.head_dim

    @property
    def multiplied(self) -> int:
        """Parameters that a token is multiplied with: an embedding of its own is only looked up."""
        return self.parameters - (0 if self.tied else self.vocabulary * self.hidden)

    def cached_tokens(self, length: int) -> int:
        """Tokens whose keys and values are kept, summed over layers, for a sequence of this length."""
        return sum(length if window is None else min(length, window) for window in self.windows)


def read_shape(model: str) -> Shape:
    """From `embedded`, a folder, a hub id in the local cache, or a shipped config. UserError where there is none."""
    import torch
    from transformers import AutoModelForCausalLM

    config = _read_config(model)
    text = config.get_text_config()
    try:
        with torch.device("meta"):
            built = AutoModelForCausalLM.from_config(config)
    except (ValueError, KeyError, AttributeError, ImportError) as error:
        raise UserError(f"model: {model} is no causal language model: {' '.join(str(error).split())[:200]}") from None
    hidden, heads, layers = text.hidden_size, text.num_attention_heads, text.num_hidden_layers
    window = getattr(text, "sliding_window", None)
    types = getattr(text, "layer_types", None) or ["full_attention"] * layers
    return Shape(
        name=model,
        parameters=sum(parameter.numel() for parameter in built.parameters()),
        tied=built.get_output_embeddings().weight is built.get_input_embeddings().weight,
        vocabulary=text.vocab_size,
        hidden=hidden,
        intermediate=getattr(text, "intermediate_size", None) or 4 * hidden,  # GPT-2 leaves it out
        layers=layers,
        heads=heads,
        kv_heads=getattr(text, "num_key_value_heads", None) or heads,
        head_dim=getattr(text, "head_dim", None) or hidden // heads,
        qk_norm=any(".q_norm." in name for name, _ in built.named_parameters()),
        context=text.max_position_embeddings,
        windows=tuple(window if kind == "sliding_attention" else None for kind in types),
    )


def _read_config(model: str) -> Any:
    from transformers import AutoConfig

    place = resolve_model(model)
    try:
        return AutoConfig.from_pretrained(place, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        if isinstance(place, Path):
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"model: {place / 'config.json'} is no config that transformers reads: {reason}") from None
    if model in SHIPPED:
        fields = json.loads((files(__package__) / "shapes" / f"{model.rpartition('/')[2]}.json").read_text())
        return AutoConfig.for_model(**fields)
    raise UserError(
        f"model: the config of {model} is not at hand, and `plan` downloads nothing; give a folder that holds its "
        f"config.json (`hf download {model} config.json` puts it where it is found), or one of {', '.join(SHIPPED)}"
    )
