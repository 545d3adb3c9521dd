"""The figures of runs as SVG elements that take their colours from the page, light or dark."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sdzero_bench.figures.curves import plot_self_revision, plot_teacher
from sdzero_bench.figures.kl_mass import plot_kl_mass
from sdzero_bench.figures.rounds import plot_rounds
from sdzero_bench.figures.style import DARK, GREY, STYLES
from sdzero_bench.figures.tokens import plot_tokens
from sdzero_bench.localisation.kept import read_summary, titles
from sdzero_bench.report.inputs import Inputs
from sdzero_bench.run_results import read_results
from sdzero_bench.training_curve import read_training_curve

MOST_CURVES = len(STYLES)  # as many as can be told apart
# The figures' colours, by what the page's style sheet calls them.
COLOURS = {"#dddddd": "var(--line)", GREY: "var(--muted)", DARK: "currentColor"} | {
    colour.lower(): "currentColor" if colour == "#000000" else f"var(--plot{number})"
    for number, (colour, _, _) in enumerate(STYLES)
}


def run_pictures(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """(caption, SVG) of every figure that these runs give."""
    results = read_results(inputs.comparisons)[0]
    yield "Accuracy and response length by round", _drawn(lambda path: plot_rounds(results, path))
    yield "Accuracy against response length", _drawn(lambda path: plot_tokens(results, path))
    curves = [curve for curve in map(read_training_curve, inputs.runs) if curve.steps]
    shown = curves if len(curves) <= MOST_CURVES else [curve for curve in curves if curve.seed == curves[0].seed]
    which = "methods that sample on policy" + ("" if shown == curves else f", seed {curves[0].seed} alone")
    if 0 < len(shown) <= MOST_CURVES:
        yield (
            f"Accuracy over updates ({which}). Markers: evaluations; thin lines: training samples; dotted: where a "
            "teacher is frozen or synchronised",
            _drawn(lambda path: plot_teacher(shown, path)),
        )
        yield (
            f"Response length and self-revision over updates ({which}). Shaded: {shown[0].label} trains on fixed "
            "examples",
            _drawn(lambda path: plot_self_revision(shown, path)),
        )
    elif shown:
        yield f"{len(shown)} runs are too many for curves over updates: name fewer", ""


def localisation_picture(localisations: Sequence[Path]) -> tuple[str, str]:
    """(caption, SVG) of how the KL mass is spread over tokens."""
    summaries = dict(zip(titles(localisations), map(read_summary, localisations), strict=True))
    return "Share of the KL mass by rank of the token", _drawn(lambda path: plot_kl_mass(summaries, path))


def _drawn(draw: Callable[[Path], None]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        draw(path)
        return themed(path.with_suffix(".svg").read_text(encoding="utf-8"))


def themed(svg: str) -> str:
    """matplotlib's SVG without ground, size and styles; black and greys become the page's text and line colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style.*?</style>", "", svg, flags=re.DOTALL)  # would count for the whole page
    svg = re.sub(r'<g id="patch_1">.*?</g>', "", svg, count=1, flags=re.DOTALL)  # the figure's ground
    for colour, name in COLOURS.items():
        svg = svg.replace(colour, name)
    svg = svg.replace("fill: #ffffff", "fill: none").replace("stroke: #ffffff", "stroke: none")
    svg = re.sub(r'<g id="[^"]+">', "<g>", svg)  # the same in every figure; those that are used belong to paths
    return re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
