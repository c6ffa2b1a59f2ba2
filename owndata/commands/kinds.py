"""Whether a file holds a series or texts."""

import argparse

import pandas as pd

from owndata.commands import OF_SERIES, OF_TEXTS, SHARED, add_options, series_of, texts_of
from owndata.errors import Unclear
from owndata.header import read_table
from owndata.series import Series, columns_of_numbers
from owndata.texts import JUDGED, RAGGED, UNSPACED, Texts

KINDS = ("series", "texts")
FEWEST_WORDS = 3  # of a cell that is a text, on average
WORD = r"[^\W\d_]{2,}"


def add_either_options(parser: argparse.ArgumentParser) -> None:
    """Add the file and the options by which `read_either` reads it."""
    parser.add_argument("file", metavar="FILE", help="a table of a series, or of texts")
    parser.add_argument("--kind", choices=KINDS, default="", help="what the file holds")
    add_options(parser, OF_SERIES | OF_TEXTS | SHARED)
    parser.add_argument("--no-labels", action="store_true", help="the texts have no labels")


def read_either(given: argparse.Namespace) -> Series | Texts:
    """The series or the texts in given.file: as given.kind says, or as options and cells show.

    Raises Unclear, with the option "kind", if it may be either.
    """
    kind = given.kind or kind_by_options(given) or kind_by_cells(given)
    if kind == "series":
        return series_of(given)
    if kind == "" and is_series_with_times(given):
        raise Unclear(given.file, "it may be a series or texts", "kind", KINDS)
    return texts_of(given, labelled=not given.no_labels)


def kind_by_options(given: argparse.Namespace) -> str:
    """The kind that has the options given; "" if none is."""
    if given.text or given.genre or given.no_labels:
        return "texts"
    return "series" if given.value or given.time or given.series or given.decimal else ""


def kind_by_cells(given: argparse.Namespace) -> str:
    """The kind of a file by its cells: "series" if no column holds texts, "texts" if one is all.

    "" if it has a column of texts and others, or no column of numbers.
    """
    file = read_table(given.file, given.separator, given.encoding, RAGGED, blanks=False)
    table = file.table[:JUDGED]
    if table.shape[1] == 1:
        cells = table.iloc[:, 0]
        words, parts = cells.str.count(WORD).sum(), cells.str.count(r"\S+").sum()
        return "texts" if words > parts / 2 else "series"
    is_either = any(is_text(table[name]) for name in table) or not columns_of_numbers(table)
    return "" if is_either else "series"


def is_text(cells: pd.Series) -> bool:
    """Whether cells (n,) are texts: several words each, and seldom the same."""
    words = cells.str.count(WORD) + cells.map(lambda cell: len(UNSPACED.findall(cell)) / 2)
    return bool(words.mean() >= FEWEST_WORDS and cells.nunique() > max(2, len(cells) / 4))


def is_series_with_times(given: argparse.Namespace) -> bool:
    """Whether a file can be read as a series in the order of its times, or as one of several."""
    try:
        return series_of(given).has_times
    except Unclear as error:
        return error.option == "series"
