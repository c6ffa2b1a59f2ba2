"""show FILE: how a file is read, its rows as read, and a plot of a series."""

import argparse
import sys
from pathlib import Path

from owndata.commands.kinds import add_either_options, read_either
from owndata.errors import Unclear
from owndata.files import is_free, write_whole
from owndata.series import Series
from owndata.words.reading import blocks, how_read, rows_as_read

DESCRIPTION = (
    "Print how a file of a series or of texts is read, what is left out, and its first and last"
    " rows as read. Nothing is written, unless --plot or --out asks for the plot of a series."
)
PLOT = "show.png"
WAYS = {"plot": "set {option} to a new file", "out": "set {option} to another folder"}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, how it is read, and where its plot goes."""
    add_either_options(parser)
    parser.add_argument("--plot", metavar="PNG", help="draw the series into this file")
    parser.add_argument("--out", metavar="FOLDER", help=f"draw the series into FOLDER/{PLOT}")


def run(given: argparse.Namespace) -> None:
    """Print how given.file is read, and draw a series if a plot is asked for. Raises Unclear."""
    asked = "plot" if given.plot else "out"
    path = Path(given.plot) if given.plot else given.out and Path(given.out) / PLOT
    if path:
        check_plot(path, asked)
    read = read_either(given)
    is_series = isinstance(read, Series)
    if path and not is_series:
        raise Unclear(given.file, "texts have no plot", asked, mend="leave {option} out")
    print(how_read(read))
    print(rows_as_read(read))
    if not is_series:
        return
    line = blocks(read.values)
    if can_print(line):
        print(f"  {line}")
    if path:
        write_plot(read, path, asked)
        print(f"written: {path}")
    else:
        print("--plot FILE.png draws it.")


def check_plot(path: Path, asked: str) -> None:
    """Raise Unclear, with the option that `asked` for it, unless what is at `path` is our plot."""
    if is_free(path):
        return
    from owndata.picture import is_plot  # on demand: Matplotlib loads for a second

    if not is_plot(path):
        mend = WAYS[asked]
        raise Unclear(path, "it is there already, and is no earlier plot", asked, mend=mend)


def write_plot(series: Series, path: Path, asked: str) -> None:
    """Draw the series into the file `path`. Raises Unclear, with the option that `asked` for it."""
    from owndata.picture import draw_series

    try:
        write_whole(path, lambda new: draw_series(series, new), series.reading.file.path)
    except Unclear as error:
        raise Unclear(error.path, error.fault, asked, mend=WAYS[asked]) from error


def can_print(text: str) -> bool:
    """Whether the terminal, or what stands for it, takes these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
