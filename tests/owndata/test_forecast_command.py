"""python -m owndata forecast: files, faults, interrupted runs, time to the first line."""

import argparse
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from owndata import plan
from owndata.commands import forecast as command
from owndata.errors import Unclear
from owndata.files import MARK, write_whole

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits are POSIX's")
QUICK = """
from owndata import plan
plan.usual = lambda training, n: training._replace(epochs=2, batch_size=16)
"""
OUTPUTS = {*command.OUTPUTS, MARK}


def write_series(path, n=120, columns=("date", "price")):
    """A small file of a reader's own: a noisy season of twelve months, to two decimals."""
    rng = np.random.default_rng(0)
    value = 20 + 5 * np.sin(2 * np.pi * np.arange(n) / 12) + rng.normal(0, 0.3, n)
    index = pd.date_range("2010-01-01", periods=n, freq="MS", name=columns[0])
    pd.Series(value.round(2), index, name=columns[1]).to_csv(path)
    return path


@pytest.fixture
def run(capsys, monkeypatch):
    """The command, in this process, with two epochs a training: what it prints, and its refusal."""
    monkeypatch.setattr(
        plan, "usual", lambda training, n: training._replace(epochs=2, batch_size=16)
    )

    def forecast(*arguments):
        parser = argparse.ArgumentParser()
        command.add_options(parser)
        try:
            command.run(parser.parse_args(list(map(str, arguments))))
            refusal = None
        except Unclear as error:
            refusal = error
        out, errors = capsys.readouterr()
        assert errors == ""
        return out, refusal

    return forecast


def start(*arguments, prefix=""):
    """`python -m owndata forecast` with these arguments, after the code `prefix`."""
    words = ["owndata", "forecast", *map(str, arguments)]
    code = f"{prefix}\nimport sys, runpy; sys.argv = {words!r}"
    code += "\nrunpy.run_module('owndata', run_name='__main__')"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, **streams)


def finish(*arguments, prefix=""):
    """The exit status, what was printed and what was said of errors."""
    process = start(*arguments, prefix=prefix)
    out, errors = process.communicate()
    return process.returncode, out, errors


def refused(done, *parts, option="out"):
    """That a run ended in one sentence in which all the parts stand; what it printed before."""
    out, refusal = done
    assert refusal.option == option and "\n" not in str(refusal)
    assert all(part in str(refusal) for part in parts), refusal
    return out


def results(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def own(tmp_path):
    return write_series(tmp_path / "Größe $1.csv")


def test_a_readers_series_from_end_to_end(own, tmp_path, run, monkeypatch):
    """The file is untouched, the results stand in a folder of their own, and rows are shown."""
    before = own.read_bytes()
    monkeypatch.chdir(tmp_path)
    out, refusal = run(own.name, "--horizon", 6)
    folder = tmp_path / "Größe $1"
    assert refusal is None and own.read_bytes() == before
    assert {path.name for path in folder.iterdir()} == OUTPUTS
    assert {path.name for path in tmp_path.iterdir()} == {own.name, folder.name}
    table = pd.read_csv(folder / "future.csv", index_col="steps ahead")
    assert list(table["time"]) == [f"2020-{month:02}-01" for month in range(1, 7)]
    errors = pd.read_csv(folder / "errors.csv", index_col="steps ahead")
    names = [column.removesuffix(": test RMSE") for column in errors]
    assert set(names) == {"LSTM", "AR", "persistence", "seasonal naive"}
    ends = ("", " low 90%", " high 90%")
    assert list(table) == ["time", *(name + end for name in names for end in ends)]
    assert (folder / "forecast.png").read_bytes().startswith(b"\x89PNG")
    lines = out.splitlines()
    assert "read as comma-separated" in lines[0] and "2010-01-01" in out and "2019-12-01" in out
    assert "season: 12 steps" in out and f"On the validation part {names[0]} is ahead" in out
    tried = lines.index(
        "the LSTM's root mean squared error on the validation part, over 6 steps ahead:"
    )
    assert lines[tried + 1].startswith("  lookback 9, values: ")
    assert lines[-1] == f"written: {folder.name}: future.csv errors.csv forecast.png"


def test_a_file_without_times_gets_none(tmp_path, run):
    values = np.sin(np.arange(60) / 2).round(3)
    (tmp_path / "own.csv").write_text("value\n" + "".join(f"{value}\n" for value in values))
    out, refusal = run(tmp_path / "own.csv", "--horizon", 2)
    assert refusal is None and "no times found" in out and "(to " not in out
    assert "time" not in pd.read_csv(tmp_path / "own" / "future.csv")


def test_the_same_command_gives_the_same_bytes_and_replaces_its_own_results(own, tmp_path, run):
    found = []
    for _ in range(2):
        run(own, "--horizon", 2)
        found.append(results(tmp_path / own.stem))
    assert found[0] == found[1] and found[0].keys() == OUTPUTS


def test_only_the_newest_values_are_used_unless_all_are_asked_for(tmp_path, run, monkeypatch):
    path = write_series(tmp_path / "own.csv", 150, ("t", "value"))
    monkeypatch.setattr(command, "NEWEST", 100)
    out, _ = run(path, "--horizon", 2)
    assert "the newest 100 of them are used; --all takes all" in out and "60 values to" in out
    out, _ = run(path, "--horizon", 2, "--all")
    assert "the newest 100" not in out and "90 values to learn from" in out


# Refusals, all of them before the work.


@pytest.mark.parametrize(
    "horizon, part",
    [
        (0, "horizon must be at least 1, not 0"),
        (-1, "must be at least 1, not -1"),
        (40, "not for 40: set horizon to"),
    ],
)
def test_a_horizon_that_cannot_be_is_refused_with_its_option(own, tmp_path, run, horizon, part):
    out = refused(run(own, f"--horizon={horizon}"), part, option="horizon")
    assert "parts:" not in out and list(tmp_path.iterdir()) == [own]


def test_refusals_are_one_sentence_with_the_options_of_the_command(own, tmp_path):
    """On the standard error, with the exit status 1, and nothing is left behind."""
    table = tmp_path / "table.csv"
    table.write_text("a,b\n" + "1.5,2.5\n2.5,1.0\n" * 30)
    for arguments, part in (([own, "--horizon", 0], "--horizon"), ([table], "--value")):
        code, out, errors = finish(*arguments)
        assert code == 1 and out == "" and errors.count("\n") == 1 and part in errors, errors
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([own.name, "table.csv"])


def test_a_short_series_is_refused_and_no_folder_made(tmp_path, run):
    (tmp_path / "short.csv").write_text("value\n" + "1\n2\n" * 10)
    refused(
        run(tmp_path / "short.csv"), "short.csv: column value: it has 20 values: give", option=""
    )
    assert [one.name for one in tmp_path.iterdir()] == ["short.csv"]


@POSIX
def test_a_folder_that_takes_no_file_is_found_before_the_work(own, tmp_path, run):
    (tmp_path / "taken").write_text("mine")
    out = refused(run(own, "--out", tmp_path / "taken"), "taken", "cannot be written to")
    assert "parts:" not in out and (tmp_path / "taken").read_text() == "mine"
    if os.geteuid() == 0:  # to root no folder of a disk is closed
        closed = Path("/proc/new")
    else:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
    refused(run(own, "--out", closed), "cannot be written to")


def test_a_readers_own_file_is_never_replaced(tmp_path, run):
    own = write_series(tmp_path / "future.csv")
    before = own.read_bytes()
    refused(run(own, "--out", tmp_path), "future.csv")
    assert own.read_bytes() == before and list(tmp_path.iterdir()) == [own]


def test_a_name_in_the_way_is_found_before_the_work(own, tmp_path, run):
    (tmp_path / "out" / "forecast.png").mkdir(parents=True)
    out = refused(run(own, "--out", tmp_path / "out"), "forecast.png")
    assert "parts:" not in out


def test_uneven_times_end_in_forecasts(tmp_path, run):
    steps = np.random.default_rng(0).integers(1, 50, 60).cumsum()
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(steps, unit="h")
    series = pd.Series(np.sin(np.arange(60)).round(3), times, name="v")
    series.to_csv(tmp_path / "own.csv", index_label="time")
    out, refusal = run(tmp_path / "own.csv", "--horizon", 2)
    assert refusal is None and "have no even rhythm" in out
    assert pd.read_csv(tmp_path / "own" / "future.csv")["time"].str.len().eq(16).all()


# Faults while it works.


@pytest.mark.parametrize("name", ["future.csv", "errors.csv", "forecast.png"])
def test_a_disk_that_is_full_at_the_end_loses_nothing(own, tmp_path, run, monkeypatch, name):
    """The forecasts are printed or written; what was trained is kept; the next run resumes."""

    def full(path, write, source=None):
        def half(temporary):
            write(temporary)
            if Path(path).name == name:
                raise OSError(errno.ENOSPC, "No space left on device")

        return write_whole(path, half, source)

    with monkeypatch.context() as patch:
        patch.setattr(command, "write_whole", full)
        done = run(own, "--horizon", 2)
    out = refused(done, name, "No space left on device", "make room")
    found = set(results(tmp_path / own.stem))
    assert "1,2020-01-01," in out or "future.csv" in found
    assert not [path for path in found if path.startswith(".")] and name not in found
    out, refusal = run(own, "--horizon", 2)
    assert refusal is None and "resumed from an interrupted run" in out
    assert "training the LSTM" not in out
    assert {path.name for path in (tmp_path / own.stem).iterdir()} == OUTPUTS


@POSIX
def test_a_run_that_is_killed_goes_on_and_gives_what_an_uncut_one_does(own, tmp_path, run):
    run(own, "--horizon", 2, "--out", tmp_path / "uncut")
    process = start(own, "--horizon", 2, prefix=QUICK)
    for line in process.stdout:
        if line.startswith("  lookback"):  # the first setting is trained
            break
    process.kill()
    process.communicate()
    folder = tmp_path / own.stem
    assert (folder / "unfinished").is_dir() and set(results(folder)) == {MARK}
    out, _ = run(own, "--horizon", 2)
    assert "resumed from an interrupted run: " in out
    assert not (folder / "unfinished").exists()
    assert results(folder) == results(tmp_path / "uncut")


@POSIX
def test_a_run_that_is_stopped_says_so_in_one_sentence(own):
    for _ in range(5):
        process = start(own, "--horizon", 2)
        for line in process.stdout:
            if line.startswith("training"):
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        if process.returncode != 0:
            break
        shutil.rmtree(own.with_suffix(""))  # it was over before the signal came: anew
    assert errors.count("\n") == 1 and "resumes with what is trained" in errors
    assert process.returncode != 0


# Fast to begin.

NOTE = "import atexit, sys; atexit.register(lambda: print(*sys.modules))\n"
SLOW = {"tensorflow", "keras", "sklearn", "IPython"}


def test_help_names_every_option_and_loads_nothing_that_is_slow():
    code, out, _ = finish("--help", prefix=NOTE)
    options = "horizon value time series separator encoding decimal out all".split()
    assert code == 0 and all(f"--{option}" in out for option in options)
    assert "leaves" in out  # this machine
    assert not ({"numpy", "pandas", "matplotlib"} | SLOW) & set(out.split()[-1000:])


def test_tensorflow_is_never_loaded_and_the_first_line_comes_soon(own):
    """In about two seconds; ten are allowed where the machine is busy."""
    begun = time.perf_counter()
    process = start(own, "--horizon", 2, prefix=QUICK + NOTE)
    line = process.stdout.readline()
    seconds = time.perf_counter() - begun
    out, _ = process.communicate()
    assert "read as" in line and seconds < 10
    assert "written:" in out and not SLOW & set(out.split())
