"""Each notebook, copied by itself to an empty folder with spaces and non-ASCII letters in its path, runs to its end there,
and neither it nor any process that it starts asks for a connection that leaves the machine."""

import getpass
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK

# Read by every Python process below, workers among them: connections and names outside this machine are noted and refused.
GUARD = """
import os, socket
def guard(function):
    def guarded(*arguments, **options):
        for place in arguments:
            host = place[0] if isinstance(place, tuple) else place if isinstance(place, str) else None
            if host not in (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0"):
                with open(os.environ["CALLS"], "a") as log:
                    log.write(f"{host}\\n")
                raise OSError(f"no connection to {host}")
        return function(*arguments, **options)
    return guarded
class Guarded(socket.socket):
    connect = guard(socket.socket.connect)
    connect_ex = guard(socket.socket.connect_ex)
    sendto = guard(socket.socket.sendto)
socket.socket = Guarded
socket.getaddrinfo = guard(socket.getaddrinfo)
socket.gethostbyname = guard(socket.gethostbyname)
"""
REDUCED = {
    LSTM_NOTEBOOK: {"EPOCHS": 2, "N_SEEDS": 1, "HIDDEN_SIZE": 4, "RECALL_STEPS": 5},
    TEXT_NOTEBOOK: {"EPOCHS": 1, "N_SEEDS": 2, "LSTM_UNITS": 4},
}


def guarded(folder):
    """The environment in which every Python process refuses to leave the machine and notes the attempt in folder/calls."""
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    return os.environ | {"PYTHONPATH": str(folder / "guard"), "CALLS": str(folder / "calls")}


def test_the_guard_refuses_and_notes(tmp_path):
    environment = guarded(tmp_path)
    code = "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "no connection to example.org" in done.stderr and (tmp_path / "calls").read_text() == "example.org\n"


@pytest.mark.parametrize("name", [LSTM_NOTEBOOK, TEXT_NOTEBOOK])
def test_a_notebook_runs_alone(name, tmp_path):
    folder = tmp_path / "a b ñ 東京"
    folder.mkdir()
    environment = guarded(tmp_path)
    shutil.copy(ROOT / name, folder)
    options = [word for key, value in REDUCED[name].items() for word in ("-p", key, str(value))]
    file = Path(name).name
    command = [sys.executable, "-m", "papermill", file, "run.ipynb", "-k", "python3", "--no-progress-bar", *options]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tmp_path / "calls").exists()
    data = {LSTM_NOTEBOOK: "synthetic_data.csv", TEXT_NOTEBOOK: "text_data.csv"}[name]
    assert (folder / data).read_bytes() == (ROOT / name).with_name(data).read_bytes()
    figures = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    kept = {path.relative_to(ROOT / Path(name).parent).as_posix() for path in (ROOT / name).parent.rglob("*.png")}
    assert figures == kept - {"results/speed.png", "results/decision_map.png"}  # those two are drawn by the benchmarks
    assert_says_nothing_of_the_machine(folder / "run.ipynb", folder)


@pytest.mark.parametrize("name", [LSTM_NOTEBOOK, TEXT_NOTEBOOK])
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
