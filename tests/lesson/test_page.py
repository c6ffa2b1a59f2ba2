"""The notebooks as pages: their size; of notebook 1 the table of slips, and the lines for other code."""

import ast
import re
import shutil
import subprocess
import sys
from statistics import median

import numpy as np
import pandas as pd
import pytest
from conftest import BOTH

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, code_cells, read_notebook

FOLDER = (ROOT / LSTM_NOTEBOOK).parent
SOURCES = {cell.id: cell.source for cell in read_notebook(LSTM_NOTEBOOK).cells}


# Their size.

LIMITS = {
    LSTM_NOTEBOOK: {"cells": 90, "visible": 950, "folded": 100, "words": 5500},
    TEXT_NOTEBOOK: {"cells": 95, "visible": 950, "folded": 170, "words": 5500},
}
LONGEST_CELL = 40  # lines of code
MEDIAN_CELL = 12


def is_folded(cell):
    return cell.metadata.get("jupyter", {}).get("source_hidden", False)


def lines_of_code(cell):
    """How many lines of a cell are not blank."""
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def words_of(text):
    """How many words of a text a reader sees: without formulas, and without what is folded."""
    for left_out in (r"<details>.*?</details>", r"\$\$.*?\$\$", r"\$[^$\n]+\$"):
        text = re.sub(left_out, " ", text, flags=re.DOTALL)
    return len(text.split())


def test_words_leave_out_formulas_and_what_is_folded():
    text = "One $x_t$ two $$a\n= b$$ three\n<details><summary>Answer</summary>\nfour</details>"
    assert words_of(text) == 3


@BOTH
def test_a_notebook_has_no_more_cells_than_agreed(name):
    assert len(read_notebook(name).cells) <= LIMITS[name]["cells"]


@pytest.mark.parametrize("part", ["visible", "folded"])
@BOTH
def test_the_code_is_no_longer_than_agreed(name, part):
    cells = code_cells(read_notebook(name))
    lines = sum(lines_of_code(cell) for cell in cells if is_folded(cell) == (part == "folded"))
    assert lines <= LIMITS[name][part]


@BOTH
def test_no_code_cell_is_longer_than_forty_lines_and_most_are_short(name):
    lines = {cell.id: lines_of_code(cell) for cell in code_cells(read_notebook(name))}
    assert {cell: count for cell, count in lines.items() if count > LONGEST_CELL} == {}
    assert median(lines.values()) <= MEDIAN_CELL


@BOTH
def test_the_text_is_no_longer_than_agreed(name):
    cells = read_notebook(name).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert words_of(text) <= LIMITS[name]["words"]


@pytest.mark.parametrize("word", ["globals(", "exec(", "evidence.json"])
@BOTH
def test_the_code_does_nothing_behind_the_readers_back(name, word):
    """Each cell says what it does, and what it reads is a table that a reader can open."""
    assert [cell.id for cell in read_notebook(name).cells if word in cell.source] == []


def test_the_lesson_of_texts_is_no_test_of_itself():
    """What has to hold is tested here; three asserts at most are shown, because they are proofs."""
    trees = [ast.parse(cell.source) for cell in code_cells(read_notebook(TEXT_NOTEBOOK))]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assert sum(isinstance(node, ast.Assert) for node in nodes) <= 3


def test_the_first_network_of_texts_comes_soon():
    """Within 110 lines of code, all lines counted."""
    code = "\n".join(cell.source for cell in code_cells(read_notebook(TEXT_NOTEBOOK)))
    before, found, _ = code.partition("Sequential")
    assert found and before.count("\n") + 1 <= 110


# The slips of notebook 1.


def slips_in_the_text():
    """The first column of the table of slips."""
    rows = [line for line in SOURCES["slips-text"].splitlines() if line.startswith("| ")]
    return [row.split("|")[1].strip() for row in rows[1:]]  # below the heading


def slips_in_the_code():
    """The names with which `slip` is compared."""
    tree = ast.parse(SOURCES["slipped"] + "\n" + SOURCES["slipped-loss"])
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    return {node.comparators[0].value for node in compared if ast.unparse(node.left) == "slip"}


def slips_that_are_tried():
    """What the list `slips` holds."""
    nodes = ast.walk(ast.parse(SOURCES["slipped-loss"]))
    kinds = ast.Assign, ast.AugAssign
    lists = [node.value for node in nodes if isinstance(node, kinds) and is_to_slips(node)]
    return [name for one in lists for name in ast.literal_eval(one)]


def is_to_slips(assignment):
    target = assignment.target if isinstance(assignment, ast.AugAssign) else assignment.targets[0]
    return ast.unparse(target) == "slips"


def test_the_table_names_exactly_the_slips_in_the_code():
    named = slips_in_the_text()
    assert len(named) == len(set(named)) == 6
    assert named == slips_that_are_tried() and set(named) == slips_in_the_code()


# What notebook 1 offers for other code.


def fenced_blocks(text):
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


TEN_LINES, IN_KERAS = fenced_blocks(SOURCES["same-text"])


def test_ten_lines_train_a_network_with_lstm_py_alone(tmp_path):
    """Noise of 0.1 leaves an error of 0.01; a sine has a variance of 0.5."""
    assert sum(bool(line.strip()) for line in TEN_LINES.splitlines()) <= 10
    shutil.copy(FOLDER / "lstm.py", tmp_path)
    (tmp_path / "mine.py").write_text(TEN_LINES, encoding="utf-8")
    # -I: neither PYTHONPATH nor what is installed for this user; the folder itself is put back
    code = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_path('mine.py')"
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 0.005 < float(done.stdout) < 0.03


def test_keras_takes_the_stored_weights_and_gives_the_same_hidden_state():
    params, kept = lstm.load(FOLDER / "results" / "lstm_weights.npz")
    value = pd.read_csv(FOLDER / "synthetic_data.csv")["value"].to_numpy()
    data = series.prepare(value, int(kept["lookback"]))
    names = {"np": np, "params": params, "data": data}
    exec(IN_KERAS, names)
    h, _ = lstm.lstm_forward(params, np.float32(data.test.X))
    found = names["h_T"].numpy()
    assert found.shape == h[:, -1].shape == (150, 50)
    assert np.allclose(found, h[:, -1], rtol=0, atol=1e-5)
