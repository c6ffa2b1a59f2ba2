"""Each notebook in JupyterLab in a real Chromium: all cells run, no error, all figures; the sliders of notebook 1 and the box
of notebook 2 answer."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from conftest import (
    BOTH,
    IN_A_BROWSER,
    LSTM_NOTEBOOK,
    REDUCED,
    ROOT,
    TEXT_NOTEBOOK,
    copy_tables,
)

pytestmark = IN_A_BROWSER
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells stay in the page
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PANEL = "window.jupyterapp.shell.currentWidget"
FIGURES = f"""() => {PANEL}.content.widgets.filter(cell => cell.model.type === 'code').flatMap(
    cell => cell.model.outputs.toJSON()).filter(output => output.data && output.data['image/png']).length"""
FAULTS = f"""() => {PANEL}.content.widgets.filter(cell => cell.model.type === 'code').filter(cell =>
    cell.model.executionCount === null || cell.model.outputs.toJSON().some(output => output.output_type === 'error')).map(
    cell => cell.model.sharedModel.getSource() + JSON.stringify(cell.model.outputs.toJSON()).slice(0, 2000))"""


def reduced_copy(name, folder):
    """The notebook in `folder`, with reduced parameters and no outputs; returns how many figures a run should show."""
    notebook = nbformat.read(ROOT / name, as_version=4)
    figures = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = sum("image/png" in output.get("data", {}) for output in cell.outputs)
            figures += shown or (
                "varies" in cell.metadata.get("tags", []) and "plt.show()" in cell.source
            )
            cell.outputs, cell.execution_count = [], None
            if cell.id == "parameters":
                cell.source += "".join(
                    f"\n{key} = {value!r}" for key, value in REDUCED[name].items()
                )
    nbformat.write(notebook, folder / Path(name).name)
    copy_tables(name, folder)
    return figures


@pytest.fixture
def lab(tmp_path):
    """(folder that JupyterLab serves, its address)"""
    for name, content in SETTINGS.items():
        path = tmp_path / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    folder = tmp_path / "served ü"
    folder.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        "--LabApp.expose_app_in_browser=True",
    ]
    options += [
        f"--ServerApp.{key}"
        for key in (f"port={port}", "token=", "password=", f"root_dir={folder}")
    ]
    environment = os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")}
    environment.pop("TQDM_DISABLE", None)  # a reader sees the bars
    with open(tmp_path / "server.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, stdout=log, stderr=log
        )
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((tmp_path / "server.log").read_text()[-2000:])
        yield folder, f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


@BOTH
def test_every_cell_runs_and_every_figure_and_control_shows_in_jupyterlab(name, lab, browser):
    folder, address = lab
    figures = reduced_copy(name, folder)
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address}/lab/workspaces/auto-test/tree/{Path(name).name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
    idle = f"() => {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
    page.wait_for_function(idle, timeout=120_000)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(idle, timeout=900_000)
    assert page.evaluate(FAULTS) == []
    assert page.evaluate(FIGURES) == figures
    if name == LSTM_NOTEBOOK:
        shown = ".jp-Cell:has(.widget-slider) img.widget-image"
        sliders, picture = page.locator(".widget-slider .noUi-handle"), page.locator(shown)
        assert sliders.count() == 3
        sliders.nth(1).scroll_into_view_if_needed()
        before = picture.get_attribute("src")
        sliders.nth(1).focus()
        page.keyboard.press("ArrowRight")
        changed = f"before => {{ const now = document.querySelector('{shown}'); return now && now.src !== before }}"
        page.wait_for_function(changed, arg=before, timeout=60_000)
    if name == TEXT_NOTEBOOK:
        box, answer = page.locator(".widget-textarea textarea"), page.locator(".widget-output")
        box.scroll_into_view_if_needed()
        box.fill("It won after the bank <b>cut</b> rates")
        box.press("Tab")
        page.wait_for_function(
            "() => document.querySelector('.widget-output').innerText.includes('after the bank')",
            timeout=60_000,
        )
        answered = answer.inner_text()
        assert "<b>cut</b>" in answered  # what is typed is shown, not obeyed
        assert all(genre in answered for genre in ("Education", "Finance", "Politics", "Sports"))
    keep(page, Path(name).stem)
    page.close()
    assert problems == []


def keep(page, stem):
    """Screenshots into the folder that SHOTS names: where the page stands, and every figure in it."""
    if folder := os.environ.get("SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{stem}.png")
        for number, figure in enumerate(page.locator(".jp-OutputArea-output img").all()):
            figure.scroll_into_view_if_needed()
            page.screenshot(path=Path(folder) / f"{stem}-{number}.png")
