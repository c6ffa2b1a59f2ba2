"""Notebook 1 over the lookback: the LSTM, an autoregression and the window's best, each from the same last values.

usage: python -m benchmarks.lstm_lookback [SEEDS] [--cluster ...]        (default 10: seeds 5000 to 5009)

Every error is divided by that of the noise in the same test part: 1 is the floor that no forecast can beat. The network's
settings are those that were chosen for ten values. Beside it, over seeds 0 to 99, AR whose lag and ridge penalty are both chosen
on the validation part, against the best that ten values allow.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.command import arguments
from benchmarks.evidence import place, write_evidence
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import predict, train
from LSTM_from_scratch.series import (
    choose_ar,
    choose_lag,
    continuations,
    make_series,
    own_units,
    predict_ar,
    prepare,
    window_best,
)
from tools.notebooks import LSTM_NOTEBOOK

LOOKBACK = 10  # values in a window, as in the notebook
FIRST_SEED = 5000
LOOKBACKS = (100, 60, 40, 30, 20, 10, 5)  # the slow ones first
LOOKS = {
    "lstm": ("LSTM", "C0", "o-"),
    "ar": ("AR", "C1", "s-"),
    "best": ("the best that the window allows", "black", ".--"),
}


def training(tiny):
    """The settings of `train` beside the notebook's: one epoch where a script is only tried."""
    return {"epochs": 1} if tiny else {}


def mean_squares(forecast, data):
    """The mean squared error on the test part, in the series' own units."""
    return np.mean((forecast - data["value"][data["test"][2]]) ** 2)


def one_lookback(seed, lookback, training):
    """The three errors on one series for one lookback, as multiples of the noise in the same test part."""
    series = make_series(seed)
    data = prepare(series["value"].to_numpy(), lookback)
    X, _, at = data["test"]
    noise = np.mean((series["value"] - series["clean"]).to_numpy()[at] ** 2)
    windows = np.lib.stride_tricks.sliding_window_view(data["value"], lookback)[at - lookback]
    params, _ = train(data, seed, **training)
    forecasts = {
        "lstm": own_units(data, "test", predict(params, X.astype(np.float32))),
        "ar": own_units(data, "test", predict_ar(choose_ar(data), X)),
        "best": window_best(windows),
    }
    return {name: mean_squares(forecast, data) / noise for name, forecast in forecasts.items()}


def chosen_lag(seed):
    """AR with its lag and ridge penalty chosen on the validation part: its test error over the best that ten values allow."""
    data = prepare(make_series(seed)["value"].to_numpy(), 10)
    lag, weights, longer = choose_lag(data)
    error = mean_squares(own_units(longer, "test", predict_ar(weights, longer["test"][0])), longer)
    windows = np.lib.stride_tricks.sliding_window_view(data["value"], 10)[data["test"][2] - 10]
    return {"lag": lag, "ratio": error / mean_squares(window_best(windows), data)}


def fresh_windows(seed, data):
    """20,000 new windows of a seed's wave: scaled (N, T, 1), and in the series' own units the window's best and the target."""
    pieces = continuations(np.random.default_rng([seed, 5]), LOOKBACK, 1, count=20_000)
    windows, target = pieces[:, :-1], pieces[:, -1]
    low, high = data["scale"]
    return (
        ((windows[:, :, None] - low) / (high - low)).astype(np.float32),
        window_best(windows),
        target,
    )


def interval(values):
    """(mean, low, high): a 95% t-interval over seeds."""
    margin = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values), np.mean(values) - margin, np.mean(values) + margin


def draw(table, path):
    """Error over the noise against the lookback, with 95% intervals."""
    figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
    for name, (label, color, style) in LOOKS.items():
        means = (
            table.groupby("lookback")[name]
            .apply(lambda values: pd.Series(interval(values)))
            .unstack()
        )
        axis.plot(means.index, means[0], style, color=color, label=label)
        axis.fill_between(means.index, means[1], means[2], color=color, alpha=0.15)
    axis.axhline(1, color="grey", ls=":", label="noise")
    axis.set(xscale="log", xlabel="values that a forecast sees", ylabel="test error / noise")
    axis.set_xticks(sorted(table["lookback"].unique()), sorted(table["lookback"].unique()))
    axis.minorticks_off()
    axis.legend(frameon=False)
    axis.set_title("A network buys what a short window hides", loc="left")
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count, write, tiny=False, **options):
    seeds = range(FIRST_SEED, FIRST_SEED + (2 if tiny else count))
    lookbacks = LOOKBACKS[-2:] if tiny else LOOKBACKS
    jobs = [(seed, lookback, training(tiny)) for lookback in lookbacks for seed in seeds]
    found = sweep(one_lookback, jobs, "lookbacks", tiny=tiny, **options)
    table = pd.DataFrame(found).assign(lookback=[lookback for _, lookback, _ in jobs])
    figures = {}
    for (lookback, group), name in (
        (item, name) for item in table.groupby("lookback") for name in LOOKS
    ):
        for key, value in zip(("", "_low", "_high"), interval(group[name])):
            figures[f"lookback_{lookback}_{name}_ratio{key}"] = value
    print(table.groupby("lookback").mean().round(3).to_string())
    lags = sweep(
        chosen_lag, [(seed,) for seed in range(2 if tiny else 100)], "lags", tiny=tiny, **options
    )
    chosen = pd.DataFrame(lags)
    mean, low, high = interval(chosen["ratio"])
    print(
        f"AR, lag chosen: {mean:.3f} of the best from ten values ({low:.3f} to {high:.3f}), at worst {chosen['ratio'].max():.3f}"
    )
    draw(table, place(LSTM_NOTEBOOK, "lookback.png", write))
    write_evidence(LSTM_NOTEBOOK, "lstm_lookback", count, write, lookback_seeds=len(seeds), **figures,
                   ar_chosen_seeds=len(chosen), ar_chosen_ratio_mean=mean, ar_chosen_ratio_low=low, ar_chosen_ratio_high=high,
                   ar_chosen_ratio_max=chosen["ratio"].max(), ar_chosen_lag_median=chosen["lag"].median())  # fmt: skip


if __name__ == "__main__":
    plt.switch_backend("Agg")
    count, write, options = arguments(__doc__, 10)
    main(count, write, **options)
