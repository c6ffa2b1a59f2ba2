"""The static pages in a real Chromium: equations, figures and tables shown, nothing fetched, readable on a phone."""

import html
import os
import re
import subprocess
import sys

import pytest
from conftest import IN_A_BROWSER

from tools import site as pages
from tools.notebooks import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, read_notebook

pytestmark = IN_A_BROWSER
REPOSITORY = "someone/their-copy"
WIDTHS = (390, 1300)
PAGES = {"lstm_scratch": LSTM_NOTEBOOK, "text_classification": TEXT_NOTEBOOK, "index": None}


@pytest.fixture(scope="module")
def site():
    environment = os.environ | {"GITHUB_REPOSITORY": REPOSITORY}
    subprocess.run([sys.executable, "-m", "tools.site"], cwd=ROOT, env=environment, check=True)
    return ROOT / "_site"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name, notebook", PAGES.items())
def test_a_page_shows_everything_and_asks_for_nothing(name, notebook, width, site, browser):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(120_000)  # a page of a megabyte, on a machine that may be busy
    problems, requests = [], []
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((site / f"{name}.html").as_uri())
    assert problems == [] and all(url.startswith(("file:", "data:")) for url in requests)
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # no scrolling sideways
    pictures = page.evaluate(
        "[...document.images].map(image => [image.naturalWidth > 0, image.alt])"
    )
    assert all(shown and len(alt) > 10 for shown, alt in pictures)
    broken = page.evaluate(
        "[...document.links].map(link => link.getAttribute('href')).filter(href => href.startsWith('#'))"
    )
    assert all(page.locator(f'[id="{href[1:]}"]').count() for href in broken)
    assert page.locator("math", has_text="&").count() == 0  # an environment that was not understood
    if notebook:
        cells = read_notebook(notebook).cells
        prose = "\n\n".join(
            re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.S)
            for cell in cells
            if "markdown" in cell.cell_type
        )
        equations = re.findall(r"\$\$.+?\$\$|\$[^$]+?\$", prose, re.S)
        assert page.locator("math").count() == len(equations)
        heights = page.evaluate(
            "[...document.querySelectorAll('math')].map(one => one.getBoundingClientRect().height)"
        )
        assert all(height > 5 for height in heights)
        outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
        held = sum(len(cell.get("attachments", {})) for cell in cells)
        assert len(pictures) == held + sum(
            "image/png" in output.get("data", {}) for output in outputs
        )
        folded = [cell for cell in cells if cell.metadata.get("jupyter", {}).get("source_hidden")]
        answers = sum(cell.source.count("<details>") for cell in cells)
        closed = page.locator("details:not([open]) > summary").count()
        assert closed == len(folded) + answers
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/site-{name}-{width}.png", full_page=True)
    page.close()


def test_links_between_pages_lead_somewhere(site):
    """Each link of the index and of the live page to a chapter of another page."""
    ids = {
        name: set(re.findall(r'id="([^"]*)"', (site / f"{name}.html").read_text(encoding="utf-8")))
        for name in [*PAGES, "live"]
    }
    for page in ("index", "live"):
        links = re.findall(
            r'href="(\w+)\.html(?:#([^"]*))?"', (site / f"{page}.html").read_text(encoding="utf-8")
        )
        assert len(links) >= 5 and all(
            not anchor or html.unescape(anchor) in ids[name] for name, anchor in links
        )
    chapters = [anchor for name, anchor in links if name != "index"]  # of the live page
    assert len(chapters) >= 6 and all(chapters)


def test_where_the_repository_is_known_each_notebook_opens_in_colab(site):
    address = f"https://colab.research.google.com/github/{REPOSITORY}/blob/main/"
    found = {
        name: re.findall(
            rf'href="{address}([^"]*)"', (site / f"{name}.html").read_text(encoding="utf-8")
        )
        for name in PAGES
    }
    assert found == {
        "lstm_scratch": [LSTM_NOTEBOOK],
        "text_classification": [TEXT_NOTEBOOK],
        "index": [LSTM_NOTEBOOK, TEXT_NOTEBOOK],
    }


def test_where_the_repository_is_not_known_no_page_speaks_of_colab(monkeypatch):
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert pages.colab_link(LSTM_NOTEBOOK) == ""
