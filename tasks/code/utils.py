"""What the YAML files of this folder name with `!function`.

Example: `custom_dataset: !function utils.load` in _code.yaml is `sdzero_bench.benchmarks.lm_eval_hooks.load`.
"""

from __future__ import annotations

from sdzero_bench.benchmarks.lm_eval_hooks import EverySample, load, process_results

__all__ = ["EverySample", "load", "process_results"]
