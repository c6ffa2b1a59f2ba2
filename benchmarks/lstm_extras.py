"""What each extra of notebook 1's training is worth: the error without it, on fresh windows.

usage: python -m benchmarks.lstm_extras [SEEDS] [--cluster ...]        (default 10: seeds 6000 to 6009)

One extra at a time is left out: the noise on the inputs, the falling learning rate, the averaged weights, clipping. An error is
a multiple of that of the window's best on the same 20,000 fresh windows; "more" is the paired difference to training with all.
"""

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.lstm_lookback import fresh_windows, interval
from benchmarks.sweep import sweep
from notebook_code import LSTM_NOTEBOOK

FIRST_SEED = 6000
VARIANTS = ("all", "no_noise", "no_falling_rate", "no_averaging", "no_clipping")


def leave_out(nb, variant):
    """Set the notebook's constants, or its training step, so that one extra is missing."""
    step = nb.train_step
    if variant == "no_noise":
        nb.INPUT_NOISE = 0.0
    elif variant == "no_averaging":
        nb.AVERAGE = 0.0
    elif variant == "no_clipping":
        nb.CLIP_NORM = 1e9
    elif variant == "no_falling_rate":
        nb.train_step = lambda params, state, X, y, _, *rest: step(params, state, X, y, nb.LEARNING_RATE, *rest)


def one_fit(nb, seed, variant):
    """The error of one training on fresh windows, over that of the window's best."""
    leave_out(nb, variant)
    data = nb.prepare(nb.make_series(seed)["value"].to_numpy(), nb.LOOKBACK)
    params, _ = nb.train(data, seed)
    X, best, target = fresh_windows(nb, seed, data)
    low, high = data["scale"]
    forecast = low + (high - low) * nb.predict(params, X)[:, 0]
    return np.mean((forecast - target) ** 2) / np.mean((best - target) ** 2)


def main(count, write, tiny=False, **options):
    jobs = [(seed, variant) for seed in range(FIRST_SEED, FIRST_SEED + count) for variant in VARIANTS]
    found = sweep(LSTM_NOTEBOOK, one_fit, jobs, "fits", tiny=tiny, **options)
    table = pd.DataFrame(np.reshape(found, (count, -1)), columns=VARIANTS)
    figures = {"extras_seeds": count}
    for variant in VARIANTS:
        figures[f"extras_{variant}_ratio"] = table[variant].mean()
        ends = interval(table[variant] - table["all"]) if variant != "all" else (0.0, 0.0, 0.0)
        figures |= dict(zip((f"extras_{variant}_more{end}" for end in ("", "_low", "_high")), ends))
    print(pd.Series(figures).round(4).to_string())
    write_evidence(LSTM_NOTEBOOK, "lstm_extras", count, write, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 10)
    main(count, write, **options)
