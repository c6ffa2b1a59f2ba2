"""Notebook 1 over the lookback: the LSTM, an autoregression and the window's best, each from the same last values.

usage: python -m benchmarks.lstm_lookback [SEEDS] [--cluster ...]        (default 10: seeds 5000 to 5009)

Every error is divided by that of the noise in the same test part: 1 is the floor that no forecast can beat. The network's
settings are those that were chosen for ten values. Beside it, over seeds 0 to 99, AR whose lag and ridge penalty are both chosen
on the validation part, against the best that ten values allow.
"""

import matplotlib.pyplot as plt
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import place, write_evidence
from benchmarks.lstm_trials import LOOKBACK, NOISE, fit, interval, training
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import fast_predict
from LSTM_from_scratch.series import (
    choose_lag,
    errors_of,
    make_series,
    mse,
    own_units,
    predict_ar,
    prepare,
    window_forecasts,
)
from tools.notebooks import LSTM_NOTEBOOK

FIRST_SEED = 5000
LOOKBACKS = (100, 60, 40, 30, 20, 10, 5)  # the slow ones first
LOOKS = {
    "lstm": ("LSTM", "C0", "o-"),
    "ar": ("AR", "C1", "s-"),
    "best": ("the best that the window allows", "black", ".--"),
}


def one_lookback(seed, lookback, training):
    """The three errors on one series for one lookback, as multiples of the noise in the same test part."""
    series = make_series(seed, NOISE)
    value = series["value"].to_numpy()
    data = prepare(value, lookback)
    net = fit(data.train, data.validation, seed, **training)
    forecasts = window_forecasts(data, data.test.X, NOISE)
    forecasts["LSTM"] = own_units(data, fast_predict(net.params, data.test.X)[:, 0])
    target = value[data.test.at]
    noise = mse(series["clean"].to_numpy()[data.test.at], target)
    ratios = errors_of(forecasts, target) / noise
    return {"lstm": ratios["LSTM"], "ar": ratios["AR"], "best": ratios["window's best"]}


def chosen_lag(seed):
    """AR with its lag and ridge penalty chosen on the validation part: its test error over the best that ten values allow."""
    value = make_series(seed, NOISE)["value"].to_numpy()
    data, longer = prepare(value, LOOKBACK), choose_lag(value)
    forecasts = window_forecasts(data, data.test.X, NOISE)
    forecasts["longer"] = own_units(data, predict_ar(longer.weights, longer.data.test.X)[:, 0])
    errors = errors_of(forecasts, value[data.test.at])
    return {"lag": longer.lag, "ratio": errors["longer"] / errors["window's best"]}


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
