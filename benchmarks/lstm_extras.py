"""What each extra of notebook 1's training is worth, and averaged weights would be: the error on fresh windows.

usage: python -m benchmarks.lstm_extras [SEEDS] [--cluster ...]        (default 10: seeds 6000 to 6009)

One extra at a time is left out: the noise on the inputs, the falling learning rate, clipping. Averaged weights, which the notebook
does not use, are tried too: their running mean is validated and kept. An error is a multiple of that of the window's best on the
same 20,000 fresh windows; "more" is the paired difference to the notebook's training. The table also goes to results/extras.csv.
"""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.lstm_trials import (
    LOOKBACK,
    NOISE,
    defaults,
    fresh_windows,
    interval,
    start,
    training,
    write_table,
)
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import fast_loss_and_grads, fast_predict, init_adam, train_step
from LSTM_from_scratch.series import make_series, mse, own_units, prepare
from tools.notebooks import LSTM_NOTEBOOK

FIRST_SEED = 6000
AVERAGED = "nothing, with averaged weights"
VARIANTS = {  # what is left out: the settings of `train_with` that leave it out
    "nothing": {},
    "noise on the inputs": {"input_noise": 0.0},
    "falling learning rate": {"falling": False},
    "clipping": {"clip_norm": 1e9},
    AVERAGED: {"average": 0.999},
}
KEYS = dict(zip(VARIANTS, ("all", "no_noise", "no_falling_rate", "no_clipping", "averaging")))


def copy_of(params):
    """The weights in arrays of their own."""
    return {name: array.copy() for name, array in params.items()}


def train_with(
    params, loss_and_grads, examples, validation, seed, falling=True, average=0.0, **settings
):
    """The notebook's `train` with two more switches: the weights of the best epoch.

    Without `falling` the learning rate stays as it is. `average` is how much of the running mean
    of the weights each training step keeps; this mean is what is validated and kept.
    """
    to = SimpleNamespace(**(defaults() | settings))
    rng = np.random.default_rng([seed, 1])
    X, y, X_val, y_val = (np.float32(a) for a in (*examples[:2], *validation[:2]))
    params, mean = copy_of(params), copy_of(params)
    state, errors, lowest = init_adam(params), [], math.inf
    for epoch in range(1, to.epochs + 1):
        fade = 1 - (epoch - 1) / to.epochs
        rate = to.learning_rate * (fade if falling else 1)
        for batch in np.array_split(rng.permutation(len(X)), math.ceil(len(X) / to.batch_size)):
            noise = rng.normal(0, to.input_noise * (1 + fade) / 2, X[batch].shape)
            batch_noisy = X[batch] + np.float32(noise), y[batch]
            train_step(loss_and_grads, params, state, *batch_noisy, rate, to.clip_norm)
            mean = {name: average * mean[name] + (1 - average) * params[name] for name in params}
        error, _ = loss_and_grads(mean, X_val, y_val)
        errors.append(float(error))
        recent = np.mean(errors[-to.smooth :])
        if recent <= lowest:
            lowest, best_epoch = recent, epoch
            best = mean  # each training step makes a new one
        elif epoch - best_epoch == to.patience:
            break
    return best


def one_fit(seed, variant, training):
    """The error of one training on fresh windows, over that of the window's best."""
    data = prepare(make_series(seed, NOISE)["value"].to_numpy(), LOOKBACK)
    settings = VARIANTS[variant] | training
    params = train_with(
        start(1, seed), fast_loss_and_grads, data.train, data.validation, seed, **settings
    )
    fresh = fresh_windows(seed, data)
    forecast = own_units(data, fast_predict(params, fresh.X)[:, 0])
    return mse(forecast, fresh.target) / mse(fresh.best, fresh.target)


def for_the_notebook(ratios):
    """results/extras.csv, from the ratios of each variant (column) on each seed (row)."""
    more = ratios.sub(ratios["nothing"], axis=0)
    more = pd.DataFrame([interval(more[variant]) for variant in VARIANTS], list(VARIANTS))
    table = more.set_axis(["more", "low", "high"], axis=1).rename_axis("left out")
    table.insert(0, "error over window's best", ratios.mean())
    return table


def figures_of(ratios, table):
    """The same by key for evidence.json."""
    figures = {"extras_seeds": len(ratios)}
    for variant, key in KEYS.items():
        ratio, more, low, high = table.loc[variant]
        figures[f"extras_{key}_ratio"] = ratio
        figures |= {f"extras_{key}_more": more}
        figures |= {f"extras_{key}_more_low": low, f"extras_{key}_more_high": high}
    # The notebook does not average: what that costs is the last row, read the other way round.
    _, more, low, high = table.loc[AVERAGED]
    figures["extras_no_averaging_ratio"] = table.loc["nothing"].iloc[0]
    figures["extras_no_averaging_more"] = -more
    return figures | {
        "extras_no_averaging_more_low": -high,
        "extras_no_averaging_more_high": -low,
    }


def main(count, write, tiny=False, **options):
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    jobs = [(seed, variant, training(tiny)) for seed in seeds for variant in VARIANTS]
    found = sweep(one_fit, jobs, "fits", tiny=tiny, **options)
    ratios = pd.DataFrame(np.reshape(found, (count, -1)), index=seeds, columns=list(VARIANTS))
    table = for_the_notebook(ratios)
    write_table(table, "extras.csv", write)
    write_evidence(LSTM_NOTEBOOK, "lstm_extras", count, write, **figures_of(ratios, table))


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 10)
    main(count, write, **options)
