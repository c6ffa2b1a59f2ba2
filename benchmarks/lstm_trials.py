"""What the benchmarks of notebook 1 share: its sizes, one training, fresh windows, intervals, tables."""

import inspect
from typing import NamedTuple

import numpy as np
from scipy import stats

from benchmarks.evidence import place
from LSTM_from_scratch.lstm import fast_loss_and_grads, init_params, train
from LSTM_from_scratch.series import fresh_pieces, scaled_windows, window_best
from tools.notebooks import LSTM_NOTEBOOK

NOISE, LOOKBACK, HIDDEN_SIZE = 0.1, 10, 50  # as in the notebook


def defaults():
    """The settings of `train` that have a default: the notebook's."""
    parameters = inspect.signature(train).parameters.values()
    return {one.name: one.default for one in parameters if one.default is not one.empty}


def training(tiny):
    """The settings of `train` beside the notebook's: one epoch where a script is only tried."""
    return {"epochs": 1} if tiny else {}


def start(inputs, seed, hidden_size=HIDDEN_SIZE):
    """The first weights of an LSTM with so many inputs, as the notebook draws them."""
    return init_params(inputs, hidden_size, 1, np.random.default_rng(seed))


def fit(examples, validation, seed, hidden_size=HIDDEN_SIZE, **settings):
    """The notebook's LSTM, trained on (X (N, T, D), y (N, 1), ...): Trained."""
    first = start(examples[0].shape[2], seed, hidden_size)
    return train(first, fast_loss_and_grads, examples, validation, seed, **settings)


class Fresh(NamedTuple):
    """New windows of the process, which no training has seen."""

    X: np.ndarray  # (N, T, 1), scaled
    best: np.ndarray  # the window's best (N,), in own units
    target: np.ndarray  # (N,), in own units


def fresh_windows(seed, data):
    """20,000 fresh windows for the network of a seed; for seed 0 they are the notebook's."""
    pieces = fresh_pieces([seed, 4], NOISE, LOOKBACK)
    X = np.float32(scaled_windows(data, pieces.past))
    return Fresh(X, window_best(pieces.past, NOISE)[:, 0], pieces.future[:, 0])


def interval(values):
    """(mean, low, high): a 95% t-interval over seeds."""
    margin = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return np.mean(values), np.mean(values) - margin, np.mean(values) + margin


def write_table(table, name, write, **options):
    """Print a table, and write it to a .csv file that the notebook reads; `write` as in `place`."""
    print(table.round(4).to_string())
    path = place(LSTM_NOTEBOOK, name, write)
    table.to_csv(path, float_format="%.6g", lineterminator="\n", **options)
