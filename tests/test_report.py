"""The HTML report: what is in it, and that it holds what the runs hold."""

import base64
import gzip
import html
import json
import re
from pathlib import Path

import pytest
from made_runs import WAIT, made_comparison, made_localisation
from typer.testing import CliRunner

from sdzero_bench.cli.app import app
from sdzero_bench.comparison_tables import render_tables
from sdzero_bench.errors import UserError
from sdzero_bench.report.inputs import read_inputs
from sdzero_bench.report.page import Limits, write_report
from sdzero_bench.report.samples import browser_data, shorten

EVERYTHING = Limits(samples=0, characters=0, heatmaps=0)


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_comparison(tmp_path_factory.mktemp("made") / "compare")


def packed(page: str, name: str) -> dict:
    text = re.search(rf'id="{name}-data">([^<]*)<', page)
    assert text is not None
    return dict(json.loads(gzip.decompress(base64.b64decode(text[1]))))


def test_a_page_holds_tables_pictures_and_every_sample(comparison: Path, tmp_path: Path) -> None:
    localisation = made_localisation(tmp_path / "localize")
    size = write_report([comparison, localisation], tmp_path / "report.html", EVERYTHING)
    page = (tmp_path / "report.html").read_text()
    assert size == len(page.encode())
    for section in ("summary", "rounds", "samples", "tokens", "budgets", "settings", "environment"):
        assert f'<section id="{section}"' in page
    assert render_tables([comparison], "html") in page
    assert page.count("<svg") == 3  # by round, against length, KL mass; made runs have no steps of training to draw
    data = packed(page, "samples")
    assert len(data["samples"]["text"]) == 5 * 4 * 2  # the base once, two methods after two rounds
    assert [(one["method"], one["round"]) for one in data["evaluations"]] == [
        ("base", 0), ("sdzero", 1), ("sdzero", 2), ("grpo", 1), ("grpo", 2),
    ]  # fmt: skip
    assert len(packed(page, "heatmaps")["localisations"][0]["responses"]) == 6


def test_samples_are_those_of_the_run(comparison: Path) -> None:
    """Every field of one sample and its revision, found again through the columns."""
    data = browser_data(read_inputs([comparison]).evaluations, 0, 0)
    samples, revisions, texts = data["samples"], data["revisions"], data["texts"]
    import pyarrow.parquet as pq

    rows = pq.read_table(comparison / "grpo/rounds/02/eval/samples.parquet").to_pylist()
    last = [i for i, number in enumerate(samples["evaluation"]) if number == 4]
    answers = [row for row in rows if row["role"] == "evaluation"]
    assert len(last) == len(answers) == 8
    for sample, row in zip(last, answers, strict=True):
        assert data["questions"][samples["question"][sample]]["id"] == row["question_id"]
        assert texts[samples["text"][sample]] == row["text"]
        assert texts[samples["answer"][sample]] == row["extracted"]
        assert samples["reward"][sample] == row["reward"]
        assert samples["length"][sample] == row["length"]
        assert samples["cut"][sample] == (row["finish_reason"] == "length")
    assert [samples["revision"][sample] >= 0 for sample in last] == [True, False] * 4  # the first one is the draft
    revised = [row for row in rows if row["role"] == "revision"]
    for sample, row in zip(last[::2], revised, strict=True):
        revision = samples["revision"][sample]
        assert texts[revisions["phrase"][revision]] == WAIT
        assert texts[revisions["text"][revision]] == row["text"]
    question = data["questions"][0]
    assert texts[question["messages"][0][1]] == "0 + 1 = ? <b>&"
    assert texts[question["gold"]] == "1"


def test_limits(comparison: Path) -> None:
    """Every evaluation keeps the same questions, and says how many there were; long texts keep both ends."""
    evaluations = read_inputs([comparison]).evaluations
    data = browser_data(evaluations, 5, 12)
    assert {one["shown"] for one in data["evaluations"]} == {4}
    assert {one["samples"] for one in data["evaluations"]} == {8}
    assert {data["questions"][number]["id"] for number in data["samples"]["question"]} == {"made/0", "made/1"}
    assert shorten("abcdefghij", 4) == "ab\n[… 6 characters left out …]\nij"
    assert shorten("abcd", 4) == shorten("abcd", 0) == "abcd"


def test_nothing_a_model_wrote_is_markup(comparison: Path, tmp_path: Path) -> None:
    write_report([comparison], tmp_path / "a.html", EVERYTHING)
    page = (tmp_path / "a.html").read_text()
    assert "thus </script>" not in page
    assert "<b>&" not in page
    assert len(re.findall(r"</script>", page)) == 3
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page), "the page needs no network"


def test_same_folders_same_bytes(comparison: Path, tmp_path: Path) -> None:
    for name in "ab":
        write_report([comparison], tmp_path / f"{name}.html", Limits())
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_pictures_take_the_pages_colours(comparison: Path, tmp_path: Path) -> None:
    """Nothing is drawn in a colour that is right in the light or in the dark only."""
    write_report([comparison, made_localisation(tmp_path / "localize")], tmp_path / "a.html", Limits())
    for svg in re.findall(r"<svg.*?</svg>", (tmp_path / "a.html").read_text(), re.DOTALL):
        assert not re.search(r"#[0-9a-f]{6}\b", svg.replace("url(#", ""))


def test_figures_only(tmp_path: Path) -> None:
    """A localisation alone has no samples to miss, and one without its responses has no heatmaps."""
    localisation = made_localisation(tmp_path / "localize")
    (localisation / "responses.parquet").unlink()
    write_report([localisation], tmp_path / "a.html", Limits())
    page = (tmp_path / "a.html").read_text()
    assert "top 5 %" in page
    assert 'id="samples"' not in page
    assert 'id="heatmap"' not in page


def test_settings_that_differ(comparison: Path, tmp_path: Path) -> None:
    write_report([comparison], tmp_path / "a.html", Limits())
    section = re.search(r'<section id="settings".*?</section>', (tmp_path / "a.html").read_text(), re.DOTALL)
    assert section is not None
    assert re.findall(r'<th scope="row">([^<]*)</th>', section[0]) == ["method"]


def test_the_command(comparison: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "report.html"
    done = CliRunner().invoke(app, ["report", str(comparison), "-o", str(out), "--samples", "2"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{out} (0.")
    assert html.escape(comparison.name) in out.read_text()


def test_recorded_runs_without_samples(tmp_path: Path) -> None:
    recorded = Path(__file__).parents[1] / "results/reference/embedded/compare-embedded-s0"
    write_report([recorded], tmp_path / "a.html", Limits())
    assert "samples.parquet was not kept" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["."], "is neither a comparison, a run directory nor an output folder of eval or localize"),
        ([".", "--samples", "-1"], "--samples: -1 is negative"),
        ([".", "-o", "."], "--out: . is a folder; name the file to write"),
        (["compare", "-o", "file/report.html"], "--out: cannot write file/report.html"),
        (["compare/sdzero/rounds/01"], "rounds/01 is neither a comparison, a run directory"),
    ],
)
def test_bad_input(command: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_comparison(Path("compare"), ("sdzero",), rounds=1)
    Path("file").touch()
    wrong = CliRunner().invoke(app, ["report", *command])
    assert isinstance(wrong.exception, UserError)
    assert message in str(wrong.exception)
