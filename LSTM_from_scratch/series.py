"""Written by tools/export.py from lstm_scratch.ipynb, cells tagged export:series."""

from collections import namedtuple

import numpy as np
import pandas as pd


def make_series(seed, noise=0.1, n=1000):
    """The series: t (time steps), clean = sin(t / 8), value = clean + noise * N(0, 1)."""
    t = np.arange(n)
    clean = np.sin(t / 8)
    value = clean + np.random.default_rng(seed).normal(0, noise, n)
    return pd.DataFrame({"t": t, "clean": clean, "value": value}).round(6)


PARTS = {"train": 0.6, "validation": 0.75, "calibration": 0.85, "test": 1.0}  # where each part ends
Part = namedtuple("Part", "X y at")  # windows (N, T, 1), targets (N, 1), their time steps (N,)
Data = namedtuple("Data", "low high train validation calibration test")  # range, four Parts


def prepare(value, lookback):
    """Cut a series (n,) into the windows and targets of four parts: Data."""
    ends = [round(share * len(value)) for share in PARTS.values()]
    low, high = value[: ends[0]].min(), value[: ends[0]].max()
    scaled = (value - low) / (high - low)
    parts = []
    for start, end in zip([lookback, *ends], ends):
        at = np.arange(start, end)
        X = np.stack([scaled[at - back] for back in range(lookback, 0, -1)], axis=1)
        parts.append(Part(X[:, :, None], scaled[at][:, None], at))
    return Data(low, high, *parts)


def own_units(data, scaled):
    """Scaled values in the series' own units."""
    return data.low + (data.high - data.low) * scaled


def scaled_windows(data, past):
    """Windows (N, T) in own units, scaled as in data: (N, T, 1)."""
    return (past[:, :, None] - data.low) / (data.high - data.low)


def fit_ar(train, penalty):
    """Ridge regression on a Part: the weights (T + 1, 1), the last one the intercept."""
    A = np.hstack([train.X[:, :, 0], np.ones((len(train.X), 1))])
    P = penalty * np.eye(A.shape[1])
    P[-1, -1] = 0  # the intercept is free
    return np.linalg.solve(A.T @ A + P, A.T @ train.y)


def predict_ar(weights, X):
    """Forecasts (N, 1) of an autoregression from X (N, T, 1)."""
    return X[:, :, 0] @ weights[:-1] + weights[-1]


def mse(forecast, target):
    """The mean squared error of forecasts for targets of the same shape."""
    return float(np.mean((forecast - target) ** 2))


def choose_ar(train, validation):
    """The weights whose penalty has the smallest error on the Part `validation`."""
    fits = [fit_ar(train, penalty) for penalty in np.logspace(-6, 3, 19)]
    return min(fits, key=lambda weights: mse(predict_ar(weights, validation.X), validation.y))


PHASES = np.linspace(-np.pi, np.pi, 360, endpoint=False)


def phase_posterior(windows, noise):
    """How probable each of PHASES is after windows (N, T): (N, 360), each row sums to 1."""
    T = windows.shape[1]
    waves = np.sin(PHASES[:, None] - np.arange(T, 0, -1) / 8)
    misfit = (waves**2).sum(axis=1) - 2 * windows @ waves.T  # up to a term without phase
    least = misfit.min(axis=1, keepdims=True)  # so that the exponential does not underflow
    p = np.exp((least - misfit) / (2 * noise**2))
    return p / p.sum(axis=1, keepdims=True)


def window_best(windows, noise, ahead=1):
    """The window's best 1 to `ahead` steps after windows (N, T) in own units: (N, ahead)."""
    waves = np.sin(PHASES[:, None] + np.arange(ahead) / 8)
    return phase_posterior(windows, noise) @ waves


def window_forecasts(data, X, noise):
    """What is forecast from windows X (N, T, 1) without a network, in own units: a DataFrame."""
    weights = choose_ar(data.train, data.validation)
    forecasts = pd.DataFrame({"persistence": own_units(data, X[:, -1, 0])})
    forecasts["AR"] = own_units(data, predict_ar(weights, X)[:, 0])
    forecasts["window's best"] = window_best(own_units(data, X[:, :, 0]), noise)[:, 0]
    return forecasts


def errors_of(forecasts, target):
    """The mean squared error of each column of forecasts (N, ...) for targets (N,)."""
    return forecasts.sub(np.asarray(target), axis=0).pow(2).mean()


Pieces = namedtuple("Pieces", "past future")  # of the process: (N, T) and (N, ahead)


def fresh_pieces(seed, noise, lookback, ahead=1, count=20_000):
    """`count` pieces of the process: `lookback` values and the `ahead` values after them."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    clean = np.sin(phase + np.arange(lookback + ahead) / 8)
    pieces = clean + rng.normal(0, noise, clean.shape)
    return Pieces(pieces[:, :lookback], pieces[:, lookback:])


LAGS = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)


LongAR = namedtuple("LongAR", "lag weights data")  # data: the series in windows of `lag` values


def choose_lag(value):
    """The AR whose lag and penalty have the smallest error on the validation part: LongAR."""
    tried = {}
    for lag in LAGS:
        data = prepare(value, lag)
        weights = choose_ar(data.train, data.validation)
        error = mse(predict_ar(weights, data.validation.X), data.validation.y)
        tried[error] = LongAR(lag, weights, data)
    return tried[min(tried)]


def test_forecasts(value, data, predict, noise):
    """Every forecaster's forecasts of the test part, in own units: a DataFrame with index t.

    `predict` is the network's: from X (N, T, 1) to scaled forecasts (N, 1).
    """
    forecasts = window_forecasts(data, data.test.X, noise)
    forecasts["LSTM"] = own_units(data, predict(data.test.X)[:, 0])
    long_ar = choose_lag(value)
    longer = predict_ar(long_ar.weights, long_ar.data.test.X)
    forecasts["AR, lag chosen"] = own_units(data, longer[:, 0])
    return forecasts.set_index(pd.Index(data.test.at, name="t"))


def recursive(step, windows, ahead):
    """Forecasts (N, ahead) from windows (N, T, 1), by feeding back those of `step`, each (N, 1)."""
    forecasts = []
    for _ in range(ahead):
        forecasts.append(step(windows))
        windows = np.concatenate([windows[:, 1:], forecasts[-1][:, None]], axis=1)
    return np.hstack(forecasts)
