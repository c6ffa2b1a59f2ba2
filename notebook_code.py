"""The notebooks' own definitions, for tests and benchmarks: nothing is written twice."""

import ast
import linecache
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import nbformat

ROOT = Path(__file__).resolve().parent
LSTM_NOTEBOOK = "LSTM_from_scratch/lstm_scratch.ipynb"
TEXT_NOTEBOOK = "Text_Classification_LSTM/text_classification.ipynb"


def is_definition(node):
    """True for imports, functions, classes and assignments to an UPPER_CASE name of three letters or more."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Name) and target.id.isupper() and len(target.id) > 2 for target in node.targets)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))


@cache
def read_notebook(name):
    return nbformat.read(ROOT / name, as_version=4)


@cache
def load_definitions(name):
    """The imports, functions, classes and UPPER_CASE constants of a notebook, as a module."""
    module = ModuleType(Path(name).stem)
    sys.modules[module.__name__] = module
    for cell in read_notebook(name).cells:
        if cell.cell_type == "code":
            label = f"{name}:{cell.id}"
            linecache.cache[label] = (len(cell.source), None, cell.source.splitlines(True), label)
            tree = ast.parse(cell.source)
            tree.body = [node for node in tree.body if is_definition(node)]
            exec(compile(tree, label, "exec"), module.__dict__)
    return module
