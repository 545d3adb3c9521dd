"""Figures of runs: PNG and SVG, told apart in any colour vision and in black and white."""
