"""The Makefile and run_notebooks.py: what they leave alone and make anew, and how they fail."""

import ast
import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import LSTM_NOTEBOOK, ROOT

import run_notebooks
from run_notebooks import canonical

NO_MAKE = os.name != "posix" or not shutil.which("make")
MAKE = pytest.mark.skipif(NO_MAKE, reason="the Makefile needs make and a POSIX shell")
# Stands for Python and for uv: notes its arguments, and makes a .venv when told to.
PROGRAM = """#!/bin/sh
case "$*" in
    *platform*) echo {version} ;;
    -c*) ;;
    *) echo {name} "$@" >> made
esac
case "$*" in *venv*.venv) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;; esac
"""


def make(folder, *arguments):
    """make without what a make around pytest has left in the environment."""
    outer = ("MAKEFLAGS", "PYTHON")
    environment = {key: value for key, value in os.environ.items() if key not in outer}
    command = ["make", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@MAKE
@pytest.mark.parametrize("uv", ["", "./uv"])
def test_an_environment_is_made_anew_for_another_interpreter_or_lock_alone(uv, tmp_path):
    for name, version in {"old": "3.11.7", "new": "3.12.1", "uv": "0.9"}.items():
        (tmp_path / name).write_text(PROGRAM.format(name=name, version=version))
        (tmp_path / name).chmod(0o755)
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "lstm.txt").write_text("one")

    def made(*arguments, command="install"):
        """What a command of make ran."""
        (tmp_path / "made").write_text("")
        make(tmp_path, f"UV={uv}", *arguments, command)
        return (tmp_path / "made").read_text().splitlines()

    def by(name, group="dev"):
        if uv:
            create = f"uv venv --quiet --seed --python ./{name} .venv"
            install = "uv pip install --quiet --python .venv/bin/python"
        else:
            create = f"{name} -m venv .venv"
            install = f"{name} -m pip install --disable-pip-version-check --quiet"
        return [create, f"{install} --require-hashes -r requirements/{group}.txt"]

    assert made("PYTHON=./old") == by("old")
    assert made("PYTHON=./old") == []
    assert made("PYTHON=./new") == by("new")
    assert made() == []  # no interpreter is named: the one that is there stays
    (tmp_path / "requirements" / "lstm.txt").write_text("two")
    first, run = made(command="run-lstm")[:2], made(command="run-lstm")
    assert first == by("new", "lstm") and [line.split()[1] for line in run] == ["run_notebooks.py"]
    assert made() == by("new")[1:]  # the same environment, with more packages


@MAKE
def test_clean_removes_what_make_made_and_no_file_of_a_readers(tmp_path):
    made = """.venv/bin/python .nbval/LSTM_from_scratch/lstm_scratch.ipynb _site/index.html
        _site.new/a.html .pytest_cache/README.md .hypothesis/a .ruff_cache/a __pycache__/a.pyc
        tests/__pycache__/a.pyc benchmarks/__pycache__/a.pyc site/__pycache__/a.pyc
        LSTM_from_scratch/.ipynb_checkpoints/a.ipynb .ipynb_checkpoints/a.ipynb"""
    readers = """my.ipynb my_series.csv .env mine/__pycache__/a.pyc mine/_site/index.html
        LSTM_from_scratch/my_series.csv LSTM_from_scratch/my_series/metrics.json
        LSTM_from_scratch/results/mine.json Text_Classification_LSTM/results/lstm.keras
        benchmarks/.kept/a.json"""
    for name in made.split() + readers.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    shutil.copy(ROOT / "Makefile", tmp_path)
    make(tmp_path, "clean")
    left = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.as_posix() for path in left} == {"Makefile", *readers.split()}


def test_what_a_script_writes_has_the_same_line_ends_everywhere():
    """On Windows, Python writes "\\r\\n" where no `newline` is given; nbformat.write gives none."""
    files = [file for folder in (".", "site", "benchmarks") for file in (ROOT / folder).glob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    writes = [call for call in calls if getattr(call.func, "attr", "") == "write_text"]
    assert writes
    for call in writes:
        options = {word.arg: ast.literal_eval(word.value) for word in call.keywords}
        assert options == {"encoding": "utf-8", "newline": "\n"}, ast.unparse(call)
    called = {ast.unparse(call.func) for call in calls}
    assert not called & {"open", "nbformat.write"}


def notebook(*sources):
    """A notebook with a code cell for each source, as it was stored before a run."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def run(path, *options):
    """Run run_notebooks.py on a notebook as a reader does."""
    command = [sys.executable, ROOT / "run_notebooks.py", *options, path]
    environment = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")


@pytest.mark.run
def test_a_run_stores_the_canonical_form_and_a_second_run_no_other_byte(tmp_path):
    path = tmp_path / "a ñ.ipynb"
    made = notebook(
        "import sys, time\nprint('eins é', flush=True); time.sleep(0.5)\ndisplay(1); print('two')",
        "print(time.time())",
        "from tqdm import tqdm\nlist(tqdm(range(3)))",
    )
    made.cells[1].metadata = nbformat.from_dict({"tags": ["varies"], "scrolled": True})
    collapsed = {"jupyter": {"source_hidden": True, "outputs_hidden": True}}
    made.cells[2].metadata = nbformat.from_dict(collapsed)
    nbformat.write(made, path)
    done = run(path)
    assert done.returncode == 0, done.stderr
    first = path.read_bytes()
    stored = nbformat.reads(first.decode(), as_version=4)
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3]
    assert [cell.id for cell in stored.cells] == [cell.id for cell in made.cells]
    outputs = [output for cell in stored.cells for output in cell.outputs]
    shown = [output.get("text") or output.data["text/plain"] for output in outputs]
    assert shown == ["eins é\ntwo\n", "1", "[0, 1, 2]"]
    hidden = {"jupyter": {"source_hidden": True}}
    assert [cell.metadata for cell in stored.cells] == [{}, {"tags": ["varies"]}, hidden]
    assert (nbformat.writes(canonical(stored)) + "\n").encode() == first
    assert run(path).returncode == 0 and path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.run
@pytest.mark.parametrize(
    "source, said",
    [
        ("1 / 0", "The cell and its error:"),
        ("import os; os.kill(os.getpid(), 9)", "its kernel died, most often for lack of memory;"),
    ],
)
def test_a_run_that_fails_says_why_and_leaves_the_notebook_as_it_was(source, said, tmp_path):
    path = tmp_path / "tiny.ipynb"
    nbformat.write(notebook("print('before')", source, "print('after')"), path)
    before = path.read_bytes()
    done = run(path)
    assert done.returncode == 1 and f"{path} FAILED and is left as it was" in done.stderr
    assert said in done.stderr and "run_notebooks.py" not in done.stderr  # no traceback of ours
    if "1 / 0" in source:
        assert source in done.stderr and "ZeroDivisionError" in done.stderr
    else:
        assert done.stderr.splitlines()[-1].startswith(str(path)) and "Traceback" not in done.stderr
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("part", ["source", "outputs"])
def test_tidy_refuses_a_notebook_whose_code_or_outputs_have_changed(part, tmp_path, monkeypatch):
    stored = nbformat.read(ROOT / LSTM_NOTEBOOK, as_version=4)
    before = nbformat.writes(stored)
    cell = next(cell for cell in stored.cells if cell.cell_type == "code" and cell.outputs)
    cell[part] = cell[part][:-1]
    monkeypatch.setattr(run_notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(run_notebooks, "committed", lambda name: before)
    path = tmp_path / "one.ipynb"
    path.write_text(nbformat.writes(stored), encoding="utf-8")
    with pytest.raises(SystemExit, match="one.ipynb is left as it was: not only its prose differs"):
        run_notebooks.main([path], tidy=True)
    assert path.read_text(encoding="utf-8") == nbformat.writes(stored)


def test_tidy_keeps_outputs_and_undoes_what_an_editor_added(tmp_path):
    """A sentence is changed in Jupyter, which writes metadata and another format; nothing else may differ, and no cell runs."""
    stored = nbformat.read(ROOT / LSTM_NOTEBOOK, as_version=4)
    edited = copy.deepcopy(stored)
    for one in stored, edited:
        next(cell for cell in one.cells if cell.cell_type == "markdown").source += "\n\nA new sentence."
    edited.metadata["language_info"] = {"name": "python", "version": "3.99"}
    edited.cells[3].metadata["editable"] = True
    path = tmp_path / Path(LSTM_NOTEBOOK).name
    shutil.copytree((ROOT / LSTM_NOTEBOOK).parent / "results", tmp_path / "results")
    path.write_text(json.dumps(edited, indent=4), encoding="utf-8")
    done = run(path, "--tidy")
    assert done.returncode == 0, done.stderr
    assert path.read_text(encoding="utf-8") == nbformat.writes(stored) + "\n"
