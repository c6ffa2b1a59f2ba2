"""What the introduction, the README and the tables say of notebook 1, held against its results."""

import json

import numpy as np
import pandas as pd
import pytest

from LSTM_from_scratch import lstm, series
from owndata.conformal import coverage_band
from tools.notebooks import LSTM_NOTEBOOK, ROOT, parameters

RESULTS = (ROOT / LSTM_NOTEBOOK).parent / "results"
SHIPPED = parameters(LSTM_NOTEBOOK)
METRICS = """test_mse test_mse_minmax window_best_mse ratio_to_window_best noise_mse persistence_mse
    ar_mse epochs_run epoch_best gradient_error interval_coverage interval_width seeds ratio_mean
    ratio_max seeds_below_ar"""
COLUMNS = ["persistence", "AR", "window's best", "LSTM", "AR, lag chosen", "value"]


@pytest.fixture(scope="module")
def metrics():
    return json.loads((RESULTS / "metrics.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def evidence():
    return json.loads((RESULTS / "evidence.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def forecasts():
    return pd.read_csv(RESULTS / "forecasts.csv", index_col="t")


@pytest.fixture(scope="module")
def data():
    value = series.make_series(SHIPPED["SEED"], SHIPPED["NOISE"])["value"].to_numpy()
    return series.prepare(value, SHIPPED["LOOKBACK"])


def test_the_metrics_are_those_that_are_promised(metrics):
    assert set(metrics) == set(METRICS.split())


def test_the_error_and_the_epochs_are_in_the_stated_ranges(metrics):
    assert 0.001 <= metrics["test_mse_minmax"] <= 0.01
    assert 1 <= metrics["epoch_best"] <= metrics["epochs_run"] <= SHIPPED["EPOCHS"]
    if metrics["epochs_run"] < SHIPPED["EPOCHS"]:
        assert metrics["epochs_run"] == metrics["epoch_best"] + SHIPPED["PATIENCE"]
    assert metrics["gradient_error"] <= 1e-12


def test_the_lstm_beats_every_rival_that_sees_as_much_and_is_near_the_windows_best(metrics):
    assert metrics["test_mse"] < min(metrics["ar_mse"], metrics["persistence_mse"])
    assert metrics["ratio_mean"] <= 1.08 and metrics["seeds_below_ar"] == metrics["seeds"]
    assert metrics["seeds"] == SHIPPED["N_SEEDS"]


def test_the_metrics_agree_with_each_other(metrics, data):
    ratio = metrics["test_mse"] / metrics["window_best_mse"]
    assert metrics["ratio_to_window_best"] == pytest.approx(ratio, rel=1e-12)
    scale = (data.high - data.low) ** 2
    assert metrics["test_mse_minmax"] == pytest.approx(metrics["test_mse"] / scale, rel=1e-12)
    assert metrics["noise_mse"] == pytest.approx(SHIPPED["NOISE"] ** 2)
    assert metrics["ratio_mean"] <= metrics["ratio_max"]


def test_the_intervals_cover_what_chance_explains(metrics, data):
    low, high = coverage_band(len(data.calibration.y), len(data.test.y))
    assert low <= metrics["interval_coverage"] <= high
    # at least as wide as 90% of the noise alone
    assert metrics["interval_width"] > 2 * 1.645 * SHIPPED["NOISE"] * 0.9


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


def test_the_forecasts_are_a_column_for_each_forecaster_and_the_values(forecasts, data):
    assert list(forecasts.columns) == COLUMNS
    assert np.array_equal(forecasts.index, data.test.at)
    assert np.allclose(forecasts["value"], series.own_units(data, data.test.y)[:, 0])


def test_the_errors_are_those_of_the_forecasts(metrics, forecasts):
    mse = forecasts.sub(forecasts["value"], axis=0).pow(2).mean()
    for key, column in {
        "test_mse": "LSTM",
        "ar_mse": "AR",
        "persistence_mse": "persistence",
        "window_best_mse": "window's best",
    }.items():
        assert metrics[key] == pytest.approx(mse[column], rel=1e-12)


def test_the_stored_weights_give_the_stored_forecasts(forecasts, data):
    params, kept = lstm.load(RESULTS / "lstm_weights.npz")
    assert kept == {"low": data.low, "high": data.high, "lookback": SHIPPED["LOOKBACK"]}
    for predict in (lstm.predict, lstm.fast_predict):
        again = series.own_units(data, predict(params, np.float32(data.test.X)))[:, 0]
        assert np.allclose(again, forecasts["LSTM"], rtol=0, atol=1e-5)


def test_the_rivals_forecast_again_what_is_stored(forecasts, data):
    value = series.make_series(SHIPPED["SEED"], SHIPPED["NOISE"])["value"].to_numpy()
    params, _ = lstm.load(RESULTS / "lstm_weights.npz")

    def predict(X):
        return lstm.fast_predict(params, X)

    again = series.test_forecasts(value, data, predict, SHIPPED["NOISE"])
    assert np.allclose(again, forecasts[again.columns], rtol=0, atol=1e-5)
