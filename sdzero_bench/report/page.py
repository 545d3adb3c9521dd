"""The page: static parts written here, samples and token rewards packed for the scripts in `assets`.

Example: `write_report([Path("results/compare-embedded-s0")], Path("report.html"), Limits())` writes one file of 1 MB.
"""

from __future__ import annotations

import base64
import gzip
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from sdzero_bench.comparison_tables import render_cost_table, render_tables
from sdzero_bench.errors import UserError
from sdzero_bench.evaluation_table import render_evaluations
from sdzero_bench.localisation.overview import render_localisations
from sdzero_bench.report.inputs import Evaluation, Inputs, read_inputs
from sdzero_bench.report.pictures import localisation_picture, run_pictures
from sdzero_bench.report.samples import as_json, browser_data
from sdzero_bench.report.settings import environment_tables, settings_table
from sdzero_bench.report.token_rewards import heatmap_data
from sdzero_bench.rundir import write_atomically
from sdzero_bench.table_formats import Table, write_table

SCRIPTS = ("unpack.js", "choice.js", "list.js", "sample.js", "browser.js", "heatmap.js", "page.js")

UNFOLDED = 4  # runs whose ledger is shown at once
NO_SAMPLES = "<p>These folders hold figures only: samples.parquet was not kept with them.</p>"


@dataclass(frozen=True)
class Limits:
    """How much of long evaluations the page holds; 0 is everything."""

    samples: int = 512  # of each evaluation
    characters: int = 4000  # of a response or question
    heatmaps: int = 100  # responses of each localisation


def write_report(paths: Sequence[Path], out: Path, limits: Limits) -> int:
    """Write the page, whole or not at all; returns its size in bytes. Raises UserError for folders that are not ours.

    The same folders give the same bytes.
    """
    inputs = read_inputs(paths)
    text = _page(inputs, limits)
    try:
        write_atomically(out, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--out: cannot write {out}: {error.strerror}; choose another file") from None
    return len(text.encode())


def _page(inputs: Inputs, limits: Limits) -> str:
    evaluations = inputs.evaluations
    samples = browser_data(evaluations, limits.samples, limits.characters)
    heatmaps = heatmap_data(inputs.localisations, limits.heatmaps)
    sections = {
        "summary": ("Summary", _summary(inputs, evaluations)),
        "rounds": ("Rounds", "".join(_picture(*one) for one in run_pictures(inputs)) if inputs.runs else ""),
        "samples": ("Samples", _samples(evaluations, any(samples["samples"]["text"]))),
        "tokens": ("Token rewards", _tokens(inputs, heatmaps)),
        "budgets": ("Budgets", _budgets(inputs)),
        "settings": ("Settings", _plain(settings_table(inputs.policies)) if inputs.policies else ""),
        "environment": ("Environment", "".join(map(_plain, environment_tables(inputs.folders)))),
    }
    shown = {name: (title, body) for name, (title, body) in sections.items() if body}
    return Template(_asset("report.html")).substitute(
        title=html.escape(", ".join(path.name for path in (*inputs.comparisons, *inputs.evaluated)) or "token rewards"),
        style=_asset("report.css"),
        navigation="".join(f'<a href="#{name}">{title}</a>' for name, (title, _) in shown.items()),
        sections="".join(
            f'<section id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{title}</h2>{body}</section>'
            for name, (title, body) in shown.items()
        ),
        samples=_packed(samples),
        heatmaps=_packed({"localisations": heatmaps}),
        script="\n".join(_asset(name) for name in SCRIPTS),
    )


def _summary(inputs: Inputs, evaluations: Sequence[Evaluation]) -> str:
    """Comparison and reviser table, then what `eval` measured, a row for each policy and task."""
    tables = [render_tables(inputs.comparisons, "html")] if inputs.runs else []
    measured = {
        f"{one.method}{f', round {one.round}' if one.round else ''}, seed {one.seed}: {one.task}": one.metrics
        for one in evaluations
        if one.by_eval
    }
    return "".join([*tables, *([render_evaluations(measured, "html", "Benchmarks")] if measured else [])])


def _samples(evaluations: Sequence[Evaluation], kept: bool) -> str:
    if not evaluations:
        return ""
    return _asset("samples.html") if kept else NO_SAMPLES


def _budgets(inputs: Inputs) -> str:
    if not inputs.runs:
        return ""
    table = render_cost_table(inputs.comparisons, "html")
    return table if len(inputs.runs) <= UNFOLDED else f"<details><summary>Show all phases</summary>{table}</details>"


def _tokens(inputs: Inputs, heatmaps: Sequence[Mapping[str, Any]]) -> str:
    if not inputs.localisations:
        return ""
    table = render_localisations(inputs.localisations, "html")
    picture = _picture(*localisation_picture(inputs.localisations))
    return table + picture + (_asset("tokens.html") if any(one["responses"] for one in heatmaps) else "")


def _picture(caption: str, svg: str) -> str:
    return f'<figure class="picture">{svg}<figcaption>{html.escape(caption)}</figcaption></figure>'


def _plain(table: Table) -> str:
    return write_table(table, [], "html", 0)


def _packed(data: Mapping[str, Any]) -> str:
    """gzip in base64: texts compress to a fifth, and nothing in them can be taken for markup."""
    return base64.b64encode(gzip.compress(as_json(data).encode(), mtime=0)).decode("ascii")


def _asset(name: str) -> str:
    return (files("sdzero_bench.report") / "assets" / name).read_text(encoding="utf-8")
