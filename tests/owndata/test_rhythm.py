"""owndata.rhythm: times that go on as those of the file do."""

import numpy as np
import pandas as pd
import pytest

from owndata.rhythm import Rhythm, as_dates, go_on
from owndata.words.forecast import sentence


def half_hours(days):
    """From half past nine to four o'clock on each of the days."""
    opens = days + pd.Timedelta("9h30min")
    times = opens.to_numpy()[:, None] + pd.timedelta_range("0h", "6h30min", freq="30min").to_numpy()
    return pd.DatetimeIndex(times.ravel())


def on_days(*days):
    """These days of each month of four years."""
    months = pd.period_range("2020-01", "2023-12", freq="M")
    return pd.DatetimeIndex([f"{month}-{day:02}" for month in months for day in days])


working = pd.bdate_range("2024-01-01", periods=60)
RHYTHMS = {  # times, kind, the next three
    "days": (pd.date_range("2024-01-01", periods=40), "even", "02-10 02-11 02-12"),
    "months": (pd.date_range("2020-01-01", periods=40, freq="MS"), "even", "05-01 06-01 07-01"),
    "ends of months": (pd.date_range("2020-01-31", periods=40, freq="ME"), "even", "05-31 06-30"),
    "weeks": (pd.date_range("2024-01-03", periods=40, freq="7D"), "even", "10-09 10-16 10-23"),
    "working days": (working, "even", "03-25 03-26 03-27"),
    "holidays": (working.delete([3, 50]), "weekdays", "03-25 03-26 03-27"),
    "no Sundays": (
        pd.DatetimeIndex(
            [day for day in pd.date_range("2024-01-01", "2024-04-27") if day.day_of_week < 6]
        ),
        "weekdays",
        "04-29 04-30 05-01",
    ),
    "gaps": (pd.date_range("2024-01-01", periods=60).delete([5, 40]), "weekdays", "03-01 03-02"),
    "the third": (on_days(3), "days of the month", "01-03 02-03 03-03"),
    "twice a month": (on_days(1, 15), "days of the month", "01-01 01-15 02-01"),
    "trading": (half_hours(working), "weekdays", "03-25 09:30|03-25 10:00|03-25 10:30"),
    "trading minutes": (
        pd.DatetimeIndex(
            [day + pd.Timedelta(minutes=570 + k) for day in working[:10] for k in range(391)]
        ),
        "weekdays",
        "01-15 09:30|01-15 09:31",
    ),
    "hours with an outage": (
        pd.date_range("2024-01-01", periods=400, freq="h").delete(range(200, 210)),
        "weekdays",
        "01-17 16:00|01-17 17:00",
    ),
}


@pytest.mark.parametrize("case", RHYTHMS)
def test_times_go_on_in_their_rhythm(case):
    index, kind, expected = RHYTHMS[case]
    times, rhythm = go_on(index, 30)
    expected = expected.split("|" if "|" in expected else " ")
    assert rhythm.kind == kind and len(times) == 30 and times.is_monotonic_increasing
    assert [text[5:] for text in as_dates(times, index)[: len(expected)]] == expected
    assert times[0] > index[-1]


def test_days_and_hours_that_never_occur_are_not_forecast():
    times, rhythm = go_on(half_hours(working), 200)
    assert (
        set(times.day_of_week) == {0, 1, 2, 3, 4}
        and times.hour.min() == 9
        and times.hour.max() == 16
    )
    assert sentence(rhythm) == "the times are of working days at certain times, and go on so"


@pytest.mark.parametrize("seed", range(5))
def test_uneven_times_go_on_by_their_median_step_and_are_told(seed):
    steps = np.random.default_rng(seed).exponential(3600, 80).round() + 1
    index = pd.Timestamp("2024-01-01") + pd.to_timedelta(steps.cumsum(), unit="s")
    times, rhythm = go_on(index, 4)
    assert isinstance(times, pd.DatetimeIndex) and rhythm.kind == "uneven"
    assert set(times[1:] - times[:-1]) == {rhythm.step} == {times[0] - index[-1]}
    assert "have no even rhythm; their median step, " in sentence(rhythm)
    assert list(as_dates(times, index)) == list(times.strftime("%Y-%m-%d %H:%M:%S"))


@pytest.mark.parametrize("n", [2, 3, 11])
def test_few_times_make_no_error(n):
    index = pd.DatetimeIndex(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) ** 3, "D"))
    assert len(go_on(index, 5)[0]) == 5


def test_dates_have_the_precision_of_the_series():
    hours = pd.date_range("2024-01-01 22:00", periods=30, freq="h")
    assert as_dates(go_on(hours, 1)[0], hours)[0] == "2024-01-03 04:00"
    days = pd.date_range("2024-01-01", periods=30)
    assert as_dates(go_on(days, 1)[0], days)[0] == "2024-01-31"


def test_rhythms_are_said():
    words = sentence(Rhythm("days of the month", (1, 15)))
    assert words == "the times are of certain days of the month (1 and 15), and go on so"
    assert "(the last)" in sentence(Rhythm("days of the month", (31,)))
    assert "Monday, Tuesday and Saturday" in sentence(Rhythm("weekdays", (0, 1, 5)))
    assert "without gaps" in sentence(Rhythm("weekdays", tuple(range(7)), 24))
