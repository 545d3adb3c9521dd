"""Engines behind the harness's backend interface, found by entry point."""
