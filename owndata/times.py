"""Text cells to times."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from owndata.header import QUOTES

# A line for each month: how its name begins in English, German, Spanish, Italian, French, Dutch and
# Portuguese.
MONTHS = """jan jän ene gen
    feb fév
    mar mär mrt
    apr abr avr
    may mai mag
    jun juin giu
    jul juil lug
    aug ago aoû
    sep set
    oct okt ott out
    nov
    dec dez dic déc"""
# Words of dates that say nothing: days of the week, endings of numbers, Chinese year, month, day.
FILLERS = "st nd rd th de of m 年 月 日 mon tue wed thu fri sat sun"
WORDS = dict.fromkeys(FILLERS.split(), "-") | {
    word: line.split()[0] for line in MONTHS.split("\n") for word in line.split()
}
FORMATS = """%Y-%m-%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d %d-%b-%Y %b-%d-%Y %d-%b-%y
    %Y-%b-%d %b-%Y %Y-%b %b-%y %Y-%m %m-%Y %Y%m%d %Y%m %Y %G-w%V-%u""".split()
CLOCK = (
    r"^(.*?)(?:[\st,]+(\d\d?[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?)"
    r"\s*([ap])?\.?\s?m?\.?\s*(?:z|utc|gmt)?)?$"
)
OFFSET = r"(\d\d:?\d\d(?::\d\d)?(?:\.\d+)?)\s?([+-]\d\d(?::?\d\d)?)$"
INTERVAL = r"^(.*\d[:.]\d\d\S*(?: [aApP]\.?\s?[mM]\.?)?)\s*(?:[-–/]|to|bis)\s+?\S*\s*\d.*:\d\d.*$"
COUNTED = r"(\d{1,2})[-/.](0?[1-9]|1[0-2])"  # the month of a year that is counted, as 1-01
UNIX_UNITS = 1, 10**3, 10**6, 10**9  # of them in a second
UNIX_SPAN = 3e8, 4e9  # seconds since 1970: from 1979 to 2096


@dataclass(frozen=True, eq=False)
class Times:
    """Times (n,), NaT where a cell holds none.

    offset: that from Greenwich which all cells name, and which is left out: the times are those of
    the file's own clock; "UTC" if several are named, and the times are turned into Greenwich's.
    is_start: whether the cells are intervals, of which these are the starts.
    """

    stamps: pd.Series
    offset: str = ""
    is_start: bool = False


def as_times(cells: pd.Series) -> Times:
    """Text cells (n,) as times; the order of day and month is the one that fits most cells."""
    text = cells.str.strip(QUOTES)
    starts = text.str.extract(INTERVAL)[0]
    is_start = bool(starts.notna().mean() > 0.8)
    text = starts.fillna(text) if is_start else text
    text, offset = without_offset(text)
    iso = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    stamps = iso
    if iso.isna().any():
        other = days_and_clocks(text)
        stamps = other if other.count() > iso.count() else iso
    return Times(stamps, offset, is_start)


def without_offset(text: pd.Series) -> tuple[pd.Series, str]:
    """Cells (n,) without an offset from Greenwich that all name, and that offset.

    If they name several, the cells as they are, and "UTC"; if they name none, "".
    """
    offsets = text.str.extract(OFFSET)[1]
    if not len(text) or offsets.isna().any():
        return text, "UTC" if offsets.notna().any() else ""
    if offsets.nunique() > 1:
        return text, "UTC"
    return text.str.replace(OFFSET, r"\1", regex=True), offsets.iloc[0]


def days_and_clocks(text: pd.Series) -> pd.Series:
    """Cells (n,) of a day, in one of many forms, and perhaps a clock, as times (n,)."""
    parts = text.str.lower().str.extract(CLOCK)
    codes, days = pd.factorize(parts[0].fillna(""))
    stamps = as_days(pd.Series(days)).to_numpy()[codes]
    clock = parts[1].str.replace(r"^(\d+)[:.](\d\d)[:.](\d\d)", r"\1:\2:\3", regex=True)
    clock = clock.str.replace(r"^(\d+):(\d\d)$", r"\1:\2:00", regex=True)
    clock = pd.to_timedelta(clock, errors="coerce").fillna(pd.Timedelta(0))
    half = parts[2].map({"a": 0, "p": 12}) - clock.dt.components.hours // 12 * 12
    return pd.Series(stamps, text.index) + clock + pd.to_timedelta(half.fillna(0), unit="h")


def as_days(days: pd.Series) -> pd.Series:
    """Cells (n,) of days in lower case as times (n,), by the one form that fits most of them.

    Of forms that fit as many, the one whose steps are most even is taken: so day and month do not
    change places.
    """
    plain = plain_days(days)
    tries = [pd.to_datetime(plain, errors="coerce", format=form) for form in FORMATS]
    return max(tries, key=lambda found: (found.notna().sum(), evenness(found)))


def plain_days(days: pd.Series) -> pd.Series:
    """Days as numbers and English months, hyphens between: 2024-03-01, 1-jan-2024, 2024-w05-1."""
    days = days.str.replace(r"q([1-4])\W*(\d{4})", r"\2q\1", regex=True)
    days = days.str.replace(r"(\d{4})\W*q([1-4])", month_of_quarter, regex=True)
    days = days.str.replace(r"[^\W\d_]+", plain_word, regex=True)
    days = days.str.replace(r"\W+", "-", regex=True).str.strip("-")
    return days.str.replace(r"(\d{4})-?w-?(\d+)", r"\1-w\2-1", regex=True)


def month_of_quarter(found: re.Match) -> str:
    """The first month of a year and a quarter: 2024-7 for 2024q3."""
    return f"{found[1]}-{3 * int(found[2]) - 2}"


def plain_word(found: re.Match) -> str:
    """A month's name as the first three letters of the English one; a hyphen for a filler."""
    word = found[0]
    return WORDS.get(word[:4]) or WORDS.get(word[:3], word)


def evenness(stamps: pd.Series) -> float:
    """The share of steps between times in order that are within a fifth of their median."""
    steps = np.diff(np.unique(stamps.dropna())).astype(float)
    if not len(steps):
        return 0.0
    return float((abs(steps / np.median(steps) - 1) < 0.2).mean())


def unix_times(number: pd.Series) -> pd.Series | None:
    """Numbers (n,) that count from 1970, in seconds or parts of them, as times; else None."""
    known = number.dropna()
    for size in UNIX_UNITS:
        if len(known) and known.between(UNIX_SPAN[0] * size, UNIX_SPAN[1] * size).all():
            nanoseconds = (number * (10**9 // size)).round()
            return pd.to_datetime(nanoseconds, unit="ns", errors="coerce").dt.floor("us")
    return None


def counted_months(cells: pd.Series) -> pd.Series | None:
    """Cells (n,) such as 1-01, a month in a year that is counted, as months from 1; else None.

    They must go on by a month each, up or down: else they may be days and months.
    """
    parts = cells.str.extract(f"^{COUNTED}$").astype(float)
    months = 12 * (parts[0] - 1) + parts[1]
    steps = months.diff()[1:]
    if parts.isna().any(axis=None) or not len(steps):
        return None
    return months if (steps == 1).all() or (steps == -1).all() else None
