"""Benchmarks and training question sets."""
