"""Draw the diagrams of notebook 1: a step of an LSTM, the same gate by gate, and its gradients.

Their numbers come from the cell that the notebook exports, for one unit and two time steps. The
pictures go to LSTM_from_scratch/plots/ and, as attachments, into the text cells that name them.
With --check nothing is written: it ends with a sentence if a stored picture is not what is drawn.
"""

import argparse
import sys
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from math import tanh

import nbformat
import numpy as np
import seaborn as sns
from matplotlib import style
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Polygon
from matplotlib.path import Path

from LSTM_from_scratch.lstm import cell
from tools.notebooks import LSTM_NOTEBOOK, ROOT, attachment, stored, write_whole

TINY = {
    "Wx": np.array([[2.0, 0.0, 1.0, 0.0]]),
    "Wh": np.array([[0.0, 0.0, 0.5, 1.0]]),
    "b": np.array([-1.0, 2.0, 0.0, 0.0]),
}
INPUTS = 1.0, 0.0  # x_1 and x_2
GATES = "ifgo"
PALETTE = sns.color_palette("colorblind").as_hex()
COLORS = dict(zip("cifgo", (PALETTE[k] for k in (0, 2, 3, 4, 9)))) | {"bus": "#595959"}
UNLIT, UNLIT_TEXT, PAPER, INK = "#cccccc", "#8a8a8a", "#f5f5f5", "#1a1a1a"
MEMORY = "before", "kept", "new", "on"  # the parts of the thick line
# Gate by gate: which parts are lit, the title, and what it does to how much.
PANELS = {
    "f": ("f before kept", "1. Forget gate", "{:.0%} of the memory is kept"),
    "g": ("g written new on", "2. Candidate", "{:.2f} could be written"),
    "i": ("i written new on", "3. Input gate", "{:.0%} of the candidate is written"),
    "o": ("o new shown", "4. Output gate", "{:.0%} of tanh($c_2$) is shown"),
}
EFFECTS = {"f": ("kept", "f_2 c_1"), "i": ("written", "i_2 g_2"), "o": ("h", "h_2")}


@dataclass(frozen=True)
class Places:
    """Where the parts of a step stand, in inches: from its left edge, or up from its foot."""

    x: float = 0.4
    i: float = 0.88
    f: float = 1.54
    g: float = 2.2
    o: float = 2.86
    shown: float = 3.6  # where the memory goes down to h
    end: float = 4.0
    foot: float = 0.36
    bus: float = 0.98  # the line of h and x
    gates: float = 1.68
    tanh: float = 2.36
    product: float = 2.42
    memory: float = 3.24
    top: float = 4.34


@dataclass(frozen=True)
class Line:
    """A thin line in the direction of the forward pass, and the part of the step it belongs to."""

    part: str
    points: tuple
    head: bool = True
    crosses: bool = False  # another line, which is broken there


@dataclass(frozen=True)
class Spot:
    """Where a label stands, and which of its points stands there."""

    x: float
    y: float
    ha: str = "center"
    va: str = "center"
    weight: str = "normal"


def forward_numbers():
    """{name: number} of both steps: x, the gates, c, h, and what is kept and written."""
    found, h, c = {"c_0": 0.0, "h_0": 0.0}, np.zeros((1, 1)), np.zeros((1, 1))
    for t, x in enumerate(INPUTS, start=1):
        step = dict(zip("ifgoch", cell(TINY, np.array([[x]]), h, c)))
        found |= {f"{name}_{t}": array.item() for name, array in step.items()} | {f"x_{t}": x}
        found[f"f_{t} c_{t - 1}"] = (step["f"] * c).item()
        found[f"i_{t} g_{t}"] = (step["i"] * step["g"]).item()
        h, c = step["h"], step["c"]
    return found


def backward_numbers(known):
    """{name: number} of the gradients of the loss h_2, by the chain rule from forward_numbers."""
    found, dh, dc = {}, 1.0, 0.0
    for t in (2, 1):
        i, f, g, o, c = (known[f"{name}_{t}"] for name in "ifgoc")
        dc += dh * o * (1 - tanh(c) ** 2)
        d = {"i": dc * g, "f": dc * known[f"c_{t - 1}"], "g": dc * i, "o": dh * tanh(c)}
        slopes = {"i": i * (1 - i), "f": f * (1 - f), "g": 1 - g * g, "o": o * (1 - o)}
        da = np.array([d[gate] * slopes[gate] for gate in GATES])
        found |= {f"d{gate}_{t}": value for gate, value in d.items()}
        found |= {f"dh_{t}": dh, f"dc_{t}": dc, f"dc_{t} f_{t}": dc * f}
        found[f"dx_{t}"] = (TINY["Wx"] @ da).item()
        dh, dc = (TINY["Wh"] @ da).item(), dc * f
    return found | {"dh_0": dh, "dc_0": dc}


def label(numbers, name, digits=3, between=" = "):
    """A name and its number, a whole one without digits."""
    value, symbol = numbers[name], name.replace(" ", r"\,")
    return f"${symbol}${between}{value:.{0 if value == round(value) else digits}f}"


def spots(p):
    """{name: where that label stands}, in a step and beside it."""
    over, under, left, right = p.memory + 0.22, p.bus - 0.12, -0.1, p.end + 0.1
    return {gate: Spot(getattr(p, gate), p.gates) for gate in GATES} | {
        "x": Spot(p.x, p.foot - 0.06, va="top"),
        "heading": Spot(p.end / 2, p.top - 0.1, va="top"),
        "handed": Spot(0.12, over, "left", "bottom"),
        "kept": Spot((p.f + p.g) / 2, over, va="bottom"),
        "c": Spot((p.g + p.end) / 2 + 0.05, over, va="bottom"),
        "written": Spot(p.g + 0.14, (p.product + p.memory) / 2, "left"),
        "shown": Spot(p.shown, p.tanh),
        "h": Spot(p.end - 0.12, under, "right", "top"),
        "c before": Spot(left, p.memory, "right"),
        "h before": Spot(left, p.bus, "right"),
        "c after": Spot(right, p.memory, "left"),
        "h after": Spot(right, p.bus, "left"),
        "title": Spot(0.05, p.top + 0.41, "left", "baseline", "bold"),
        "subtitle": Spot(0.05, p.top + 0.15, "left", "baseline"),
    }


def lines(p):
    """The thin lines of a step; they end short of boxes and circles."""
    box, knot = 0.31, 0.2
    columns = dict(zip(GATES, (p.i, p.f, p.g, p.o)))
    to_product = (p.i, p.gates + box), (p.i, p.product), (p.g - knot, p.product)
    return [
        Line("bus", ((0, p.bus), (p.o, p.bus)), head=False),
        Line("bus", ((p.x, p.foot), (p.x, p.bus))),
        *(Line(gate, ((x, p.bus), (x, p.gates - box))) for gate, x in columns.items()),
        Line("f", ((p.f, p.gates + box), (p.f, p.memory - knot)), crosses=True),
        Line("i", to_product, crosses=True),
        Line("g", ((p.g, p.gates + box), (p.g, p.product - knot))),
        Line("written", ((p.g, p.product + knot), (p.g, p.memory - knot))),
        Line("shown", ((p.shown, p.memory - 0.05), (p.shown, p.tanh + knot))),
        Line("shown", ((p.shown, p.tanh - knot), (p.shown, p.gates + knot))),
        Line("o", ((p.o + box, p.gates), (p.shown - knot, p.gates))),
        Line("o", ((p.shown, p.gates - knot), (p.shown, p.bus), (p.end, p.bus))),
    ]


def draw_line(ax, line, color, lit, back):
    """A line with its arrowhead; read backwards, each has one, at its other end."""
    look = {"color": color, "lw": 2.2 if lit else 1.6, "zorder": 2.5 if lit else 2}
    if line.crosses:
        ax.plot(*zip(*line.points), color=PAPER, lw=9, zorder=look["zorder"])
    path, head = Path(line.points[::-1] if back else line.points), line.head or back
    arrow = {"arrowstyle": "-|>" if head else "-", "mutation_scale": 13, "capstyle": "butt"}
    ax.add_patch(FancyArrowPatch(path=path, joinstyle="miter", **arrow, **look))


def draw_memory(ax, p, unlit, back):
    """The thick line, with an arrowhead where it leaves the step."""
    last, tip, base = ("before", 0, 0.22) if back else ("on", p.end, p.end - 0.22)
    places = [base if back else 0, p.f, p.g, p.shown, p.end if back else base]
    lit = [k for k, part in enumerate(MEMORY) if part not in unlit]  # these are side by side
    runs = [(0, len(MEMORY), UNLIT)] if len(lit) < len(MEMORY) else []
    for first, end, color in [*runs, (lit[0], lit[-1] + 1, COLORS["c"])]:
        ends = places[first] - 0.015, places[end] + 0.015
        ax.plot(ends, (p.memory, p.memory), lw=6, color=color, solid_capstyle="butt")
    corners = (tip, p.memory), (base, p.memory + 0.13), (base, p.memory - 0.13)
    ax.add_patch(Polygon(corners, fc=UNLIT if last in unlit else COLORS["c"], lw=0, zorder=3))


def draw_box(ax, x, y, width, height, zorder=4, **look):
    """A box with round corners around that middle."""
    corner, shape = (x - width / 2, y - height / 2), "round,pad=0,rounding_size=0.08"
    ax.add_patch(FancyBboxPatch(corner, width, height, shape, lw=2, zorder=zorder, **look))


def draw_knot(ax, x, y, sign, color):
    """A circle in which two numbers are multiplied or added."""
    ax.add_patch(Circle((x, y), 0.15, fc="white", ec=color, lw=2, zorder=4))
    ink = UNLIT_TEXT if color == UNLIT else INK
    ax.plot(x, y, sign, color=ink, ms=8, mew=1.6, zorder=5)


def draw_step(figure, left, foot, p, labels, unlit=(), back=False):
    """A step whose left foot stands there, with {spot: text}, and the parts `unlit` in grey."""

    def color(part):
        return UNLIT if part in unlit else COLORS.get(part, COLORS["c"])

    width, height = figure.get_size_inches()
    ax = figure.add_axes((left / width, foot / height, p.end / width, p.top / height))
    ax.set(xlim=(0, p.end), ylim=(0, p.top))
    ax.axis("off")
    paper = {"width": p.end - 0.1, "height": p.top - p.foot - 0.12, "fc": PAPER, "ec": "none"}
    draw_box(ax, p.end / 2, (p.foot + 0.12 + p.top) / 2, zorder=0, **paper)
    for line in lines(p):
        draw_line(ax, line, color(line.part), line.part not in unlit, back)
    draw_memory(ax, p, unlit, back)
    draw_knot(ax, p.f, p.memory, "x", color("f"))
    draw_knot(ax, p.g, p.product, "x", color("written"))
    draw_knot(ax, p.g, p.memory, "+", color("written"))
    draw_knot(ax, p.shown, p.gates, "x", color("o"))
    places = spots(p)
    for part in (*GATES, "shown"):
        height, tint = 0.52 if part in GATES else 0.3, 1 - (1 - np.array(to_rgb(color(part)))) / 7
        draw_box(ax, places[part].x, places[part].y, 0.58, height, fc=tint, ec=color(part))
    for name, text in (labels | {"shown": "tanh"}).items():
        spot, ink = places[name], UNLIT_TEXT if name in unlit else INK
        look = {"ha": spot.ha, "va": spot.va, "weight": spot.weight, "color": ink}
        ax.text(spot.x, spot.y, text, fontsize=12, linespacing=1.25, zorder=6, **look)


def two_steps(title, labels, unlit=(), back=False):
    """Both steps side by side, with {t: {spot: text}}; parts of the second are `unlit`."""
    p = Places()
    figure = Figure(figsize=(9.8, p.top + 0.55))
    for t, left, grey in ((1, 0.75, ()), (2, 0.75 + p.end, unlit)):
        texts = labels[t] | {"heading": f"time step {t}"}
        draw_step(figure, left, 0.05, p, texts, grey, back)
    figure.text(0.012, 0.975, title, va="top", fontsize=14, color=INK)
    return figure


def step_picture(known):
    """Two steps with all their numbers."""
    labels = {}
    for t in (1, 2):
        labels[t] = {gate: label(known, f"{gate}_{t}", 2, "\n") for gate in GATES}
        labels[t] |= {name: label(known, f"{name}_{t}") for name in "xch"}
        labels[t]["kept"] = "kept\n" + label(known, f"f_{t} c_{t - 1}")
        labels[t]["written"] = "written\n" + label(known, f"i_{t} g_{t}")
    labels[1] |= {f"{name} before": label(known, f"{name}_0") for name in "ch"}
    labels[2] |= {"c after": "to step 3", "h after": "to step 3\nand the\nforecast"}
    title = "The memory (thick line) is touched twice a step: one multiplication, one addition"
    return two_steps(title, labels)


def gates_picture(known):
    """The second step four times, each time with one gate lit."""
    p = replace(Places(), bus=0.88, gates=1.5, tanh=2.12, product=2.16, memory=2.86, top=3.4)
    figure = Figure(figsize=(9.8, 2 * (p.top + 0.75)))
    for k, (gate, (lit, title, says)) in enumerate(PANELS.items()):
        labels = {name: f"${name}_2$" for name in (*GATES, "x")}
        labels |= {f"{name} before": f"${name}_1$" for name in "ch"}
        labels |= {f"{name} after": f"${name}_2$" for name in "ch"}
        labels[gate] = label(known, f"{gate}_2", 2, "\n")
        labels |= {"title": f"{title}, time step 2", "subtitle": says.format(known[f"{gate}_2"])}
        if gate in EFFECTS:
            spot, name = EFFECTS[gate]
            labels[spot] = label(known, name)
        left, foot = 0.45 + 4.9 * (k % 2), (p.top + 0.75) * (1 - k // 2) + 0.05
        unlit = {*GATES, *MEMORY, "written", "shown"} - set(lit.split())
        draw_step(figure, left, foot, p, labels, unlit)
    return figure


def backward_picture(known):
    """Two steps with their gradients, read from right to left."""
    d, labels = backward_numbers(known), {}
    for t in (1, 2):
        labels[t] = {gate: label(d, f"d{gate}_{t}", 3, "\n") for gate in GATES}
        labels[t] |= {name: label(d, f"d{name}_{t}") for name in "xch"}
        labels[t]["handed"] = "along the memory\n" + label(d, f"dc_{t} f_{t}")
    labels[1]["h"] = "through $W_h$: " + labels[1]["h"]
    labels[1] |= {f"{name} before": label(d, f"d{name}_0", between="\n") for name in "ch"}
    labels[2] |= {"c after": "nothing:\nno step 3", "h after": "from the\nloss $h_2$"}
    title = "Read from right to left: along the memory there is one multiplication a step, by $f$"
    return two_steps(title, labels, {"on"}, back=True)


PICTURES = {
    "step.png": step_picture,
    "step_gates.png": gates_picture,
    "step_backward.png": backward_picture,
}


@cache
def drawn(name):
    """The bytes of a picture, whatever Matplotlib is set to."""
    file = BytesIO()
    with style.context("default"):
        figure = PICTURES[name](forward_numbers())
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    return file.getvalue()


def attach(notebook, pictures):
    """Put each picture, {name: bytes}, into the text cells that name it."""
    for text in (one for one in notebook.cells if one.cell_type == "markdown"):
        for name, data in pictures.items():
            if f"(attachment:{name})" in text.source:
                text.setdefault("attachments", {})[name] = attachment(data)


def main(check=False, path=ROOT / LSTM_NOTEBOOK):
    pictures = {name: drawn(name) for name in PICTURES}
    files = {path.parent / "plots" / name: data for name, data in pictures.items()}
    notebook = nbformat.read(path, as_version=4)
    before = stored(notebook)
    attach(notebook, pictures)
    if not check:
        for file, data in files.items():
            file.write_bytes(data)
        write_whole(path, stored(notebook))
        return
    other = [file for file, data in files.items() if not file.exists() or file.read_bytes() != data]
    other += [path] if stored(notebook) != before else []
    if other:
        names = ", ".join(file.name for file in other)
        sys.exit(f"Not as they are drawn: the pictures in {names}. python -m tools.diagrams")


if __name__ == "__main__":
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=form)
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    main(parser.parse_args().check)
