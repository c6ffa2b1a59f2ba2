"""Jobs of the tests of sweeps. Their workers import this module, so it is quick to load."""

import os
import random
import time

from LSTM_from_scratch.lstm import train
from LSTM_from_scratch.series import all_forecasts, make_series, prepare


def number_of(number):
    return number


def noisy(seed):
    """A few numbers of the notebook's own data."""
    return make_series(seed)["value"].tolist()


def short_seed(seed, seconds=0.0):
    """A small fit: the figures of notebook 1's pipeline after a few epochs."""
    time.sleep(seconds)
    data = prepare(make_series(seed)["value"].to_numpy(), 10)
    params, history = train(data, seed, hidden_size=8, epochs=3)
    mse = all_forecasts(data, "test", params, season=50).pow(2).mean()
    return {"seed": seed, "mse": mse["lstm"], "best": history["best"]}


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
