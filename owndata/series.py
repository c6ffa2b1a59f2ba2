"""A series out of a table."""

from textwrap import shorten

import pandas as pd

from owndata.columns import pick, rank
from owndata.header import MISSING, read_table
from owndata.numbers import as_numbers, decimal_mark
from owndata.times import as_times, find_times, side_by_side

LONGEST_GAP = 7  # missing values in a row that are filled in
VALUES = """value values y target ot close closing_price price last obs_value average mean sales
    demand load cnt count total passengers wert valor valeur valore 值 数值""".split()


def in_a_row(names):
    """Whether names of columns count up or are times in order: then a row holds a series."""
    names = pd.Series(names)
    counts = names.str.extract(r"(\d+)\D*$")[0].astype(float).diff()[1:]
    steps = as_times(names).diff()[1:] / pd.Timedelta("1s")
    ordered = any(map(all, (abs(counts) == 1, steps > 0, steps < 0)))
    return ordered and names.str.contains(r"\d").all()


def one_series(table, series, path, wide):
    """Of several series, one a row or one below another, the one named `series`, a value a row."""
    names, known = list(table), table.apply(lambda cells: cells.str.casefold())
    start = next((k for k in range(1, min(12, len(names) - 5)) if wide and in_a_row(names[k:])), 0)
    if start and all(as_times(table[name][:300]).isna().mean() > 0.2 for name in names[:start]):
        lead, known = table.iloc[:, :start], known.iloc[:, :start]
        hits = known.assign(all=known.agg(", ".join, axis=1)).eq(series.casefold()).any(axis=1)
        if hits.sum() != 1:
            label = max(map(lead.get, lead), key=lambda c: c[as_numbers(c).isna()].nunique())
            found = f", and {hits.sum()} rows are called {series}" if series else ""
            fix = f"set SERIES to one of {shorten(', '.join(label), 200)}, or VALUE_COLUMN"
            raise ValueError(f"{path} has a series in each row{found}: {fix}.")
        row = table[hits].iloc[0, start:]
        columns = {"time": row.index.str.replace(r"\s*\[.*\]", "", regex=True), series: [*row]}
        return pd.DataFrame(columns, range(1, len(row) + 1))
    for cell in [series] if known.eq(series.casefold()).any(axis=None) else series.split(","):
        same = known.loc[table.index] == cell.strip().casefold()
        table = table[same[same.sum().idxmax()]] if series else table
        if table.empty:
            raise ValueError(f"{path} has no cell {cell.strip()}: set SERIES to one that it has.")
    return table


def choose_value(table, path):
    """The column to forecast: by its name, or the only one with numbers, else ValueError."""
    found = {}
    for name, cells in table[:: len(table) // 300 + 1].items():
        cells = cells[~cells.str.lower().isin(MISSING)]
        number = max((as_numbers(cells, mark) for mark in ".,"), key=lambda number: number.count())
        if number.count() > 0.5 * len(number):
            found[name] = number.diff()[1:].nunique() == 1  # the numbers of the rows
    names = [name for name, counts in found.items() if not counts] or list(found)
    ranks = [rank(name, VALUES) for name in names] or [1000]
    if not names or (len(names) > 1 and (min(ranks) == 1000 or ranks.count(min(ranks)) > 1)):
        fix = f"set VALUE_COLUMN to one of {shorten(', '.join(names), 200)}" if names else "add one"
        raise ValueError(f"{path} has {len(names) or 'no'} columns of numbers: {fix}.")
    return names[ranks.index(min(ranks))]


def in_order(number, table):
    """Values (n,) in the order of time, one a time, without holes; [what was done]; [faults]."""
    said, troubles, steps = [], [], number.index.diff()[1:]
    if back := int((steps < steps * 0).sum()):
        turned = number.index.is_monotonic_decreasing
        said += ["newest first, turned round" if turned else f"sorted, steps back in time: {back}"]
    twice = number.index.duplicated().sum()
    if twice > len(number) / 10 and number.groupby(level=0).nunique().max() > 1:
        fix = [f"set SERIES to a cell of {key}: {shorten(', '.join(cells.unique()), 200)}"
               for key, cells in table.items() if 1 < cells.nunique() < len(table) / 2
               and not table.assign(time=number.index).duplicated([key, "time"]).any()]
        troubles += [f"rows that repeat a time: {twice} ({[*fix, 'keep one row a time'][0]})"]
    elif twice:
        said += [f"rows that repeat a time, averaged: {twice}"]
    number = number.groupby(level=0).mean()
    inside = number.loc[number.first_valid_index():number.last_valid_index()]
    if len(inside) < len(number):
        said += [f"rows without a value at the ends left out: {len(number) - len(inside)}"]
    holes = inside.isna()
    if holes.any():
        run = holes.groupby((~holes).cumsum()).sum().max()
        fault = f"missing values: {number.isna().sum()} of {len(number)}, at most {run} in a row"
        few = holes.mean() <= 0.1 and run <= LONGEST_GAP
        said += [f"{fault}, interpolated"]
        troubles += [] if few else [f"{fault} (a tenth, {LONGEST_GAP} in a row, can be filled in)"]
    return inside.interpolate(), said, troubles


def read_series(path, value="", time="", series="", separator="", encoding="", decimal=""):
    """The series in a file: a pandas Series of values (n,) by their times in order, or 0 to n - 1.

    `value` and `time` name columns or number them from 1, `series` is a cell that names one of
    several; "" lets the file decide, and a printed line tells how. Raises ValueError.
    """
    table, said = read_table(path, separator, encoding)
    table = one_series(table, str(series), path, not value and "no header" not in said[0])
    stamps, used = find_times(table, str(time), path)
    rest = table.drop(columns=used)
    name = pick(table, value, "VALUE_COLUMN", path)[0] if value else choose_value(rest, path)
    cells, words, troubles = table[name], side_by_side(table, used or [name]), []
    gone = cells.str.lower().isin(MISSING)
    mark = decimal or decimal_mark(cells) or decimal_mark(rest[:300].stack())
    number = as_numbers(cells, mark or ".")
    total = (stamps.isna() & ~words.str.contains(r"\d"))[::-1].cummin()[::-1]  # below the table
    said += [f"lines left out: {total.sum()} ({words[total].iloc[0]!r})"] if total.any() else []
    marked = cells[cells.str.contains(r"\d[.,]") & ~gone]
    group = len(marked) and marked.str.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}").all()
    if group and not mark and said[0][:5] != "comma":
        if (len(marked) == (~gone).sum()) == ("," in marked.iloc[0]):
            troubles += [f"{marked.iloc[0]!r} may be a decimal or not (set DECIMAL to '.' or ',')"]
    for rows, what, shown in ((number.isna() & ~gone & ~total, "cells that are no numbers", cells),
                              (stamps.isna() & ~total, "times that are unclear", words)):
        first = f"row {rows.idxmax()}, {shown[rows.idxmax()][:50]!r}"
        troubles += [f"{what}: {rows.sum()} ({first})"] if rows.any() else []
    halved = cells[cells.str.startswith("<") & number.notna()]
    said += [f"cells such as {halved.iloc[0]!r} halved: {len(halved)}"] if len(halved) else []
    said += ["decimal commas"] if mark == "," else []
    keep = stamps.notna() & ~total
    number = number[keep].set_axis(pd.Index(stamps[keep], name=", ".join(used)))
    number, done, wrong = in_order(number, table[keep].drop(columns=name))
    if troubles + wrong or number.empty:
        fault = "; ".join(troubles + wrong or ["it holds no value"])
        raise ValueError(f"{path}, column {name}: {fault}: fix it, or choose another column.")
    steps = number.index.diff()[1:]
    wide = (steps > steps.to_series().median() * 1.5).sum()
    longest = str(steps.max()).removesuffix(" 00:00:00")
    done += [f"gaps in time, taken as even: {wide}, the longest {longest}"] if wide else []
    ends = [str(number.index[k]).removesuffix(" 00:00:00") for k in (0, -1)]
    when = f"time {' and '.join(used)} from {' to '.join(ends)}"
    when = when if used else "no times found, rows in their order"
    print(f"{path}: read as {', '.join(said + done)}; {when}; {len(number)} values of {name}.")
    return number.rename(name)
