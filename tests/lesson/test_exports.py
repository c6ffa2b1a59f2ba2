"""The modules beside the notebooks: written from their cells, and light to import."""

import ast
import subprocess
import sys

import pytest

from tools.export import exported_cells, modules, not_exportable
from tools.notebooks import LSTM_NOTEBOOK, NOTEBOOKS, ROOT, TEXT_NOTEBOOK, read_notebook

MODULES = {
    LSTM_NOTEBOOK: {"lstm", "series"},
    TEXT_NOTEBOOK: {"corpus", "rivals", "networks"},
}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_exported_cells_hold_definitions_alone(name):
    cells = exported_cells(read_notebook(name))
    assert set(cells) == MODULES[name]
    for found in cells.values():
        for cell_id, source in found:
            assert not_exportable(source) == [], cell_id


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_modules_are_those_of_the_notebook(name):
    written = modules(ROOT / name)
    assert {file.stem for file in written} == MODULES[name]
    for file, text in written.items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run make export"


def loaded_by(module):
    """The top packages that importing a module of this repository loads, in a fresh process."""
    code = f"import {module}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_network_imports_numpy_and_the_standard_library_alone():
    file = (ROOT / LSTM_NOTEBOOK).with_name("lstm.py")
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in found} <= {"numpy", *sys.stdlib_module_names}
    assert not {"pandas", "scipy", "matplotlib"} & loaded_by("LSTM_from_scratch.lstm")


@pytest.mark.parametrize(
    "module",
    [
        "LSTM_from_scratch.series",
        "Text_Classification_LSTM.corpus",
        "Text_Classification_LSTM.rivals",
        "tools.live_page",
    ],
)
def test_what_trains_no_network_of_keras_loads_no_tensorflow(module):
    assert not {"tensorflow", "keras", "matplotlib"} & loaded_by(module)
