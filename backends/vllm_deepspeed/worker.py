"""What every vLLM worker gets beside its own methods: taking new weights. vLLM mixes the class into its worker.

Example: `llm.collective_rpc("take_weights", args=(iterator,))`, or through a server's `/collective_rpc`
`{"method": "take_weights_from", "args": ["/shared/weights"]}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor


class WeightSync:
    """`worker_extension_cls` of the engines we start."""

    model_runner: Any  # the worker's
    taken_from = ""  # the folder of the weights in use; empty: none were taken from a folder

    def take_weights(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """New weights, named as in a Hugging Face folder."""
        self.model_runner.reload_weights(weights_iterator=weights)
        _bind_cpu_heads(self.model_runner.get_model())

    def take_weights_from(self, folder: str) -> None:
        """The safetensors of a folder."""
        files = sorted(Path(folder).glob("*.safetensors"))
        if not files:
            raise FileNotFoundError(
                f"{folder} holds no weights here; weights_folder must be one that trainers and servers share"
            )
        # Not `weights_path`: an engine that began with random weights (load_format dummy) reads no folders.
        self.take_weights(_read(files))
        self.taken_from = folder

    def weights_taken_from(self) -> str:
        """Which folder the weights came from: another one than a trainer wrote are not its weights."""
        return self.taken_from


def _read(files: Sequence[Path]) -> Iterator[tuple[str, Tensor]]:
    from safetensors import safe_open

    for file in files:
        with safe_open(file, framework="pt") as weights:
            for name in weights.keys():  # noqa: SIM118 (it is not a mapping)
                yield name, weights.get_tensor(name)


def _bind_cpu_heads(model: Any) -> None:
    """On a CPU vLLM 0.32 binds an output head's product to the tensor it had when it was loaded, and reloading does not
    bind it again where the head is tied to the embedding: it would go on with old weights, without an error."""
    from vllm.model_executor.layers.utils import dispatch_cpu_unquantized_gemm

    for module in model.modules():
        if hasattr(module, "cpu_linear") and getattr(module, "weight", None) is not None and module.weight.numel():
            dispatch_cpu_unquantized_gemm(module, remove_weight=False)
