"""The page of notebook 1: its size, its table of slips, and the lines that it offers for other code."""

import ast
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, ROOT, code_cells, read_notebook

FOLDER = (ROOT / LSTM_NOTEBOOK).parent
NOTEBOOK = read_notebook(LSTM_NOTEBOOK)
SOURCES = {cell.id: cell.source for cell in NOTEBOOK.cells}


# Its size.


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


def test_the_notebook_has_at_most_ninety_cells():
    assert len(NOTEBOOK.cells) <= 90


@pytest.mark.parametrize("folded, most", [(False, 950), (True, 100)])
def test_the_code_is_no_longer_than_agreed(folded, most):
    cells = [cell for cell in code_cells(NOTEBOOK) if is_folded(cell) == folded]
    assert sum(map(lines_of_code, cells)) <= most


def test_no_code_cell_is_longer_than_forty_lines():
    long = {cell.id: lines_of_code(cell) for cell in code_cells(NOTEBOOK)}
    assert {name: lines for name, lines in long.items() if lines > 40} == {}


def test_the_text_is_no_longer_than_agreed():
    text = "\n".join(cell.source for cell in NOTEBOOK.cells if cell.cell_type == "markdown")
    assert words_of(text) <= 5500


@pytest.mark.parametrize("word", ["globals(", "exec(", "evidence.json"])
def test_the_code_does_nothing_behind_the_readers_back(word):
    """Each cell says what it does, and what it reads is a table that a reader can open."""
    assert [name for name, source in SOURCES.items() if word in source] == []


# The slips.


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


# What it offers for other code.


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
