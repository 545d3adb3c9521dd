"""The HTML report in a real browser: size, speed, no console errors, filters, keyboard, colours, narrow screens.

Needs the package playwright and Chromium (`apt install chromium`), and is skipped where they are not.
"""

import re
import shutil
import time
from pathlib import Path

import pytest
from made_runs import made_comparison, made_localisation

from sdzero_bench.report.page import Limits, write_report

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
READY = "html[data-ready=yes]"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 methods, 3 rounds, 512 samples each and the base's; responses of about 600 characters, every one its own."""
    folder = tmp_path_factory.mktemp("report")
    made = made_comparison(folder / "compare", ("sdzero", "grpo", "rft", "sft"), rounds=3, questions=256, words=150)
    write_report([made, made_localisation(folder / "localize")], folder / "report.html", Limits())
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as engine:
        started = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser, report):
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "request", lambda request: None if request.url.startswith(("file:", "data:")) else problems.append(request.url)
    )
    opened.goto(report.as_uri())
    opened.wait_for_selector(READY)
    yield opened
    assert problems == [], "nothing on the console, nothing from the network"
    opened.close()


def chosen(page) -> str:
    return page.locator('.row[aria-selected="true"]').get_attribute("aria-posinset")


def counted(page) -> str:
    return page.locator("#count").inner_text()


def test_size_and_opening(browser, report: Path) -> None:
    assert report.stat().st_size < 5_000_000
    opened = browser.new_page()
    start = time.monotonic()
    opened.goto(report.as_uri())
    opened.wait_for_selector(READY)
    seconds = time.monotonic() - start
    opened.close()
    assert seconds < 2


def test_ten_thousand_samples_do_not_stall(browser, tmp_path: Path) -> None:
    made = made_comparison(tmp_path / "compare", ("a", "b"), rounds=2, questions=1000, words=20)
    write_report([made], tmp_path / "report.html", Limits(samples=0))
    opened = browser.new_page()
    opened.goto((tmp_path / "report.html").as_uri())
    opened.wait_for_selector(READY)
    assert counted(opened).startswith("10,000 of 10,000 samples")
    assert opened.locator(".row").count() < 60  # only what is in sight
    took = opened.evaluate(
        """async () => {
             const times = [];
             const steps = {verdict: "wrong", text: "thus the", from: "a, round 1", to: "b, round 2"};
             for (const [name, value] of Object.entries(steps)) {
               const start = performance.now();
               const field = document.getElementById("filters").elements[name];
               field.value = value;
               field.dispatchEvent(new Event("input", {bubbles: true}));
               await new Promise(requestAnimationFrame);
               times.push(performance.now() - start);
             }
             return times;
           }"""
    )
    assert max(took) < 1000, took  # milliseconds
    opened.close()


def test_filters(page) -> None:
    assert counted(page).startswith("6,656 of 6,656 samples")
    page.select_option("select[name=method]", "grpo")
    page.select_option("select[name=round]", "2")
    assert counted(page).startswith("512 of")
    page.select_option("#filters select[name=verdict]", "wrong")
    assert "; 0.0 % right" in counted(page)
    assert "wrong" in page.locator("#sample .trace").inner_text()
    page.select_option("select[name=revision]", "corrected")
    assert "✓ right" in page.locator("#sample .trace").inner_text()
    page.get_by_role("button", name="Reset").click()
    page.get_by_text("6,656 of 6,656 samples").wait_for()
    page.locator("input[name=text]").fill("made/17")
    assert counted(page).startswith("286 of")  # made/17 and made/170 to made/179, 26 samples each
    page.locator("input[name=text]").fill("nowhere to be found")
    assert "No sample is left" in page.locator("#sample").inner_text()


def test_changed_verdicts(page) -> None:
    """Every question that is left has more right samples after than before, and both states are shown."""
    page.select_option("select[name=from]", "base")
    page.select_option("select[name=to]", "rft, round 3")
    page.select_option("select[name=change]", "gained")
    questions, before, after = re.search(
        r"(\d+) questions; base: ([\d.]+) % right; rft, round 3: ([\d.]+) %", counted(page)
    ).groups()
    assert int(questions) > 0
    assert float(after) > float(before)
    row = page.locator("#sample .everywhere tbody tr")
    before = row.filter(has_text="base").locator("td").first.locator(".right").count()
    after = row.filter(has_text="rft").locator("td").last.locator(".right").count()
    assert after > before


def test_keyboard(page) -> None:
    assert chosen(page) == "1"
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert chosen(page) == "2"
    page.locator("#list").focus()
    page.keyboard.press("End")
    assert chosen(page) == "6656"
    page.keyboard.press("ArrowUp")
    assert chosen(page) == "6655"
    before = page.locator("#sample h3").first.inner_text()
    page.keyboard.press("m")
    assert page.locator("#sample h3").first.inner_text() == before  # the same question elsewhere
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "text"
    page.keyboard.type("j")
    assert page.locator("input[name=text]").input_value() == "j"
    page.locator(".tokens").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "token 2 of 30" in page.locator("#heatmap").inner_text()


def test_heatmap(page) -> None:
    """The one token that has the mass of a wrong response is marked and is the darkest."""
    page.select_option("#heatmap-filters select[name=verdict]", "wrong")
    assert page.locator("#heatmap-count").inner_text() == "of 3"
    assert page.locator("#heatmap .token").count() == 30
    assert "75%" in page.locator("#heatmap .token").nth(3).get_attribute("style")
    assert "top" in page.locator("#heatmap .token").nth(3).get_attribute("class")
    page.get_by_role("button", name="Next").click()
    assert page.locator("#heatmap-filters input[name=number]").input_value() == "2"


def test_a_link_to_a_sample(browser, report: Path) -> None:
    opened = browser.new_page()
    opened.goto(f"{report.as_uri()}#sample-700")
    opened.wait_for_selector(READY)
    assert chosen(opened) == "701"
    opened.evaluate("location.hash = '#sample-5'")
    opened.locator(".row[aria-selected=true][aria-posinset='6']").wait_for()
    opened.close()


@pytest.mark.parametrize(("scheme", "clicks"), [("light", 0), ("dark", 0), ("dark", 1), ("light", 2)])
def test_colours(browser, report: Path, scheme: str, clicks: int) -> None:
    """As the system has them, or as the button says."""
    opened = browser.new_page(color_scheme=scheme)
    opened.goto(report.as_uri())
    opened.wait_for_selector(READY)
    for _ in range(clicks):
        opened.locator("#theme").click()
    light = (scheme, "light", "dark")[clicks] == "light"
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(255, 255, 255)" if light else "rgb(20, 23, 26)")
    opened.close()


def test_a_phone(browser, report: Path) -> None:
    """Nothing is wider than the screen, and a sample can be chosen and read."""
    opened = browser.new_page(viewport={"width": 390, "height": 844})
    opened.goto(report.as_uri())
    opened.wait_for_selector(READY)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 390
    opened.locator(".row").nth(2).click()
    assert chosen(opened) == "3"
    assert opened.locator("#sample pre").first.bounding_box()["width"] > 250
    opened.close()
