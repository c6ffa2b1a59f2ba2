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
    errors = pd.read_csv(tmp_path / "out" / "errors.csv")
    assert len(errors) == 6 and {"steps ahead", "AR: test RMSE"} < set(errors) and (tmp_path / "out" / "forecast.png").exists()
    out = capsys.readouterr().out
    assert "season: 12 steps" in out
    assert "parts: 72 values to learn from (to 2020-12-01), 18 to choose settings (validation), 12 for intervals" in out
    assert "too short to check the intervals" in out


def judged(nb, lstm, ar, n=400):
    """The verdicts on a random walk, for errors (n, 1) of the LSTM and of AR on the test part, from the walk's steps (n,)."""
    steps = np.random.default_rng(0).normal(size=n)
    test = {"persistence": -steps, "LSTM": lstm(steps), "AR": ar(steps)}
    errors = {(name, part): error[:, None] for name, error in test.items() for part in ("test", "calibration", "both")}
    errors["AR", "calibration"] = errors["AR", "test"] / 3
    value = np.tile(np.random.default_rng(1).normal(size=100), 4)
    return list(forecast.verdicts(nb, value, errors, ["AR", "LSTM"], (10, False, 0), [240, 300, 340]))


def test_verdicts_say_what_loses_to_repeating_the_last_value_and_which_intervals_fail(nb):
    first, copy, ar, lstm = judged(nb, lambda steps: -0.99 * steps, lambda steps: 2 * steps)
    assert "AR is worse than persistence: root mean squared error 1.9" in first
    assert copy.endswith("it has learned to repeat the last value; it adds next to nothing to persistence.")
    assert ar.startswith("AR: intervals") and ar.endswith("less than chance explains: do not rely on them.")
    assert lstm.endswith("they cover 90% of the test part.")


def test_verdicts_hold_back_where_the_methods_win(nb):
    said = judged(nb, lambda steps: 0.5 * steps, lambda steps: 0.5 * steps)
    assert len(said) == 2 and all("intervals" in one for one in said)
    worse = judged(nb, lambda steps: 1.5 * steps, lambda steps: 0.5 * steps)
    assert worse[0] == "One step ahead the LSTM is worse than repeating the last value."


def test_a_lone_jump_or_a_spike_is_doubted_and_few_distinct_values(nb):
    walk = 100 + np.random.default_rng(0).normal(size=120).cumsum()
    days = pd.date_range("2024-01-01", periods=120)
    split = walk * np.where(np.arange(120) < 60, 4, 1)
    (said,) = forecast.doubts(nb, pd.Series(split, days))
    assert said.startswith("the largest step is from ") and said.endswith(" at 2024-03-01: is it real?")
    spike = walk.copy()
    spike[40] = 900
    (said,) = forecast.doubts(nb, pd.Series(spike))
    assert " at place " in said
    assert not list(forecast.doubts(nb, pd.Series(walk, days)))
    assert list(forecast.doubts(nb, pd.Series(np.arange(120) % 2))) == ["only 2 distinct values: is this a series?"]


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


def test_other_columns_of_numbers_are_named_without_times_and_words(nb, tmp_path):
    rows = "".join(f"2024-01-{day:02},A,{day * day % 7},{day},{day % 5}\n" for day in range(1, 29))
    (tmp_path / "own.csv").write_text("date,symbol,close,open,volume\n" + rows)
    series = nb.read_series(tmp_path / "own.csv")
    assert series.name == "close" and forecast.other_columns(nb, series, tmp_path / "own.csv", "", "") == ["open", "volume"]


def test_refusals_name_the_options_of_the_script(tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n" + "1.5,2.5\n2.5,1.0\n" * 30)
    for more, said in (["--column", "c"], "set --column to one of a, b."), ([], "set --column to one of a, b."):
        done = subprocess.run([sys.executable, ROOT / "forecast.py", tmp_path / "own.csv", *more], capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and said in done.stderr


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
