"""forecast.py: the files that it writes, its refusals."""

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK

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
