"""Notebook 1 around the network: the series, windows and split, rivals and floor, intervals, files, bad input."""

import ast
import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK, ROOT, load_definitions, read_notebook
from hypothesis import given
from hypothesis import strategies as st

nb = load_definitions(LSTM_NOTEBOOK)
FOLDER = (ROOT / LSTM_NOTEBOOK).parent


def test_imports():
    allowed = {"numpy", "pandas", "matplotlib", "seaborn", "tqdm", "joblib", "threadpoolctl", "ipywidgets"}
    allowed |= {"charset_normalizer", "IPython"}
    allowed |= set(sys.stdlib_module_names)
    imported = set()
    for cell in read_notebook(LSTM_NOTEBOOK).cells:
        for node in ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else []:
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.split(".")[0])
    assert "numpy" in imported and imported <= allowed


def test_parameters_are_the_shipped_ones():
    assert nb.AS_SHIPPED and (nb.LOOKBACK, nb.HIDDEN_SIZE, nb.EPOCHS, nb.N_SEEDS) == (10, 50, 200, 5)


def test_generator_reproduces_the_committed_csv():
    made = nb.make_series(nb.SEED).to_csv(index=False, lineterminator="\n")
    assert made.encode() == (FOLDER / "synthetic_data.csv").read_bytes()


@pytest.mark.parametrize("seed", [0, 3])
def test_a_seed_has_one_series_everywhere(seed, tmp_path, monkeypatch):
    """What is read, what the floor is computed for, and the first of the runs over seeds belong to one series."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"SEED": seed, "EPOCHS": 2, "HIDDEN_SIZE": 3}.items():
        monkeypatch.setattr(nb, name, value)
    value = nb.load_series()
    assert np.array_equal(value, nb.make_series(seed)["value"]) and np.array_equal(value, nb.load_series())
    assert [file.name for file in tmp_path.iterdir()] == (["synthetic_data.csv"] if seed == 0 else [])
    data = nb.prepare(value, nb.LOOKBACK)
    table = nb.all_forecasts(data, "test", nb.train(data, seed)[0], season=50)
    mse = table.sub(table["value"], axis=0).pow(2).mean()
    assert nb.seed_ratios(seed)["lstm"] == pytest.approx(mse["lstm"] / mse["window_best"], rel=1e-6)


def test_another_series_in_the_shipped_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nb.make_series(1).to_csv("synthetic_data.csv", index=False)
    with pytest.raises(ValueError, match="is not the series of seed 0: delete it"):
        nb.load_series()


def test_a_made_series_is_checked_as_a_file_is(monkeypatch):
    monkeypatch.setattr(nb, "SEED", 3)
    monkeypatch.setattr(nb, "LOOKBACK", 600)
    with pytest.raises(ValueError, match="SEED = 3 holds 1000 values and 1019 are needed"):
        nb.load_series()


@given(st.integers(100, 400), st.integers(1, 10), st.booleans(), st.integers(0, 99))
def test_split_is_in_time_and_scaled_by_train(n, lookback, difference, seed):
    """Against the definitions: a difference belongs to a value that has one before it, so not to the first."""
    value = np.cumsum(np.random.default_rng(seed).normal(size=n))
    known = {t: value[t] - value[t - 1] if difference else value[t] for t in range(difference, n)}
    data = nb.prepare(value, lookback, difference)
    low, high = data["scale"]
    ends = [round(0.6 * n), round(0.75 * n), round(0.85 * n), n]
    of_training = [known[t] for t in known if t < ends[0]]
    assert (low, high) == (min(of_training), max(of_training))
    start = lookback + difference
    for part, end in zip(nb.PARTS, ends, strict=True):
        X, y, at = data[part]
        assert at.tolist() == list(range(start, end)) and X.shape == (len(at), lookback, 1)
        for window, target, t in zip(X[:, :, 0], y[:, 0], at, strict=True):
            assert np.allclose(low + (high - low) * window, [known[k] for k in range(t - lookback, t)])
            assert np.isclose(low + (high - low) * target, known[t])
        assert np.allclose(nb.own_units(data, part, y), value[at])  # the way back from scaled to own units
        start = end


def test_a_trend_fills_the_scale_of_its_differences():
    value = np.cumsum(1 + 0.01 * np.random.default_rng(0).normal(size=400))
    data = nb.prepare(value, 10, difference=True)
    assert data["scale"] == pytest.approx((0.969, 1.031), abs=0.005)
    X, y, at = data["train"]
    assert at[0] == 11 and 0 <= X.min() < 0.1 and 0 <= y.min() < 0.1  # no window and no target holds a 0 that is no change


def test_a_forecast_of_the_next_value_wants_a_whole_window():
    kept = {"low": 0.0, "high": 1.0, "lookback": 10, "difference": True}
    params = nb.init_params(1, 3, 1, np.random.default_rng(0))
    value = np.random.default_rng(1).normal(size=11)
    change = nb.predict(params, np.diff(value).astype(np.float32)[None, :, None])[0, 0]
    assert nb.forecast_next(params, kept, value) == pytest.approx(value[-1] + change)
    with pytest.raises(ValueError, match="there are 10 values: give at least 11."):
        nb.forecast_next(params, kept, value[1:])


def test_nothing_after_the_training_part_reaches_it():
    value = nb.make_series(0)["value"].to_numpy()
    changed = value.copy()
    changed[600:] += 100
    before, after = nb.prepare(value, 10), nb.prepare(changed, 10)
    assert before["scale"] == after["scale"]
    assert all(np.array_equal(a, b) for a, b in zip(before["train"], after["train"], strict=True))


def forecasts_of(value, season):
    data = nb.prepare(value, nb.LOOKBACK)
    params = nb.init_params(1, 3, 1, np.random.default_rng(0))
    return nb.all_forecasts(data, "test", params, season)


def test_rivals_are_aligned():
    """On a series where a rival is exactly right, its error is zero; one step off it would not be."""
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
    data = nb.prepare(nb.make_series(1)["value"].to_numpy(), 10)
    lag, weights, longer = nb.choose_lag(data, season=50)

    def error(data, weights):
        return np.mean((nb.predict_ar(weights, data["validation"][0]) - data["validation"][1]) ** 2)

    others = [nb.prepare(data["value"], other) for other in nb.LAGS]
    assert lag > 10 and error(longer, weights) == min(error(other, nb.choose_ar(other)) for other in others)
    assert np.array_equal(longer["test"][2], data["test"][2]) and longer["test"][0].shape[1] == lag
    wave = np.sin(np.arange(200) / 5)  # 110 rows to train on
    assert nb.choose_lag(nb.prepare(wave, 10, True), season=31)[0] <= 27


def test_the_windows_best_is_aligned():
    waves = np.sin(np.linspace(0, 2 * np.pi, 50)[:, None] + np.arange(30) / 8)
    for ahead in (1, 2, 20):
        assert abs(nb.window_best(waves[:, :10], ahead) - waves[:, 9 + ahead]).max() < 0.01


@pytest.mark.parametrize("season", [1, 2])
def test_the_fitted_sine_takes_no_period_that_fits_nothing(season):
    """Near such periods a sine can vanish at every step; what is left is a constant, and lstsq gives it no residual."""
    value = np.sin(2 * np.pi * 0.98 * np.arange(400) / season) + np.random.default_rng(0).normal(0, 0.1, 400)
    at = np.arange(350, 400)
    assert np.mean((nb.fitted_sine(value, at, season) - value[at]) ** 2) < 0.02


def correlations_by_sums(x):
    """autocorrelations by its definition: a sum for each lag."""
    x, n = x - x.mean(), len(x)
    means = np.array([x[lag:] @ x[: n - lag] / (n - lag) for lag in range(n // 2 + 1)])
    return means / means[0]


@given(st.integers(20, 300), st.floats(2, 60), st.floats(0.01, 2), st.floats(0, 0.1), st.integers(0, 99))
def test_the_autocorrelations_are_those_of_the_definition(n, period, noise, trend, seed):
    t = np.arange(n)
    series = np.sin(2 * np.pi * t / period) + noise * np.random.default_rng(seed).normal(size=n) + trend * t
    assert np.allclose(nb.autocorrelations(series), correlations_by_sums(series), atol=1e-9)


@pytest.mark.parametrize(
    "season, n, trend, noise", [(12, 90, 0.1, 0.1), (4, 60, 0.05, 0.2), (48, 1000, 0, 0.1), (365, 2200, 0, 0.7)]
)
def test_the_season_is_found_under_a_trend_and_under_noise(season, n, trend, noise):
    t = np.arange(n)
    value = np.sin(2 * np.pi * t / season) + trend * t + np.random.default_rng(0).normal(0, noise, n)
    assert abs(nb.find_season(value) - season) <= max(1, 0.02 * season)


@pytest.mark.parametrize("n", [60, 200, 1000])
def test_a_random_walk_a_trend_and_noise_have_no_season(n):
    rng = np.random.default_rng(1)
    found = [nb.find_season(value) for _ in range(20)
             for value in (np.cumsum(rng.normal(size=n)), rng.normal(size=n), np.arange(n) + rng.normal(size=n))]  # fmt: skip
    assert sum(season > 1 for season in found) <= 3


def test_the_season_of_the_shipped_series_and_of_a_constant():
    value = nb.make_series(0)["value"].to_numpy()
    assert nb.find_season(value[10:600]) == 50
    assert nb.find_season(np.full(200, 3.0)) == nb.find_season(1e6 + 0.1 * np.arange(200.0)) == 1


def test_the_season_of_a_long_series_is_found_in_a_moment():
    """By direct sums this takes minutes: 10^11 products."""
    t = np.arange(600_000)
    noise = np.random.default_rng(0).normal(0, 0.001, len(t))
    assert nb.find_season(np.sin(2 * np.pi * t / 336) + noise) == 336


def test_season_is_found():
    assert nb.find_season(np.sin(2 * np.pi * np.arange(300) / 24)) == 24
    assert nb.find_season(np.arange(300.0) + np.random.default_rng(0).normal(size=300)) == 1


def test_the_range_of_the_training_part_is_left_by_a_trend_alone():
    t = np.arange(400)
    assert nb.outside_range(0.1 * t + np.sin(t / 5)) > 0.8 and nb.outside_range(np.sin(t / 5)) < 0.05


def choose(value, monkeypatch):
    """What choose_difference keeps after short trainings."""
    monkeypatch.setattr(nb, "EPOCHS", 20)
    data = nb.prepare(value, 10)
    given = data, *nb.train(data, 0)
    return given, nb.choose_difference(*given)


def test_the_lstm_chooses_differences_where_they_are_better(monkeypatch, capsys):
    """By its errors in the series' own units, which are those of the forecasts that are then made."""
    value = 0.1 * np.arange(400) + np.sin(np.arange(400) / 5)
    before, (data, params, history) = choose(value, monkeypatch)
    assert data["difference"] and not before[0]["difference"]
    errors = []
    for one, net, _ in (before, (data, params, history)):
        X, _, at = one["validation"]
        errors.append(np.sqrt(np.mean((nb.own_units(one, "validation", nb.predict(net, X.astype(np.float32))) - value[at]) ** 2)))
    assert errors[1] < errors[0]
    said = capsys.readouterr().out
    assert f"is {nb.as_text(errors[1])} with differences, {nb.as_text(errors[0])} with values: differences are kept." in said


def test_values_are_kept_where_the_lstm_forecasts_them_better(monkeypatch, capsys):
    """At every seventh step of the validation part a little outside the range, but noise about a level."""
    value = np.random.default_rng(0).uniform(-1, 1, 400)
    value[240:300:7] = 1.05
    before, after = choose(value, monkeypatch)
    assert after[0] is before[0] and after[1] is before[1]
    assert capsys.readouterr().out.endswith("with values: values are kept.\n")


def test_differences_are_not_tried_inside_the_range_nor_on_a_line(monkeypatch, capsys):
    for value in (np.sin(np.arange(400) / 5), 5.0 * np.arange(400)):
        before, after = choose(value, monkeypatch)
        assert after[0] is before[0] and after[1] is before[1] and capsys.readouterr().out == ""


def test_a_lagged_copy_is_called_so():
    walk = np.cumsum(np.random.default_rng(0).normal(size=300))
    last, actual, old = walk[:-1], walk[1:], np.full(299, 99.0)
    assert nb.beside_naive(last + 0.1, actual, last, old).endswith("its curve is a lagged copy of the series.")
    assert nb.beside_naive(last + 9, actual, last, old).endswith("repeating the last value: that value is the better forecast.")
    change = actual - last
    other = np.random.default_rng(1).normal(size=299)
    other -= change * (other @ change) / (change @ change)
    other *= math.sqrt(0.48 * (change @ change) / (other @ other))
    little = last + 0.3 * change + other  # its squared error is 0.97 times that of the last value
    assert nb.beside_naive(little, actual, last, old).endswith(
        "0.97 times that of repeating the last value: it adds next to nothing."
    )
    assert nb.beside_naive(0.5 * last + 0.5 * actual, actual, last, old) == ""


def test_a_seasonal_series_is_compared_with_the_value_a_season_ago():
    value = np.sin(2 * np.pi * np.arange(300) / 12) + np.random.default_rng(0).normal(0, 0.1, 300)
    actual, last, old = value[12:], value[11:-1], value[:-12]
    said = nb.beside_naive(actual + 0.3, actual, last, old)
    assert "times that of repeating the value a season ago" in said
    assert nb.beside_naive(actual + 0.01, actual, last, old) == ""


def test_nobody_beats_the_windows_best():
    """On 10^5 fresh windows, no forecaster that sees ten values is better than the window's best beyond sampling error."""
    pieces = nb.continuations(np.random.default_rng(12345), past=10, ahead=1, count=100_000)
    windows, target = pieces[:, :10], pieces[:, 10]
    params, kept = nb.load_model(FOLDER / "results" / "lstm_weights.npz")
    low, high = float(kept["low"]), float(kept["high"])
    scaled = ((windows - low) / (high - low))[:, :, None]
    ar = nb.choose_ar(nb.prepare(nb.make_series(0)["value"].to_numpy(), 10))
    rivals = {
        "lstm": low + (high - low) * nb.predict(params, scaled.astype(np.float32))[:, 0],
        "ar": low + (high - low) * nb.predict_ar(ar, scaled)[:, 0],
        "persistence": windows[:, -1],
    }
    best = (nb.window_best(windows) - target) ** 2
    assert nb.NOISE**2 < best.mean() < 1.5 * nb.NOISE**2
    for name, forecast in rivals.items():
        difference = (forecast - target) ** 2 - best
        assert difference.mean() > -3 * difference.std() / np.sqrt(len(difference)), name


@given(st.integers(0, 2**32 - 1), st.integers(20, 200))
def test_half_width_is_the_conformal_quantile(seed, n):
    errors = np.random.default_rng(seed).normal(size=n)
    half = nb.half_width(errors)
    inside = (abs(errors) <= half).sum()
    assert inside >= 0.9 * (n + 1) > inside - 1  # the smallest that covers enough
    assert nb.half_width(errors[:8]) == np.inf
    assert nb.coverage_band(8, 20) == (1, 1)


def test_intervals_cover_what_they_promise():
    rng = np.random.default_rng(0)
    covered = [np.mean(abs(rng.normal(size=150)) <= nb.half_width(rng.normal(size=100))) for _ in range(2000)]
    low, high = nb.coverage_band(100, 150)
    assert abs(np.mean(covered) - 91 / 101) < 0.005
    assert abs(np.mean((low <= np.array(covered)) & (np.array(covered) <= high)) - 0.95) < 0.03


def test_recursive_feeds_back():
    steps = nb.recursive(lambda X: X[:, -1] + X[:, 0], np.array([[[1.0], [1.0]]]), 5)
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
    assert nb.as_text(number, spread) == text


@given(st.floats(1e-30, 1e30), st.floats(-100, 100))
def test_a_written_value_is_off_by_less_than_a_hundredth_of_the_spread(spread, multiple):
    written = float(nb.as_text(multiple * spread, spread).replace(",", ""))
    assert abs(written - multiple * spread) <= 0.01 * spread


def test_every_bug_is_one_line_and_caught():
    assert len(nb.BUGS) == 6
    for name, (line, bug) in nb.BUGS.items():
        assert "\n" not in line + bug
        assert nb.model_error(nb.with_bug(line, bug)) > 1e-3, name
    with pytest.raises(ValueError, match="occurs 0 times"):
        nb.with_bug("no such line", "")


def test_committed_results_belong_together():
    metrics = json.loads((FOLDER / "results" / "metrics.json").read_text())
    forecasts = pd.read_csv(FOLDER / "results" / "forecasts.csv", index_col="t")
    mse = forecasts.sub(forecasts["value"], axis=0).pow(2).mean()
    for key, column in {
        "test_mse": "lstm",
        "ar_mse": "ar",
        "persistence_mse": "persistence",
        "seasonal_naive_mse": "seasonal_naive",
        "window_best_mse": "window_best",
    }.items():
        assert metrics[key] == pytest.approx(mse[column], rel=1e-12)
    params, kept = nb.load_model(FOLDER / "results" / "lstm_weights.npz")
    data = nb.prepare(nb.make_series(0)["value"].to_numpy(), nb.LOOKBACK)
    assert (kept["low"], kept["high"]) == data["scale"]
    again = nb.own_units(data, "test", nb.predict(params, data["test"][0].astype(np.float32)))
    assert np.allclose(again, forecasts["lstm"], rtol=0, atol=1e-5)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_workers_end_with_the_notebook_that_started_them(tmp_path):
    """Two endless jobs beat their hearts into files; soon after their notebook is killed, no heart beats."""
    cells = {cell.id: cell.source for cell in read_notebook(LSTM_NOTEBOOK).cells}
    beat = """
def beat(number):
    for _ in range(600):  # at most a minute, should the test fail
        Path(f"{number} of {os.getpid()}").touch()
        time.sleep(0.1)

run_jobs(beat, [(0,), (1,), (2,), (3,)], "beats")
"""
    parts = [cells[name] for name in ("same-numbers", "imports", "parameters", "plumbing")]
    (tmp_path / "run.py").write_text("\n\n".join([*parts, beat]))
    environment = os.environ | {"MPLBACKEND": "agg", "LOKY_MAX_CPU_COUNT": "2"}
    process = subprocess.Popen([sys.executable, "run.py"], cwd=tmp_path, env=environment)
    until(lambda: len(list(tmp_path.glob("* of *"))) == 2, 60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hearts = list(tmp_path.glob("* of *"))
    assert all(not heart.name.endswith(f" of {process.pid}") for heart in hearts)
    until(lambda: time.time() - max(heart.stat().st_mtime for heart in hearts) > 2, 15)
    assert list(tmp_path.glob("* of *")) == hearts  # and none of the jobs that waited has begun


def until(condition, seconds):
    """Wait until the condition holds, at most so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.1)
