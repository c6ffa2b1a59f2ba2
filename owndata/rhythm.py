"""The rhythm of a series' times, and how they go on."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

RECENT = 2000  # times from which a rhythm is found
LATEST = 100  # or else from these


@dataclass(frozen=True)
class Rhythm:
    """How times go on.

    `kind`: "even" (also months and the like), "weekdays" (the `slots` are those that occur, Monday
    0), "days of the month", or "uneven", where the median `step` goes on.
    """

    kind: str
    slots: tuple[int, ...] = ()
    times_a_day: int = 1
    step: pd.Timedelta | float | None = None


def go_on(index: pd.Index, horizon: int) -> tuple[pd.Index, Rhythm]:
    """The next `horizon` times after an index of times in order, and the rhythm they keep.

    The times are dates and clocks, or numbers. Raises OverflowError or pandas' OutOfBoundsDatetime
    where the calendar of pandas ends.
    """
    if isinstance(index, pd.DatetimeIndex):
        return dates_go_on(index, horizon)
    steps = np.diff(index.to_numpy())
    step = np.median(steps).astype(steps.dtype)
    rhythm = (
        Rhythm("even")
        if np.allclose(steps, step, rtol=1e-6, atol=0)
        else Rhythm("uneven", step=float(step))
    )
    return pd.Index(index[-1] + step * np.arange(1, horizon + 1)), rhythm


def dates_go_on(index: pd.DatetimeIndex, horizon: int) -> tuple[pd.DatetimeIndex, Rhythm]:
    """The same of dates and clocks."""
    frequency = inferred(index[-LATEST:])
    if frequency is not None and (coarse(frequency) or inferred(index[-RECENT:]) is not None):
        return pd.date_range(index[-1], periods=horizon + 1, freq=frequency)[1:], Rhythm("even")
    for recent in (index[-RECENT:], index[-LATEST:]):
        for kind, slot_of in KINDS.items():
            following = next_slots(recent, slot_of, horizon)
            if following is not None:
                slots = tuple(sorted({int(slot) for slot in slot_of(recent)}))
                return following, Rhythm(kind, slots, len(times_of_day(recent)))
    if frequency is not None:
        return pd.date_range(index[-1], periods=horizon + 1, freq=frequency)[1:], Rhythm("even")
    step = pd.Series(index).diff().median()
    following = pd.DatetimeIndex([index[-1] + k * step for k in range(1, horizon + 1)])
    return following, Rhythm("uneven", step=step)


def inferred(index: pd.DatetimeIndex) -> pd.DateOffset | None:
    """The frequency that pandas finds in the times; None if there is none."""
    if len(index) < 3:
        return None
    return pd.DatetimeIndex(index, freq="infer").freq


def coarse(frequency: pd.DateOffset) -> bool:
    """Whether the frequency is a day or more, so that its last times tell all of it."""
    return not isinstance(frequency, pd.offsets.Tick) or frequency >= pd.Timedelta("1D")


def weekdays(index: pd.DatetimeIndex) -> np.ndarray:
    """The days of the week (n,), Monday 0."""
    return np.asarray(index.day_of_week)


def days_of_month(index: pd.DatetimeIndex) -> np.ndarray:
    """The days of the month (n,), the last of each month 31."""
    days = np.asarray(index.day)
    return np.where(index.is_month_end, 31, days)


KINDS = {"weekdays": weekdays, "days of the month": days_of_month}


def times_of_day(index: pd.DatetimeIndex) -> pd.TimedeltaIndex:
    """The times of the day that occur, in order."""
    return (index - index.normalize()).unique().sort_values()


def next_slots(index: pd.DatetimeIndex, slot_of, horizon: int) -> pd.DatetimeIndex | None:
    """The next times on days and at times of the day that occur; None if these are no rhythm.

    They are one if nine in ten of all such times from the first to the last are in the index.
    """
    if len(index) < 10:
        return None
    clock = times_of_day(index)
    first, last = index[0].normalize(), index[-1].normalize()
    if len(clock) * ((last - first).days + 1) > 50 * len(index):
        return None  # too seldom: nor would the table below fit into memory

    def slots(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        days = days[np.isin(slot_of(days), slot_of(index))]
        times = days.to_numpy()[:, None] + clock.to_numpy()
        return pd.DatetimeIndex(times.ravel())

    past = slots(pd.date_range(first, last))
    past = past[(past >= index[0]) & (past <= index[-1])]
    if len(index) < 0.9 * len(past):
        return None
    days_each = ((last - first).days + 1) / len(past)
    days = math.ceil(1.2 * horizon * days_each) + 40
    later = slots(pd.date_range(last, periods=days))
    return later[later > index[-1]][:horizon]


def as_dates(times: pd.Index, beside: pd.Index) -> pd.Index:
    """Times as text: days alone where both indexes have days alone, minutes without seconds."""
    if not isinstance(times, pd.DatetimeIndex):
        return pd.Index([f"{number:.15g}" for number in times])
    both = beside.append(times)
    if (both == both.normalize()).all():
        clock = ""
    elif (both == both.floor("min")).all():
        clock = " %H:%M"
    else:
        clock = " %H:%M:%S"
    return times.strftime("%Y-%m-%d" + clock)
