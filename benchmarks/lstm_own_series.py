"""Notebook 1 on real series: every choice on the validation part, one look at the test part.

usage: python -m benchmarks.lstm_own_series SERIES.csv [...] [--write] [--cluster ...]        (columns as in the notebook)

The LSTM chooses lookback, differencing and input noise among twelve settings; the autoregression chooses lookback,
differencing and ridge by the same rule. Errors are given as ratios to persistence, seasonal naive and AR.
"""

from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.evidence import slug, write_evidence
from benchmarks.sweep import arguments, sweep
from notebook_code import LSTM_NOTEBOOK, load_definitions

LOOKBACKS, NOISES = (10, 25, 50), (0.0, 0.02)


def errors(nb, data, part, scaled):
    """Mean squared error of scaled forecasts of a part, in the series' own units."""
    forecast = nb.own_units(data, part, scaled)
    return float(np.mean((forecast - data["value"][data[part][2]]) ** 2))


def one_setting(nb, value, lookback, difference, noise):
    """Validation and test error of the LSTM and of AR at one setting. The test errors are used for the chosen one alone."""
    nb.tqdm = lambda items, **_: items
    data = nb.prepare(value, lookback, difference)
    params, _ = nb.train(data, nb.SEED, input_noise=noise)
    ar, found = nb.choose_ar(data), {"setting": (lookback, difference, noise), "lstm": {}, "ar": {}}
    for part in ("validation", "test"):
        X = data[part][0]
        found["lstm"][part] = errors(nb, data, part, nb.predict(params, X.astype(np.float32)))
        found["ar"][part] = errors(nb, data, part, nb.predict_ar(ar, X))
    return found


def one_series(path, tiny=False, **options):
    """Choose on validation, report on test. Returns the figures for evidence.json."""
    nb = load_definitions(LSTM_NOTEBOOK)
    value = nb.read_series(path)
    settings = list(product(LOOKBACKS, (False, True), NOISES))
    jobs = [(value, *setting) for setting in (settings[:3] if tiny else settings)]
    tried = sweep(LSTM_NOTEBOOK, one_setting, jobs, Path(path).stem, tiny=tiny, **options)
    lstm, ar = (min(tried, key=lambda found: found[who]["validation"]) for who in ("lstm", "ar"))
    data = nb.prepare(value, nb.LOOKBACK)
    train, at = data["train"][2], data["test"][2]
    season = nb.find_season(value[train])
    rivals = {
        "persistence": np.mean((value[at - 1] - value[at]) ** 2),
        "seasonal_naive": np.mean((value[at - season] - value[at]) ** 2),
        "ar": ar["ar"]["test"],
    }
    lookback, difference, noise = lstm["setting"]
    print(f"{path}: lookback {lookback}, difference {difference}, input noise {noise}; AR: lookback {ar['setting'][0]},", end=" ")
    print(f"difference {ar['setting'][1]}; season {season}; LSTM test MSE {lstm['lstm']['test']:.6g}")
    name = slug(Path(path).stem)
    ratios = {f"{name}_ratio_to_{rival}": lstm["lstm"]["test"] / float(mse) for rival, mse in rivals.items()}
    for key, ratio in ratios.items():
        print(f"  {key}: {ratio:.3f}")
    return ratios | {f"{name}_lookback": lookback, f"{name}_difference": difference, f"{name}_input_noise": noise}


if __name__ == "__main__":
    paths, write, options = arguments(__doc__)
    for path in paths:
        write_evidence(LSTM_NOTEBOOK, f"lstm_own_series:{slug(Path(path).stem)}", None, write, **one_series(path, **options))
