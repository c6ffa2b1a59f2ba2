"""Notebook 1 over many noise seeds: errors over the window's best, bias, coverage and width of the intervals.

usage: python -m benchmarks.lstm_seeds [SEEDS] [--cluster ...]        (default 100: seeds 0 to 99, the first 20 also apart)

Seeds 0 to 99 were looked at while the recipe was made; the choices were made on 1000 to 1023. So twenty more are set aside for one look
after the last choice: 4200 to 4219. (Two such sets, 3000 to 3019 and 4000 to 4019, were looked at before the recipe changed; 4100
to 4119 were given up unused, since one of them had been run to time a job.) A test part of 150 values makes a ratio wobble; the
long run, 20,000 fresh windows, does not. The plain RNN chooses its learning rate on seeds 1000 to 1004. The figures that the
notebook shows also go to results/seeds.csv.
"""

import math
from functools import partial
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.command import arguments
from benchmarks.evidence import quantiles, write_evidence
from benchmarks.lstm_trials import (
    HIDDEN_SIZE,
    LOOKBACK,
    NOISE,
    fit,
    fresh_windows,
    interval,
    training,
    write_table,
)
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import (
    fast_predict,
    init_rnn,
    loss_and_grads,
    predict,
    rnn_backward,
    rnn_forward,
    train,
)
from LSTM_from_scratch.series import (
    choose_ar,
    errors_of,
    fresh_pieces,
    make_series,
    mse,
    own_units,
    predict_ar,
    prepare,
    recursive,
    scaled_windows,
    test_forecasts,
    window_best,
)
from owndata.conformal import LEVEL, half_width
from tools.notebooks import LSTM_NOTEBOOK

FRESH = range(4200, 4220)
RNN_RATES, RNN_SEEDS = (0.01, 0.005, 0.002, 0.001), range(1000, 1005)
MEANS = {  # the name of a mean and its interval in evidence.json: the column of `one_seed`
    "ratio": "ratio",
    "long_run": "long run",
    "rnn_ratio": "rnn ratio",
    "rnn_long_run": "rnn long run",
    "rnn_minus_lstm_long_run": "rnn minus lstm long run",
    "bias": "bias",
    "interval_coverage": "coverage",
    "ahead": "ahead",
    "ar_ahead": "ar ahead",
}
ROWS = {  # a row of results/seeds.csv: the column of `one_seed`
    "LSTM, test part": "ratio",
    "LSTM, fresh windows": "long run",
    "plain RNN, fresh windows": "rnn long run",
    "plain RNN minus LSTM, fresh windows": "rnn minus lstm long run",
    "AR, test part": "ar ratio",
    "AR with its lag chosen, test part": "ar chosen ratio",
    "LSTM, mean over 100 steps ahead": "ahead",
    "AR, mean over 100 steps ahead": "ar ahead",
    "bias of the LSTM": "bias",
    "coverage of 90% intervals": "coverage",
}
BEATS_AR = "share of seeds on which the LSTM beats AR, test part"


def train_rnn(data, seed, rate, training):
    """The notebook's training with a plain RNN in place of the LSTM: Trained."""
    start = init_rnn(1, HIDDEN_SIZE, 1, np.random.default_rng(seed))
    passes = partial(loss_and_grads, forward=rnn_forward, backward=rnn_backward)
    return train(start, passes, data.train, data.validation, seed, learning_rate=rate, **training)


def rnn_error(seed, rate, training):
    """The plain RNN's validation error (scaled) at one learning rate."""
    data = prepare(make_series(seed, NOISE)["value"].to_numpy(), LOOKBACK)
    net = train_rnn(data, seed, rate, training)
    return net.validation_errors[net.best_epoch - 1]


def choose_rnn_rate(tiny=False, **options):
    """The learning rate with the smallest validation error on average over RNN_SEEDS."""
    seeds = RNN_SEEDS[:1] if tiny else RNN_SEEDS
    jobs = [(seed, rate, training(tiny)) for rate in RNN_RATES for seed in seeds]
    found = sweep(rnn_error, jobs, "rates of the plain RNN", tiny=tiny, **options)
    means = pd.Series(found).groupby([rate for _, rate, _ in jobs]).mean()
    print("plain RNN, validation error by learning rate:", means.round(6).to_dict())
    return float(means.idxmin())


def one_seed(seed, rnn_rate, training):
    """The notebook's pipeline on the series of one seed: a dict of figures.

    Errors are over those of the window's best; bias and width are in the series' own units.
    """
    value = make_series(seed, NOISE)["value"].to_numpy()
    data = prepare(value, LOOKBACK)
    net = fit(data.train, data.validation, seed, **training)
    lstm = partial(fast_predict, net.params)
    rnn = partial(predict, train_rnn(data, seed, rnn_rate, training).params, forward=rnn_forward)

    target = value[data.test.at]
    forecasts = test_forecasts(value, data, lstm, NOISE)
    forecasts["RNN"] = own_units(data, rnn(data.test.X)[:, 0])
    errors = errors_of(forecasts, target)
    ratios = errors / errors["window's best"]

    fresh = fresh_windows(seed, data)
    best_in_the_long_run = mse(fresh.best, fresh.target)
    lstm_fresh, rnn_fresh = (own_units(data, net(fresh.X)[:, 0]) for net in (lstm, rnn))
    long_run = mse(lstm_fresh, fresh.target) / best_in_the_long_run
    rnn_long_run = mse(rnn_fresh, fresh.target) / best_in_the_long_run

    pieces = fresh_pieces([seed, 2], NOISE, LOOKBACK, ahead=100, count=200)
    windows = scaled_windows(data, pieces.past)
    ar = partial(predict_ar, choose_ar(data.train, data.validation))
    best_ahead = mse(window_best(pieces.past, NOISE, ahead=100), pieces.future)
    lstm_ahead, ar_ahead = (
        mse(own_units(data, recursive(step, windows, 100)), pieces.future) / best_ahead
        for step in (lstm, ar)
    )

    on_calibration = own_units(data, lstm(data.calibration.X)[:, 0])
    half = half_width(value[data.calibration.at] - on_calibration)
    ideal = NormalDist().inv_cdf((1 + LEVEL) / 2) * math.sqrt(errors["window's best"])
    return {
        "seed": seed,
        "ratio": ratios["LSTM"],
        "long run": long_run,
        "rnn ratio": ratios["RNN"],
        "rnn long run": rnn_long_run,
        "rnn minus lstm long run": rnn_long_run - long_run,
        "bias": np.mean(lstm_fresh - fresh.best),
        "ahead": lstm_ahead,
        "ar ahead": ar_ahead,
        "ar ratio": ratios["AR"],
        "ar chosen ratio": ratios["AR, lag chosen"],
        "coverage": (abs(target - forecasts["LSTM"]) <= half).mean(),
        "width": 2 * half,
        "width over ideal": half / ideal,
        "epochs": len(net.validation_errors),
        "best epoch": net.best_epoch,
    }


def table_of(seeds, rnn_rate, label, tiny=False, **options):
    """The figures of `one_seed`, a row a seed."""
    jobs = [(seed, rnn_rate, training(tiny)) for seed in seeds]
    found = sweep(one_seed, jobs, label, tiny=tiny, **options)
    table = pd.DataFrame(found).set_index("seed")
    print(table.round(3).to_string())
    assert table.notna().all(axis=None), "a figure is missing"
    return table


def seeds_below(table, rival):
    """On how many seeds the LSTM has a smaller error on the test part than a rival."""
    return int((table["ratio"] < table[f"{rival} ratio"]).sum())


def fresh_seeds(write, rnn_rate, tiny=False, **options):
    """Twenty seeds that no choice has seen, and that nobody has looked at before."""
    table = table_of(FRESH[:2] if tiny else FRESH, rnn_rate, "fresh seeds", tiny=tiny, **options)
    write_evidence(
        LSTM_NOTEBOOK,
        "lstm_seeds:fresh",
        len(table),
        write,
        fresh_seeds=len(table),
        fresh_ratio_mean=table["ratio"].mean(),
        fresh_ratio_max=table["ratio"].max(),
        fresh_long_run_mean=table["long run"].mean(),
        fresh_long_run_max=table["long run"].max(),
        fresh_seeds_below_ar=seeds_below(table, "ar"),
        fresh_coverage=table["coverage"].mean(),
        fresh_width_over_ideal=table["width over ideal"].mean(),
    )


def summary(values):
    """A row of results/seeds.csv: the mean, its 95% t-interval, the lowest and the highest."""
    mean, low, high = interval(values)
    return {
        "mean": mean,
        "low": low,
        "high": high,
        "lowest": values.min(),
        "highest": values.max(),
    }


def for_the_notebook(table):
    """results/seeds.csv. The interval of a share is the exact one for a binomial count."""
    rows = {figure: summary(table[column]) for figure, column in ROWS.items()}
    share = summary((table["ratio"] < table["ar ratio"]).astype(float))
    exact = stats.binomtest(seeds_below(table, "ar"), len(table)).proportion_ci()
    rows[BEATS_AR] = share | {"low": exact.low, "high": exact.high}
    return pd.DataFrame(rows).T.rename_axis("figure")


def means_of(table):
    """The means over seeds and their intervals, by their names in evidence.json."""
    means = {}
    for name, column in MEANS.items():
        mean, low, high = interval(table[column])
        means[name if name == "interval_coverage" else f"{name}_mean"] = mean
        means |= {f"{name}_mean_low": low, f"{name}_mean_high": high}
    return means


def main(count, write, rnn_rate, **options):
    table = table_of(range(count), rnn_rate, "seeds", **options)
    write_table(for_the_notebook(table), "seeds.csv", write)
    first = table.loc[:19]
    low, median, high = table["ratio"].quantile([0.05, 0.5, 0.95])
    write_evidence(
        LSTM_NOTEBOOK,
        "lstm_seeds",
        count,
        write,
        seeds=count,
        **means_of(table),
        ratio_median=median,
        ratio_5_percent=low,
        ratio_95_percent=high,
        ratio_max=table["ratio"].max(),
        long_run_max=table["long run"].max(),
        bias_lowest=table["bias"].min(),
        bias_highest=table["bias"].max(),
        rnn_rate=rnn_rate,
        ar_ratio_mean=table["ar ratio"].mean(),
        seeds_below_ar=seeds_below(table, "ar"),
        seeds_below_ar_chosen=seeds_below(table, "ar chosen"),
        interval_coverage_lowest=table["coverage"].min(),
        interval_coverage_highest=table["coverage"].max(),
        interval_width=table["width"].mean(),
        interval_width_over_ideal=table["width over ideal"].mean(),
        first_seeds=len(first),
        first_ratio_mean=first["ratio"].mean(),
        first_ratio_max=first["ratio"].max(),
        first_coverage=first["coverage"].mean(),
        quantiles=quantiles(table),
    )


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 100)
    rnn_rate = choose_rnn_rate(**options)
    fresh_seeds(write, rnn_rate, **options)
    main(count, write, rnn_rate, **options)
