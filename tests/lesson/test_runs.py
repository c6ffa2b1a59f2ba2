"""Whole runs of the notebooks at reduced size, alone in an empty folder."""

import getpass
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, REDUCED, ROOT, TEXT_NOTEBOOK, guarded, run_notebook

run = pytest.mark.run


def test_the_guard_refuses_and_notes(tmp_path):
    environment = guarded(tmp_path)
    code = "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert (
        "no connection to example.org" in done.stderr
        and (tmp_path / "calls").read_text() == "example.org\n"
    )


@run
@BOTH
def test_a_notebook_alone_runs_without_a_network_and_makes_its_data_again(name, reduced_run):
    folder = reduced_run(name)
    assert not (folder.parent / "calls").exists()
    data = {LSTM_NOTEBOOK: "synthetic_data.csv", TEXT_NOTEBOOK: "text_data.csv"}[name]
    assert (folder / data).read_bytes() == (ROOT / name).with_name(data).read_bytes()


@run
@BOTH
def test_every_committed_figure_is_drawn_by_its_notebook_or_a_benchmark(name, reduced_run):
    folder = reduced_run(name)
    drawn = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    kept = {
        path.relative_to(ROOT / Path(name).parent).as_posix()
        for path in (ROOT / name).parent.rglob("*.png")
    }
    by_benchmarks = {
        f"results/{picture}.png" for picture in ("speed", "lookback", "sizes", "decision_map")
    }
    assert drawn == kept - by_benchmarks


@run
@BOTH
def test_outputs_say_nothing_of_the_machine(name, reduced_run):
    assert_says_nothing_of_the_machine(reduced_run(name) / "run.ipynb", reduced_run(name))


@BOTH
def test_stored_outputs_say_nothing_of_the_machine(name):
    assert_says_nothing_of_the_machine(ROOT / name, ROOT)
    for path in (ROOT / name).parent.rglob("*.json"):
        assert not re.search(r"/(home|root|Users|work|tmp)\b", path.read_text()), path


def assert_says_nothing_of_the_machine(path, folder):
    """No output holds the folder, the home folder or the user's name as part of a path."""
    words = {str(folder), str(Path.home()), f"/{getpass.getuser()}/", sys.prefix}
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            stored = json.dumps(output, ensure_ascii=False)
            assert not any(word in stored for word in words), (cell.id, stored[:500])


@pytest.mark.verify
@BOTH
def test_the_number_of_cores_changes_nothing(name, tmp_path):
    """On a machine that offers one core or two, a notebook writes the same bytes."""
    found = []
    for number in "12":
        folder = tmp_path / number
        folder.mkdir()
        environment = os.environ | {"LOKY_MAX_CPU_COUNT": number}
        done = run_notebook(name, folder, environment, **REDUCED[name])
        assert done.returncode == 0, done.stderr[-2000:]
        files = [
            path for path in folder.rglob("*") if path.suffix in (".png", ".json", ".csv", ".npz")
        ]
        found.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert len(found[0]) > 5 and found[0] == found[1]
