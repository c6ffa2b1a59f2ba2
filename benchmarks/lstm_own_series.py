"""Notebook 1 on real series: every choice on the validation part, one look at the test part.

usage: python -m benchmarks.lstm_own_series SERIES.csv [...] [--write] [--cluster ...]        (columns as in the notebook)

The LSTM chooses lookback, differencing, input noise and, where the season is longer than the lookback, whether it also reads the
values a season earlier. The autoregression chooses lag (up to a season and a little more), differencing, ridge and the same
seasonal input; kernel ridge (scikit-learn) lag, differencing, seasonal input, width and penalty. Errors are given as ratios.
"""

from itertools import product
from pathlib import Path

import numpy as np
from sklearn.kernel_ridge import KernelRidge

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.sweep import sweep
from notebook_code import LSTM_NOTEBOOK, load_definitions

LOOKBACKS, NOISES = (10, 25, 50), (0.0, 0.02)
LAGS = (10, 25, 50, 100, 200)  # of the autoregression, beside a season and a season and 14
WIDTHS, PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)


def seasonal_data(nb, value, lookback, difference, season):
    """As nb.prepare, X (N, lookback, 2) if there is a season: beside each value that a season before the next one."""
    data = nb.prepare(value, lookback + max(season - 1, 0), difference)
    for part in nb.PARTS if season else ():
        X, y, at = data[part]
        data[part] = np.concatenate([X[:, -lookback:], X[:, :lookback]], axis=2), y, at
    return data


def errors(nb, data, part, scaled):
    """Mean squared error of scaled forecasts of a part, in the series' own units."""
    forecast = nb.own_units(data, part, scaled)
    return float(np.mean((forecast - data["value"][data[part][2]]) ** 2))


def both_parts(nb, data, predict):
    """{part: error} on validation and test. The test errors are used for the chosen setting alone."""
    return {part: errors(nb, data, part, predict(data[part][0])) for part in ("validation", "test")}


def one_lstm(nb, value, lookback, difference, season, noise):
    """Validation and test error of the LSTM at one setting."""
    data = seasonal_data(nb, value, lookback, difference, season)
    params, _ = nb.train(data, nb.SEED, input_noise=noise)
    return both_parts(nb, data, lambda X: nb.predict(params, X.astype(np.float32)))


def one_ar(nb, value, lag, difference, season):
    """The same of the autoregression, its ridge penalty chosen on validation."""
    data = seasonal_data(nb, value, lag, difference, season)
    flat = data | {
        part: (data[part][0].reshape(len(data[part][0]), -1, 1), *data[part][1:])
        for part in nb.PARTS
    }
    ar = nb.choose_ar(flat)
    return both_parts(nb, flat, lambda X: nb.predict_ar(ar, X))


def one_kernel(nb, value, lag, difference, season, width, penalty):
    """The same of kernel ridge with a Gaussian kernel."""
    data = seasonal_data(nb, value, lag, difference, season)
    X, y, _ = data["train"]
    model = KernelRidge(alpha=penalty, kernel="rbf", gamma=width).fit(
        X.reshape(len(X), -1), y - y.mean()
    )
    return both_parts(nb, data, lambda X: model.predict(X.reshape(len(X), -1)) + y.mean())


def one_series(path, tiny=False, **options):
    """Choose on validation, report on test. Returns the figures for evidence.json."""
    nb = load_definitions(LSTM_NOTEBOOK)
    value, name = nb.read_series(path).to_numpy(), slug(Path(path).stem)
    data = nb.prepare(value, nb.LOOKBACK)
    train, at = data["train"][2], data["test"][2]
    season = nb.find_season(value[train])
    windows = [(T, difference, 0) for T, difference in product(LOOKBACKS, (False, True))]
    windows += [
        (T, difference, season) for T, difference, _ in windows if T < season < len(train) // 4
    ]
    lags = [lag for lag in (*LAGS, season, season + 14) if 1 < lag < len(train) // 4]
    models = {
        "lstm": (one_lstm, [(*window, noise) for window in windows for noise in NOISES]),
        "ar": (
            one_ar,
            windows + [(lag, difference, 0) for lag in lags for difference in (False, True)],
        ),
        "kernel_ridge": (
            one_kernel,
            [(*window, *pair) for window in windows for pair in product(WIDTHS, PENALTIES)],
        ),
    }
    mse, settings = {}, {}
    for model, (function, tried) in models.items():
        tried = tried[:3] if tiny else tried
        jobs = [(value, *setting) for setting in tried]
        found = sweep(LSTM_NOTEBOOK, function, jobs, f"{name}, {model}", tiny=tiny, **options)
        best = min(range(len(found)), key=lambda k: found[k]["validation"])
        mse[model], settings[model] = found[best]["test"], tried[best]
        print(
            f"{name}, {model}: lookback, difference, season, ... {settings[model]}, test MSE {mse[model]:.6g}"
        )
    mse["persistence"] = float(np.mean((value[at - 1] - value[at]) ** 2))
    mse["seasonal_naive"] = float(np.mean((value[at - season] - value[at]) ** 2))
    figures = {
        f"{name}_ratio_to_{rival}": mse["lstm"] / mse[rival] for rival in mse if rival != "lstm"
    }
    figures |= {
        f"{name}_{model}_ratio_to_persistence": mse[model] / mse["persistence"]
        for model in ("ar", "kernel_ridge")
    }
    for key, ratio in figures.items():
        print(f"  {key}: {ratio:.4f}")
    lookback, difference, seasonal, noise = settings["lstm"]
    figures |= {
        f"{name}_lookback": lookback,
        f"{name}_difference": difference,
        f"{name}_input_noise": noise,
    }
    return figures | {
        f"{name}_season": season,
        f"{name}_seasonal_input": bool(seasonal),
        f"{name}_ar_lag": settings["ar"][0],
    }


if __name__ == "__main__":
    paths, write, options = arguments(__doc__)
    for path in paths:
        write_evidence(
            LSTM_NOTEBOOK,
            f"lstm_own_series:{slug(Path(path).stem)}",
            None,
            write,
            **one_series(path, **options),
        )
