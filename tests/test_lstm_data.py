"""Notebook 1 around the network: the series, windows and split, rivals and floor, intervals, files, bad input."""

import ast
import json
import sys

import numpy as np
import pandas as pd
import papermill
import pytest
from conftest import LSTM_NOTEBOOK, ROOT, load_definitions, read_notebook
from hypothesis import given
from hypothesis import strategies as st

nb = load_definitions(LSTM_NOTEBOOK)
FOLDER = (ROOT / LSTM_NOTEBOOK).parent
REDUCED = {"EPOCHS": 2, "N_SEEDS": 1, "HIDDEN_SIZE": 4, "RECALL_STEPS": 5}


def test_imports():
    allowed = {"numpy", "pandas", "matplotlib", "seaborn", "tqdm", "joblib", "threadpoolctl", *sys.stdlib_module_names}
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


@given(st.integers(100, 400), st.integers(1, 20), st.booleans(), st.integers(0, 99))
def test_split_is_in_time_and_scaled_by_train(n, lookback, difference, seed):
    value = np.cumsum(np.random.default_rng(seed).normal(size=n))
    data = nb.prepare(value, lookback, difference)
    targets = np.concatenate([data[part][2] for part in nb.PARTS])
    assert np.array_equal(targets, np.arange(lookback, n))
    series = np.diff(value, prepend=value[0]) if difference else value
    low, high = data["scale"]
    assert (low, high) == (series[: round(0.6 * n)].min(), series[: round(0.6 * n)].max())
    for part in nb.PARTS:
        X, y, at = data[part]
        for row, position in zip(X, at, strict=True):
            assert np.allclose(low + (high - low) * row[:, 0], series[position - lookback : position])
        assert np.allclose(nb.own_units(data, part, y), value[at])  # the way back from scaled to own units


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
    for name in ("seasonal_naive", "ar", "fitted_sine"):
        assert abs(table[name] - table["value"]).max() < 1e-3, name
    value = np.arange(400) % 7 * 1.0
    table = forecasts_of(value, season=7)
    assert np.array_equal(table["value"], value[table.index])
    assert np.array_equal(table["persistence"], value[table.index - 1])
    assert np.array_equal(table["seasonal_naive"], table["value"])


def test_the_windows_best_is_aligned():
    waves = np.sin(np.linspace(0, 2 * np.pi, 50)[:, None] + np.arange(30) / 8)
    for ahead in (1, 2, 20):
        assert abs(nb.window_best(waves[:, :10], ahead) - waves[:, 9 + ahead]).max() < 0.01


def test_season_is_found():
    assert nb.find_season(np.sin(2 * np.pi * np.arange(300) / 24)) == 24
    assert nb.find_season(np.arange(300.0) + np.random.default_rng(0).normal(size=300)) == 1


def test_nobody_beats_the_windows_best():
    """On 10^5 fresh windows, no forecaster that sees ten values is better than the window's best beyond sampling error."""
    pieces = nb.continuations(np.random.default_rng(12345), past=10, ahead=1, count=100_000)
    windows, target = pieces[:, :10], pieces[:, 10]
    params, kept = nb.load_model(FOLDER / "results" / "lstm_weights.npz")
    low, high = float(kept["low"]), float(kept["high"])
    scaled = ((windows - low) / (high - low))[:, :, None]
    ar = nb.choose_ar(nb.prepare(nb.read_series(FOLDER / "synthetic_data.csv"), 10))
    rivals = {
        "lstm": low + (high - low) * nb.predict(params, scaled.astype(np.float32))[:, 0],
        "ar": low + (high - low) * nb.predict_ar(ar, scaled)[:, 0],
        "persistence": windows[:, -1],
    }
    best = (nb.window_best(windows) - target) ** 2
    assert nb.SIGMA**2 < best.mean() < 1.5 * nb.SIGMA**2
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


def test_intervals_cover_what_they_promise():
    rng = np.random.default_rng(0)
    covered = [np.mean(abs(rng.normal(size=150)) <= nb.half_width(rng.normal(size=100))) for _ in range(2000)]
    low, high = nb.coverage_band(100, 150)
    assert abs(np.mean(covered) - 91 / 101) < 0.005
    assert abs(np.mean((low <= np.array(covered)) & (np.array(covered) <= high)) - 0.95) < 0.03


def test_recursive_feeds_back():
    steps = nb.recursive(lambda X: X[:, -1] + X[:, 0], np.array([[[1.0], [1.0]]]), 5)
    assert steps.tolist() == [[2, 3, 5, 8, 13]]


def test_every_bug_is_one_line_and_caught():
    assert len(nb.BUGS) == 5
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
    data = nb.prepare(nb.read_series(FOLDER / "synthetic_data.csv"), nb.LOOKBACK)
    assert (kept["low"], kept["high"]) == data["scale"]
    again = nb.own_units(data, "test", nb.predict(params, data["test"][0].astype(np.float32)))
    assert np.allclose(again, forecasts["lstm"], rtol=0, atol=1e-5)


def test_committed_results_are_in_their_bands():
    """Wider than the figures aimed at, for trained numbers move a little with the machine."""
    metrics = json.loads((FOLDER / "results" / "metrics.json").read_text())
    assert 0.001 <= metrics["test_mse_minmax"] <= 0.01
    assert metrics["gradient_error"] <= 1e-12
    assert metrics["seeds"] == 5 == metrics["seeds_below_ar"]
    assert metrics["ratio_mean"] <= 1.08
    assert 0.8 <= metrics["interval_coverage"] <= 0.97


def run_notebook(folder, **parameters):
    papermill.execute_notebook(
        ROOT / LSTM_NOTEBOOK, folder / "run.ipynb", REDUCED | parameters, cwd=folder, kernel_name="python3", progress_bar=False
    )


def test_own_series_from_end_to_end(tmp_path):
    """A whole reduced run on a reader's file: the file untouched, results in a folder of their own."""
    path, values = tmp_path / "Größe 1.csv", np.round(np.sin(np.arange(300) / 5), 4)
    path.write_text("date,price\n" + "\n".join(f"{t},{3 * v + t}" for t, v in enumerate(values)))
    before = path.read_bytes()
    run_notebook(tmp_path, DATA_CSV=str(path), DIFFERENCE=True, VALUE_COLUMN="price")
    assert path.read_bytes() == before
    metrics = json.loads((tmp_path / "Größe 1" / "results" / "metrics.json").read_text())
    assert metrics["window_best_mse"] is None and metrics["ratio_mean"] is None and metrics["test_mse"] > 0
    assert {file.name for file in tmp_path.iterdir()} == {"Größe 1.csv", "Größe 1", "run.ipynb"}
