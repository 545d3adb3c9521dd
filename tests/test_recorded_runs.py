"""The recorded runs render the tables that are kept beside them, and docs/results.md shows those."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdzero_bench.cli.app import app

ROOT = Path(__file__).parents[1]
EMBEDDED = ROOT / "results/reference/embedded"


@pytest.mark.parametrize(
    ("runs", "options", "kept"),
    [
        ("compare-embedded-s*", [], "table.txt"),
        ("ablations-embedded-s*", ["--against", "sdzero"], "ablations.txt"),
        ("localisation/s*", [], "localisation.txt"),
    ],
)
def test_a_recorded_table(runs: str, options: list[str], kept: str) -> None:
    folders = sorted(map(str, EMBEDDED.glob(runs)))
    assert len(folders) >= 3
    done = CliRunner().invoke(app, ["table", *folders, *options])
    assert done.exit_code == 0, done.output
    text = (EMBEDDED / kept).read_text()
    assert done.output == text
    assert text in (ROOT / "docs/results.md").read_text()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_recorded_comparison(seed: int) -> None:
    folder = EMBEDDED / f"compare-embedded-s{seed}"
    assert CliRunner().invoke(app, ["table", str(folder)]).output == (folder / "table.txt").read_text()
