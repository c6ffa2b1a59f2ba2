"""What the introduction, the README and the tables say of notebook 1, held against its results."""

import json

import numpy as np
import pandas as pd
import pytest

from LSTM_from_scratch import lstm, series
from tools.notebooks import LSTM_NOTEBOOK, ROOT, parameters

RESULTS = (ROOT / LSTM_NOTEBOOK).parent / "results"


@pytest.fixture(scope="module")
def metrics():
    return json.loads((RESULTS / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def evidence():
    return json.loads((RESULTS / "evidence.json").read_text(encoding="utf-8"))


def test_the_error_and_the_epochs_are_in_the_stated_ranges(metrics):
    assert 0.001 <= metrics["test_mse_minmax"] <= 0.01
    assert 100 <= metrics["epochs_run"] <= 200
    assert metrics["gradient_error"] <= 1e-12


def test_the_lstm_beats_every_rival_that_sees_as_much_and_nobody_beats_the_windows_best(metrics):
    rivals = [metrics[f"{name}_mse"] for name in ("ar", "persistence", "seasonal_naive")]
    assert metrics["test_mse"] < min(rivals)
    assert metrics["ratio_mean"] <= 1.08 and metrics["seeds_below_ar"] == metrics["seeds"]
    assert metrics["seeds"] == parameters(LSTM_NOTEBOOK)["N_SEEDS"]


def test_over_a_hundred_seeds_the_lstm_is_near_the_windows_best(evidence):
    assert evidence["seeds"] == 100
    assert evidence["ratio_mean"] <= 1.08 and evidence["seeds_below_ar"] == evidence["seeds"]


@pytest.mark.parametrize("net", ["lstm_forget_bias_4", "relu_rnn_identity"])
def test_a_start_that_keeps_a_memory_solves_the_recall_task(evidence, net):
    assert evidence[f"recall_{net}_error_median_early"] < 0.1


@pytest.mark.parametrize("net", ["lstm_forget_bias_1", "tanh_rnn"])
def test_an_ordinary_start_does_not(evidence, net):
    """Whoever always answers 0 has 1/3."""
    assert evidence[f"recall_{net}_error_min_early"] > 0.25


def test_committed_results_belong_together(metrics):
    forecasts = pd.read_csv(RESULTS / "forecasts.csv", index_col="t")
    mse = forecasts.sub(forecasts["value"], axis=0).pow(2).mean()
    for key, column in {
        "test_mse": "lstm",
        "ar_mse": "ar",
        "persistence_mse": "persistence",
        "seasonal_naive_mse": "seasonal_naive",
        "window_best_mse": "window_best",
    }.items():
        assert metrics[key] == pytest.approx(mse[column], rel=1e-12)
    params, kept = lstm.load(RESULTS / "lstm_weights.npz")
    data = series.prepare(series.make_series(0)["value"].to_numpy(), int(kept["lookback"]))
    assert (kept["low"], kept["high"]) == data["scale"]
    X = data["test"][0].astype(np.float32)
    again = series.own_units(data, "test", lstm.predict(params, X))
    assert np.allclose(again, forecasts["lstm"], rtol=0, atol=1e-5)
