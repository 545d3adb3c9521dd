"""The HF-Accelerate backend: transformers samples and trains, accelerate places and gathers. One process or several."""

from pathlib import Path

from sdzero_backends.hf_accelerate.engine import HFAccelerateBackend
from sdzero_bench.config import BackendConfig


def open_backend(config: BackendConfig, model: Path | str, seed: int) -> HFAccelerateBackend:
    """Entry point `hf-accelerate` of the group `sdzero_bench.backends`."""
    return HFAccelerateBackend(config, model, seed)
