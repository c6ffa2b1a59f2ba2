"""Whole runs of the notebooks at reduced size, in a folder of their own."""

import getpass
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from conftest import (
    BOTH,
    LSTM_NOTEBOOK,
    REDUCED,
    ROOT,
    TEXT_NOTEBOOK,
    copy_tables,
    guarded,
    run_notebook,
)

from LSTM_from_scratch import series
from tools.compare import GIVEN

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
    if name == TEXT_NOTEBOOK:
        cells = nbformat.read(folder / "run.ipynb", as_version=4).cells
        [said] = [cell.outputs[0].text for cell in cells if cell.id == "corpora"]
        assert said == "the first corpus is the one in text_data.csv: True\n"
    else:
        made = series.make_series(0, REDUCED[name]["NOISE"]).to_csv(
            index=False, lineterminator="\n"
        )
        assert (folder / "synthetic_data.csv").read_bytes() == made.encode()


@run
def test_a_changed_noise_reaches_everything_that_is_computed(reduced_run):
    noise, folder = REDUCED[LSTM_NOTEBOOK]["NOISE"], reduced_run(LSTM_NOTEBOOK)
    metrics = json.loads((folder / "results" / "metrics.json").read_text(encoding="utf-8"))
    assert noise != 0.1 and metrics["noise_mse"] == pytest.approx(noise**2)
    value = series.make_series(0, noise)["value"].to_numpy()
    data = series.prepare(value, 10)
    forecasts = series.window_forecasts(data, data.test.X, noise)
    errors = series.errors_of(forecasts, value[data.test.at])
    assert metrics["window_best_mse"] == pytest.approx(errors["window's best"])
    assert metrics["ar_mse"] == pytest.approx(errors["AR"])
    assert metrics["interval_width"] > 3 * noise


@run
def test_the_corpora_and_units_that_are_asked_for_reach_what_is_computed(reduced_run):
    folder, asked = reduced_run(TEXT_NOTEBOOK), REDUCED[TEXT_NOTEBOOK]
    metrics = json.loads((folder / "results" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["seeds"] == asked["N_CORPORA"]
    with np.load(folder / "results" / "lstm_attention.npz", allow_pickle=False) as kept:
        assert kept["Wx"].shape == (asked["EMBEDDING_DIM"], 4 * asked["LSTM_UNITS"])
        assert len(str(kept["words"]).split()) == metrics["vocabulary"] == len(kept["vectors"]) - 1


@run
@BOTH
def test_a_notebook_says_in_one_sentence_what_is_missing(name, tmp_path):
    done = run_notebook(name, tmp_path)
    assert done.returncode != 0
    above = Path(name).parent.name
    assert f"results/ is missing: copy the whole folder {above}" in done.stderr


@run
@BOTH
def test_every_committed_figure_is_drawn_by_its_notebook_a_benchmark_or_a_tool(name, reduced_run):
    folder = reduced_run(name)
    drawn = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    kept = {
        path.relative_to(ROOT / Path(name).parent).as_posix()
        for path in (ROOT / name).parent.rglob("*.png")
    }
    assert drawn == kept - GIVEN[Path(name).parent.name]


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
        copy_tables(name, folder)
        environment = os.environ | {"LOKY_MAX_CPU_COUNT": number}
        done = run_notebook(name, folder, environment, **REDUCED[name])
        assert done.returncode == 0, done.stderr[-2000:]
        files = [
            path for path in folder.rglob("*") if path.suffix in (".png", ".json", ".csv", ".npz")
        ]
        found.append({path.relative_to(folder): path.read_bytes() for path in files})
    assert len(found[0]) > 5 and found[0] == found[1]
