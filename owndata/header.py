"""Rows to a table: the header, the lines above it, the remarks below the data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from owndata.decode import read_text
from owndata.errors import Unclear
from owndata.rows import cut_rows

QUOTES = " \t'\"“”„«»‘’"
MISSING = frozenset("|?|.|..|...|-|--|—|–|*|**|***|na|n/a|#n/a|n.a.|<na>|nan|null|none".split("|"))
# A number or a time: a digit, and beside digits and signs only a unit behind a digit or a month.
DATA = re.compile(
    r"(?=.*\d)(?:[\d\W_]|(?<=\d)(?:[tzekmbqw]|[ap]m)(?=[\W\d]|$)|(?:jan|jän|ene|feb|fév|mar|"
    r"mär|a[pbv]r|ma[iy]|jun|jui|jul|aug|ago|aoû|sep|o[ck]t|nov|d[eéi][cz])[^\W\d_]{0,6})*"
)
TIMELIKE = re.compile(r"\d[-/:]\d")
HEAD, TAIL = 200, 50  # rows at both ends of a table by which header and footer are found
LONGEST_NAME = 40  # characters of a column's name in a table of words alone


class Kind(IntEnum):
    """What a cell holds."""

    NOTHING = -1
    WORDS = 0
    NUMBER = 1
    TIME = 2


@dataclass(frozen=True)
class LeftOut:
    """Lines of a file that are no data: how many, and the cells of the first."""

    count: int
    first: str


@dataclass(frozen=True, eq=False)
class Reading:
    """How a file was read as a table.

    table: its cells as text, "" where there is none; the index is the row's number in the file.
    separator: what stood between the cells, "" if each line is a cell. left_out: lines above the
    header, below the data, and rows of too many cells.
    """

    path: str
    table: pd.DataFrame
    separator: str
    encoding: str
    is_json: bool
    has_header: bool
    left_out: tuple[LeftOut, ...] = ()


def read_table(
    path: str | Path,
    separator: str = "",
    encoding: str = "",
    ragged: float = 0.0,
    blanks: bool = True,
) -> Reading:
    """The table in a file. `ragged`: the share of rows with too many cells that may be left out.

    `blanks`: whether blanks may stand between the cells, where no `separator` is given. Raises
    Unclear if the file cannot be read, has no rows, or rows longer than its header.
    """
    decoded = read_text(path, encoding)
    cut = cut_rows(decoded.text, separator, 0.9 if ragged else 0.5, blanks)
    table = as_table(cut.rows)
    first, end = data_bounds(table.fillna("")) if len(table) else (0, 0)
    above, body, below = table[:first], table[first:end], table[end:]
    if body.empty:
        raise Unclear(path, "it has no rows below its header", mend="add the data")
    header = fullest_row(above, body) if first else 0
    names = distinct_names(cut.rows[header - 1] if first else [str(k + 1) for k in table])
    long = body.iloc[:, len(names) :].notna().any(axis=1)
    if long.mean() > ragged:
        rows = f"{long.sum()} rows of more cells (row {long.idxmax()})"
        mend = "set {option}, or quote cells that hold it"
        raise Unclear(path, f"it has {len(names)} columns but {rows}", "separator", mend=mend)
    left_out = [above[above.index != header], below, body[long]]
    body = body.loc[~long].iloc[:, : len(names)].set_axis(names, axis=1)
    return Reading(
        str(path),
        body.dropna(axis=1, how="all").fillna(""),
        cut.mark,
        decoded.encoding,
        decoded.is_json,
        first > 0,
        tuple(left(lines) for lines in left_out if len(lines)),
    )


def as_table(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Rows as a table, numbered from 1, NaN for empty cells, without rows that are empty."""
    columns = dict(enumerate(zip_longest(*rows, fillvalue="")))
    table = pd.DataFrame(columns, range(1, len(rows) + 1))
    return table.replace("", np.nan).dropna(how="all")


def left(lines: pd.DataFrame) -> LeftOut:
    """What is noted of lines that are left out."""
    return LeftOut(len(lines), " ".join(lines.iloc[0].dropna()))


def fullest_row(above: pd.DataFrame, body: pd.DataFrame) -> int:
    """The number of the row above the data that is the header.

    It is the last of those with the most different cells, up to the width of the data.
    """
    width = body.count(axis=1).max()
    filled = above.nunique(axis=1).clip(upper=width)
    return int(filled[::-1].idxmax())


def distinct_names(names: Sequence[str]) -> list[str]:
    """The names of the columns; one that is empty or there before gets its place behind it."""
    given = set(names)
    distinct = {}  # of which the keys keep their order
    for place, name in enumerate(names, 1):
        free = name
        while not free or free in distinct or (free != name and free in given):
            free = f"{free} ({place})".strip()
        distinct[free] = None
    return list(distinct)


def kind_of(cell: str) -> Kind:
    """What a cell, in lower case and without quotes, holds."""
    if cell in MISSING:
        return Kind.NOTHING
    if not DATA.fullmatch(cell):
        return Kind.WORDS
    return Kind.TIME if TIMELIKE.search(cell) else Kind.NUMBER


def data_bounds(table: pd.DataFrame) -> tuple[int, int]:
    """The places of the first row of data, below the header, and of the first remark below it."""
    ends = pd.concat([table[:HEAD], table[HEAD:][-TAIL:]])
    ends = ends.map(lambda cell: cell.strip(QUOTES).lower())
    kinds = ends.map(kind_of).astype(int)
    late = kinds[len(kinds) // 3 :]  # surely below a header
    usual = late.mode().iloc[0]
    typed = (usual > Kind.WORDS) & ((late == usual).sum() > 0.7 * (late > Kind.NOTHING).sum())
    if not typed.any():
        return first_of_words(ends), len(table)
    kinds, usual = kinds.loc[:, typed], usual[typed]
    has_data = (kinds > Kind.WORDS).any(axis=1).to_numpy()
    fits = ((kinds == Kind.NOTHING) | (kinds == usual)).all(axis=1).to_numpy()
    first = int((has_data & fits).argmax())
    if is_counting_header(ends, first):
        first += 1
    return first, len(table) - rows_after_the_last(has_data[first + 1 :])


def rows_after_the_last(has_data: np.ndarray) -> int:
    """How many rows (n,) stand below the last one that has data; all if none has."""
    places = np.flatnonzero(has_data)
    return len(has_data) - (places[-1] + 1 if len(places) else 0)


def first_of_words(ends: pd.DataFrame) -> int:
    """The place of the first row of data in a table of words alone.

    The first row as full as most is a header if its cells are short and seldom come back.
    """
    filled = (ends != "").sum(axis=1)
    first = int((filled >= filled.median()).argmax())
    row = ends.iloc[first]
    is_short = row.str.len().max() < LONGEST_NAME
    comes_back = (ends[first + 1 :] == row.replace("", "\n")).any()
    if is_short and comes_back.mean() <= 0.3:
        return first + 1
    return first


def is_counting_header(ends: pd.DataFrame, place: int) -> bool:
    """Whether a row of numbers names columns: it counts, behind a name or from 0, as 1960, 1961.

    If a row above is as full, that is the header.
    """
    row = ends.iloc[place]
    steps = pd.to_numeric(row, errors="coerce").dropna().diff()[1:].abs()
    if len(steps) < 3 or not (steps == 1).all():
        return False
    start = kind_of(row.iloc[0])
    above = ends.iloc[:place]
    is_named = ((above != "").sum(axis=1) >= (row != "").sum()).any()
    return not is_named and (start <= Kind.WORDS or row.iloc[0] == "0")
