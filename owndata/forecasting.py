"""The next values of a series: an LSTM and its rivals, each at its best on the validation part.

Every choice is made on the validation part of the series. The calibration and the test part give
the errors and the intervals, and decide nothing.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from owndata import methods
from owndata.conformal import LEVEL
from owndata.methods import Method, Training
from owndata.outcomes import NotSaved, Outcome, Outcomes
from owndata.plan import Plan, make_plan
from owndata.verdicts import BelowZero, Errors, OutsideRange, Verdict, judge, widths
from owndata.windows import Setting, Windows, cut


class Begun(NamedTuple):
    """Training begins: so many settings were trained by an interrupted run, so many are left."""

    resumed: int
    left: int
    seconds: float  # about, for those that are left


class Tried(NamedTuple):
    """An LSTM with one setting: its error on the validation part."""

    setting: Setting
    rmse: float  # over all steps ahead, in the series' own units


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
    What is trained is kept in the folder `unfinished`, from which a later call resumes; remove it
    when all is done. `tell` is called with a Plan before the work, then with Begun and each
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
    """The LSTM trained with each setting, or as it was kept in `unfinished`."""
    windows = [cut(plan.value, plan.parts, setting) for setting in plan.settings]
    jobs = [job_of(one, plan.training) for one in windows]
    outcomes = outcomes_in(unfinished)
    done = outcomes.done(methods.fit_lstm, jobs) if outcomes else {}
    left = [one for place, one in enumerate(windows) if place not in done]
    seconds = sum(methods.training_seconds(one, plan.training) for one in left)
    tell(Begun(len(done), len(left), seconds))
    found = []
    for place, setting in enumerate(plan.settings):
        params = done[place] if place in done else train(jobs[place], outcomes, bar)
        method = methods.network(windows[place], params, plan.horizon)
        tried = Tried(setting, validation_rmse(plan, method))
        tell(tried)
        found.append((tried, method))
    return found


def job_of(windows: Windows, training: Training) -> tuple:
    """The arguments of methods.fit_lstm, on which its result depends."""
    train, validation = (windows.examples(part)[:2] for part in ("train", "validation"))
    return train, validation, training, methods.code_version()


def outcomes_in(folder: str | Path) -> Outcomes | None:
    """Those in a folder; None for "", or if it cannot be made: a forecast needs none."""
    try:
        return Outcomes(folder) if folder else None
    except NotSaved:
        return None


def train(job: tuple, outcomes: Outcomes | None, bar: Callable[[Iterable], Iterable]) -> Outcome:
    """The params of a trained LSTM, kept for a later call if they can be."""
    params = methods.fit_lstm(*job, bar=bar)
    if outcomes is not None:
        with suppress(NotSaved):  # the forecast goes on without
            outcomes.keep(methods.fit_lstm, job, params)
    return params


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
