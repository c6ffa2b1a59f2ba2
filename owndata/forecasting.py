"""The next values of a series: an LSTM and its rivals, each at its best on the validation part.

Every choice is made on the validation part of the series. The calibration and the test part give
the errors and the intervals, and decide nothing.
"""

import logging
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from LSTM_from_scratch.series import LEVEL
from owndata import methods
from owndata.methods import Method, Training
from owndata.plan import Plan, make_plan
from owndata.verdicts import BelowZero, Errors, OutsideRange, Verdict, judge, widths
from owndata.windows import Setting, cut


class Begun(NamedTuple):
    """Training begins: so many settings were trained by a run that was cut, so many are left."""

    taken_up: int
    left: int
    seconds: float  # about, for those that are left


class Tried(NamedTuple):
    """An LSTM with one setting: its error on the validation part, the epochs of its training."""

    setting: Setting
    rmse: float  # over all steps ahead, in the series' own units
    epochs: int
    best_epoch: int


@dataclass(frozen=True)
class Forecast:
    """The forecasts of a series, and how good they are."""

    plan: Plan
    methods: dict[str, Method]  # the best on the validation part first
    validation: dict[str, float]  # root mean squared error there, over all steps ahead
    tried: tuple[Tried, ...]  # the LSTM's settings
    chosen: Setting  # the best of them on the validation part
    errors: pd.DataFrame  # root mean squared error on the test part: (horizon, methods)
    future: pd.DataFrame  # by steps ahead: time, if there are times, and three columns a method
    verdicts: tuple[Verdict, ...]


def quiet(fact: object) -> None:
    """Says nothing."""


def forecast(
    series,
    horizon: int = 10,
    *,
    lookback: int = 10,
    season: int = 0,
    settings: Sequence[Setting] = (),
    hidden_size: int = 50,
    epochs: int = 0,
    batch_size: int = 0,
    learning_rate: float = 0.02,
    input_noise: float = 0.02,
    seed: int = 0,
    unfinished: str | Path = "",
    bar: Callable[[Iterable], Iterable] = iter,
    tell: Callable[[object], None] = quiet,
) -> Forecast:
    """Forecast the next `horizon` values of a series: of read_series, of pandas, or an array (n,).

    `settings` of the LSTM are tried, and the validation part chooses; () stands for `lookback` and
    a season, values and differences. `season` in steps, 0: found. `epochs` 0: 200, fewer for a long
    series; `batch_size` 0: 16, more for a long one. `input_noise` is on inputs scaled to [0, 1].
    What is trained is kept in the folder `unfinished`, and taken up there by a later call; remove
    it when all is done. `tell` is called with a Plan before the work, then with Begun and each
    Tried; `bar` wraps the epochs. Raises Unclear for a series that cannot be forecast.
    """
    training = Training(hidden_size, epochs, batch_size, learning_rate, input_noise, seed)
    plan = make_plan(series, horizon, training, lookback, season, settings)
    tell(plan)
    with threadpool_limits(1):  # matrices this small are fastest on one core
        found = rivals(plan)
        tried = try_settings(plan, unfinished, bar, tell)
        best, found["LSTM"] = min(tried, key=lambda one: one[0].rmse)
        return judged(plan, found, tuple(one for one, _ in tried), best.setting)


def truth(value: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """The values (N, horizon) from each of the origins (N,) on."""
    return value[origins[:, None] + np.arange(horizon)]


def validation_rmse(plan: Plan, method: Method) -> float:
    """The root mean squared error on the validation part, over all steps ahead."""
    origins = plan.parts.origins("validation", "validation", plan.horizon)
    errors = method(origins) - truth(plan.value, origins, plan.horizon)
    return math.sqrt(np.mean(errors**2))


def rivals(plan: Plan) -> dict[str, Method]:
    """The methods beside the LSTM; the autoregression of values or of differences, as is better."""
    value, season, horizon = plan.value, plan.season, plan.horizon
    found = {"persistence": methods.persistence(value, horizon)}
    if season > 1:
        found["seasonal naive"] = methods.seasonal_naive(value, season, horizon)
    linear = [
        methods.autoregression(
            value, plan.parts, Setting(plan.lookback, difference), season, horizon
        )
        for difference in sorted({False, *plan.differences})
    ]
    found["AR"] = min(linear, key=partial(validation_rmse, plan))
    return found


def try_settings(
    plan: Plan,
    unfinished: str | Path,
    bar: Callable[[Iterable], Iterable],
    tell: Callable[[object], None],
) -> list[tuple[Tried, Method]]:
    """The LSTM trained with each setting, or taken up from `unfinished`."""
    fit = kept_in(unfinished)
    jobs = {}
    for setting in plan.settings:
        windows = cut(plan.value, plan.parts, setting)
        train, validation = (windows.examples(part)[:2] for part in ("train", "validation"))
        jobs[setting] = windows, (train, validation, plan.training, methods.code_version())
    left = [windows for windows, job in jobs.values() if not is_kept(fit, job)]
    seconds = sum(methods.training_seconds(windows, plan.training) for windows in left)
    tell(Begun(len(jobs) - len(left), len(left), seconds))
    found = []
    for setting, (windows, job) in jobs.items():
        with without_remarks():
            params, epochs, best_epoch = fit(*job, bar=bar)
        method = methods.network(windows, params, plan.horizon)
        tried = Tried(setting, validation_rmse(plan, method), epochs, best_epoch)
        tell(tried)
        found.append((tried, method))
    return found


def kept_in(folder: str | Path) -> Callable:
    """methods.fit_lstm, its results kept in a folder by all that they depend on; "": not kept.

    A result that is damaged is computed again, and one that cannot be kept is not.
    """
    if not folder:
        return methods.fit_lstm
    from joblib import Memory

    return Memory(folder, verbose=0).cache(methods.fit_lstm, ignore=["bar"])


@contextmanager
def without_remarks() -> Iterator[None]:
    """joblib says nothing of results that are damaged, or that cannot be kept, in this block."""
    logger = logging.getLogger("joblib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="joblib")
            yield
    finally:
        logger.setLevel(level)


def is_kept(fit: Callable, job: tuple) -> bool:
    """Whether the result of fit(*job) is there already."""
    return hasattr(fit, "check_call_in_cache") and fit.check_call_in_cache(*job)


def judged(
    plan: Plan, found: dict[str, Method], tried: tuple[Tried, ...], chosen: Setting
) -> Forecast:
    """The forecasts of all methods, with their errors, their intervals and what these say."""
    validation = {name: validation_rmse(plan, method) for name, method in found.items()}
    names = sorted(found, key=lambda name: validation[name])
    errors = all_errors(plan, found)
    rmse = {name: np.sqrt(np.mean(errors[name, "test"] ** 2, axis=0)) for name in names}
    steps = pd.RangeIndex(1, plan.horizon + 1, name="steps ahead")
    future = future_table(plan, {name: found[name] for name in names}, errors)
    verdicts = [*judge(names, errors)]
    if plan.outside > 0.05:
        verdicts.append(
            OutsideRange(plan.outside, chosen.difference, plan.differences, plan.straight)
        )
    below = tuple(name for name in names if (future[[*columns(name)]] < 0).any(axis=None))
    if below and plan.value.min() >= 0:
        verdicts.append(BelowZero(below))
    return Forecast(
        plan=plan,
        methods={name: found[name] for name in names},
        validation={name: validation[name] for name in names},
        tried=tried,
        chosen=chosen,
        errors=pd.DataFrame(rmse, index=steps),
        future=future,
        verdicts=tuple(verdicts),
    )


def all_errors(plan: Plan, found: dict[str, Method]) -> Errors:
    """The errors (N, horizon) of each method on the calibration part, the test part and both."""
    errors = {}
    stretches = {
        "calibration": ("calibration", "calibration"),
        "test": ("test", "test"),
        "both": ("calibration", "test"),
    }
    for part, ends in stretches.items():
        origins = plan.parts.origins(*ends, plan.horizon)
        actual = truth(plan.value, origins, plan.horizon)
        for name, method in found.items():
            errors[name, part] = method(origins) - actual
    return errors


def columns(name: str) -> tuple[str, str, str]:
    """The columns of the future that belong to a method: its forecasts, its intervals' ends."""
    return name, f"{name} low {LEVEL:.0%}", f"{name} high {LEVEL:.0%}"


def future_table(plan: Plan, found: dict[str, Method], errors: Errors) -> pd.DataFrame:
    """The forecasts of the values to come, with intervals; NaN where too few errors give none."""
    table = pd.DataFrame(index=pd.RangeIndex(1, plan.horizon + 1, name="steps ahead"))
    for name, method in found.items():
        half = widths(errors[name, "both"])
        ahead = method(np.array([len(plan.value)]))[0]
        for column, shift in zip(columns(name), (0, -half, half)):
            table[column] = ahead + shift
    table = table.replace([-np.inf, np.inf], np.nan).round(plan.decimals)
    if plan.dates is not None:
        table.insert(0, "time", plan.dates)
    return table
