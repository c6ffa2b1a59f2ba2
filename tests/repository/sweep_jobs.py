"""Jobs of the tests of sweeps. Their workers import this module, so it is quick to load."""

import os
import random
import time

import numpy as np

from LSTM_from_scratch.lstm import fast_loss_and_grads, fast_predict, init_params, train
from LSTM_from_scratch.series import make_series, mse, prepare


def number_of(number):
    return number


def noisy(seed):
    """A few numbers of the notebook's own data."""
    return make_series(seed)["value"].tolist()


def short_seed(seed, seconds=0.0):
    """A small fit: the figures of notebook 1's pipeline after a few epochs."""
    time.sleep(seconds)
    data = prepare(make_series(seed)["value"].to_numpy(), 10)
    start = init_params(1, 8, 1, np.random.default_rng(seed))
    net = train(start, fast_loss_and_grads, data.train, data.validation, seed, epochs=3)
    error = mse(fast_predict(net.params, data.test.X), data.test.y)
    return {"seed": seed, "mse": error, "best": net.best_epoch}


def draw(seed):
    """Numbers of Python's own generator, as Keras takes its seeds from it, while the worker's other threads are at work."""
    random.seed(seed)
    time.sleep(1.5)
    return [random.random() for _ in range(3)]


def fail(number):
    """One job in a row that fails."""
    if number == 2:
        raise ValueError("no number two")
    return {"number": number, "nothing": float("nan")}


def name_of_process():
    return f"processor of {os.getpid()}"


def die(number):
    os._exit(1)


def die_at_two(number):
    """As if the system had ended the worker, for want of memory."""
    if number == 2:
        time.sleep(1)
        os._exit(1)
    return number
