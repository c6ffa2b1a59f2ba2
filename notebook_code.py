"""The notebooks' own definitions, for tests and benchmarks, and how a file is written whole: nothing is written twice."""

import ast
import linecache
import os
import platform
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat

ROOT = Path(__file__).resolve().parent
LSTM_NOTEBOOK = "LSTM_from_scratch/lstm_scratch.ipynb"
TEXT_NOTEBOOK = "Text_Classification_LSTM/text_classification.ipynb"
NOTEBOOKS = LSTM_NOTEBOOK, TEXT_NOTEBOOK


def is_definition(node):
    """True for imports, functions, classes and assignments to an UPPER_CASE name of three letters or more."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.isupper() and len(target.id) > 2 for target in node.targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


@cache
def read_notebook(name):
    return nbformat.read(ROOT / name, as_version=4)


def definition_cells(name):
    """[(label, source)] of the code cells of a notebook: all that `build` needs."""
    return [(f"{name}:{cell.id}", cell.source) for cell in read_notebook(name).cells if cell.cell_type == "code"]


def build(module_name, cells):
    """A module of the imports, functions, classes and UPPER_CASE constants in the cells, each a (label, source)."""
    module = sys.modules[module_name] = ModuleType(module_name)
    for label, source in cells:
        linecache.cache[label] = (len(source), None, source.splitlines(True), label)
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if is_definition(node)]
        exec(compile(tree, label, "exec"), module.__dict__)
    return module


@cache
def load_definitions(name):
    """The definitions of a notebook of this repository, as a module."""
    return build(Path(name).stem, definition_cells(name))


def pinned():
    """The environment variables by which the notebooks make every Intel or AMD processor compute the same numbers.

    They are read when NumPy and TensorFlow load, and workers inherit them.
    """
    if platform.machine() not in ("x86_64", "AMD64"):
        return {}
    first = next(cell.source for cell in read_notebook(TEXT_NOTEBOOK).cells if cell.cell_type == "code")
    return build("pinned", [(f"{TEXT_NOTEBOOK}:first", first)]).PINNED


def write_whole(path, text):
    """Write a file, or leave it as it was if this is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def in_options(message, options):
    """An error message of a notebook with the options {parameter: option} of a script instead of the notebook's parameters."""
    return re.sub(rf"\b({'|'.join(options)})\b", lambda found: options[found[0]], message)
