"""tools/diagrams.py: its numbers are the network's, its labels are its numbers, its stored pictures are what it draws."""

import base64
import platform
import re
import sys
from importlib.metadata import version
from itertools import combinations

import nbformat
import numpy as np
import pytest
from conftest import ROOT
from matplotlib.backends.backend_agg import FigureCanvasAgg

from LSTM_from_scratch.lstm import lstm_backward, lstm_forward
from tools import diagrams
from tools.notebooks import stored
from tools.run import renew_pictures

LOCK = (ROOT / "requirements" / "lstm.txt").read_text(encoding="utf-8")
LOCKED = all(f"{name}=={version(name)} " in LOCK for name in ("matplotlib", "numpy", "pillow"))
LINUX = sys.platform.startswith("linux") and platform.machine() == "x86_64"
KNOWN = diagrams.forward_numbers()
GRADIENTS = diagrams.backward_numbers(KNOWN)
PICTURES = pytest.mark.parametrize("name", diagrams.PICTURES)
# What is drawn and is no number.
WORDS = {"tanh", "to step 3", "to step 3\nand the\nforecast"}
WORDS |= {"nothing:\nno step 3", "from the\nloss $h_2$"}
WORDS |= {f"time step {t}" for t in (1, 2)}
WORDS |= {f"${name}_{t}$" for name in "ifgoxch" for t in (1, 2)}
WORDS |= {f"{title}, time step 2" for _, title, _ in diagrams.PANELS.values()}


def drawn(name):
    """The figure of a picture, laid out, and its labels in the steps."""
    figure = diagrams.PICTURES[name](KNOWN)
    FigureCanvasAgg(figure).draw()
    return figure, [text for ax in figure.axes for text in ax.texts]


def test_the_numbers_are_those_of_the_network():
    X = np.array(diagrams.INPUTS)[None, :, None]
    _, cache = lstm_forward(diagrams.TINY, X)
    _, steps = cache
    for t in (1, 2):
        for name, value in steps[t]._asdict().items():
            assert np.isclose(KNOWN[f"{name}_{t}"], value.item(), rtol=0, atol=1e-15)
        sum_ = KNOWN[f"f_{t} c_{t - 1}"] + KNOWN[f"i_{t} g_{t}"]
        assert np.isclose(KNOWN[f"c_{t}"], sum_, rtol=0, atol=1e-15)
    _, dX, dh0, dc0 = lstm_backward(diagrams.TINY, cache, np.array([[[0.0], [1.0]]]))
    theirs = {"dh_0": dh0, "dc_0": dc0, "dx_1": dX[:, 0], "dx_2": dX[:, 1]}
    for name, value in theirs.items():
        assert np.isclose(GRADIENTS[name], value.item(), rtol=0, atol=1e-15), name


def test_a_gradient_is_how_much_the_loss_moves_with_its_value():
    """The gates' and the memory's, which lstm_backward does not hand out, at the second step."""
    i, f, g, o, c = (KNOWN[name] for name in ("i_2", "f_2", "g_2", "o_2", "c_1"))
    values, small = {"i": i, "f": f, "g": g, "o": o}, 1e-6

    def loss(i, f, g, o, c=c):
        return o * np.tanh(f * c + i * g)

    for gate, value in values.items():
        up, down = (loss(**values | {gate: value + move}) for move in (small, -small))
        assert np.isclose(GRADIENTS[f"d{gate}_2"], (up - down) / (2 * small), atol=1e-9), gate
    handed = (loss(**values, c=c + small) - loss(**values, c=c - small)) / (2 * small)
    assert np.isclose(GRADIENTS["dc_2 f_2"], handed, atol=1e-9)


@PICTURES
def test_a_label_is_a_number_that_was_computed_or_a_word(name):
    numbers = GRADIENTS if name == "step_backward.png" else KNOWN
    right = {
        diagrams.label(numbers, key, digits, between)
        for key in numbers
        for digits in (2, 3)
        for between in (" = ", "\n")
    }
    right |= {says.format(KNOWN[f"{gate}_2"]) for gate, (_, _, says) in diagrams.PANELS.items()}
    _, texts = drawn(name)
    for text in {text.get_text() for text in texts} - WORDS:
        assert re.sub(r"^(kept|written|along the memory)\n|^through \$W_h\$: ", "", text) in right


@PICTURES
def test_no_label_touches_a_line_or_another_label(name):
    figure, texts = drawn(name)
    places = {text: text.get_window_extent() for text in [*texts, *figure.texts]}
    for one, other in combinations(places, 2):
        assert not places[one].overlaps(places[other]), (one.get_text(), other.get_text())
    shapes = [shape for ax in figure.axes for shape in (*ax.lines, *ax.patches)]
    outlines = []
    for shape in shapes:
        path = shape.get_path().transformed(shape.get_transform())
        outlines += map(diagrams.Path, path.to_polygons(closed_only=False))
    for text, place in places.items():
        inside = place.x0 > 5 and place.y0 > 5 and place.x1 < figure.bbox.x1 - 5
        assert inside and place.y1 < figure.bbox.y1 - 5, text.get_text()
        room = place.padded(1)
        touched = [line for line in outlines if line.intersects_bbox(room, filled=False)]
        assert not touched, (text.get_text(), touched)


@pytest.mark.skipif(not (LINUX and LOCKED), reason="letters are drawn otherwise elsewhere")
def test_the_stored_pictures_are_what_is_drawn(tmp_path):
    diagrams.main(check=True)
    path = tmp_path / "a.ipynb"
    cells = [
        nbformat.v4.new_markdown_cell("![A step](attachment:step.png)"),
        nbformat.v4.new_markdown_cell("step.png"),
    ]
    path.write_text(stored(nbformat.v4.new_notebook(cells=cells)), encoding="utf-8")
    (tmp_path / "plots").mkdir()
    with pytest.raises(SystemExit, match="step.png, step_gates.png, step_backward.png, a.ipynb"):
        diagrams.main(check=True, path=path)
    diagrams.main(path=path)
    diagrams.main(check=True, path=path)
    named, other = nbformat.read(path, as_version=4).cells
    held = base64.b64decode(named.attachments["step.png"]["image/png"])
    assert held == (tmp_path / "plots" / "step.png").read_bytes() and "attachments" not in other
    (tmp_path / "plots" / "step_gates.png").write_bytes(held)
    with pytest.raises(SystemExit, match="in step_gates.png[.]"):
        diagrams.main(check=True, path=path)


def test_a_run_renews_a_picture_from_plots_or_else_from_results(tmp_path):
    for name in ("plots/a.png", "results/a.png", "results/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    text = nbformat.v4.new_markdown_cell(attachments={"a.png": {}, "b.png": {}})
    renew_pictures(nbformat.v4.new_notebook(cells=[text]), tmp_path)
    held = [base64.b64decode(data["image/png"]) for data in text.attachments.values()]
    assert held == [b"plots/a.png", b"results/b.png"]
