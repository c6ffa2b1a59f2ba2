"""forecast.py: the files that it writes, its refusals."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK, ROOT

import forecast
from notebook_code import build, definition_cells


@pytest.fixture
def nb():
    """The definitions in a module of its own, since a forecast sets constants that other tests read."""
    return build("definitions of a forecast", definition_cells(LSTM_NOTEBOOK))


def seasonal(season, n, trend=0.0, noise=0.1, seed=0):
    t = np.arange(n)
    return np.sin(2 * np.pi * t / season) + trend * t + np.random.default_rng(seed).normal(0, noise, n)


def test_the_files_go_on_in_the_rhythm_of_the_series(nb, tmp_path, capsys):
    nb.tqdm, nb.EPOCHS = lambda items, **_: items, 20
    index = pd.date_range("2015-01-01", periods=120, freq="MS")
    series = pd.Series(seasonal(12, 120, trend=0.02), index=index)
    forecast.run(nb, series, "own.csv", 6, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "future.csv")
    assert list(table["time"]) == [f"2025-{month:02}-01" for month in range(1, 7)]
    truth = np.sin(2 * np.pi * np.arange(120, 126) / 12) + 0.02 * np.arange(120, 126)
    assert abs(table["AR"] - truth).max() < 0.5 and (table["AR low 90%"] < table["AR high 90%"]).all()
    assert len(pd.read_csv(tmp_path / "out" / "errors.csv")) == 6 and (tmp_path / "out" / "forecast.png").exists()
    assert "season: 12 steps" in capsys.readouterr().out


@pytest.mark.parametrize("n, horizon, said", [(30, 3, "30 values: give at least 36"), (100, 40, "lower --horizon")])
def test_what_is_too_short_is_refused_in_one_sentence(n, horizon, said, nb, tmp_path):
    with pytest.raises(ValueError, match=said):
        forecast.run(nb, pd.Series(seasonal(12, n)), "own.csv", horizon, tmp_path)


def test_dates_have_the_precision_of_the_series_and_working_days_stay_working_days(capsys):
    days = pd.bdate_range("2024-01-01", periods=60).delete([3, 50])  # two holidays
    times = forecast.continued(days, 3)
    assert list(forecast.as_dates(times, days)) == ["2024-03-25", "2024-03-26", "2024-03-27"]  # from a Friday on
    assert "working days" in capsys.readouterr().out
    hours = pd.date_range("2024-01-01 22:00", periods=30, freq="h")
    assert forecast.as_dates(forecast.continued(hours, 1), hours)[0] == "2024-01-03 04:00"


@pytest.mark.parametrize("value, digits", [([2.5, 3.1, 9.4], 2), ([112.0, 340.0, 205.0], 1), ([1e7, 3e7, 2e7], 0)])
def test_forecasts_have_one_decimal_more_than_the_values(value, digits):
    assert forecast.decimals(np.array(value)) == digits


def test_decimals_of_what_was_computed_end_at_a_ten_thousandth_of_the_spread():
    assert forecast.decimals(np.random.default_rng(0).normal(size=50)) == 5


def test_where_most_values_leave_the_range_the_lstm_forecasts_differences_alone(nb):
    t = np.arange(200)
    ends = [round(share * 200) for share in nb.PARTS.values()]
    trend, level, line = t + 5 * np.sin(t), np.sin(t), 5.0 * t
    assert [forecast.ways(nb, value, ends) for value in (trend, level, line)] == [(True,), (False, True), (False,)]


@pytest.mark.parametrize("script, make", [("forecast.py", "make setup-lstm"), ("classify.py", "make setup")])
def test_without_the_packages_a_sentence_says_what_to_do(script, make):
    done = subprocess.run([sys.executable, "-S", ROOT / script, "own.csv"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and f"first run `{make}`" in done.stderr
