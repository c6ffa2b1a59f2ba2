"""A run that is killed, or cannot write, leaves every output as it was or as it should be, never half.

All outputs go through `write_whole`: that is what is killed here a hundred times. `make verify` kills whole notebooks too;
KILLS=20 python -m pytest tests/test_faults.py -m verify -s     (the usual number is smaller, to save time)
"""

import ast
import errno
import inspect
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, REDUCED, TEXT_NOTEBOOK, load_definitions, read_notebook

KILLS = os.environ.get("KILLS")
WRITERS = {"savefig", "to_csv", "write_text", "write_bytes", "savez", "save", "dump", "to_json", "to_pickle", "export", "open"}
WRITE_AGAIN_AND_AGAIN = """
import os, sys, tempfile
from pathlib import Path
DATA_CSV = ""
{function}
contents = [letter * 3_000_000 for letter in "ab"]
print("ready", flush=True)
while True:
    for content in contents:
        write_whole(Path("whole.txt"), lambda temporary: temporary.write_text(content))
"""

# The process kills itself: in a cell, some time after a write has begun, or just before or after a file is moved into place.
KILL = """
import itertools, os, pathlib, signal, threading
kill = lambda: os.killpg(0, signal.SIGKILL)
kill_soon = lambda: threading.Timer({delay}, kill).start()
def faults(calls, begun, moved):  # in a function, so that no name of the notebook's gets in the way
    def mkdir(self, *args, **options):
        now = {kind!r} == "during" and next(calls) == {number}
        kill_soon() if now else None
        return begun(self, *args, **options)
    def replace(source, target):
        now = {kind!r} in ("before", "after") and next(calls) == {number}
        kill() if now and {kind!r} == "before" else None
        moved(source, target)
        kill() if now else None
    pathlib.Path.mkdir, os.replace = mkdir, replace
faults(itertools.count(1), pathlib.Path.mkdir, os.replace)
"""


def code_cells(name):
    return [cell for cell in read_notebook(name).cells if cell.cell_type == "code"]


def makes_a_string(call):
    """Whether a call is of `to_csv` without a file."""
    options = {word.arg for word in call.keywords}
    return getattr(call.func, "attr", "") == "to_csv" and not call.args and "path_or_buf" not in options


def writes_outside_write_whole(source):
    """The lines on which something is written by other means than an argument of `write_whole`."""
    tree = ast.parse(source)
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "write_whole"]:
        function.body = []
    for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
        if isinstance(call.func, ast.Name) and call.func.id == "write_whole":
            call.args = call.keywords = []
        if makes_a_string(call):
            call.func = ast.Name("a string")
    nodes = [node for node in ast.walk(tree) if getattr(node, "attr", getattr(node, "id", "")) in WRITERS]
    return sorted({node.lineno for node in nodes if ast.unparse(node) != "os.open"})  # os.open(os.devnull)


@BOTH
def test_nothing_is_written_but_by_write_whole(name):
    assert {cell.id: lines for cell in code_cells(name) if (lines := writes_outside_write_whole(cell.source))} == {}


def test_writing_by_other_means_is_found():
    assert writes_outside_write_whole("x = 1\nfigure.savefig('a.png')") == [2]
    assert writes_outside_write_whole("with open('a', 'w') as file: pass\nwrite = model.save") == [1, 2]
    assert writes_outside_write_whole("table.to_csv('a.csv')\ntable.to_csv(path_or_buf='a.csv')\ntable.to_csv(index=False)") == [
        1,
        2,
    ]
    assert writes_outside_write_whole("write_whole('a', model.save); write_whole('b', lambda path: t.to_csv(path))") == []


@BOTH
def test_text_files_have_the_same_line_ends_on_every_system(name):
    """Unless they are told, Python and pandas write a carriage return before each line feed on Windows."""
    wanted, calls = {"write_text": "newline", "to_csv": "lineterminator"}, []
    for cell in code_cells(name):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in wanted and not makes_a_string(node):
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                calls.append((cell.id, node.func.attr, given.get(wanted[node.func.attr])))
    assert len(calls) >= 2 and all(end == repr("\n") for _, _, end in calls), calls


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@BOTH
def test_a_killed_write_leaves_the_old_file_or_the_new(name, tmp_path):
    code = WRITE_AGAIN_AND_AGAIN.format(function=inspect.getsource(load_definitions(name).write_whole))
    draw, during = random.Random(), 0
    for _ in range(100):
        command = [sys.executable, "-S", "-c", code]
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.005 + draw.uniform(0, 0.03))
        process.kill()
        process.communicate()
        files = [path for path in tmp_path.iterdir() if path.name != "whole.txt"]
        during += bool(files)
        for temporary in files:
            temporary.unlink()
        if (tmp_path / "whole.txt").exists():
            content = (tmp_path / "whole.txt").read_text()
            assert len(content) == 3_000_000 and len(set(content)) == 1
    assert (tmp_path / "whole.txt").exists() and during > 10, during  # many a kill falls into a write


def script(name, seed, prefix="", last=None):
    """The notebook's code cells, with the reduced parameters and a seed, as one script, killed in cell `last`."""
    parameters = REDUCED[name] | {"SEED": seed, "DATA_CSV": "own.csv"}
    lines = ["import matplotlib; matplotlib.use('Agg'); from IPython.display import display", prefix]
    for number, cell in enumerate(code_cells(name)):
        lines += ["kill_soon()"] if number == last else []
        lines.append(cell.source)
        if cell.id == "parameters":
            lines += [f"{key} = {value!r}" for key, value in parameters.items()]
    return "\n\n".join(lines)


def write_data(name, folder):
    """A small file of a reader's own, folder/own.csv: a noisy sine, or two genres of forty texts."""
    rng = np.random.default_rng(0)
    if name == LSTM_NOTEBOOK:
        table = pd.DataFrame({"value": np.sin(np.arange(300) / 5) + rng.normal(0, 0.1, 300)})
    else:
        rows = [(" ".join(rng.choice(list("abcdefgh"), 6)) + f" {genre}", genre) for genre in ("one", "two") for _ in range(40)]
        table = pd.DataFrame(rows, columns=["text", "genre"])
    table.to_csv(folder / "own.csv", index=False)


def start(folder, code, **variables):
    (folder.parent / "run.py").write_text(code, encoding="utf-8")
    environment = os.environ | {"TQDM_DISABLE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    command = [sys.executable, folder.parent / "run.py"]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)


def finish(folder, code, **variables):
    process = start(folder, code, **variables)
    _, problems = process.communicate()
    assert process.returncode == 0, problems.decode()[-2000:]
    return contents(folder)


def contents(folder):
    """{name: bytes} of all files but the hidden temporary ones; of a zip file, which holds the hour, its members' sizes."""
    found = {}
    for path in sorted(folder.rglob("[!.]*")):
        if path.is_file():
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
            if path.suffix == ".keras":
                with zipfile.ZipFile(path) as archive:
                    assert archive.testzip() is None
                    found[path.relative_to(folder).as_posix()] = [entry.file_size for entry in archive.infolist()]
    return found


def restore(folder, files):
    """Put the files' bytes back; a zip file, which every run writes anew, stays."""
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.mark.verify
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL and process groups are POSIX's")
@pytest.mark.parametrize("name, kills", [(LSTM_NOTEBOOK, 6), (TEXT_NOTEBOOK, 2)])
def test_a_killed_run_leaves_every_output_whole(name, kills, folder):
    write_data(name, folder)
    old = finish(folder, script(name, 1))
    new = finish(folder, script(name, 2))
    assert old.keys() == new.keys() and sum(old[file] != new[file] for file in old) > len(old) / 2
    draw, moments = random.Random(int(KILLS or 0)), []
    for number in range(int(KILLS or kills)):
        restore(folder, old)
        kind = ["in a cell", draw.choice(["during", "before", "after"])][number % 2]
        write = {"kind": kind, "number": draw.randint(1, len(old) - 1), "delay": 10 ** draw.uniform(-4, -0.7)}
        cell = draw.randrange(len(code_cells(name))) if kind == "in a cell" else None
        process = start(folder, script(name, 2, KILL.format(**write), cell))
        process.communicate()
        found = contents(folder)
        assert found.keys() == old.keys()
        for file, content in found.items():
            assert content in (old[file], new[file]), (kind, file)
        written = sum(found[file] == new[file] != old[file] for file in found)
        moments.append(f"{kind} {write if cell is None else cell}: {written} of {len(old)} files new")
        assert process.returncode == -signal.SIGKILL, moments[-1]
    print("\n".join(moments))
    assert finish(folder, script(name, 2)) == new


@pytest.mark.verify
@BOTH
def test_the_number_of_cores_changes_nothing(name, folder):
    """On a machine that offers one core and thread, or two, a notebook writes the same, for it keeps to one thread a process."""
    write_data(name, folder)
    runs = []
    for number in "12":
        variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "LOKY_MAX_CPU_COUNT")
        found = finish(folder, script(name, 1), **dict.fromkeys(variables, number))
        # The layers in a model's file are numbered, and in one process more of them are made than in one of two.
        runs.append({file: content for file, content in found.items() if not file.endswith(".keras")})
    assert len(runs[0]) > 5 and runs[0] == runs[1]


@BOTH
def test_a_full_disk_loses_nothing(name, tmp_path):
    nb, path = load_definitions(name), tmp_path / "deep" / "results.txt"
    nb.write_whole(path, lambda temporary: temporary.write_text("old"))

    def fail(temporary):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError) as caught:
        nb.write_whole(path, fail)
    message = str(caught.value)
    assert str(path) in message and "No space left on device" in message and "make room" in message and "\n" not in message
    assert path.read_text() == "old" and [file.name for file in path.parent.iterdir()] == ["results.txt"]
