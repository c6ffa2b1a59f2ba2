"""forecast.py: the season, the files that it writes, its refusals."""

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK, load_definitions

import forecast


def seasonal(season, n, trend=0.0, noise=0.1, seed=0):
    t = np.arange(n)
    return np.sin(2 * np.pi * t / season) + trend * t + np.random.default_rng(seed).normal(0, noise, n)


@pytest.mark.parametrize(
    "season, n, trend, noise", [(12, 90, 0.1, 0.1), (4, 60, 0.05, 0.2), (48, 1000, 0, 0.1), (365, 2200, 0, 0.7)]
)
def test_the_season_is_found_under_a_trend_and_under_noise(season, n, trend, noise):
    assert abs(forecast.find_season(seasonal(season, n, trend, noise)) - season) <= max(1, 0.02 * season)


@pytest.mark.parametrize("n", [60, 200, 1000])
def test_a_random_walk_a_trend_and_noise_have_no_season(n):
    rng = np.random.default_rng(1)
    found = [forecast.find_season(value) for _ in range(20)
             for value in (np.cumsum(rng.normal(size=n)), rng.normal(size=n), np.arange(n) + rng.normal(size=n))]  # fmt: skip
    assert sum(season > 1 for season in found) <= 3


def test_the_files_go_on_in_the_rhythm_of_the_series(tmp_path, capsys):
    nb = load_definitions(LSTM_NOTEBOOK)
    nb.tqdm, nb.EPOCHS = lambda items, **_: items, 20
    index = pd.date_range("2015-01-01", periods=120, freq="MS")
    series = pd.Series(seasonal(12, 120, trend=0.02), index=index)
    forecast.run(nb, series, "own.csv", 6, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "future.csv")
    assert list(table["time"]) == [f"2025-{month:02}-01" for month in range(1, 7)]
    truth = np.sin(2 * np.pi * np.arange(120, 126) / 12) + 0.02 * np.arange(120, 126)
    assert abs(table["AR"] - truth).max() < 0.5 and (table["AR low"] < table["AR high"]).all()
    assert len(pd.read_csv(tmp_path / "out" / "errors.csv")) == 6 and (tmp_path / "out" / "forecast.png").exists()
    assert "season: 12 steps" in capsys.readouterr().out


@pytest.mark.parametrize("n, horizon, said", [(30, 3, "30 values: give at least 36"), (100, 40, "lower --horizon")])
def test_what_is_too_short_is_refused_in_one_sentence(n, horizon, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        forecast.run(load_definitions(LSTM_NOTEBOOK), pd.Series(seasonal(12, n)), "own.csv", horizon, tmp_path)
