"""The methods that forecast a series: each a function from places to forecasts.

A method maps origins (N,), the places of the first values to forecast, to forecasts (N, horizon).
"""

import hashlib
import inspect
import math
import platform
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from LSTM_from_scratch import lstm
from LSTM_from_scratch.series import LAGS, choose_ar, mse, predict_ar
from owndata.windows import Parts, Setting, Windows, cut

Method = Callable[[np.ndarray], np.ndarray]


class Training(NamedTuple):
    """How an LSTM is trained."""

    hidden_size: int
    epochs: int  # at most
    batch_size: int
    learning_rate: float
    input_noise: float  # on inputs that are scaled to [0, 1]
    seed: int
    clip_norm: float = 0.1  # longest gradient allowed
    patience: int = 150  # epochs without a better validation error before it stops


def repeat(value: np.ndarray, period: int, horizon: int) -> Method:
    """Repeats the last `period` values: persistence for 1, seasonal naive for a season."""
    steps = np.arange(horizon)
    back = period * (1 + steps // period)
    return lambda origins: value[origins[:, None] + steps - back]


def persistence(value: np.ndarray, horizon: int) -> Method:
    """Repeats the last value."""
    return repeat(value, 1, horizon)


def seasonal_naive(value: np.ndarray, season: int, horizon: int) -> Method:
    """Repeats the value a season ago."""
    return repeat(value, season, horizon)


def autoregression(
    value: np.ndarray, parts: Parts, shortest: Setting, season: int, horizon: int
) -> Method:
    """A linear function of the last values, by ridge regression.

    How many it sees, at least as many as the setting `shortest`, and the penalty have the smallest
    error one step ahead on the validation part.
    """
    rows = len(cut(value, parts, shortest).examples("train")[1])
    most = min(rows // 4, 20_000_000 // rows)  # four rows a weight; windows that fit into memory
    longer = {lag for lag in (*LAGS, season) if shortest.lookback < lag <= most}
    settings = [shortest, *(shortest._replace(lookback=lag) for lag in sorted(longer))]
    fits = [fit_ar(cut(value, parts, setting)) for setting in settings]
    _, weights, windows = min(fits, key=lambda fit: fit[0])
    return lambda origins: windows.ahead(lambda X: predict_ar(weights, X), origins, horizon)


def fit_ar(windows: Windows) -> tuple[float, np.ndarray, Windows]:
    """The scaled validation error of the autoregression, its weights, its windows."""
    validation = windows.examples("validation")
    weights = choose_ar(windows.examples("train"), validation)
    return mse(predict_ar(weights, validation.X), validation.y), weights, windows


def network(windows: Windows, params: dict[str, np.ndarray], horizon: int) -> Method:
    """A trained LSTM."""

    def step(scaled: np.ndarray) -> np.ndarray:
        return lstm.fast_predict(params, windows.inputs(scaled).astype(np.float32))

    return lambda origins: windows.ahead(step, origins, horizon)


def fit_lstm(
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    training: Training,
    code: str,
    bar: Callable[[Iterable], Iterable] = iter,
) -> dict[str, np.ndarray]:
    """The LSTM of the lesson, trained on X (N, T, D), y (N, 1); `validation` picks the best epoch.

    Returns its params. All that they depend on is an argument, so that they can be kept: `code`
    says by which code they are computed; `bar` shows epochs.
    """
    settings = training._asdict()
    hidden_size, seed = settings.pop("hidden_size"), settings.pop("seed")
    (X, y), rng = train, np.random.default_rng(seed)
    start = lstm.init_params(X.shape[2], hidden_size, y.shape[1], rng)
    trained = lstm.train(
        start, lstm.fast_loss_and_grads, train, validation, seed, **settings, bar=bar
    )
    return trained.params


@cache
def code_version() -> str:
    """What identifies the code that trains: sources, NumPy, Python, the kind of processor."""
    sources = inspect.getsource(lstm) + inspect.getsource(fit_lstm)
    digest = hashlib.sha256(sources.encode()).hexdigest()
    return f"{digest} {np.__version__} {sys.version} {platform.machine()}"


def training_seconds(windows: Windows, training: Training) -> float:
    """About how many seconds the training takes, at most: thirty training steps are timed."""
    X, y, _ = windows.examples("train")
    rng = np.random.default_rng(0)
    params = lstm.init_params(X.shape[2], training.hidden_size, 1, rng)
    state = lstm.init_adam(params)
    batch = [array[: training.batch_size].astype(np.float32) for array in (X, y)]
    start = time.perf_counter()
    for _ in range(30):
        lstm.train_step(
            lstm.fast_loss_and_grads,
            params,
            state,
            *batch,
            training.learning_rate,
            training.clip_norm,
        )
    seconds = 1.2 * (time.perf_counter() - start) / 30  # a fifth for the noise and the validation
    return seconds * math.ceil(len(X) / training.batch_size) * training.epochs
