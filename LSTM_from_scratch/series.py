"""Written by tools/export.py from lstm_scratch.ipynb, cells tagged export:series."""

import math
from functools import partial

import numpy as np
import pandas as pd
from LSTM_from_scratch.lstm import (
    predict,
)


NOISE = 0.1


def make_series(seed, n=1000):
    """The synthetic series: t (time steps), clean = sin(t / 8), value = clean + NOISE * N(0, 1)."""
    clean = np.sin(np.arange(n) / 8)
    value = clean + np.random.default_rng(seed).normal(0, NOISE, n)
    return pd.DataFrame({"t": np.arange(n), "clean": clean, "value": value}).round(6)


def as_text(number, spread=None):
    """The number down to the third digit of `spread` (None: its own): 0.00872, 1.41 or 23,537."""
    size = abs(number) if spread is None else spread
    if not (0 < size < math.inf and math.isfinite(number)):
        return f"{number:g}"
    decimals = 2 - math.floor(math.log10(size))
    if decimals <= 12 and abs(number) < 1e12:
        decimals = max(decimals, 0)
        return f"{round(number, decimals) + 0.0:,.{decimals}f}"  # + 0.0 for no -0.00
    return f"{number:.{max(decimals + math.floor(math.log10(abs(number) or size)), 0)}e}"


def make_windows(series, lookback):
    """Every window and its target: (n,) -> X (n - lookback, lookback, 1), y (n - lookback, 1)."""
    runs = np.lib.stride_tricks.sliding_window_view(series, lookback + 1)
    return runs[:, :-1, None], runs[:, -1:]


PARTS = {"train": 0.6, "validation": 0.75, "calibration": 0.85, "test": 1.0}  # where each part ends


def prepare(value, lookback):
    """Cut a series (n,) into scaled windows: {part: (X (N, lookback, 1), y (N, 1), at (N,))}.

    `at` are the positions of the targets, "scale" the (lowest, highest) of the training part.
    """
    ends = [round(share * len(value)) for share in PARTS.values()]
    low, high = value[: ends[0]].min(), value[: ends[0]].max()
    X, y = make_windows((value - low) / (high - low), lookback)
    data = {"value": value, "scale": (low, high)}
    for part, start, end in zip(PARTS, [lookback, *ends], ends):
        windows = slice(start - lookback, end - lookback)
        data[part] = X[windows], y[windows], np.arange(start, end)
    return data


def fit_ar(X, y, ridge):
    """Ridge regression: X (N, T, 1), y (N, 1) -> weights (T + 1, 1), the last the intercept."""
    A = np.hstack([X[:, :, 0], np.ones((len(X), 1))])
    penalty = ridge * np.diag([1.0] * X.shape[1] + [0.0])
    return np.linalg.solve(A.T @ A + penalty, A.T @ y)


def predict_ar(weights, X):
    """Forecasts (N, 1) of the autoregression from X (N, T, 1)."""
    return X[:, :, 0] @ weights[:-1] + weights[-1]


def autocorrelations(x):
    """The autocorrelation of x (n,) at lags 0 to n // 2: each sum over its number of terms."""
    x, n = x - x.mean(), len(x)
    power = abs(np.fft.rfft(x, 2 * n)) ** 2  # twice as long: the end must not meet the beginning
    means = np.fft.irfft(power)[: n // 2 + 1] / (n - np.arange(n // 2 + 1))
    return means / means[0]


def find_season(series):
    """The season in time steps: the highest sure peak of the autocorrelation, or a part of it.

    Differences show a season under a trend; values without their line, a slow one under noise.
    A peak is sure if it is high for its number of terms. That of the values must come again at
    twice the lag, since a random walk has single peaks. 1 if no peak is sure.
    """
    n, t, found = len(series), np.arange(len(series)), []
    detrended = series - np.polyval(np.polyfit(t, series, 1), t)
    for x, least, most in ((np.diff(series), 0.25, n // 2), (detrended, 0.3, n // 3)):
        if np.ptp(x) <= 1e-12 * abs(series).max():  # a constant or a line: rounding is left
            continue
        c = autocorrelations(x)[: most + 1]
        k = np.arange(2, len(c) - 1)
        sure = (c[k] >= c[k - 1]) & (c[k] > c[k + 1]) & (np.minimum.accumulate(c)[k] < 0)
        k = k[sure & (c[k] > np.maximum(least, 4 / np.sqrt(n - k)))]
        if most == n // 3:
            k = k[2 * k < len(c)]
            k = k[c[2 * k] > c[k] / 2]
        if len(k):
            best = k[c[k].argmax()]
            times = np.round(best / k)
            part = (abs(best - k * times) <= times / 2 + 1) & (c[k] >= 0.8 * c[best])
            found.append((c[best], int(k[part].min())))
    return max(found)[1] if found else 1


def choose_ar(data):
    """The weights of AR whose penalty has the smallest error on the validation part."""
    fits = [fit_ar(*data["train"][:2], ridge) for ridge in np.logspace(-6, 3, 19)]
    X, y, _ = data["validation"]
    return min(fits, key=lambda weights: np.mean((predict_ar(weights, X) - y) ** 2))


PHASES = np.linspace(0, 2 * np.pi, 360, endpoint=False)[:, None]


def phase_posterior(windows):
    """How probable each of PHASES is after windows (N, T), up to a factor: (N, 360)."""
    waves = np.sin(PHASES - np.arange(windows.shape[1], 0, -1) / 8)  # (360, T)
    log_p = (windows @ waves.T - (waves**2).sum(axis=1) / 2) / NOISE**2
    return np.exp(log_p - log_p.max(axis=1, keepdims=True))


def window_best(windows, ahead=1):
    """The window's best (N,), `ahead` steps after windows (N, T) in the series' own units."""
    p = phase_posterior(windows)
    return (p @ np.sin(PHASES + (ahead - 1) / 8))[:, 0] / p.sum(axis=1)


def continuations(rng, past, ahead, count=200):
    """Fresh pieces of the synthetic process at random phases: (count, past + ahead) values."""
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    clean = np.sin(phase + np.arange(past + ahead) / 8)
    return clean + rng.normal(0, NOISE, clean.shape)


def fresh_windows(data, seed, count=20_000):
    """Fresh windows of the process, scaled as in `data`: X (count, T, 1), and their targets
    (count,) in the series' own units.
    """
    T, (low, high) = data["test"][0].shape[1], data["scale"]
    pieces = continuations(np.random.default_rng([seed, 4]), T, 1, count)
    return (pieces[:, :T, None] - low) / (high - low), pieces[:, T]


def forecast_fresh(data, params, X, forward=None):
    """A network's forecasts (N,) from fresh windows X, in the series' own units."""
    low, high = data["scale"]
    portions = np.array_split(X.astype(np.float32), 20)  # which takes less memory
    scaled = [predict(params, portion, forward) for portion in portions]
    return low + (high - low) * np.concatenate(scaled)[:, 0].astype(float)


LAGS = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100)


def choose_lag(data, season=1):
    """AR whose lag and penalty have the smallest validation error: its lag, weights and data."""
    rows, lookback, _ = data["train"][0].shape
    most = min(rows // 4, 20_000_000 // rows)  # four rows a weight; windows that fit into memory
    tried = []
    for lag in sorted({lookback, *(lag for lag in (*LAGS, season) if lookback < lag <= most)}):
        longer = prepare(data["value"], lag)
        weights, (X, y, _) = choose_ar(longer), longer["validation"]
        tried.append((np.mean((predict_ar(weights, X) - y) ** 2), lag, weights, longer))
    return min(tried, key=lambda one: one[0])[1:]


def fitted_sine(value, at, season):
    """Forecasts (N,) for positions `at`, by a sine and a constant fitted to all values before each.

    The period, within 10% of `season`, is the one that fits best before the first position.
    """

    def basis(t, period):
        angle = 2 * np.pi * t / period
        return np.stack([np.sin(angle), np.cos(angle), np.ones(len(t))], axis=1)

    t = np.arange(len(value))
    periods = season * np.linspace(0.9, 1.1, 401)
    past = slice(0, at[0])

    def misfit(period):
        A = basis(t[past], period)
        return np.sum((A @ np.linalg.lstsq(A, value[past], rcond=None)[0] - value[past]) ** 2)

    A = basis(t, min(periods, key=misfit))
    return np.array([A[k] @ np.linalg.lstsq(A[:k], value[:k], rcond=None)[0] for k in at])


def own_units(data, part, scaled):
    """Scaled forecasts (N, 1) of a part's targets, in the series' own units (N,)."""
    low, high = data["scale"]
    return low + (high - low) * scaled[:, 0].astype(float)


def all_forecasts(data, part, params, season):
    """Every forecaster on one part's targets, in own units: a DataFrame, the values first."""
    X, _, at = data[part]
    v = data["value"]
    forecasts = pd.DataFrame({"value": v[at]}, index=pd.Index(at, name="t"))
    forecasts["lstm"] = own_units(data, part, predict(params, X.astype(np.float32)))
    forecasts["persistence"] = v[at - 1]
    forecasts["seasonal_naive"] = v[at - season]
    forecasts["ar"] = own_units(data, part, predict_ar(choose_ar(data), X))
    _, weights, longer = choose_lag(data, season)
    forecasts["ar_chosen"] = own_units(longer, part, predict_ar(weights, longer[part][0]))
    windows = np.lib.stride_tricks.sliding_window_view(v, X.shape[1])
    forecasts["window_best"] = window_best(windows[at - X.shape[1]])
    forecasts["fitted_sine"] = fitted_sine(v, at, season)
    return forecasts


WINDOW = ("window_best", "lstm", "ar", "persistence")
SEES = {
    "lstm": "the window",
    "ar": "the window",
    "persistence": "the last value",
    "window_best": "the window, and the process",
    "seasonal_naive": "a season back",
    "fitted_sine": "the whole past",
}


def recursive(step, windows, ahead):
    """Forecasts (N, ahead) from windows (N, T, 1), by feeding back those of `step`, each (N, 1)."""
    forecasts = []
    for _ in range(ahead):
        forecasts.append(step(windows))
        windows = np.concatenate([windows[:, 1:], forecasts[-1][:, None]], axis=1)
    return np.hstack(forecasts)


def horizon_forecasts(data, params, season, seed, ahead=100):
    """Forecasts 1 to `ahead` steps on fresh pieces of the process: {forecaster: (200, ahead)}.

    "value" is the truth, "known" (200, T) the window before it.
    """
    lookback = data["test"][0].shape[1]
    lag, weights, _ = choose_lag(data, season)
    past = max(season, lookback, lag)
    pieces = continuations(np.random.default_rng([seed, 2]), past, ahead)
    known = pieces[:, :past]
    low, high = data["scale"]
    scaled = (known[:, :, None] - low) / (high - low)
    windows = scaled[:, -lookback:]
    ar, longer = choose_ar(data), partial(predict_ar, weights)
    best = [window_best(known[:, -lookback:], k + 1) for k in range(ahead)]

    def lstm(X):
        return predict(params, X.astype(np.float32))

    return {
        "value": pieces[:, past:],
        "known": known[:, -lookback:],
        "LSTM": low + (high - low) * recursive(lstm, windows, ahead),
        "AR": low + (high - low) * recursive(partial(predict_ar, ar), windows, ahead),
        "AR, lag chosen": low + (high - low) * recursive(longer, scaled[:, -lag:], ahead),
        "persistence": np.repeat(known[:, -1:], ahead, axis=1),
        "seasonal naive": known[:, [past - season + k % season for k in range(ahead)]],
        "window's best": np.stack(best, axis=1),
    }


LEVEL = 0.9


def half_width(errors, level=LEVEL):
    """Half-width of a split-conformal interval from calibration errors (n,); infinite for few."""
    rank = math.ceil((len(errors) + 1) * level)
    return float(np.sort(np.abs(errors))[rank - 1]) if rank <= len(errors) else math.inf


def coverage_band(n_calibration, n_test, level=LEVEL, draws=100_000):
    """The middle 95% of the coverage that such an interval shows on n_test values.

    Its true coverage has a beta distribution, the count of n_test a binomial one (Vovk 2012).
    """
    rank = math.ceil((n_calibration + 1) * level)
    if rank > n_calibration:
        return 1.0, 1.0  # the interval is infinite
    rng = np.random.default_rng(0)
    covered = rng.binomial(n_test, rng.beta(rank, n_calibration + 1 - rank, draws)) / n_test
    return tuple(float(q) for q in np.quantile(covered, [0.025, 0.975]))
