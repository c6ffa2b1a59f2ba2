"""Notebook 1 around the network: the series, windows and split, rivals and floor, intervals."""

import ast
import sys

import numpy as np
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
    names = ("SEED", "LOOKBACK", "HIDDEN_SIZE", "EPOCHS", "N_SEEDS")
    assert [parameters(LSTM_NOTEBOOK)[name] for name in names] == [0, 10, 50, 200, 5]


def test_generator_reproduces_the_committed_csv():
    made = series.make_series(0).to_csv(index=False, lineterminator="\n")
    assert made.encode() == (FOLDER / "synthetic_data.csv").read_bytes()


@given(st.integers(100, 400), st.integers(1, 10), st.integers(0, 99))
def test_split_is_in_time_and_scaled_by_train(n, lookback, seed):
    """Against the definitions."""
    value = np.cumsum(np.random.default_rng(seed).normal(size=n))
    data = series.prepare(value, lookback)
    low, high = data["scale"]
    ends = [round(0.6 * n), round(0.75 * n), round(0.85 * n), n]
    assert (low, high) == (min(value[: ends[0]]), max(value[: ends[0]]))
    start = lookback
    for part, end in zip(series.PARTS, ends, strict=True):
        X, y, at = data[part]
        assert at.tolist() == list(range(start, end)) and X.shape == (len(at), lookback, 1)
        for window, target, t in zip(X[:, :, 0], y[:, 0], at, strict=True):
            assert np.allclose(low + (high - low) * window, value[t - lookback : t])
            assert np.isclose(low + (high - low) * target, value[t])
        assert np.allclose(series.own_units(data, part, y), value[at])  # the way back
        start = end


def test_a_forecast_of_the_next_value_wants_a_whole_window():
    kept = {"low": -1.0, "high": 3.0, "lookback": 10}
    params = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    value = np.random.default_rng(1).normal(size=11)
    window = ((value[1:] + 1) / 4).astype(np.float32)[None, :, None]
    expected = -1 + 4 * lstm.predict(params, window)[0, 0]
    assert lstm.forecast_next(params, kept, value) == pytest.approx(expected)
    with pytest.raises(ValueError, match="there are 9 values: give at least 10."):
        lstm.forecast_next(params, kept, value[2:])


def test_nothing_after_the_training_part_reaches_it():
    value = series.make_series(0)["value"].to_numpy()
    changed = value.copy()
    changed[600:] += 100
    before, after = series.prepare(value, 10), series.prepare(changed, 10)
    assert before["scale"] == after["scale"]
    assert all(np.array_equal(a, b) for a, b in zip(before["train"], after["train"], strict=True))


def forecasts_of(value, season):
    data = series.prepare(value, 10)
    params = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    return series.all_forecasts(data, "test", params, season)


def test_rivals_are_aligned():
    """Where a rival is exactly right, its error is zero; one step off it would not be."""
    steps = np.arange(400)
    table = forecasts_of(np.sin(2 * np.pi * steps / 25), season=25)
    for name in ("seasonal_naive", "ar", "ar_chosen", "fitted_sine"):
        assert abs(table[name] - table["value"]).max() < 1e-3, name
    value = np.arange(400) % 7 * 1.0
    table = forecasts_of(value, season=7)
    assert np.array_equal(table["value"], value[table.index])
    assert np.array_equal(table["persistence"], value[table.index - 1])
    assert np.array_equal(table["seasonal_naive"], table["value"])


def test_the_chosen_lag_is_the_best_on_validation_and_no_more_than_the_rows_allow():
    data = series.prepare(series.make_series(1)["value"].to_numpy(), 10)
    lag, weights, longer = series.choose_lag(data, season=50)

    def error(data, weights):
        return np.mean(
            (series.predict_ar(weights, data["validation"][0]) - data["validation"][1]) ** 2
        )

    others = [series.prepare(data["value"], other) for other in series.LAGS]
    assert lag > 10 and error(longer, weights) == min(
        error(other, series.choose_ar(other)) for other in others
    )
    assert np.array_equal(longer["test"][2], data["test"][2]) and longer["test"][0].shape[1] == lag
    wave = np.sin(np.arange(200) / 5)  # 110 rows to train on
    assert series.choose_lag(series.prepare(wave, 10), season=31)[0] <= 27


def test_the_windows_best_is_aligned():
    waves = np.sin(np.linspace(0, 2 * np.pi, 50)[:, None] + np.arange(30) / 8)
    for ahead in (1, 2, 20):
        assert abs(series.window_best(waves[:, :10], ahead) - waves[:, 9 + ahead]).max() < 0.01


@pytest.mark.parametrize("season", [1, 2])
def test_the_fitted_sine_takes_no_period_that_fits_nothing(season):
    """Near such periods a sine can vanish at every step: a constant is left, with no residual."""
    value = np.sin(2 * np.pi * 0.98 * np.arange(400) / season)
    value += np.random.default_rng(0).normal(0, 0.1, 400)
    at = np.arange(350, 400)
    assert np.mean((series.fitted_sine(value, at, season) - value[at]) ** 2) < 0.02


def correlations_by_sums(x):
    """autocorrelations by its definition: a sum for each lag."""
    x, n = x - x.mean(), len(x)
    means = np.array([x[lag:] @ x[: n - lag] / (n - lag) for lag in range(n // 2 + 1)])
    return means / means[0]


@given(
    st.integers(20, 300),
    st.floats(2, 60),
    st.floats(0.01, 2),
    st.floats(0, 0.1),
    st.integers(0, 99),
)
def test_the_autocorrelations_are_those_of_the_definition(n, period, noise, trend, seed):
    t = np.arange(n)
    value = np.sin(2 * np.pi * t / period) + trend * t
    value += noise * np.random.default_rng(seed).normal(size=n)
    assert np.allclose(series.autocorrelations(value), correlations_by_sums(value), atol=1e-9)


@pytest.mark.parametrize(
    "season, n, trend, noise",
    [(12, 90, 0.1, 0.1), (4, 60, 0.05, 0.2), (48, 1000, 0, 0.1), (365, 2200, 0, 0.7)],
)
def test_the_season_is_found_under_a_trend_and_under_noise(season, n, trend, noise):
    t = np.arange(n)
    value = (
        np.sin(2 * np.pi * t / season) + trend * t + np.random.default_rng(0).normal(0, noise, n)
    )
    assert abs(series.find_season(value) - season) <= max(1, 0.02 * season)


@pytest.mark.parametrize("n", [60, 200, 1000])
def test_a_random_walk_a_trend_and_noise_have_no_season(n):
    rng = np.random.default_rng(1)
    found = []
    for _ in range(20):
        values = (
            np.cumsum(rng.normal(size=n)),
            rng.normal(size=n),
            np.arange(n) + rng.normal(size=n),
        )
        found += [series.find_season(value) for value in values]
    assert sum(season > 1 for season in found) <= 3


def test_the_season_of_the_shipped_series_and_of_a_constant():
    value = series.make_series(0)["value"].to_numpy()
    assert series.find_season(value[10:600]) == 50
    assert (
        series.find_season(np.full(200, 3.0))
        == series.find_season(1e6 + 0.1 * np.arange(200.0))
        == 1
    )


def test_the_season_of_a_long_series_is_found_in_a_moment():
    """By direct sums this takes minutes: 10^11 products."""
    t = np.arange(600_000)
    noise = np.random.default_rng(0).normal(0, 0.001, len(t))
    assert series.find_season(np.sin(2 * np.pi * t / 336) + noise) == 336


def test_season_is_found():
    assert series.find_season(np.sin(2 * np.pi * np.arange(300) / 24)) == 24
    assert series.find_season(np.arange(300.0) + np.random.default_rng(0).normal(size=300)) == 1


def test_nobody_beats_the_windows_best():
    """On 10^5 fresh windows none that sees ten values is better, beyond sampling error."""
    pieces = series.continuations(np.random.default_rng(12345), past=10, ahead=1, count=100_000)
    windows, target = pieces[:, :10], pieces[:, 10]
    params, kept = lstm.load(FOLDER / "results" / "lstm_weights.npz")
    low, high = float(kept["low"]), float(kept["high"])
    scaled = ((windows - low) / (high - low))[:, :, None]
    ar = series.choose_ar(series.prepare(series.make_series(0)["value"].to_numpy(), 10))
    rivals = {
        "lstm": low + (high - low) * lstm.predict(params, scaled.astype(np.float32))[:, 0],
        "ar": low + (high - low) * series.predict_ar(ar, scaled)[:, 0],
        "persistence": windows[:, -1],
    }
    best = (series.window_best(windows) - target) ** 2
    assert series.NOISE**2 < best.mean() < 1.5 * series.NOISE**2
    for name, forecast in rivals.items():
        difference = (forecast - target) ** 2 - best
        assert difference.mean() > -3 * difference.std() / np.sqrt(len(difference)), name


@given(st.integers(0, 2**32 - 1), st.integers(20, 200))
def test_half_width_is_the_conformal_quantile(seed, n):
    errors = np.random.default_rng(seed).normal(size=n)
    half = series.half_width(errors)
    inside = (abs(errors) <= half).sum()
    assert inside >= 0.9 * (n + 1) > inside - 1  # the smallest that covers enough
    assert series.half_width(errors[:8]) == np.inf
    assert series.coverage_band(8, 20) == (1, 1)


def test_intervals_cover_what_they_promise():
    rng = np.random.default_rng(0)
    covered = [
        np.mean(abs(rng.normal(size=150)) <= series.half_width(rng.normal(size=100)))
        for _ in range(2000)
    ]
    low, high = series.coverage_band(100, 150)
    assert abs(np.mean(covered) - 91 / 101) < 0.005
    assert abs(np.mean((low <= np.array(covered)) & (np.array(covered) <= high)) - 0.95) < 0.03


def test_recursive_feeds_back():
    steps = series.recursive(lambda X: X[:, -1] + X[:, 0], np.array([[[1.0], [1.0]]]), 5)
    assert steps.tolist() == [[2, 3, 5, 8, 13]]


@pytest.mark.parametrize(
    "number, spread, text",
    [
        (0.0068123, 0.0005, "0.006812"),  # yen in dollars
        (0.000213, None, "0.000213"),
        (23536.99, 5000, "23,537"),  # a price
        (1013.25, 8.1, "1,013.25"),  # a pressure
        (-0.627123, 0.177, "-0.627"),
        (-0.00001, 0.7, "0.000"),
        (0.0099649, None, "0.00996"),
        (20_212_345.6, None, "20,212,346"),
        (2.5e-17, None, "2.50e-17"),
        (2.34567e20, 1e18, "2.3457e+20"),
        (0, None, "0"),
        (0.0, 1e-20, "0.00e+00"),
        (5.25, 0, "5.25"),
        (float("inf"), None, "inf"),
        (float("inf"), 1, "inf"),
        (float("nan"), 1, "nan"),
    ],
)
def test_numbers_are_written_with_the_digits_that_tell_something(number, spread, text):
    assert series.as_text(number, spread) == text


@given(st.floats(1e-30, 1e30), st.floats(-100, 100))
def test_a_written_value_is_off_by_less_than_a_hundredth_of_the_spread(spread, multiple):
    written = float(series.as_text(multiple * spread, spread).replace(",", ""))
    assert abs(written - multiple * spread) <= 0.01 * spread
