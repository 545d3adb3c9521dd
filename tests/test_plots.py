"""The picture: written twice, the same every time, and showing what it was given."""

import re
from pathlib import Path

from made_results import five_methods, method

from sdzero_bench.plots import plot_rounds


def test_plot_is_png_and_svg_with_every_method_and_round(tmp_path: Path) -> None:
    plot_rounds(five_methods(), tmp_path / "rounds.png")
    assert (tmp_path / "rounds.png").read_bytes().startswith(b"\x89PNG")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "rounds.svg").read_text())
    assert {"sdzero", "grpo", "rft", "sft", "sdft", "base", "3", "accuracy (%)"} <= set(words)


def test_same_figures_same_bytes_other_figures_other_bytes(tmp_path: Path) -> None:
    plot_rounds(five_methods(), tmp_path / "a.png")
    plot_rounds(five_methods(), tmp_path / "b.png")
    plot_rounds([*five_methods()[:4], method("sdft", (8, 8, 9, 30))], tmp_path / "c.png")
    for ending in ("png", "svg"):
        first, second, other = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "abc")
        assert first == second
        assert first != other


def test_seeds_one_round_and_a_run_that_stopped_early(tmp_path: Path) -> None:
    seeds = [method("rft", (8, right), seed=seed) for seed, right in enumerate((16, 20))]
    plot_rounds([*seeds, method("grpo", (8,))], tmp_path / "few.png")
    words = re.findall(r"<text[^>]*>([^<]*)</text>", (tmp_path / "few.svg").read_text())
    assert words.count("rft") == 1
