"""A key-value cache that grows a block at a time, in place of transformers' one concatenation for every token.

Example: with 256 rows, a prompt of 20 tokens and blocks of 64, decoding copies the cache at tokens 64, 128, ... only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import DynamicLayer

BLOCK = 64  # tokens


class GrowingLayer(DynamicLayer):
    """`keys` and `values` [B, heads, T, head_dim] are views of buffers with room for further tokens."""

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append the new tokens and return all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self._buffers = (_room(key_states, 0), _room(value_states, 0))
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if end > self._buffers[0].shape[-2]:
            self._buffers = tuple(torch.cat([old[:, :, :start], _room(old, end - start)], -2) for old in self._buffers)
        for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = new
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)
        return self.keys, self.values

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep these rows, and the room behind them."""
        end = self.get_seq_length()
        self._buffers = tuple(buffer[indices] for buffer in self._buffers)
        self.keys, self.values = (buffer[:, :, :end] for buffer in self._buffers)


def growing_cache(config: PreTrainedConfig) -> DynamicCache:
    """transformers' cache for this model with its full-attention layers replaced; sliding-window layers stay."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def _room(like: Tensor, tokens: int) -> Tensor:
    """Uninitialised space for at least so many tokens and a block, in the shape of `like` otherwise."""
    return like.new_empty((*like.shape[:2], tokens + BLOCK, like.shape[-1]))
