"""What the tests share: the notebooks' own definitions, taken out of them so that nothing is written twice."""

import ast
import linecache
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import matplotlib
import nbformat
from hypothesis import settings

os.environ.setdefault("TQDM_DISABLE", "1")  # nbval compares what is stored, and no progress bar is
matplotlib.use("Agg")

ROOT = Path(__file__).resolve().parent.parent
LSTM_NOTEBOOK = "LSTM_from_scratch/lstm_scratch.ipynb"
TEXT_NOTEBOOK = "Text_Classification_LSTM/text_classification.ipynb"

settings.register_profile("default", deadline=None, derandomize=True)
settings.load_profile("default")


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
