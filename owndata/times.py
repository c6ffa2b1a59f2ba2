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
SWAPPED = {"%d-%m-%Y": "%m-%d-%Y", "%m-%d-%Y": "%d-%m-%Y"}  # day and month change places
SWAPPED |= {"%d-%m-%y": "%m-%d-%y", "%m-%d-%y": "%d-%m-%y"}
CLOCK = (
    r"^(.*?)(?:[\st,]+(\d\d?[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?)"
    r"\s*([ap])?\.?\s?m?\.?\s*(?:z|utc|gmt)?)?$"
)
# An offset stands behind a clock: colons in it, or a T before it, so that 1980-07 has none.
OFFSET = r"((?:\d\d:\d\d(?::\d\d)?|T\d{4}(?:\d\d)?)(?:\.\d+)?)\s?([+-]\d\d(?::?\d\d)?)$"
ZONE = r"\s+([A-Z]{1,4}T|MSK)$"  # as in 11:00 CET
BETWEEN = r"\s+(?:-|–|to|bis|until)\s+|\s*/\s*(?=\d{4}-)"  # the ends of an interval
END = r".*\d+\D+\d"  # of an interval: at least two numbers
DIGITS = r"^((?:19|20)\d{6})(\d\d)(\d\d)?(\d\d)?$"  # 2024013123, perhaps minutes and seconds
FISCAL = r"(\d{4})\W(\d\d)"  # 2009-10, if all years go on to the next
COUNTED = r"(\d{1,2})[-/.](0?[1-9]|1[0-2])"  # the month of a year that is counted, as 1-01
UNIX_UNITS = 1, 10**3, 10**6, 10**9  # of them in a second
UNIX_SPAN = 3e8, 4e9  # seconds since 1970: from 1979 to 2096


@dataclass(frozen=True, eq=False)
class Times:
    """Times (n,), NaT where a cell holds none.

    offset: that from Greenwich, or the zone, which all cells name, and which is left out: the times
    are those of the file's own clock; "UTC" if several are named, and the times are turned into
    Greenwich's. is_start: whether the cells are intervals, of which these are the starts. is_open:
    whether day and month could as well change places.
    """

    stamps: pd.Series
    offset: str = ""
    is_start: bool = False
    is_open: bool = False


def as_times(cells: pd.Series) -> Times:
    """Text cells (n,) as times; the order of day and month is the one that fits best."""
    text = cells.str.strip(QUOTES).str.replace(DIGITS, day_and_clock, regex=True)
    text, is_start = starts_of_intervals(text)
    text, offset = without_offset(text)
    iso = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    if iso.notna().all() and not is_fiscal(text):
        return Times(iso, offset, is_start)
    other, is_open = days_and_clocks(text)
    if other.count() > iso.count() or is_fiscal(text):
        return Times(other, offset, is_start, is_open)
    return Times(iso, offset, is_start)


def day_and_clock(found: re.Match) -> str:
    """A time of digits alone as a day and a clock: 20240131 23:00:00 for 2024013123."""
    return f"{found[1]} {found[2]}:{found[3] or '00'}:{found[4] or '00'}"


def starts_of_intervals(text: pd.Series) -> tuple[pd.Series, bool]:
    """The starts of cells (n,) if most are intervals, else the cells; and whether they are."""
    parts = text.str.split(BETWEEN, n=1, regex=True, expand=True)
    if parts.shape[1] < 2 or parts[1].fillna("").str.match(END).mean() <= 0.8:
        return text, False
    return parts[0], True


def without_offset(text: pd.Series) -> tuple[pd.Series, str]:
    """Cells (n,) without an offset from Greenwich, or a zone, that all name; and what they name.

    If they name several offsets, the cells as they are, and "UTC"; if they name none, "".
    """
    zones = text.str.extract(ZONE)[0]
    if len(text) and zones.notna().all() and zones.nunique() == 1:
        return text.str.replace(ZONE, "", regex=True), zones.iloc[0]
    offsets = text.str.extract(OFFSET)[1]
    if offsets.isna().all():
        return text, ""
    if offsets.isna().any() or offsets.nunique() > 1:
        return text, "UTC"
    return text.str.replace(OFFSET, r"\1", regex=True), offsets.iloc[0]


def days_and_clocks(text: pd.Series) -> tuple[pd.Series, bool]:
    """Cells (n,) of a day, in one of many forms, and perhaps a clock, as times (n,).

    The one form of days is taken that fits most cells; of forms that fit as many, the one whose
    steps are most even. So day and month do not change places; or it is open, which is the second.
    """
    parts = text.str.lower().str.extract(CLOCK)
    codes, days = pd.factorize(parts[0].fillna(""))
    plain, clocks = plain_days(pd.Series(days, dtype=object)), as_clocks(parts[1], parts[2])
    tries = {form: pd.to_datetime(plain, errors="coerce", format=form) for form in FORMATS}
    most = max(found.notna().sum() for found in tries.values())
    fitting = {
        form: pd.Series(found.to_numpy()[codes], text.index) + clocks
        for form, found in tries.items()
        if found.notna().sum() == most
    }
    even = {form: evenness(stamps) for form, stamps in fitting.items()}
    best = max(even, key=even.get)
    is_open = any(even[form] == even[best] for form in fitting if form == SWAPPED.get(best))
    return fitting[best], is_open


def as_clocks(clock: pd.Series, half: pd.Series) -> pd.Series:
    """Clocks (n,), and a or p for the halves of the day, as times since midnight; 0 without one."""
    clock = clock.str.replace(r"^(\d+)[:.](\d\d)[:.](\d\d)", r"\1:\2:\3", regex=True)
    clock = clock.str.replace(r"^(\d+)[:.](\d\d)$", r"\1:\2:00", regex=True)
    clock = pd.to_timedelta(clock, errors="coerce").fillna(pd.Timedelta(0))
    noon = half.map({"a": 0, "p": 12}) - clock.dt.components.hours // 12 * 12
    return clock + pd.to_timedelta(noon.fillna(0), unit="h")


def is_fiscal(text: pd.Series) -> bool:
    """Whether cells (n,) are years that go on to the next, as 2009-10."""
    years = text.str.extract(f"^{FISCAL}$").astype(float)
    return len(text) > 1 and bool((years[1] == (years[0] + 1) % 100).all())


def plain_days(days: pd.Series) -> pd.Series:
    """Days as numbers and English months, hyphens between: 2024-03-01, 1-jan-2024, 2024-w05-1."""
    if is_fiscal(days):
        return days.str[:4]
    days = days.str.replace(r"q([1-4])\W*(\d{4})|([1-4])q\W*(\d{4})", r"\2\4q\1\3", regex=True)
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
