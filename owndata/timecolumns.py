"""The columns of a table that hold its times."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np
import pandas as pd

from owndata.columns import PART, UNUSUAL, is_given, pick, rank
from owndata.errors import Unclear
from owndata.numbers import as_numbers
from owndata.times import as_times, counted_months, evenness, unix_times

TIMES = """date datetime timestamp time ds t observation_date time_period period month year week day
    quarter hour datum zeit jahr monat fecha mes año data mese anno mois année 日期 时间 月份 年
    yearmonth yyyymm yyyymmdd unix epoch""".split()
CALENDAR = {
    "year": "year yr jahr año anno année 年",
    "month": "month mo mnth monat mes mese mois 月",
    "quarter": "quarter qtr quartal",
    "week": "week wk woche kw semana settimana semaine 周",
    "day": "day dy tag dia día giorno jour 日",
    "hour": "hour hr stunde hora ora heure",
}
NONE = "none"  # what a reader says of the column of times if there is none
YEAR, MONTH = r"1[5-9]\d\d|20\d\d", r"0?[1-9]|1[012]"
DAY_NUMBER = r"\W*(19|20)\d\d[01]\d[0-3]\d([0-2]\d([0-5]\d){0,2})?\W*"  # 20240131, or 2024013123
MONTH_NUMBER = r"\W*(19|20)\d\d(0[1-9]|1[0-3])\W*"  # 202401; month 13 is a year's total
TOTAL = r"\W*(19|20)\d\d13\W*"
TIMELIKE = r"(?i).*\d\W?[-/.:年月]\W?\w+\W?.*|.*\b(19|20)\d\d\b.*"
HEAD = 300  # rows by which a column is judged
MOST = 0.8  # the share of a column's cells that must be times, or numbers


class Counted(Enum):
    """What the times of a series are."""

    TIMES = "times"
    MONTHS = "months of counted years"
    NUMBERS = "numbers"
    PLACES = "places of the rows"


@dataclass(frozen=True, eq=False)
class Found:
    """The times (n,) of a table's rows and the columns that they come from.

    stamps: times, NaT where one is unclear; or numbers; or 0 to n - 1. totals: whether a row (n,)
    is the total of a year, in a month 13. offset, is_start, is_open: as in Times.
    """

    stamps: pd.Series
    columns: tuple[str, ...]
    counted: Counted
    totals: pd.Series
    offset: str = ""
    is_start: bool = False
    is_open: bool = False


@dataclass(frozen=True, eq=False)
class Columns:
    """A table and what its columns may be. calendar: {part of a date: the column of its number}."""

    table: pd.DataFrame
    head: pd.DataFrame
    numbers: tuple[str, ...]
    calendar: dict[str, str]


def look_at(table: pd.DataFrame) -> Columns:
    """The columns of numbers, and those that the calendar's words name."""
    head = table[:HEAD]
    numbers = [name for name in table if as_numbers(head[name]).notna().mean() > MOST]
    calendar = {
        part: name
        for part, words in CALENDAR.items()
        for name in numbers[::-1]
        if rank(name, words.split()) < PART
    }
    if len(table.columns) > 2 and "quarter" not in calendar and starts_with_year_and_month(head):
        calendar = dict(zip(("year", "month"), table, strict=False)) | calendar
    return Columns(table, head, tuple(numbers), calendar)


def starts_with_year_and_month(head: pd.DataFrame) -> bool:
    """Whether the first columns hold years and months, whatever their names, as in 1749;01;96.7."""
    year, month = head.iloc[:, 0], head.iloc[:, 1]
    return bool(year.str.fullmatch(YEAR).all() and month.str.fullmatch(MONTH).all())


def side_by_side(table: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """The cells (n,) of the columns, one blank between them."""
    return table[names[0]].str.cat(table[list(names[1:])], sep=" ")


def find_times(table: pd.DataFrame, asked: str | int, path: str | Path) -> Found:
    """The times of the rows: of the columns `asked` for, or else by usual names and by their cells.

    Raises Unclear, with the option "time", if the columns asked for hold no times, or if a column
    looks like times and cannot be understood.
    """
    columns = look_at(table)
    if str(asked).casefold() == NONE and NONE not in map(str.casefold, table):
        return places_as_times(table)
    is_asked = is_given(asked)
    names = pick(table, asked, "time", path) if is_asked else possible_names(columns)
    found = find_dates(columns, names, is_asked) or find_numbers(columns, names, is_asked)
    if is_asked and not found:
        mend = f"set {{option}} to another column, or to {NONE} if the rows stand in order"
        raise Unclear(path, f"column {asked} holds no times", "time", mend=mend)
    if not found:
        refuse_unclear_times(columns, path)
    return found or places_as_times(table)


def places_as_times(table: pd.DataFrame) -> Found:
    """The places of the rows instead of times."""
    return Found(
        pd.Series(np.arange(len(table)), table.index), (), Counted.PLACES, no_totals(table)
    )


def no_totals(table: pd.DataFrame) -> pd.Series:
    """False for each row of a table."""
    return pd.Series(False, table.index)


def possible_names(columns: Columns) -> list[str]:
    """The columns that may be times: those with usual names or numbers of days, then of words."""
    usual = [name for name in columns.table if is_usual(name, columns.head[name])]
    left = [name for name in columns.table if name not in (*usual, *columns.numbers)]
    return usual + left


def is_usual(name: str, cells: pd.Series) -> bool:
    """Whether a column is called as times are, or all its cells are such as 20240131 or 202401."""
    is_named = rank(name, TIMES) < UNUSUAL or bool(cells.str.fullmatch(DAY_NUMBER).all())
    return is_named or is_months(cells) or is_unix(cells)


def is_unix(cells: pd.Series) -> bool:
    """Whether cells (n,) count seconds since 1970, or parts of them, in even steps."""
    number = as_numbers(cells)
    stamps = unix_times(number)
    if stamps is None or number.isna().any() or number.duplicated().any():
        return False
    return evenness(stamps) > MOST


def is_months(cells: pd.Series) -> bool:
    """Whether all cells (n,) are such as 202401, and most differ."""
    return bool(cells.str.fullmatch(MONTH_NUMBER).all() and cells.nunique() > len(cells) / 2)


def find_dates(columns: Columns, names: Sequence[str], is_asked: bool) -> Found | None:
    """Times of columns that hold dates, or the parts of dates; None without them.

    A calendar in columns of its own wins over dates of fewer different times.
    """
    dates = find_readable(columns, names)
    calendar = None if is_asked else find_calendar(columns)
    if calendar and dates and dates.stamps.nunique() > calendar.stamps.nunique():
        return dates
    return calendar or dates


def find_calendar(columns: Columns) -> Found | None:
    """Times of columns of years and of months, quarters or weeks, perhaps of days and hours."""
    parts = columns.calendar
    if "year" not in parts or not {"month", "quarter", "week"} & parts.keys():
        return None
    frame = columns.table[list(parts.values())].apply(as_numbers).set_axis(list(parts), axis=1)
    stamps = (
        times_of_weeks(frame) if {"month", "quarter"}.isdisjoint(parts) else times_of_months(frame)
    )
    stamps = stamps.where(frame["year"] > 999)
    if stamps.notna().mean() <= MOST:
        return None
    return Found(stamps, tuple(parts.values()), Counted.TIMES, no_totals(frame))


def times_of_months(frame: pd.DataFrame) -> pd.Series:
    """The times (n,) of years with months or quarters, perhaps days and hours."""
    month = frame["month"] if "month" in frame else 3 * frame["quarter"] - 2
    day = frame["day"] if "day" in frame else 1
    frame = frame.drop(columns=["quarter", "week"], errors="ignore")
    return pd.to_datetime(frame.assign(month=month, day=day), errors="coerce")


def times_of_weeks(frame: pd.DataFrame) -> pd.Series:
    """The Mondays (n,) of years and their weeks, as ISO 8601 counts them."""
    year, week = (frame[part].astype("Int64").astype(str) for part in ("year", "week"))
    weeks = year + "-" + week.str.zfill(2) + "-1"
    return pd.to_datetime(weeks, errors="coerce", format="%G-%V-%u")


def find_readable(columns: Columns, names: Sequence[str]) -> Found | None:
    """Times of columns whose cells, side by side, are read as dates and clocks; None without."""
    best = None
    twice = [*names, *names]  # a month before its year is no time until the year is taken
    for name in twice:
        used = best.columns if best else ()
        if name in used:
            continue
        found = read_times(columns.head, [*used, name])
        if adds_times(columns, name, found, best):
            best = found
    if not best:
        return None
    found = read_times(columns.table, best.columns)
    hour = hour_column(columns)
    if hour and best.stamps.nunique() < len(best.stamps):
        hours = pd.to_timedelta(as_numbers(columns.table[hour]), "h")
        return replace(found, stamps=found.stamps + hours, columns=(*found.columns, hour))
    return found


def adds_times(columns: Columns, name: str, found: Found, best: Found | None) -> bool:
    """Whether the times `found` with a further column are times, and more than the best before.

    A column of numbers is taken alone, and only if all of them are times.
    """
    if name in columns.numbers:
        unclear = found.stamps.isna() & ~found.totals
        if best or name.lower() == "t" or unclear.any():
            return False
    if found.stamps.notna().mean() <= MOST:
        return False
    return best is None or found.stamps.nunique() > best.stamps.nunique()


def hour_column(columns: Columns) -> str:
    """The column of hours, called so or in part, with no other numbers; "" without one."""
    words = CALENDAR["hour"].split()
    for name in sorted(columns.numbers, key=lambda name: rank(name, words)):
        if rank(name, words) < UNUSUAL and as_numbers(columns.head[name]).between(0, 24).all():
            return name
    return ""


def read_times(table: pd.DataFrame, names: Sequence[str]) -> Found:
    """The times of columns, their cells read side by side."""
    cells = side_by_side(table, names)
    totals = no_totals(table)
    if is_months(cells):
        totals = cells.str.fullmatch(TOTAL)
    times = as_times(cells.mask(totals, ""))
    facts = times.offset, times.is_start, times.is_open
    return Found(times.stamps, tuple(names), Counted.TIMES, totals, *facts)


def find_numbers(columns: Columns, names: Sequence[str], is_asked: bool) -> Found | None:
    """Times of a column that counts: seconds since 1970, months of counted years, or numbers."""
    for name in sorted(names, key=lambda name: rank(name, TIMES)):
        cells = columns.table[name]
        months = counted_months(cells)
        if months is not None:
            return Found(months, (name,), Counted.MONTHS, no_totals(months))
        stamps = as_numbers(cells)
        many = stamps.nunique() > len(stamps) / 2
        if stamps.notna().mean() <= MOST or not (is_asked or many):
            continue
        unix = unix_times(stamps)
        if unix is not None:
            return Found(unix, (name,), Counted.TIMES, no_totals(unix))
        if is_asked or rank(name, TIMES) < PART:
            return Found(stamps, (name,), Counted.NUMBERS, no_totals(stamps))
    return None


def refuse_unclear_times(columns: Columns, path: str | Path) -> None:
    """Raise Unclear if a column looks like times, for none could be read."""
    for name in columns.head:
        cells = columns.head[name]
        is_like = cells.str.fullmatch(TIMELIKE) & as_numbers(cells).isna()
        is_named = rank(name, TIMES) < PART and name not in columns.numbers
        if is_named or (is_like.mean() > MOST and cells.nunique() > len(cells) / 2):
            fault = f"column {name} looks like times and is not understood ({cells.iloc[0][:40]!r})"
            mend = (
                f"write them as 2024-01-31, or set {{option}} to {NONE} if the rows stand in order"
            )
            raise Unclear(path, fault, "time", (NONE,), mend)


def repeats_calendar(table: pd.DataFrame, found: Found) -> list[str]:
    """The columns that repeat a part of the times: their years, months, days or hours."""
    if found.counted != Counted.TIMES:
        return []
    return [
        name
        for part, name in look_at(table).calendar.items()
        if part != "week" and name not in found.columns
        if (as_numbers(table[name]) == getattr(found.stamps.dt, part)).mean() > MOST
    ]
