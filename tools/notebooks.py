"""The notebooks of this repository, and how they are read and stored."""

import argparse
import base64
import os
from ast import literal_eval
from functools import cache
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
LSTM_NOTEBOOK = "LSTM_from_scratch/lstm_scratch.ipynb"
TEXT_NOTEBOOK = "Text_Classification_LSTM/text_classification.ipynb"
NOTEBOOKS = LSTM_NOTEBOOK, TEXT_NOTEBOOK
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


@cache
def read_notebook(name):
    """The notebook of this repository with that path from the top."""
    return nbformat.read(ROOT / name, as_version=4)


def command_line(doc):
    """A parser for a tool with the docstring `doc`, which takes notebooks, by default both."""
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=doc, formatter_class=form)
    both = [ROOT / name for name in NOTEBOOKS]
    parser.add_argument("notebooks", nargs="*", type=Path, default=both, metavar="NOTEBOOK.ipynb")
    return parser


def code_cells(notebook):
    """The code cells of a notebook, in their order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def parameters(name):
    """{setting: value} of the cell of parameters of a notebook of this repository."""
    source = next(cell.source for cell in read_notebook(name).cells if cell.id == "parameters")
    lines = [line.partition("#")[0].partition("=") for line in source.splitlines() if "=" in line]
    return {name.strip(): literal_eval(value.strip()) for name, _, value in lines}


def canonical(notebook):
    """Bring an executed notebook (changed in place, and returned) into its canonical form.

    No timings, ids kept, minimal metadata (tags, and whether a cell is folded); a cell tagged
    `varies` is stored without its output.
    """
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
        kept = {"tags": tags, "jupyter": hidden and {"source_hidden": True}}
        cell.metadata = nbformat.from_dict({key: value for key, value in kept.items() if value})
        if cell.cell_type == "code":
            cell.outputs = [] if "varies" in tags else cell.outputs
            for output in cell.outputs:
                if "metadata" in output:
                    output.metadata = nbformat.from_dict({})
    nbformat.validate(notebook)
    return notebook


def attachment(data):
    """A PNG picture (bytes) as a text cell holds it."""
    return {"image/png": base64.b64encode(data).decode()}


def stored(notebook):
    """The text of a notebook's file."""
    return nbformat.writes(notebook) + "\n"


def write_whole(path, text):
    """Write a file, or leave it as it was if this is interrupted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
