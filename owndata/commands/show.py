"""show FILE: how a file is read, its rows as read, and a plot of a series."""

import argparse
import sys
from pathlib import Path

from owndata.files import write_whole
from owndata.kinds import add_either_options, read_either
from owndata.series import Series
from owndata.words.reading import blocks, how_read, rows_as_read

DESCRIPTION = (
    "Print how a file of a series or of texts is read, what is left out, and its first and last"
    " rows as read. Nothing is written, unless --plot or --out asks for the plot of a series."
)
PLOT = "show.png"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, how it is read, and where its plot goes."""
    add_either_options(parser)
    parser.add_argument("--plot", metavar="PNG", help="draw the series into this file")
    parser.add_argument("--out", metavar="FOLDER", help=f"draw the series into FOLDER/{PLOT}")


def run(given: argparse.Namespace) -> None:
    """Print how given.file is read, and draw a series if a plot is asked for."""
    read = read_either(given)
    print(how_read(read))
    print(rows_as_read(read))
    if not isinstance(read, Series):
        return
    line = blocks(read.values)
    if can_print(line):
        print(f"  {line}")
    path = given.plot or (given.out and Path(given.out) / PLOT)
    if path:
        write_whole(Path(path), lambda new: draw(read, new), given.file)
        print(f"written: {path}")
    else:
        print("--plot FILE.png draws it.")


def can_print(text: str) -> bool:
    """Whether the terminal, or what stands for it, takes these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def draw(series: Series, path: Path) -> None:
    """Draw the series into a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # on demand, and no window
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.5), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.add_subplot()
    axis.plot(series.times, series.values, lw=0.8)
    axis.set(ylabel=series.name, xlabel=series.times.name or "place in the file")
    figure.savefig(path, format="png", metadata={"Software": None})
