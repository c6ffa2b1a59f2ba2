"""What each extra of notebook 1's training is worth: the error without it, on fresh windows.

usage: python -m benchmarks.lstm_extras [SEEDS] [--cluster ...]        (default 10: seeds 6000 to 6009)

One extra at a time is left out: the noise on the inputs, the falling learning rate, the averaged weights, clipping. An error is
a multiple of that of the window's best on the same 20,000 fresh windows; "more" is the paired difference to training with all.
"""

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.lstm_lookback import LOOKBACK, fresh_windows, interval, training
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import predict, train
from LSTM_from_scratch.series import make_series, prepare
from tools.notebooks import LSTM_NOTEBOOK

FIRST_SEED = 6000
VARIANTS = {  # what is left out: the settings of `train` that leave it out
    "all": {},
    "no_noise": {"input_noise": 0.0},
    "no_falling_rate": {"falling": False},
    "no_averaging": {"average": 0.0},
    "no_clipping": {"clip_norm": 1e9},
}


def one_fit(seed, variant, training):
    """The error of one training on fresh windows, over that of the window's best."""
    data = prepare(make_series(seed)["value"].to_numpy(), LOOKBACK)
    params, _ = train(data, seed, **VARIANTS[variant], **training)
    X, best, target = fresh_windows(seed, data)
    low, high = data["scale"]
    forecast = low + (high - low) * predict(params, X)[:, 0]
    return np.mean((forecast - target) ** 2) / np.mean((best - target) ** 2)


def main(count, write, tiny=False, **options):
    seeds = range(FIRST_SEED, FIRST_SEED + count)
    jobs = [(seed, variant, training(tiny)) for seed in seeds for variant in VARIANTS]
    found = sweep(one_fit, jobs, "fits", tiny=tiny, **options)
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
