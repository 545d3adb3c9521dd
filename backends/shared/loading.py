"""Load a policy and its tokenizer, and refuse what could not be trained honestly.

Example: `load_policy("/models/Qwen3-4B-Instruct-2507", device)` gives float32 weights on the device and the tokenizer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel

from sdzero_bench.errors import UserError


def load_policy(model: Path | str, device: torch.device, checked: bool = True) -> tuple[PreTrainedModel, Any]:
    """The model in float32 on the device, in eval mode, and its tokenizer."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        policy = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"model: cannot load {str(model)!r}: {' '.join(str(error).split())[:300]}") from None
    policy = policy.to(device).eval()
    if checked:
        check_head(policy)
    return policy, tokenizer


def end_of_sequence_ids(policy: PreTrainedModel, tokenizer: Any) -> frozenset[int]:
    """Tokens that end a completion: the generation config's and the tokenizer's."""
    configured = getattr(policy.generation_config, "eos_token_id", None)
    ids = set(configured if isinstance(configured, list) else [configured])
    ids.add(tokenizer.eos_token_id)
    ids.discard(None)
    if not ids:
        raise UserError("model: neither the generation config nor the tokenizer names an end-of-sequence token")
    return frozenset(ids)


def context_length(policy: PreTrainedModel, tokenizer: Any) -> int:
    """The longest sequence in tokens."""
    return int(min(policy.config.max_position_embeddings, tokenizer.model_max_length))


def hidden_states(policy: PreTrainedModel, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
    """Last hidden states [B, T, D] of right-padded sequences [B, T]."""
    output: Tensor = policy.base_model(
        input_ids=input_ids, attention_mask=attention_mask, use_cache=False
    ).last_hidden_state
    return output


@torch.no_grad()
def check_head(policy: PreTrainedModel) -> None:
    """Losses apply the output head to hidden states in chunks; a model that scales or caps its logits needs more."""
    ids = torch.arange(min(8, policy.config.vocab_size), device=policy.device).unsqueeze(0)
    whole = policy(input_ids=ids).logits
    parts = policy.get_output_embeddings()(hidden_states(policy, ids, torch.ones_like(ids)))
    if not torch.allclose(whole, parts, atol=1e-3, rtol=1e-3):
        raise UserError(
            f"model: {type(policy).__name__} changes its logits after the output head (scaling or soft-capping), "
            "which is not supported"
        )
