"""What will be done with a series: all that can be known, and refused, before the work."""

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from owndata.errors import Unclear
from owndata.methods import Training
from owndata.rhythm import Rhythm, as_dates, go_on
from owndata.seasons import find_season
from owndata.timecolumns import Counted
from owndata.verdicts import Doubt, doubts, outside_range
from owndata.windows import Parts, Setting, cut

LEAST = 36  # values of a series
STEPS = 1_500_000  # windows that a training sees, all epochs together
LONGEST_SEASON = 60  # that is tried as a lookback


@dataclass(frozen=True)
class Plan:
    """What will be done with a series of n values."""

    name: str
    value: np.ndarray  # (n,)
    times: pd.Index | None  # (n,): dates and clocks, or numbers
    horizon: int
    parts: Parts
    season: int  # in steps; 1: none
    lookback: int  # the shortest that is tried
    settings: tuple[Setting, ...]  # that the LSTM is tried with
    training: Training
    later: pd.Index | None  # the times (horizon,) of the forecasts
    rhythm: Rhythm | None
    doubts: tuple[Doubt, ...]
    outside: float  # share of the validation values outside the range of the training part
    decimals: int  # to which forecasts are rounded
    straight: bool  # whether the training part is a straight line

    @property
    def differences(self) -> tuple[bool, ...]:
        """Whether differences are forecast: False, True or both are tried."""
        return tuple(sorted({setting.difference for setting in self.settings}))

    @property
    def dates(self) -> list[str] | None:
        """The times of the forecasts as text; None without times."""
        return None if self.later is None else list(as_dates(self.later, self.times))

    def place(self, k: int) -> str:
        """Where the k-th value, from 0, stands: its time as text, or its place."""
        if self.times is None:
            return f"place {k}"
        return as_dates(self.times[[k]], self.times)[0]


def make_plan(
    series,
    horizon: int,
    training: Training,
    lookback: int = 10,
    season: int = 0,
    settings: Sequence[Setting] = (),
) -> Plan:
    """What will be done with a series; owndata.forecasting.forecast says what each argument is.

    Raises Unclear for what cannot be forecast, with the option "horizon" where that would help.
    """
    name, value, times = taken_apart(series)
    horizon = operator.index(horizon)
    check(source_of(series, name), value, times, horizon)
    parts = Parts.of(len(value))
    check_arguments(training, lookback, season, parts)
    later, rhythm = continued(source_of(series, name), times, horizon)
    season = season or find_season(value[: parts.train])
    lookback = min(lookback, max(2, parts.train // 8))
    differences = differences_to_try(value, parts)
    settings = tuple(settings) or settings_to_try(parts.train, lookback, season, differences)
    check_settings(value, parts, settings)
    return Plan(
        name=name,
        value=value,
        times=times,
        horizon=horizon,
        parts=parts,
        season=season,
        lookback=lookback,
        settings=settings,
        training=usual(training, len(value)),
        later=later,
        rhythm=rhythm,
        doubts=tuple(doubts(value)),
        outside=outside_range(value, parts),
        decimals=decimals(value),
        straight=is_straight(value[: parts.train]),
    )


def taken_apart(series) -> tuple[str, np.ndarray, pd.Index | None]:
    """The name, the values (n,) and the times (n,) of a Series, a pandas Series or an array."""
    value = np.asarray(getattr(series, "values", series), dtype=float)
    name = str(getattr(series, "name", None) or "the series")
    reading = getattr(series, "reading", None)
    if reading is None:
        return name, value, times_of_index(getattr(series, "index", None), name)
    times = None if reading.counted is Counted.PLACES else series.times
    return name, value, times


def times_of_index(index, name: str) -> pd.Index | None:
    """The times of an index of pandas; None of one that counts the rows, or of no index.

    Periods stand for their starts, and times of a zone for those of its clock. Raises Unclear for
    an index of anything but times, periods and numbers.
    """
    if not isinstance(index, pd.Index) or isinstance(index, pd.RangeIndex):
        return None
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    if isinstance(index, pd.DatetimeIndex):
        return index.tz_localize(None)
    if pd.api.types.is_numeric_dtype(index):
        return index
    mend = "turn it into times with pandas.to_datetime, or drop it with reset_index(drop=True)"
    raise Unclear(name, "its index holds neither times nor numbers", mend=mend)


def source_of(series, name: str) -> str:
    """What errors call the series: its file and column, or its name."""
    reading = getattr(series, "reading", None)
    return f"{reading.file.path}: column {name}" if reading else name


def check_arguments(training: Training, lookback: int, season: int, parts: Parts) -> None:
    """Raise ValueError for one that cannot be, TypeError for one that is no whole number."""
    check_training(training)
    check_lookback(operator.index(lookback), operator.index(season), parts)


def check_training(training: Training) -> None:
    """Raise ValueError for a setting that nothing can be trained with."""
    for name, number in training._asdict().items():
        least = 1 if name == "hidden_size" else 0
        if not least <= number < math.inf:
            raise ValueError(f"{name} is {number}: give at least {least}.")


def check_lookback(lookback: int, season: int, parts: Parts) -> None:
    """Raise ValueError for a lookback or a season that cannot be; a season of 0 is to be found."""
    if lookback < 1:
        raise ValueError(f"lookback is {lookback}: give at least 1.")
    if not 0 <= season <= parts.train:
        known = f"there are {parts.train} values to learn from"
        raise ValueError(f"season is {season}, and {known}: give 0 to {parts.train}.")


def check_settings(value: np.ndarray, parts: Parts, settings: Iterable[Setting]) -> None:
    """Raise ValueError for a setting by which nothing could be learned of the values (n,)."""
    for setting in settings:
        check_lookback(setting.lookback, setting.beside, parts)
        cut(value, parts, setting)


def check_horizon(horizon: int) -> None:
    """Raise Unclear for a horizon that is none."""
    if horizon < 1:
        raise Unclear("", "", "horizon", mend=f"{{option}} must be at least 1, not {horizon}")


def check(source: str, value: np.ndarray, times: pd.Index | None, horizon: int) -> None:
    """Raise Unclear if the values (n,) cannot be forecast so many steps ahead."""
    check_horizon(horizon)
    if value.ndim != 1 or not np.isfinite(value).all():
        raise Unclear(source, "its values must be a row of numbers without holes")
    if times is not None and not times.is_monotonic_increasing:
        raise Unclear(source, "its times are not in order", mend="sort them")
    n, parts = len(value), Parts.of(len(value))
    if n < LEAST:
        raise Unclear(source, f"it has {n} values", mend=f"give at least {LEAST}")
    if np.ptp(value[: parts.train]) < 1e-100:
        raise Unclear(source, f"its first {parts.train} values, to learn from, do not change")
    check_far(source, value)
    shortest = min(parts.sizes)
    if horizon > shortest:
        fault = f"its {n} values are enough for {shortest} steps ahead, not for {horizon}"
        raise Unclear(source, fault, "horizon", mend=f"set {{option}} to at most {shortest}")


def check_far(source: str, value: np.ndarray) -> None:
    """Raise Unclear for a value such as 1e20, which often stands for a missing one."""
    n, (low, middle, high) = len(value), np.quantile(value, [0.05, 0.5, 0.95])
    if low == high:
        return
    far = np.flatnonzero(abs(value - middle) > 1e6 * (high - low))
    if len(far):
        fault = "is a million times as far from the median as nearly all others"
        what = f"{value[far[0]]:g}, value {far[0] + 1} of {n}, {fault}"
        raise Unclear(source, what, mend="correct or delete its row")


def continued(
    source: str, times: pd.Index | None, horizon: int
) -> tuple[pd.Index | None, Rhythm | None]:
    """The times of the forecasts, and their rhythm; None and None without times."""
    if times is None:
        return None, None
    try:
        later, rhythm = go_on(times, horizon)
        as_dates(later, times)
    except (OverflowError, pd.errors.OutOfBoundsDatetime):
        fault = f"its times end at {times[-1]}, and the calendar ends before {horizon} more"
        raise Unclear(source, fault, "horizon", mend="set {option} to less") from None
    return later, rhythm


def differences_to_try(value: np.ndarray, parts: Parts) -> tuple[bool, ...]:
    """Whether differences are to be forecast: False, True, or both are to be tried.

    A network hardly forecasts beyond the targets that it was trained on: where most values are
    there, only differences can be forecast. Those of a straight line do not change.
    """
    if is_straight(value[: parts.train]):
        return (False,)
    if outside_range(value, parts) > 0.5:
        return (True,)
    return (False, True)


def is_straight(train: np.ndarray) -> bool:
    """Whether the values (n,) lie on a straight line, but for rounding."""
    return bool(np.ptp(np.diff(train)) <= 1e-15 * abs(train).max())


def settings_to_try(
    train: int, lookback: int, season: int, differences: tuple[bool, ...]
) -> tuple[Setting, ...]:
    """The settings for a training part of so many values.

    A season is a lookback too, if it is not too long; else it is read beside each value.
    """
    lookbacks = [lookback]
    if lookback < season <= min(LONGEST_SEASON, train // 8):
        lookbacks.append(season)
    found = [Setting(*pair) for pair in product(lookbacks, differences)]
    if max(lookbacks) < season <= train // 3:
        found += [Setting(lookback, difference, season) for difference in differences]
    return tuple(found)


def usual(training: Training, n: int) -> Training:
    """The training with its usual epochs and batch size, where they are 0, for n values.

    A longer series has fewer epochs and larger batches.
    """
    epochs = max(20, min(200, STEPS // Parts.of(n).train))
    batch_size = 16 if n <= 2000 else 16 * min(n // 1000, 10)
    return training._replace(
        epochs=training.epochs or epochs, batch_size=training.batch_size or batch_size
    )


def decimals(value: np.ndarray) -> int:
    """One decimal more than most values have, and none below a ten-thousandth of their spread."""
    most = max(0, 4 - math.floor(math.log10(np.std(value))))
    for k in range(most):
        if np.isclose(np.round(value, k), value, rtol=1e-12, atol=0).mean() > 0.9:
            return k + 1
    return most
