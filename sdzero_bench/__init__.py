"""Benchmark of SD-Zero (Self-Distillation Zero) against GRPO, RFT, SFT and SDFT at one budget."""

__version__ = "0.1.0"
