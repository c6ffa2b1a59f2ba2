"""Notebook 1 on real series: every choice on the validation part, one look at the test part.

usage: python -m benchmarks.lstm_own_series SERIES.csv [...] [--write] [--cluster ...]        (read as `python -m owndata show` reads it)

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
from benchmarks.lstm_trials import LOOKBACK, fit, training
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import fast_predict
from LSTM_from_scratch.series import Part, choose_ar, predict_ar
from owndata.seasons import find_season
from owndata.series import read_series
from owndata.windows import Parts, Setting, cut
from tools.notebooks import LSTM_NOTEBOOK

SEED = 0  # as in the notebook
LOOKBACKS, NOISES = (10, 25, 50), (0.0, 0.02)
LAGS = (10, 25, 50, 100, 200)  # of the autoregression, beside a season and a season and 14
WIDTHS, PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0), (1e-10, 1e-8, 1e-6, 1e-4, 1e-2)


def windows_of(value, lookback, difference, season):
    """A series (n,) in windows: with a season, beside each value also that a season before the next one."""
    return cut(value, Parts.of(len(value)), Setting(lookback, difference, season))


def error(windows, part, predict):
    """Mean squared error of a part's forecasts, in the series' own units; `predict` gives them scaled (N, 1) from X."""
    X, _, at = windows.examples(part)
    level = windows.value[at - 1] if windows.setting.difference else 0
    scaled = predict(X)[:, 0].astype(float)
    forecast = level + windows.low + (windows.high - windows.low) * scaled
    return float(np.mean((forecast - windows.value[at]) ** 2))


def both_parts(windows, predict):
    """{part: error} on validation and test. The test errors are used for the chosen setting alone."""
    return {part: error(windows, part, predict) for part in ("validation", "test")}


def one_lstm(value, lookback, difference, season, noise, training):
    """Validation and test error of the LSTM at one setting."""
    windows = windows_of(value, lookback, difference, season)
    examples, validation = windows.examples("train"), windows.examples("validation")
    net = fit(examples, validation, SEED, input_noise=noise, **training)
    return both_parts(windows, lambda X: fast_predict(net.params, X))


def flat(X):
    """Windows (N, T, D) as (N, T D, 1), which the autoregression reads."""
    return X.reshape(len(X), -1, 1)


def flat_part(windows, part):
    """The examples of one part of the windows, as the autoregression reads them."""
    X, y, at = windows.examples(part)
    return Part(flat(X), y, at)


def one_ar(value, lag, difference, season):
    """The same of the autoregression, its ridge penalty chosen on validation."""
    windows = windows_of(value, lag, difference, season)
    ar = choose_ar(flat_part(windows, "train"), flat_part(windows, "validation"))
    return both_parts(windows, lambda X: predict_ar(ar, flat(X)))


def one_kernel(value, lag, difference, season, width, penalty):
    """The same of kernel ridge with a Gaussian kernel."""
    windows = windows_of(value, lag, difference, season)
    X, y, _ = windows.examples("train")
    model = KernelRidge(alpha=penalty, kernel="rbf", gamma=width).fit(
        X.reshape(len(X), -1), y - y.mean()
    )
    return both_parts(windows, lambda X: model.predict(X.reshape(len(X), -1)) + y.mean())


def settings_to_try(season, most, tiny):
    """{model: (its job, the settings that it chooses from)}; `most`: the longest season or lag that the training part bears."""
    plain = [(T, difference, 0) for T, difference in product(LOOKBACKS, (False, True))]
    seasonal = [(T, difference, season) for T, difference, _ in plain if T < season < most]
    windows = plain + seasonal
    lags = [lag for lag in (*LAGS, season, season + 14) if 1 < lag < most]
    longer = [(lag, difference, 0) for lag in lags for difference in (False, True)]
    pairs = list(product(WIDTHS, PENALTIES))
    models = {
        "lstm": (one_lstm, [(*window, noise) for window in windows for noise in NOISES]),
        "ar": (one_ar, windows + longer),
        "kernel_ridge": (one_kernel, [(*window, *pair) for window in windows for pair in pairs]),
    }
    return {name: (job, tried[: 3 if tiny else None]) for name, (job, tried) in models.items()}


def one_series(path, tiny=False, **options):
    """Choose on validation, report on test. Returns the figures for evidence.json."""
    value, name = read_series(path).values, slug(Path(path).stem)
    windows = windows_of(value, LOOKBACK, False, 0)
    learned, at = windows.examples("train")[2], windows.examples("test")[2]
    season = find_season(value[learned])
    mse, chosen = {}, {}
    for model, (job, tried) in settings_to_try(season, len(learned) // 4, tiny).items():
        more = (training(tiny),) if job is one_lstm else ()
        jobs = [(value, *setting, *more) for setting in tried]
        found = sweep(job, jobs, f"{name}, {model}", tiny=tiny, **options)
        best = min(range(len(found)), key=lambda k: found[k]["validation"])
        mse[model], chosen[model] = found[best]["test"], tried[best]
        said = f"lookback, difference, season, ... {chosen[model]}, test MSE {mse[model]:.6g}"
        print(f"{name}, {model}: {said}")
    mse["persistence"] = float(np.mean((value[at - 1] - value[at]) ** 2))
    mse["seasonal_naive"] = float(np.mean((value[at - season] - value[at]) ** 2))
    rivals = [rival for rival in mse if rival != "lstm"]
    figures = {f"{name}_ratio_to_{rival}": mse["lstm"] / mse[rival] for rival in rivals}
    for model in ("ar", "kernel_ridge"):
        figures[f"{name}_{model}_ratio_to_persistence"] = mse[model] / mse["persistence"]
    for key, ratio in figures.items():
        print(f"  {key}: {ratio:.4f}")
    lookback, difference, seasonal, noise = chosen["lstm"]
    return figures | {
        f"{name}_lookback": lookback,
        f"{name}_difference": difference,
        f"{name}_input_noise": noise,
        f"{name}_season": season,
        f"{name}_seasonal_input": bool(seasonal),
        f"{name}_ar_lag": chosen["ar"][0],
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
