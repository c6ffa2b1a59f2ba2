"""Notebook 1 around the network: the series, windows and split, rivals, the best forecast there is."""

import ast
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, ROOT, code_cells, parameters, read_notebook

FOLDER = (ROOT / LSTM_NOTEBOOK).parent


def test_imports():
    allowed = {
        "numpy",
        "pandas",
        "matplotlib",
        "seaborn",
        "tqdm",
        "joblib",
        "threadpoolctl",
        "ipywidgets",
    }
    allowed |= {"IPython"} | set(sys.stdlib_module_names)
    imported = set()
    for cell in code_cells(read_notebook(LSTM_NOTEBOOK)):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.split(".")[0])
    assert "numpy" in imported and imported <= allowed


def test_parameters_are_the_shipped_ones():
    names = ("SEED", "NOISE", "LOOKBACK", "HIDDEN_SIZE", "RECALL_STEPS", "N_SEEDS")
    assert [parameters(LSTM_NOTEBOOK)[name] for name in names] == [0, 0.1, 10, 50, 600, 3]


def test_generator_reproduces_the_committed_csv():
    made = series.make_series(0).to_csv(index=False, lineterminator="\n")
    assert made.encode() == (FOLDER / "synthetic_data.csv").read_bytes()


def test_the_noise_of_the_series_is_as_strong_as_asked():
    """And the same but for its strength."""
    one, two = (series.make_series(0, noise) for noise in (0.1, 0.2))
    noise, twice = one["value"] - one["clean"], two["value"] - two["clean"]
    assert np.allclose(twice, 2 * noise, rtol=0, atol=1e-5) and abs(noise.std() - 0.1) < 0.01


@given(st.integers(100, 400), st.integers(1, 10), st.integers(0, 99))
def test_split_is_in_time_and_scaled_by_train(n, lookback, seed):
    """Against the definitions."""
    value = np.cumsum(np.random.default_rng(seed).normal(size=n))
    data = series.prepare(value, lookback)
    ends = [round(0.6 * n), round(0.75 * n), round(0.85 * n), n]
    assert (data.low, data.high) == (min(value[: ends[0]]), max(value[: ends[0]]))
    start = lookback
    for name, end in zip(series.PARTS, ends, strict=True):
        X, y, at = getattr(data, name)
        assert at.tolist() == list(range(start, end))
        assert X.shape == (len(at), lookback, 1) and y.shape == (len(at), 1)
        assert np.allclose(series.own_units(data, y)[:, 0], value[at])
        for window, t in zip(series.own_units(data, X), at, strict=True):
            assert np.allclose(window[:, 0], value[t - lookback : t])
        start = end


def test_nothing_after_the_training_part_reaches_it():
    value = series.make_series(0)["value"].to_numpy()
    changed = value.copy()
    changed[600:] += 100
    before, after = series.prepare(value, 10), series.prepare(changed, 10)
    assert (before.low, before.high) == (after.low, after.high)
    assert all(np.array_equal(a, b) for a, b in zip(before.train, after.train, strict=True))


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_the_autoregression_solves_its_problem(seed, penalty):
    """The gradient of its squared error and penalty is zero; the intercept is free of it."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(50, 4, 1)), rng.normal(size=(50, 1))
    weights = series.fit_ar(series.Part(X, y, np.arange(50)), penalty)
    error = series.predict_ar(weights, X) - y
    slope = np.vstack([X[:, :, 0].T @ error + penalty * weights[:-1], [[error.sum()]]])
    assert abs(slope).max() < 1e-9
    higher = series.fit_ar(series.Part(X, y + 5, np.arange(50)), penalty)
    assert np.allclose(higher - weights, [[0], [0], [0], [0], [5]], atol=1e-9)


def forecasts_of(value, noise=0.1):
    """test_forecasts with a network that has not been trained."""
    params = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    data, predict = series.prepare(value, 10), partial(lstm.fast_predict, params)
    return series.test_forecasts(value, data, predict, noise), data, predict


def test_rivals_are_aligned():
    """Where a rival is exactly right, its error is zero; one step off it would not be."""
    value = np.sin(np.arange(400) / 8)
    table, data, predict = forecasts_of(value)
    names = ["persistence", "AR", "window's best", "LSTM", "AR, lag chosen"]
    assert list(table.columns) == names and table.index.name == "t"
    assert np.array_equal(table.index, data.test.at)
    for name in ("AR", "AR, lag chosen"):
        assert abs(table[name] - value[table.index]).max() < 1e-3, name
    assert abs(table["window's best"] - value[table.index]).max() < 0.02
    assert np.allclose(table["persistence"], value[table.index - 1])
    assert np.allclose(table["LSTM"], series.own_units(data, predict(data.test.X))[:, 0])


def test_the_error_of_a_forecaster_is_its_mean_square():
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [0.0, 0.0]}, index=[7, 8])
    assert series.errors_of(table, [1.0, 4.0]).to_dict() == {"a": 2.0, "b": 8.5}
    assert series.mse(np.array([[1.0], [2.0]]), np.array([[1.0], [4.0]])) == 2


def test_the_chosen_penalty_is_the_best_on_validation():
    data = series.prepare(series.make_series(1)["value"].to_numpy(), 20)
    X, y, _ = data.validation
    tried = [series.fit_ar(data.train, penalty) for penalty in np.logspace(-6, 3, 19)]
    errors = [series.mse(series.predict_ar(weights, X), y) for weights in tried]
    chosen = series.choose_ar(data.train, data.validation)
    assert series.mse(series.predict_ar(chosen, X), y) == min(errors) < max(errors)


def test_the_chosen_lag_is_the_best_on_validation():
    value = series.make_series(1)["value"].to_numpy()

    def error(data, weights):
        return series.mse(series.predict_ar(weights, data.validation.X), data.validation.y)

    tried = [series.prepare(value, lag) for lag in series.LAGS]
    errors = [error(data, series.choose_ar(data.train, data.validation)) for data in tried]
    lag, weights, data = series.choose_lag(value)
    assert lag > 10 and error(data, weights) == min(errors)
    assert data.test.X.shape[1] == lag and len(weights) == lag + 1
    assert np.array_equal(data.test.at, tried[0].test.at)


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.floats(0.01, 1))
def test_the_posterior_is_that_of_bayes_rule(seed, T, noise):
    windows = series.fresh_pieces(seed, noise, T, count=5).past
    found = series.phase_posterior(windows, noise)
    for window, row in zip(windows, found, strict=True):
        waves = np.sin(series.PHASES[:, None] + np.arange(-T, 0) / 8)
        log_p = -((window - waves) ** 2).sum(axis=1) / (2 * noise**2)
        expected = np.exp(log_p - log_p.max())
        assert np.allclose(row, expected / expected.sum(), rtol=1e-6, atol=1e-12)


def test_the_posterior_of_a_window_that_fits_no_phase_is_still_one():
    found = series.phase_posterior(np.full((1, 10), 50.0), noise=0.001)
    assert np.isfinite(found).all() and found.sum() == pytest.approx(1)


def test_the_windows_best_is_aligned():
    waves = np.sin(np.linspace(0, 2 * np.pi, 50)[:, None] + np.arange(30) / 8)
    forecasts = series.window_best(waves[:, :10], noise=0.1, ahead=20)
    assert forecasts.shape == (50, 20) and abs(forecasts - waves[:, 10:]).max() < 0.02
    assert np.allclose(series.window_best(waves[:, :10], noise=0.1), forecasts[:, :1])


def test_fresh_pieces_are_of_the_process_at_random_phases():
    past, future = series.fresh_pieces(3, 0.1, lookback=40, ahead=60, count=4000)
    assert past.shape == (4000, 40) and future.shape == (4000, 60)
    pieces = np.hstack([past, future])
    t = np.arange(100) / 8
    basis = np.stack([np.sin(t), np.cos(t)], axis=1)
    (sines, cosines), *_ = np.linalg.lstsq(basis, pieces.T, rcond=None)
    assert abs(np.hypot(sines, cosines) - 1).max() < 0.1  # the height is always 1
    assert abs((pieces.T - basis @ [sines, cosines]).std() - 0.1) < 0.002
    quarters = np.histogram(np.arctan2(cosines, sines), bins=4, range=(-np.pi, np.pi))[0]
    assert abs(quarters - 1000).max() < 150
    again, other = (series.fresh_pieces(seed, 0.1, 40, 60, 4000).past for seed in (3, 4))
    assert np.array_equal(again, past) and (other != past).all()


def test_fresh_windows_are_scaled_as_the_series():
    data = series.prepare(series.make_series(0)["value"].to_numpy(), 10)
    past = series.fresh_pieces(0, 0.1, 10, count=7).past
    X = series.scaled_windows(data, past)
    assert X.shape == (7, 10, 1) and np.allclose(series.own_units(data, X)[:, :, 0], past)


def test_nobody_beats_the_windows_best():
    """On 10^5 fresh windows none that sees ten values is better, beyond sampling error."""
    params, kept = lstm.load(FOLDER / "results" / "lstm_weights.npz")
    data = series.prepare(series.make_series(0)["value"].to_numpy(), int(kept["lookback"]))
    squares = []
    for seed in range(10):  # in portions, which takes less memory
        pieces = series.fresh_pieces([12345, seed], 0.1, 10, count=10_000)
        X = series.scaled_windows(data, pieces.past)
        forecasts = series.window_forecasts(data, X, noise=0.1)
        forecasts["LSTM"] = series.own_units(data, lstm.fast_predict(params, X)[:, 0])
        squares.append(forecasts.sub(pieces.future[:, 0], axis=0) ** 2)
    squares = pd.concat(squares)
    best = squares.pop("window's best")
    assert 0.1**2 < best.mean() < 1.5 * 0.1**2
    assert set(squares) == {"persistence", "AR", "LSTM"}
    for name in squares:
        difference = squares[name] - best
        assert difference.mean() > -3 * difference.std() / np.sqrt(len(difference)), name


def test_recursive_feeds_back():
    steps = series.recursive(lambda X: X[:, -1] + X[:, 0], np.array([[[1.0], [1.0]]]), 5)
    assert steps.tolist() == [[2, 3, 5, 8, 13]]
