"""Times in many forms, newest first: read and reversed, or asked about; never taken in file order in silence."""

import numpy as np
import pandas as pd
import pytest

from owndata import Unclear, read_series

VALUES = np.round(10 + 3 * np.sin(np.arange(60) / 2), 1)
HOURS = pd.date_range("2019-03-01", periods=60, freq="h")
DAYS = pd.date_range("2019-01-05", periods=60, freq="D")
WEEKS = pd.date_range("2019-01-07", periods=60, freq="W-MON")
MONTHS = pd.date_range("2015-01-01", periods=60, freq="MS")
QUARTERS = pd.date_range("2005-01-01", periods=60, freq="QS")
YEARS = pd.date_range("1950-01-01", periods=60, freq="YS")
HOUR = pd.Timedelta("1h")

FORMS = {  # (the header, the times, a cell of each)
    "ISO, milliseconds, Z": ("Date", HOURS, lambda t: f"{t:%Y-%m-%dT%H:%M:%S}.000Z"),
    "month first, two-digit year": ("Date", HOURS, lambda t: f"{t:%m/%d/%y %H:%M}"),
    "month first, a. m.": (
        "Date",
        HOURS,
        lambda t: f"{t:%m/%d/%Y %I:%M:%S} {t:%p}".replace("AM", "a. m.").replace("PM", "p. m."),
    ),
    "day-month name, PM": ("Date", HOURS, lambda t: f"{t:%d-%b-%Y %I:%M %p}"),
    "clock with a point": ("Zeit", HOURS, lambda t: f"{t:%d.%m.%Y %H.%M}"),
    "interval of clocks": ("MTU", HOURS, lambda t: f"{t:%d.%m.%Y %H:%M} - {t + HOUR:%H:%M}"),
    "interval of times": (
        "MTU",
        HOURS,
        lambda t: f"{t:%m/%d/%Y %H:%M} – {t + HOUR:%m/%d/%Y %H:%M}",
    ),
    "interval, ISO": (
        "Interval",
        HOURS,
        lambda t: f"{t:%Y-%m-%dT%H:%MZ}/{t + HOUR:%Y-%m-%dT%H:%MZ}",
    ),
    "interval of days": ("Week", WEEKS, lambda t: f"{t:%Y-%m-%d} - {t + 144 * HOUR:%Y-%m-%d}"),
    "zone": ("Date", HOURS, lambda t: f"{t:%Y-%m-%d %H:%M} CET"),
    "offset": ("Date", HOURS, lambda t: f"{t:%Y-%m-%d %H:%M:%S}-05:00"),
    "seconds since 1970": ("Unix Timestamp", HOURS, lambda t: int(t.timestamp())),
    "milliseconds since 1970": ("open_time", HOURS, lambda t: int(t.timestamp() * 1000)),
    "seconds under any name": ("id", HOURS, lambda t: int(t.timestamp())),
    "digits to the hour": ("time", HOURS, lambda t: f"{t:%Y%m%d%H}"),
    "digits to the minute": ("MESS_DATUM", HOURS, lambda t: f"{t:%Y%m%d%H%M}"),
    "digits, ISO": ("time", HOURS, lambda t: f"{t:%Y%m%dT%H%M%S}"),
    "day and hour in columns": ("Date,Hour", HOURS, lambda t: f"{t:%Y-%m-%d},{t.hour}"),
    "days of digits": ("x", DAYS, lambda t: f"{t:%Y%m%d}"),
    "weekday first": ("Date", DAYS, lambda t: f'"{t:%A, %d %B %Y}"'),
    "German months": (
        "Datum",
        DAYS,
        lambda t: f"{t.day}. {'Jan Feb März'.split()[t.month - 1]} {t.year}",
    ),
    "ISO weeks": ("Date", WEEKS, lambda t: f"{t:%G-W%V}"),
    "year and week": ("YEAR,WEEK", WEEKS, lambda t: f"{t:%G},{t:%V}"),
    "months of digits": ("yearmonth", MONTHS, lambda t: f"{t:%Y%m}"),
    "months of digits under any name": ("x", MONTHS, lambda t: f"{t:%Y%m}"),
    "months, slash": ("Date", MONTHS, lambda t: f"{t:%Y/%m}"),
    "months, M": ("Date", MONTHS, lambda t: f"{t:%Y}M{t:%m}"),
    "month before its year": ("Month,Year", MONTHS, lambda t: f"{t:%B},{t:%Y}"),
    "Japanese months": ("年月", MONTHS, lambda t: f"{t.year}年{t.month}月"),
    "quarters": ("Date", QUARTERS, lambda t: f"{t.year}Q{t.quarter}"),
    "quarters first": ("Date", QUARTERS, lambda t: f"{t.quarter}Q{t.year}"),
    "years that go on to the next": ("Year", YEARS, lambda t: f"{t.year}-{(t.year + 1) % 100:02}"),
}
UNCLEAR = {
    "clocks alone": ("Time", HOURS[:24], lambda t: f"{t:%H:%M}"),
    "names of months alone": ("Month", MONTHS, lambda t: f"{t:%B}"),
    "fiscal years by name": ("Year", YEARS, lambda t: f"FY{t.year}"),
    "day of the year": ("stand", DAYS, lambda t: f"{t:%Y-%j}"),
    "calendar weeks": ("Woche", WEEKS, lambda t: f"KW {t:%V}/{t:%G}"),
    "Polish months": (
        "Data",
        DAYS,
        lambda t: f"{t.day} {'sty lut mar'.split()[t.month - 1]} {t.year}",
    ),
}


def newest_first(tmp_path, header, times, cell):
    rows = [f"{cell(time)},{value}" for time, value in zip(times, VALUES)]
    path = tmp_path / "own.csv"
    path.write_text("\n".join([f"{header},value", *rows[::-1]]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("form", FORMS)
def test_times_in_a_form_are_read_and_turned_round(form, tmp_path):
    header, times, cell = FORMS[form]
    series = read_series(newest_first(tmp_path, header, times, cell))
    assert series.values.tolist() == VALUES.tolist() and series.reading.order.turned
    assert list(series.times) == list(times) and not series.reading.rows.is_open
    assert set(series.times.name.split(", ")) == set(header.split(","))


@pytest.mark.parametrize("form", UNCLEAR)
def test_times_in_a_form_that_is_not_known_are_asked_about(form, tmp_path):
    header, times, cell = UNCLEAR[form]
    path = newest_first(tmp_path, header, times, cell)
    with pytest.raises(
        Unclear, match=f"column {header} looks like times and is not understood"
    ) as caught:
        read_series(path)
    assert caught.value.option == "time" and caught.value.choices == ("none",)
    assert read_series(path, time="none").values.tolist() == VALUES[: len(times)][::-1].tolist()


def test_day_and_month_that_could_change_places_are_a_doubt_that_is_told(tmp_path):
    series = read_series(newest_first(tmp_path, "Date", MONTHS[:12], lambda t: f"{t:%m/%d/%Y}"))
    assert (
        series.reading.rows.is_open
        and "a doubt: day and month could as well change places" in str(series)
    )
    longer = read_series(newest_first(tmp_path, "Date", MONTHS, lambda t: f"{t:%m/%d/%Y}"))
    assert not longer.reading.rows.is_open and list(longer.times) == list(MONTHS)


def test_years_and_julys_are_no_clocks_with_offsets(tmp_path):
    """1980-07 is a month, though 19:80 with an offset of -07 has the same characters."""
    julys = pd.date_range("1980-07-01", periods=12, freq="12MS")
    series = read_series(newest_first(tmp_path, "Month", julys, lambda t: f"{t:%Y-%m}"))
    assert list(series.times) == list(julys) and series.reading.rows.offset == ""
