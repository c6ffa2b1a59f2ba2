"""What the tests share: reduced parameters, one reduced run of each notebook, a browser, and where
sweeps keep their results."""

import os

from tools.notebooks import (
    LSTM_NOTEBOOK,
    NOTEBOOKS,
    ROOT,
    TEXT_NOTEBOOK,
    code_cells,
    read_notebook,
)
from tools.run import ENVIRONMENT, pinned

os.environ.update(ENVIRONMENT | pinned())  # as the runner does, and before NumPy is loaded

import ast  # noqa: E402
import json  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
from importlib.util import find_spec  # noqa: E402
from pathlib import Path  # noqa: E402
from types import SimpleNamespace  # noqa: E402

import matplotlib  # noqa: E402
import nbformat  # noqa: E402
import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tools.compare import GIVEN  # noqa: E402

matplotlib.use("Agg")

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")

# For tests that need a whole run and not its results.
REDUCED = {
    LSTM_NOTEBOOK: {"EPOCHS": 2, "N_SEEDS": 1, "HIDDEN_SIZE": 4, "RECALL_STEPS": 5, "NOISE": 0.2},
    TEXT_NOTEBOOK: {"N_CORPORA": 2, "EPOCHS": 1, "LSTM_UNITS": 4, "EMBEDDING_DIM": 8},
}
BOTH = pytest.mark.parametrize("name", NOTEBOOKS)
# The word lists of the texts, which the notebook reads too.
GRAMMAR = json.loads((ROOT / TEXT_NOTEBOOK).with_name("grammar.json").read_text("utf-8"))

# Read by every Python process of a guarded run, workers too: connections that leave this machine are noted and refused.
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


def guarded(folder):
    """The environment in which every Python process refuses to leave the machine and notes the attempt in folder/calls."""
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    return os.environ | {"PYTHONPATH": str(folder / "guard"), "CALLS": str(folder / "calls")}


def copy_tables(name, folder):
    """Copy to `folder` the tables and lists that the notebook reads and does not write.

    It writes into plots/ and results/, which a copy of its whole folder has.
    """
    for inner in ("plots", "results"):
        (folder / inner).mkdir()
    source = "\n".join(cell.source for cell in code_cells(read_notebook(name)))
    for table in GIVEN[Path(name).parent.name]:
        if f'"{table}"' in source:
            shutil.copy((ROOT / name).parent / table, folder / table)


def from_cells(name, cells, **given):
    """The functions that these cells of a notebook define, as a namespace to call them in.

    cells: ids. They see what the notebook imports, and `given`: what they read of other cells. A
    decorated function, which is tied to a widget, is left out.
    """
    sources = {cell.id: cell.source for cell in read_notebook(name).cells}
    nodes = [node for cell in cells for node in ast.parse(sources[cell]).body]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    defined = [node for node in functions if not node.decorator_list]
    read = {part.id for node in defined for part in ast.walk(node) if isinstance(part, ast.Name)}
    imports = [node for node in ast.parse(sources["imports"]).body if brings(node) & read]
    found = {}
    exec(compile(ast.Module(imports + defined, []), name, "exec"), found)
    found.update(given)
    return SimpleNamespace(**{node.name: found[node.name] for node in defined})


def brings(node):
    """The names that a line of imports brings; of any other line none."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return set()
    return {one.asname or one.name for one in node.names}


def run_notebook(name, folder, environment=None, changes=None, **parameters):
    """Execute a copy of the notebook in `folder`; it becomes run.ipynb.

    changes: {cell: its source instead}.
    """
    file, notebook = folder / Path(name).name, nbformat.read(ROOT / name, as_version=4)
    for cell in notebook.cells:
        cell.source = (changes or {}).get(cell.id, cell.source)
    nbformat.write(notebook, file)
    options = [word for key, value in parameters.items() for word in ("-p", key, str(value))]
    command = [
        sys.executable,
        "-m",
        "papermill",
        file.name,
        "run.ipynb",
        "-k",
        "python3",
        "--no-progress-bar",
        *options,
    ]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    file.unlink()
    return done


@pytest.fixture(scope="session")
def reduced_run(tmp_path_factory):
    """reduced_run(name): the folder of one reduced run of the notebook, cut off from the network.

    The folder holds nothing else of the repository but the tables that the notebook reads.
    """
    folders = {}

    def run(name):
        if name not in folders:
            above = tmp_path_factory.mktemp("reduced")
            folders[name] = above / "a b ñ 東京"
            folders[name].mkdir()
            copy_tables(name, folders[name])
            done = run_notebook(name, folders[name], guarded(above), **REDUCED[name])
            assert done.returncode == 0, done.stderr[-2000:]
        return folders[name]

    return run


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The folder in which sweeps keep their results during a test."""
    from benchmarks import sweep

    monkeypatch.setattr(sweep, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(sweep, "PROCESSORS", set())
    return tmp_path / "kept"


# A test with a browser is skipped where something is missing, or fails with BROWSER=required. SHOTS=folder keeps screenshots.
PROGRAMS = [
    os.environ.get("CHROMIUM"),
    *map(shutil.which, ("chromium", "chromium-browser", "google-chrome")),
]
CHROMIUM = next(filter(None, PROGRAMS), None)
MISSING = [] if find_spec("playwright") else ["playwright (pip install -r requirements/dev.txt)"]
MISSING += (
    [] if CHROMIUM else ["Chromium (Debian: apt-get install chromium; or CHROMIUM=its program)"]
)
SKIP = bool(MISSING) and os.environ.get("BROWSER") != "required"
IN_A_BROWSER = [
    pytest.mark.verify,
    pytest.mark.skipif(SKIP, reason=f"no browser test without {MISSING}"),
]


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window."""
    assert not MISSING, f"BROWSER=required, and missing: {MISSING}"
    from playwright.sync_api import sync_playwright

    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield chromium
        chromium.close()
