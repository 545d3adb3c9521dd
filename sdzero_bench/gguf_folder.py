"""A GGUF file of a llama model, unpacked into a plain Hugging Face folder.

Example: `SmolLM2-135M-Instruct.Q4_1.gguf` holds `blk.0.attn_q.weight` in 4-bit blocks; the folder's model.safetensors
holds `model.layers.0.self_attn.q_proj.weight` in float32.

Written out rather than left to transformers' `gguf_file=`, which (5.19) loses the `smollm` pre-tokenizer's splitting
of digits, so that "= 6" after two spaces or a blank line becomes other tokens than the model was trained on, and which
refuses to save what it loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from gguf import GGUFReader

# GGUF's names for the parts of a llama block, and transformers'.
_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_TOP = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}


def convert_llama_gguf(gguf_file: Path, folder: Path) -> None:
    """Write config, generation config, float32 weights, tokenizer and chat template of `gguf_file` into `folder`.

    Raises ValueError for an architecture other than llama or a pre-tokenizer other than smollm.
    """
    from gguf import GGUFReader
    from transformers import LlamaForCausalLM

    reader = GGUFReader(gguf_file)
    facts = {key: field.contents() for key, field in reader.fields.items()}
    if (facts["general.architecture"], facts["tokenizer.ggml.pre"]) != ("llama", "smollm"):
        raise ValueError(f"{gguf_file.name}: only llama models with the smollm pre-tokenizer are understood")
    weights = _weights(reader, facts)
    config = _config(facts, tied="lm_head.weight" not in weights)
    if config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model = LlamaForCausalLM(config).float()
    model.load_state_dict(weights)
    model.save_pretrained(folder)  # with the generation config that transformers derives: the three token ids
    _tokenizer(facts).save_pretrained(folder)


def _config(facts: dict[str, Any], tied: bool) -> Any:
    from transformers import LlamaConfig

    epsilon = facts["llama.attention.layer_norm_rms_epsilon"]
    return LlamaConfig(
        vocab_size=facts["llama.vocab_size"],
        hidden_size=facts["llama.embedding_length"],
        intermediate_size=facts["llama.feed_forward_length"],
        num_hidden_layers=facts["llama.block_count"],
        num_attention_heads=facts["llama.attention.head_count"],
        num_key_value_heads=facts["llama.attention.head_count_kv"],
        max_position_embeddings=facts["llama.context_length"],
        rms_norm_eps=float(f"{epsilon:.6g}"),  # kept in the file as float32: 9.99999975e-06
        rope_parameters={"rope_type": "default", "rope_theta": facts["llama.rope.freq_base"]},
        tie_word_embeddings=tied,
        bos_token_id=facts["tokenizer.ggml.bos_token_id"],
        eos_token_id=facts["tokenizer.ggml.eos_token_id"],
        pad_token_id=facts["tokenizer.ggml.padding_token_id"],
        dtype="float32",
    )


def _weights(reader: GGUFReader, facts: dict[str, Any]) -> dict[str, torch.Tensor]:
    import torch
    from gguf import dequantize

    heads = {
        "attn_q": facts["llama.attention.head_count"],
        "attn_k": facts["llama.attention.head_count_kv"],
    }
    weights = {}
    for tensor in reader.tensors:
        # [out, in], as in torch. Copied, because F32 tensors are views of the mapped file.
        array = dequantize(tensor.data, tensor.tensor_type).astype("float32", copy=True)
        name = tensor.name.removesuffix(".weight")
        if name.startswith("blk."):
            _, layer, part = name.split(".")
            if part in heads:
                # llama.cpp stores each head's rotary pairs side by side, transformers as two halves.
                rows = array.shape[0] // heads[part]
                array = array.reshape(heads[part], rows // 2, 2, -1).swapaxes(1, 2).reshape(array.shape)
            name = f"model.layers.{layer}.{_BLOCK[part]}"
        else:
            name = _TOP[name]
        weights[f"{name}.weight"] = torch.from_numpy(array)
    return weights


def _tokenizer(facts: dict[str, Any]) -> Any:
    from gguf import TokenType
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = facts["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    # `smollm`: every digit by itself, then GPT-2's splitting (llama.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM).
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = zip(tokens, facts["tokenizer.ggml.token_type"], strict=True)
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False, special=True) for token, kind in kinds if kind == TokenType.CONTROL]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=tokens[facts["tokenizer.ggml.bos_token_id"]],
        eos_token=tokens[facts["tokenizer.ggml.eos_token_id"]],
        unk_token=tokens[facts["tokenizer.ggml.unknown_token_id"]],
        pad_token=tokens[facts["tokenizer.ggml.padding_token_id"]],
        model_max_length=facts["llama.context_length"],
        clean_up_tokenization_spaces=False,
        chat_template=facts["tokenizer.chat_template"],
    )
