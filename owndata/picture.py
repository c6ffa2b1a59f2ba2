"""Pictures: a series as it was read, alone or above its last values with the forecasts."""

from pathlib import Path
from textwrap import shorten

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from owndata.forecasting import Forecast, columns
from owndata.plan import Plan, taken_apart
from owndata.series import Series
from owndata.words.forecast import picture_title

COLORS = ("tab:blue", "tab:orange")
MAKER = "owndata show"  # stands in the pictures that may be replaced by later ones
SIGNATURE = b"\x89PNG"  # the first bytes of a picture
HEAD = 500  # bytes in which the maker stands


def draw_series(series: Series, path: str | Path) -> None:
    """Draw a series into the file `path`."""
    name, value, times = taken_apart(series)
    figure = Figure(figsize=(8, 2.5), layout="constrained")
    axis = figure.add_subplot()
    draw_values(axis, value, np.arange(len(value)) if times is None else times)
    label(axis, name, times)
    figure.savefig(path, format="png", metadata={"Software": MAKER})


def is_plot(path: Path) -> bool:
    """Whether the file at `path` is a picture that `draw_series` has drawn."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(HEAD)
    return head.startswith(SIGNATURE) and MAKER.encode() in head


def draw(result: Forecast, path: str | Path) -> None:
    """Draw the series, its last seasons and the forecasts of two methods into the file `path`.

    The two are the LSTM and the best of the others, the preferred first.
    """
    plan = result.plan
    figure = Figure(figsize=(9, 5.6), layout="constrained")
    whole, late = figure.subplots(2, 1, height_ratios=[2, 3])
    draw_whole(whole, plan)
    shown = min(len(plan.value), max(3 * plan.season, 3 * plan.horizon, 50))
    at = places(plan)
    past, later = at[-shown - plan.horizon : -plan.horizon], at[-plan.horizon - 1 :]
    last = plan.value[-1]
    late.plot(past, plan.value[-shown:], color="black", lw=1, label="the series")
    rivals = [name for name in result.methods if name != "LSTM"]
    names = [name for name in result.methods if name in ("LSTM", rivals[0])]
    for name, color in zip(names, COLORS):
        middle, low, high = ([last, *result.future[column]] for column in columns(name))
        late.plot(later, middle, color=color, label=name)
        late.fill_between(later, low, high, color=color, alpha=0.15, lw=0)
    late.legend()
    late.set_title(picture_title(), loc="left")
    for axis in (whole, late):
        label(axis, plan.name, plan.times)
    figure.savefig(path, dpi=120, format="png", metadata={"Software": None})


def draw_whole(axis, plan: Plan) -> None:
    """All values as they were read; the test part is shaded."""
    at, n = places(plan), len(plan.value)
    draw_values(axis, plan.value, at[:n])
    axis.axvspan(at[plan.parts.calibration], at[n - 1], color="gray", alpha=0.15)
    axis.set_title(f"The series as it was read: {n:,} values, the test part shaded", loc="left")


def draw_values(axis, value: np.ndarray, at: np.ndarray | pd.Index) -> None:
    """The values (n,) of a series at their times or places (n,)."""
    axis.plot(at, value, color="black", lw=0.8)


def places(plan: Plan) -> np.ndarray:
    """The times of the values and of the forecasts (n + horizon,), or their places."""
    if plan.times is None:
        return np.arange(len(plan.value) + plan.horizon)
    return plan.times.append(plan.later).to_numpy()


def label(axis, name: str, times: pd.Index | None) -> None:
    """The names of the axes of a series, and dates that fit."""
    if times is None:
        axis.set_xlabel("place in the series")
    else:
        axis.set_xlabel(escaped(str(times.name or "")))
    if isinstance(times, pd.DatetimeIndex):
        locator = AutoDateLocator()
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.set_ylabel(escaped(name))


def escaped(name: str) -> str:
    """A name of a column as a label: a dollar sign begins no formula, and a long name is cut."""
    return shorten(name, 40, placeholder=" ...").replace("$", r"\$")
