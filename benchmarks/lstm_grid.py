"""The large grid of notebook 1: hidden size, learning rate and lookback over seeds, judged on the validation part.

usage: python -m benchmarks.lstm_grid [SEEDS] [--cluster ...]        (default 3: seeds 2000 to 2002, reported nowhere else)
"""

from itertools import product

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.lstm_trials import HIDDEN_SIZE, LOOKBACK, NOISE, defaults, fit, training
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import fast_predict
from LSTM_from_scratch.series import errors_of, make_series, own_units, prepare, window_forecasts
from tools.notebooks import LSTM_NOTEBOOK

HIDDEN_SIZES, LOOKBACKS = (20, 50, 100), (5, 10, 20)
RATE = defaults()["learning_rate"]
RATES = (RATE / 4, RATE, 4 * RATE)


def one_fit(seed, hidden_size, learning_rate, lookback, training):
    """Validation error of one fit over that of the window's best on the same windows."""
    value = make_series(seed, NOISE)["value"].to_numpy()
    data = prepare(value, lookback)
    settings = {"hidden_size": hidden_size, "learning_rate": learning_rate, **training}
    net = fit(data.train, data.validation, seed, **settings)
    forecasts = window_forecasts(data, data.validation.X, NOISE)
    forecasts["LSTM"] = own_units(data, fast_predict(net.params, data.validation.X)[:, 0])
    errors = errors_of(forecasts, value[data.validation.at])
    return {"seed": seed, "units": hidden_size, "rate": learning_rate, "lookback": lookback,
            "ratio": errors["LSTM"] / errors["window's best"], "mse": errors["LSTM"]}  # fmt: skip


def main(count, write, tiny=False, **options):
    seeds = range(2000, 2000 + count)
    settings = list(product(seeds, HIDDEN_SIZES, RATES, LOOKBACKS, [training(tiny)]))
    fits = pd.DataFrame(sweep(one_fit, settings, "fits", tiny=tiny, **options))
    table = fits.groupby(["lookback", "units", "rate"])["ratio"].agg(["mean", "max"])
    print("validation error over the window's best, by setting, over", count, "seeds")
    print(table.unstack("rate").round(3).to_string())
    print(
        "mean squared error by lookback:", fits.groupby("lookback")["mse"].mean().round(5).to_dict()
    )
    ours = table["mean"].xs(LOOKBACK, level="lookback")
    units, rate = ours.idxmin()
    write_evidence(LSTM_NOTEBOOK, "lstm_grid", count, write, grid_fits=len(fits),
                   grid_best_units=int(units), grid_best_rate=float(rate),
                   grid_ratio_best=float(np.min(ours)),
                   grid_ratio_notebook=float(ours.loc[(HIDDEN_SIZE, RATE)]))  # fmt: skip


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
