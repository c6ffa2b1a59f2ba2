"""One of several series in a file: a row each, or one below another."""

import pandas as pd

from owndata.errors import Unclear, listed
from owndata.header import Reading
from owndata.numbers import as_numbers
from owndata.times import as_times

MOST_NAMES = 12  # columns that may name a series before its values
FEWEST_VALUES = 6  # columns of values that a row of a series has
UNIT = r"\s*\[.*\]"  # behind a year, as in 1990 [YR1990]
TRIED = 300  # rows by which a column is judged


def one_series(file: Reading, series: str, is_wide: bool) -> pd.DataFrame:
    """Of the series in a table, the one that `series` names, a value a row.

    `is_wide`: whether a row may hold a series. Raises Unclear, with the option "series", if it
    names none, or not one alone where each row holds one.
    """
    start = first_of_row(file.table) if is_wide else 0
    return row_as_table(file, series, start) if start else rows_with_cells(file, series)


def first_of_row(table: pd.DataFrame) -> int:
    """The place of the column at which values begin if each row holds a series; else 0."""
    names = list(table)
    places = range(1, min(MOST_NAMES, len(names) - FEWEST_VALUES + 1))
    start = next((place for place in places if is_in_order(names[place:])), 0)
    lead = [as_times(table[name][:TRIED]).stamps for name in names[:start]]
    return start if all(stamps.isna().mean() > 0.2 for stamps in lead) else 0


def is_in_order(names: list[str]) -> bool:
    """Whether names of columns count up or down, or are times in order."""
    cells = pd.Series(names)
    if not cells.str.contains(r"\d").all():
        return False
    counts = cells.str.extract(r"(\d+)\D*$")[0].astype(float).diff()[1:]
    steps = as_times(cells).stamps.diff()[1:] / pd.Timedelta("1s")
    return bool((counts.abs() == 1).all() or (steps > 0).all() or (steps < 0).all())


def row_as_table(file: Reading, series: str, start: int) -> pd.DataFrame:
    """The row that `series` names, as a table of the names of its columns and its values."""
    lead = file.table.iloc[:, :start]
    known = lead.apply(lambda cells: cells.str.casefold())
    known = known.assign(all=known.agg(", ".join, axis=1))
    hits = known.eq(series.casefold()).any(axis=1)
    if hits.sum() != 1:
        called = f", and {hits.sum()} rows are called {series}" if series else ""
        names = list(most_telling(lead).unique())
        mend = f"set {{option}} to one of {listed(names)}, or set {{value}}"
        raise Unclear(file.path, f"it has a series in each row{called}", "series", names, mend)
    row = file.table[hits].iloc[0, start:]
    names = row.index.str.replace(UNIT, "", regex=True)
    columns = {"time" if names.str.match(r"\W*\d").all() else "column": names, series: list(row)}
    return pd.DataFrame(columns, range(1, len(row) + 1))


def most_telling(lead: pd.DataFrame) -> pd.Series:
    """The column with the most different words."""
    return max(map(lead.get, lead), key=lambda cells: cells[as_numbers(cells).isna()].nunique())


def rows_with_cells(file: Reading, series: str) -> pd.DataFrame:
    """The rows in which a cell is `series`, or cells are its parts, commas between; all for ""."""
    table = file.table
    if not series:
        return table
    known = table.apply(lambda cells: cells.str.casefold())
    is_cell = known.eq(series.casefold()).any(axis=None)
    for part in [series] if is_cell else series.split(","):
        part = part.strip()
        same = known.loc[table.index] == part.casefold()
        table = table[same[same.sum().idxmax()]]
        if table.empty:
            mend = "set {option} to one that it has"
            raise Unclear(file.path, f"it has no cell {part}", "series", mend=mend)
    return table
