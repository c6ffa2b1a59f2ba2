"""The Makefile and the tools: what they leave alone and make anew, and how they fail."""

import ast
import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from conftest import LSTM_NOTEBOOK, ROOT

from tools import run as runner
from tools.export import main as export
from tools.export import modules
from tools.notebooks import canonical, stored

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
    (tmp_path / "pyproject.toml").write_text("")

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
            install = f"{name} -m pip install --disable-pip-version-check --quiet --retries 10"
        owndata = f"{install} --no-deps --no-build-isolation --no-index --editable ."
        return [create, f"{install} --require-hashes -r requirements/{group}.txt", owndata]

    assert made("PYTHON=./old") == by("old")
    assert made("PYTHON=./old") == []
    assert made("PYTHON=./new") == by("new")
    assert made() == []  # no interpreter is named: the one that is there stays
    (tmp_path / "requirements" / "lstm.txt").write_text("two")
    first, run = made(command="run-lstm")[:3], made(command="run-lstm")
    assert first == by("new", "lstm")
    assert [line.split()[1:3] for line in run] == [["-m", "tools.run"]]
    assert made() == by("new")[1:]  # the same environment, with more packages


@MAKE
def test_clean_removes_what_make_made_and_no_file_of_a_readers(tmp_path):
    made = """.venv/bin/python .nbval/LSTM_from_scratch/lstm_scratch.ipynb _site/index.html
        _site.new/a.html .pytest_cache/README.md .hypothesis/a .ruff_cache/a __pycache__/a.pyc
        tests/__pycache__/a.pyc tests/owndata/__pycache__/a.pyc benchmarks/__pycache__/a.pyc site/__pycache__/a.pyc
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
    files = [
        file for folder in ("tools", "site", "benchmarks") for file in (ROOT / folder).glob("*.py")
    ]
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


def placed(folder, *sources):
    """The path of such a notebook, alone in a folder of its own inside `folder`."""
    path = folder / "lesson é" / "a ñ.ipynb"
    path.parent.mkdir()
    path.write_text(stored(notebook(*sources)), encoding="utf-8")
    return path


def run(path, *options):
    """Run the runner on a notebook as a reader does."""
    command = [sys.executable, "-m", "tools.run", *options, path]
    environment = os.environ | {"PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")


def contents(folder):
    """{path: bytes} of all files below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


WRITES = "from pathlib import Path\nPath('results').mkdir(exist_ok=True)\n"
WRITES += "Path('results/a.txt').write_text('new'); Path('b.txt').write_text('new')"


@pytest.mark.run
def test_a_run_stores_the_canonical_form_and_a_second_run_no_other_byte(tmp_path):
    path = placed(
        tmp_path,
        "import sys, time\nprint('eins é', flush=True); time.sleep(0.5)\ndisplay(1); print('two')",
        "print(time.time())",
        "from tqdm import tqdm\nlist(tqdm(range(3)))",
        WRITES,
    )
    made = nbformat.read(path, as_version=4)
    made.cells[1].metadata = nbformat.from_dict({"tags": ["varies"], "scrolled": True})
    collapsed = {"jupyter": {"source_hidden": True, "outputs_hidden": True}}
    made.cells[2].metadata = nbformat.from_dict(collapsed)
    path.write_text(nbformat.writes(made), encoding="utf-8")
    done = run(path)
    assert done.returncode == 0, done.stderr
    first = contents(tmp_path)
    after = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in after.cells] == [1, 2, 3, 4]
    assert [cell.id for cell in after.cells] == [cell.id for cell in made.cells]
    outputs = [output for cell in after.cells for output in cell.outputs]
    shown = [output.get("text") or output.data["text/plain"] for output in outputs]
    assert shown == ["eins é\ntwo\n", "1", "[0, 1, 2]", "3"]
    hidden = {"jupyter": {"source_hidden": True}}
    assert [cell.metadata for cell in after.cells] == [{}, {"tags": ["varies"]}, hidden, {}]
    assert stored(canonical(copy.deepcopy(after))).encode() == path.read_bytes()
    assert sorted(first) == [f"lesson é/{name}" for name in ("a ñ.ipynb", "b.txt", "results/a.txt")]
    assert run(path).returncode == 0 and contents(tmp_path) == first


@pytest.mark.run
def test_a_kernel_has_the_pinned_variables_and_its_c_libraries_are_not_heard(tmp_path):
    asks = "import os\nprint(os.environ['OMP_NUM_THREADS'], os.environ['KERAS_BACKEND'])"
    path = placed(tmp_path, asks, "_ = os.write(2, b'from C'); _ = os.write(1, b'from C')")
    done = run(path)
    assert done.returncode == 0, done.stderr
    after = nbformat.read(path, as_version=4)
    assert after.cells[0].outputs[0].text == "1 tensorflow\n" and after.cells[1].outputs == []
    assert {"OPENBLAS_CORETYPE"} <= runner.pinned().keys() or runner.pinned() == {}


@pytest.mark.run
@pytest.mark.parametrize(
    "source, said",
    [
        ("1 / 0", "the cell and its error:"),
        ("import os; os.kill(os.getpid(), 9)", "its kernel died, most often for lack of memory;"),
        ("import time; time.sleep(60)", "a cell took more than 2 seconds and may hang."),
    ],
)
def test_a_run_that_fails_says_why_and_leaves_all_as_it_was(source, said, tmp_path, capsys):
    path = placed(tmp_path, WRITES, source, "print('after')")
    (path.parent / "results").mkdir()
    (path.parent / "results" / "a.txt").write_text("old")
    before = contents(tmp_path)
    with pytest.raises(SystemExit) as ended:
        runner.main([path], limit=2)
    message = str(ended.value)
    assert f"{path} FAILED and is left as it was, with all results: {said}" in message
    assert ("ZeroDivisionError" in message) == (source == "1 / 0")
    assert contents(tmp_path) == before and [file.name for file in tmp_path.iterdir()] == [
        "lesson é"
    ]


@pytest.mark.run
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_run_that_is_killed_leaves_all_as_it_was(tmp_path):
    path = placed(tmp_path, WRITES, "Path('ready').touch()\nimport time; time.sleep(60)")
    before = contents(path.parent)
    command = [sys.executable, "-m", "tools.run", path]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    while not list(tmp_path.glob(".run-*/*/ready")):
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert contents(path.parent) == before


@pytest.mark.run
def test_a_notebook_that_is_changed_while_it_runs_keeps_the_change(tmp_path, monkeypatch):
    path = placed(tmp_path, WRITES)
    execute = runner.execute

    def and_edit(copy, limit):
        path.write_text("edited")
        return execute(copy, limit)

    monkeypatch.setattr(runner, "execute", and_edit)
    with pytest.raises(SystemExit, match="was changed while it ran, and is left as it is"):
        runner.main([path])
    assert contents(path.parent) == {path.name: b"edited"}


@pytest.mark.run
def test_a_file_that_cannot_be_moved_into_place_leaves_all_as_it_was(tmp_path, monkeypatch):
    path = placed(tmp_path, WRITES)
    (path.parent / "b.txt").write_text("old")
    before, moved, replace = contents(tmp_path), [], os.replace

    def full(source, target):
        moved.append(Path(target).name)
        if Path(source).parent.name == path.parent.name and len(moved) > 3:
            raise OSError("No space left on device")
        replace(source, target)

    monkeypatch.setattr(runner.os, "replace", full)
    with pytest.raises(SystemExit, match="left as it was, with all results: No space left"):
        runner.main([path])
    monkeypatch.undo()
    assert contents(tmp_path) == before and len(moved) > 3


def with_tags(*cells):
    """A notebook of (source, tags)."""
    made = notebook(*(source for source, _ in cells))
    for cell, (_, tags) in zip(made.cells, cells):
        cell.metadata["tags"] = tags
    return made


def test_modules_are_the_tagged_cells_in_their_order_with_what_they_use_imported(tmp_path):
    made = with_tags(
        (
            "import math\nimport os.path as place\nfrom json import dumps, loads as read\nimport numpy as np",
            [],
        ),
        ("RATE = 2", ["export:one"]),
        ("print(RATE)", []),
        ("def four(x):\n    RATE = 4\n    return read(double(x)) / RATE * np.pi", ["export:two"]),
        ("def double(x):\n    return math.floor(RATE * x) + place.sep", ["export:one"]),
    )
    found = {
        file.name: text for file, text in modules(tmp_path / "lesson" / "a.ipynb", made).items()
    }
    head, *cells = found["one.py"].split("\n\n\n")
    assert "a.ipynb" in head and head.endswith('"""\n\nimport math\nimport os.path as place')
    assert cells == ["RATE = 2", made.cells[4].source + "\n"]
    head, *cells = found["two.py"].split("\n\n\n")
    imported = "from json import loads as read\n\nimport numpy as np\nfrom lesson.one import (\n    double,\n)"
    assert head.endswith(f'"""\n\n{imported}') and cells == [made.cells[3].source + "\n"]


def test_what_may_not_be_exported_is_said(tmp_path):
    for source, said in (
        ("x = 1", "a.ipynb, cell .*, line 1: not to be exported"),
        ("RATES[0] = 1", "line 1: not to be exported"),
        ("def f():\n    return mean\n", "mean is imported twice, from two places: rename one"),
        ("RATE = 2\nprint(RATE)", "line 2: not to be exported"),
        ("def f():\n    return g()", "reads g: export them too"),
    ):
        twice = ("from numpy import mean\nfrom statistics import mean", [])
        others = [twice] if "twice" in said else []
        with pytest.raises(ValueError, match=said):
            modules(tmp_path / "a.ipynb", with_tags((source, ["export:one"]), *others))


@pytest.mark.parametrize("tool", ["run", "export", "fill_figures", "compare", "diagrams"])
def test_a_tool_that_is_asked_for_help_does_nothing_else(tool):
    command = [sys.executable, "-m", f"tools.{tool}", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("usage:") and not done.stderr


def test_a_module_that_differs_from_its_notebook_is_found(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(stored(with_tags(("RATE = 2", ["export:one"]))), encoding="utf-8")
    with pytest.raises(SystemExit, match="not as in the notebook: one.py. Run: make export"):
        export([path], check=True)
    export([path])
    export([path], check=True)
    (tmp_path / "one.py").write_text("RATE = 3\n")
    with pytest.raises(SystemExit, match="one.py"):
        export([path], check=True)


@pytest.mark.parametrize("part", ["source", "outputs"])
def test_tidy_refuses_a_notebook_whose_code_or_outputs_have_changed(part, tmp_path, monkeypatch):
    before = nbformat.read(ROOT / LSTM_NOTEBOOK, as_version=4)
    changed = copy.deepcopy(before)
    cell = next(cell for cell in changed.cells if cell.cell_type == "code" and cell.outputs)
    cell[part] = cell[part][:-1]
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    monkeypatch.setattr(runner, "committed", lambda name: nbformat.writes(before))
    path = tmp_path / "one.ipynb"
    path.write_text(nbformat.writes(changed), encoding="utf-8")
    with pytest.raises(SystemExit, match="one.ipynb is left as it was: not only its prose differs"):
        runner.main([path], tidy=True)
    assert path.read_text(encoding="utf-8") == nbformat.writes(changed)


def test_tidy_keeps_outputs_and_undoes_what_an_editor_added(tmp_path):
    """A sentence is changed in Jupyter, which writes metadata and another format; no cell runs."""
    before = nbformat.read(ROOT / LSTM_NOTEBOOK, as_version=4)
    edited = copy.deepcopy(before)
    for one in before, edited:
        said = next(cell for cell in one.cells if cell.cell_type == "markdown")
        said.source += "\n\nA new sentence."
    edited.metadata["language_info"] = {"name": "python", "version": "3.99"}
    edited.cells[3].metadata["editable"] = True
    path = tmp_path / Path(LSTM_NOTEBOOK).name
    for pictures in ("plots", "results"):  # of the text cells
        shutil.copytree((ROOT / LSTM_NOTEBOOK).parent / pictures, tmp_path / pictures)
    path.write_text(json.dumps(edited, indent=4), encoding="utf-8")
    done = run(path, "--tidy")
    assert done.returncode == 0, done.stderr
    assert path.read_text(encoding="utf-8") == stored(before)
