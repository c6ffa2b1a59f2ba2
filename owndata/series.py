"""A series out of a file: its values in the order of time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from owndata.columns import PART, UNUSUAL, is_given, pick_one, rank
from owndata.errors import Unclear, listed
from owndata.header import MISSING, LeftOut, Reading, read_table
from owndata.numbers import as_numbers, decimal_mark, is_either
from owndata.several import one_series
from owndata.timecolumns import Counted, Found, find_times, repeats_calendar, side_by_side

DECIMALS = ".", ","
LONGEST_GAP = 7  # missing values in a row that are filled in
MOST_MISSING = 0.1  # the share of values that may be missing
VALUES = """value values y target ot close closing_price price last obs_value average mean sales
    demand load cnt count total passengers wert valor valeur valore 值 数值""".split()
NINES = r"-?9{2,}(?:\.[09]*)?"  # how a value that is missing is often written
TRIED = 300  # rows by which columns of numbers are found


@dataclass(frozen=True)
class Filled:
    """Missing values: how many of how many, and the most in a row."""

    count: int
    of: int
    run: int


@dataclass(frozen=True, eq=False)
class RowFacts:
    """What is to be told of the cells and rows of a series.

    footer: rows left out below the data. totals: rows of a month 13 left out. halved: cells such as
    "<1", with the first of them. offset: that from Greenwich, or the zone, which was left out;
    "UTC" if times were turned into it. is_start: a row's time was an interval. is_open: day and
    month could as well change places.
    """

    footer: LeftOut | None = None
    totals: int = 0
    halved: LeftOut | None = None
    offset: str = ""
    is_start: bool = False
    is_open: bool = False


@dataclass(frozen=True, eq=False)
class OrderFacts:
    """What is to be told of the order of a series' times.

    turned: the file had the newest first. steps_back: so often its times went back. averaged: rows
    that repeat a time. ends_cut: rows without a value, first or last, left out. gaps: steps wider
    than the usual one; longest_gap: the widest. suspects: values that may stand for missing ones,
    with their counts.
    """

    turned: bool = False
    steps_back: int = 0
    averaged: int = 0
    ends_cut: int = 0
    filled: Filled | None = None
    gaps: int = 0
    longest_gap: object = None
    suspects: dict[float, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class SeriesReading:
    """How a series was read from a table.

    file: the table. time_columns: those of the times; () if there are none. others: columns of
    numbers that could be forecast instead. rows, order: what was done to rows, and to their order.
    """

    file: Reading
    value_column: str
    time_columns: tuple[str, ...]
    counted: Counted
    decimal: str
    others: tuple[str, ...]
    rows: RowFacts
    order: OrderFacts


@dataclass(frozen=True, eq=False)
class Series:
    """A series: values (n,) float64 in the order of times (n,), its name, and how it was read.

    times is a DatetimeIndex, an index of numbers, or 0 to n - 1 if the file has no times.
    """

    values: np.ndarray
    times: pd.Index
    name: str
    reading: SeriesReading

    @property
    def has_times(self) -> bool:
        """Whether the times are dates and clocks."""
        return isinstance(self.times, pd.DatetimeIndex)

    def __len__(self) -> int:
        return len(self.values)

    def __str__(self) -> str:
        from owndata.words.reading import how_read, rows_as_read

        return f"{how_read(self)}\n{rows_as_read(self)}"


@dataclass(frozen=True)
class Trouble:
    """Why a series cannot be taken, and what mends it: a parameter with its choices, or a way."""

    fault: str
    option: str = ""
    choices: tuple[str, ...] = ()
    mend: str = ""


@dataclass(frozen=True, eq=False)
class Rows:
    """What is read of each row (n,): its cell of the values, as a number, its time, that in words.

    gone: the cell says that the value is missing. below: the row is a remark below the data.
    totals: it is the total of a year.
    """

    cells: pd.Series
    number: pd.Series
    stamps: pd.Series
    words: pd.Series
    gone: pd.Series
    below: pd.Series
    totals: pd.Series


@dataclass(frozen=True, eq=False)
class Ordered:
    """Values in the order of time, and what was done to get there, as in SeriesReading.

    number: a value a time. raw: the values by time as they came.
    """

    number: pd.Series
    raw: pd.Series
    turned: bool
    steps_back: int
    averaged: int
    ends_cut: int
    filled: Filled | None


def read_series(
    path: str | Path,
    value: str | int = "",
    time: str | int = "",
    series: str | int = "",
    separator: str = "",
    encoding: str = "",
    decimal: str = "",
) -> Series:
    """The series in a file of any usual kind.

    value, time: columns, by name or numbered from 1 (two of times: "date, hour"; time "none" takes
    the rows in their order). series: of several series, a cell that names yours. separator: what
    stands between columns, as ";" or "tab". encoding: as "cp1252". decimal: the decimal mark. With
    "" the file decides, and `reading` tells how. The file is never written to.

    Raises Unclear, with the parameter that settles it, if it cannot be read or may be read in more
    than one way.
    """
    file = read_table(path, separator, encoding)
    table = one_series(file, str(series), is_wide=file.has_header and not is_given(value))
    found = find_times(table, time, path)
    rest = table.drop(columns=[*found.columns, *repeats_calendar(table, found)])
    numeric = columns_of_numbers(rest)
    if is_given(value):
        name = pick_one(table, value, "value", path)
    else:
        name = choose_value(numeric, rest, found, path)
    mark = known_mark(decimal, path) or decimal_mark(table[name])
    mark = mark or decimal_mark(rest[:TRIED].stack())
    read = read_rows(table, name, found, mark or ".")
    ordered = in_order(read, ", ".join(found.columns))
    is_open = not mark and file.separator != ","
    troubles = cell_troubles(read, is_open)
    refuse(path, name, troubles or order_troubles(read, ordered, table.drop(columns=name)))
    others = tuple(other for other in numeric if other != name)
    facts = facts_of_rows(read, found), facts_of_order(ordered)
    reading = SeriesReading(file, name, found.columns, found.counted, mark, others, *facts)
    return Series(ordered.number.to_numpy(), ordered.number.index, name, reading)


def known_mark(decimal: str, path: str | Path) -> str:
    """The decimal mark asked for. Raises Unclear if it is none."""
    if decimal not in ("", *DECIMALS):
        raise Unclear(path, f"{decimal!r} is no decimal mark", "decimal", DECIMALS)
    return decimal


def columns_of_numbers(table: pd.DataFrame) -> list[str]:
    """The columns of which most cells are numbers; none that counts rows, if others are left."""
    counts = {}
    for name, cells in table[:: len(table) // TRIED + 1].items():
        cells = cells[~cells.str.lower().isin(MISSING)]
        number = max((as_numbers(cells, mark) for mark in ".,"), key=lambda number: number.count())
        if number.count() > 0.5 * len(number):
            counts[name] = number.diff()[1:].nunique() == 1
    return [name for name, is_count in counts.items() if not is_count] or list(counts)


def choose_value(names: list[str], rest: pd.DataFrame, found: Found, path: str | Path) -> str:
    """The column to forecast: the only one of numbers, or the one with the most usual name.

    Raises Unclear, with the option "value", if it cannot be told.
    """
    if not names:
        raise Unclear(path, "it has no columns of numbers", mend="add one")
    best = usual_value(names)
    if best:
        return best
    keys = keys_of_series(rest, found.stamps)
    names = [name for name in names if name not in keys] or names
    several = f", and several rows a time: series by {described(keys)}" if keys else ""
    raise Unclear(path, f"it has {len(names)} columns of numbers{several}", "value", names)


def usual_value(names: list[str]) -> str:
    """The only one of the names, or the most usual for values; "" if it cannot be told.

    A name that holds a usual word as a part must be the only one that does.
    """
    ranks = {name: rank(name, VALUES) for name in names}
    best = min(ranks, key=ranks.get)
    rivals = [ranks[name] for name in names if name != best and ranks[name] < UNUSUAL]
    if ranks[best] < PART:
        return "" if ranks[best] in rivals else best
    is_only = len(names) == 1 or (ranks[best] < UNUSUAL and not rivals)
    return best if is_only else ""


def keys_of_series(table: pd.DataFrame, stamps: pd.Series) -> dict[str, list[str]]:
    """{column: its different cells} of columns that tell apart rows of equal times."""
    if stamps.duplicated().sum() <= len(stamps) / 10:
        return {}
    timed = table.assign(time=stamps)
    return {
        name: list(cells.unique())
        for name, cells in table.items()
        if 1 < cells.nunique() < len(table) / 2 and not timed.duplicated([name, "time"]).any()
    }


def described(keys: dict[str, list[str]]) -> str:
    """Columns of keys and their cells in words."""
    return "; ".join(f"{name}: {listed(cells, 60)}" for name, cells in keys.items())


def read_rows(table: pd.DataFrame, name: str, found: Found, decimal: str) -> Rows:
    """What is read of each row of a table, the column `name` holding the values."""
    cells = table[name]
    words = side_by_side(table, found.columns or [name])
    below = at_the_end(found.stamps.isna() & ~words.str.contains(r"\d"))
    number = as_numbers(cells, decimal)
    gone = cells.str.lower().isin(MISSING)
    return Rows(cells, number, found.stamps, words, gone, below, found.totals)


def at_the_end(is_remark: pd.Series) -> pd.Series:
    """Whether a row (n,) is a remark, and all rows below it are: there the data has ended."""
    from_below = is_remark[::-1]
    return from_below.cummin()[::-1]


def cell_troubles(read: Rows, is_open: bool) -> list[Trouble]:
    """Cells that are no numbers, and times that are unclear, each with the first.

    `is_open`: nothing tells the decimal mark; then also cells such as 1,234.
    """
    counted = ~read.below & ~read.totals
    checks = (
        (read.number.isna() & ~read.gone & counted, "cells that are no numbers", read.cells),
        (read.stamps.isna() & counted, "times that are unclear", read.words),
    )
    troubles = either_trouble(read) if is_open else []
    for rows, what, shown in checks:
        if rows.any():
            first = rows.idxmax()
            troubles += [Trouble(f"{what}: {rows.sum()} (row {first}, {shown[first][:50]!r})")]
    return troubles


def either_trouble(read: Rows) -> list[Trouble]:
    """Cells such as 1,234 if they may be thousands or decimals."""
    cells = read.cells[~read.gone]
    if not is_either(cells):
        return []
    first = cells[cells.str.contains(r"\d[.,]")].iloc[0]
    return [Trouble(f"{first!r} may be a decimal or not", "decimal", DECIMALS)]


def in_order(read: Rows, time: str) -> Ordered:
    """The values in the order of time, one a time, without holes; and what was done."""
    keep = read.stamps.notna() & ~read.below & ~read.totals
    raw = read.number[keep].set_axis(pd.Index(read.stamps[keep], name=time or None))
    number = raw.groupby(level=0).mean()
    inside = number.loc[number.first_valid_index() : number.last_valid_index()]
    holes = inside.isna()
    run = holes.groupby((~holes).cumsum()).sum().max()
    filled = Filled(int(number.isna().sum()), len(number), int(run)) if holes.any() else None
    return Ordered(
        number=inside.interpolate(),
        raw=raw,
        turned=len(raw) > 1 and raw.index.is_monotonic_decreasing,
        steps_back=count_steps_back(raw.index),
        averaged=int(raw.index.duplicated().sum()),
        ends_cut=len(number) - len(inside),
        filled=filled,
    )


def count_steps_back(times: pd.Index) -> int:
    """How many of the times (n,), dates or numbers, are earlier than the one before."""
    return int((times[1:] < times[:-1]).sum())


def order_troubles(read: Rows, ordered: Ordered, others: pd.DataFrame) -> list[Trouble]:
    """Times that come back with other values, and more missing values than can be filled in."""
    troubles, raw = [], ordered.raw
    differ = len(raw) and raw.groupby(level=0).nunique().max() > 1
    if ordered.averaged > len(raw) / 10 and differ:
        keep = read.stamps.notna() & ~read.below & ~read.totals
        keys = keys_of_series(others[keep], read.stamps[keep])
        fault = f"rows that repeat a time: {ordered.averaged}"
        if keys:
            name, cells = next(iter(keys.items()))
            troubles += [Trouble(f"{fault}, told apart by {name}", "series", tuple(cells))]
        else:
            troubles += [Trouble(fault, mend="keep one row a time, or choose another column")]
    filled = ordered.filled
    if filled and not can_be_filled(filled, ordered.ends_cut):
        most = f"a tenth, {LONGEST_GAP} in a row, can be filled in"
        fault = f"missing values: {filled.count} of {filled.of}, at most {filled.run} in a row"
        troubles += [Trouble(f"{fault} ({most})")]
    if ordered.number.empty and not troubles:
        troubles += [Trouble("it holds no value")]
    return troubles


def can_be_filled(filled: Filled, ends_cut: int) -> bool:
    """Whether few values are missing between the first and the last, and few in a row."""
    inside, of = filled.count - ends_cut, filled.of - ends_cut
    return inside <= MOST_MISSING * of and filled.run <= LONGEST_GAP


def refuse(path: str | Path, name: str, troubles: Sequence[Trouble]) -> None:
    """Raise Unclear if there are troubles with the column `name`, with an option that mends one."""
    if not troubles:
        return
    fault = f"column {name}: {'; '.join(trouble.fault for trouble in troubles)}"
    settled = next((trouble for trouble in troubles if trouble.option), troubles[0])
    if settled.option:
        raise Unclear(path, fault, settled.option, settled.choices)
    raise Unclear(path, fault, mend=settled.mend or "fix it, or choose another column")


def facts_of_rows(read: Rows, found: Found) -> RowFacts:
    """What is to be told of cells and rows."""
    halved = read.cells[read.cells.str.startswith("<") & read.number.notna()]
    below = read.words[read.below]
    return RowFacts(
        footer=LeftOut(len(below), below.iloc[0]) if len(below) else None,
        totals=int(read.totals.sum()),
        halved=LeftOut(len(halved), halved.iloc[0]) if len(halved) else None,
        offset=found.offset,
        is_start=found.is_start,
        is_open=found.is_open,
    )


def facts_of_order(ordered: Ordered) -> OrderFacts:
    """What is to be told of the order of times."""
    steps = ordered.number.index.diff()[1:]
    gaps = int((steps > steps.to_series().median() * 1.5).sum())
    return OrderFacts(
        turned=ordered.turned,
        steps_back=0 if ordered.turned else ordered.steps_back,
        averaged=ordered.averaged,
        ends_cut=ordered.ends_cut,
        filled=ordered.filled,
        gaps=gaps,
        longest_gap=steps.max() if gaps else None,
        suspects=suspects(ordered.number),
    )


def suspects(number: pd.Series) -> dict[float, int]:
    """{value: how often} of values such as -999 that come more than once, far from all others."""
    counts = number.value_counts()
    repeated = counts[counts > 1]
    nines = [value for value in repeated.index if re.fullmatch(NINES, f"{value:g}")]
    return {float(value): int(counts[value]) for value in nines if is_far(value, number)}


def is_far(value: float, number: pd.Series) -> bool:
    """Whether a value is farther from all others than these are from each other."""
    others = number[number != value]
    if others.empty:
        return False
    spread = others.max() - others.min()
    return not others.min() - spread <= value <= others.max() + spread
