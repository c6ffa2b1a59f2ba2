"""The large grid of notebook 1: hidden size, learning rate and lookback over seeds, judged on the validation part.

usage: python -m benchmarks.lstm_grid [SEEDS] [--cluster ...]        (default 3: seeds 2000 to 2002, reported nowhere else)
"""

from itertools import product

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.lstm_lookback import training
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import train
from LSTM_from_scratch.series import all_forecasts, make_series, prepare
from tools.notebooks import LSTM_NOTEBOOK

HIDDEN_SIZES, RATES, LOOKBACKS = (20, 50, 100), (0.005, 0.02, 0.08), (5, 10, 20)


def one_fit(seed, hidden_size, learning_rate, lookback, training):
    """Validation error of one fit over that of the window's best on the same windows."""
    data = prepare(make_series(seed)["value"].to_numpy(), lookback)
    params, _ = train(data, seed, hidden_size=hidden_size, learning_rate=learning_rate, **training)
    table = all_forecasts(data, "validation", params, season=50)
    mse = table.sub(table["value"], axis=0).pow(2).mean()
    return {"seed": seed, "units": hidden_size, "rate": learning_rate, "lookback": lookback,
            "ratio": mse["lstm"] / mse["window_best"], "mse": mse["lstm"]}  # fmt: skip


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
    best = table["mean"].xs(10, level="lookback").idxmin()
    write_evidence(LSTM_NOTEBOOK, "lstm_grid", count, write, grid_fits=len(fits),
                   grid_best_units=int(best[0]), grid_best_rate=float(best[1]),
                   grid_ratio_best=float(np.min(table["mean"].xs(10, level="lookback"))),
                   grid_ratio_notebook=float(table["mean"].loc[(10, 50, 0.02)]))  # fmt: skip


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
