"""The embedded model: a real transformer of half a million weights that stands in for a pretrained one.

Example: `train-round --model embedded` trains from the folder `model_path()` names. How it was made: `build.py`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def model_path() -> Path:
    """The Hugging Face folder of the embedded base model."""
    return Path(str(files(__name__) / "model"))
