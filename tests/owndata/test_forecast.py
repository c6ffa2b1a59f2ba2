"""owndata.forecasting: one answer with the lesson, plans and refusals, verdicts, what is kept."""

import os
import pickle
import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest

from owndata import verdicts
from owndata.errors import Unclear
from owndata.forecasting import Begun, Tried, forecast
from owndata.methods import Training
from owndata.plan import Plan, decimals, differences_to_try, make_plan, settings_to_try
from owndata.verdicts import doubts, judge
from owndata.windows import Parts, Setting, cut
from owndata.words.forecast import plan_sentences, result_sentences, sentence
from tools.notebooks import LSTM_NOTEBOOK, ROOT, parameters

TRAINING = Training(50, 0, 0, 0.02, 0.02, 0)


def seasonal(season, n, trend=0.0, noise=0.1, seed=0):
    t = np.arange(n)
    rng = np.random.default_rng(seed)
    return np.sin(2 * np.pi * t / season) + trend * t + rng.normal(0, noise, n)


def said(verdicts_or_doubts):
    return [sentence(fact) for fact in verdicts_or_doubts]


# One answer: the lesson's.


def test_with_the_lessons_settings_it_gives_the_lessons_numbers(monkeypatch):
    """One step ahead, on the test part of the built-in series: the numbers of notebook 1."""
    value = pd.read_csv(ROOT / "LSTM_from_scratch/synthetic_data.csv")["value"]
    shipped = parameters(LSTM_NOTEBOOK)
    names = ("EPOCHS", "BATCH_SIZE", "LEARNING_RATE", "INPUT_NOISE", "HIDDEN_SIZE", "SEED")
    given = {name.lower(): shipped[name] for name in names}
    rest = {name: shipped[name.upper()] for name in ("clip_norm", "patience")}
    monkeypatch.setattr("owndata.forecasting.Training", partial(Training, **rest))
    result = forecast(value, 1, settings=[Setting(shipped["LOOKBACK"])], **given)
    lesson = pd.read_csv(ROOT / "LSTM_from_scratch/results/forecasts.csv", index_col="t")
    at = lesson.index.to_numpy()
    for ours, theirs in {
        "LSTM": "LSTM",
        "AR": "AR, lag chosen",
        "persistence": "persistence",
    }.items():
        np.testing.assert_allclose(
            result.methods[ours](at)[:, 0], lesson[theirs], rtol=0, atol=2e-3
        )
        rmse = np.sqrt(np.mean((lesson[theirs] - lesson["value"]) ** 2))
        assert result.errors.loc[1, ours] == pytest.approx(rmse, rel=2e-3)


@pytest.mark.parametrize("setting", [Setting(5), Setting(5, True), Setting(5, True, 12)])
def test_windows_hold_what_was_known_and_nothing_later(setting):
    value = np.arange(100.0) ** 2
    windows = cut(value, Parts.of(100), setting)
    X, y, at = windows.examples("test")
    own = windows.low + (windows.high - windows.low) * X
    series = np.diff(value, prepend=np.nan) if setting.difference else value
    for k, place in enumerate(at):
        np.testing.assert_allclose(own[k, :, 0], series[place - 5 : place])
        if setting.beside:
            season_ago = series[place - 5 - 11 : place - 11]
            np.testing.assert_allclose(own[k, :, 1], season_ago)
    ahead = windows.ahead(lambda X: X[:, -1], np.array([60, 100]), 3)
    step = value[[59, 99]] - value[[58, 98]] if setting.difference else 0
    np.testing.assert_allclose(ahead[:, 2], value[[59, 99]] + 3 * step)
    assert [len(windows.examples(part)[2]) for part in ("validation", "calibration")] == [15, 10]


# Three lines of Python.


@pytest.mark.parametrize("kind", [np.asarray, list, pd.Series])
def test_three_lines_suffice_for_any_row_of_numbers(kind):
    result = forecast(kind(seasonal(12, 120)), 3, epochs=2)
    assert list(result.future.index) == [1, 2, 3] and "time" not in result.future
    best = next(iter(result.methods))
    assert result.future.columns[:3].tolist() == [best, f"{best} low 90%", f"{best} high 90%"]
    assert len(result.future.columns) == 3 * len(result.methods) == 12
    assert list(result.validation.values()) == sorted(result.validation.values())
    assert result.errors.shape == (3, 4) and result.errors.columns[0] == best
    assert result.chosen == min(result.tried, key=lambda tried: tried.rmse).setting


def test_periods_are_times_and_text_in_an_index_is_refused():
    """Neither is lost in silence."""
    periods = pd.period_range("2015-01", periods=60, freq="M")
    result = forecast(pd.Series(seasonal(12, 60), periods), 2, epochs=1)
    assert list(result.future["time"]) == ["2020-01-01", "2020-02-01"]
    words = periods.to_timestamp().strftime("%Y-%m-%d")
    with pytest.raises(Unclear, match="neither times nor numbers.*to_datetime"):
        forecast(pd.Series(seasonal(12, 60), words), 2, epochs=1)


@pytest.mark.parametrize(
    "asked, part",
    [
        ({"lookback": -3}, "lookback is -3: give at least 1."),
        ({"lookback": 0}, "lookback is 0"),
        ({"season": 1000}, "season is 1000, and there are 48 values to learn from: give 0 to 48."),
        ({"season": -1}, "season is -1"),
        ({"settings": [Setting(0)]}, "lookback is 0"),
    ],
)
def test_a_lookback_or_a_season_that_cannot_be_is_refused_in_one_sentence(asked, part):
    with pytest.raises(ValueError, match=part):
        forecast(seasonal(12, 80), 2, epochs=1, **asked)
    assert len(forecast(seasonal(12, 80), 2, epochs=1, lookback=1, season=48).future) == 2


def test_facts_are_told_as_they_are_known():
    told = []
    result = forecast(seasonal(12, 120), 3, epochs=2, tell=told.append)
    assert isinstance(told[0], Plan) and isinstance(told[1], Begun)
    assert told[2:] == list(result.tried) and all(isinstance(one, Tried) for one in told[2:])
    assert told[1].resumed == 0 and told[1].left == len(told[0].settings) == len(result.tried)


def test_times_go_on_and_the_forecast_follows_trend_and_season():
    index = pd.date_range("2015-01-01", periods=120, freq="MS")
    series = pd.Series(seasonal(12, 120, trend=0.02), index=index)
    result = forecast(series, 6, epochs=20)
    assert list(result.future["time"]) == [f"2025-{month:02}-01" for month in range(1, 7)]
    t = np.arange(120, 126)
    assert abs(result.future["AR"] - np.sin(2 * np.pi * t / 12) - 0.02 * t).max() < 0.5
    assert (result.future["AR low 90%"] < result.future["AR high 90%"]).all()
    before = "\n".join(plan_sentences(result.plan))
    assert "season: 12 steps" in before
    assert "parts: 72 values to learn from (to 2020-12-01), 18 to choose settings" in before
    assert "too short to check the intervals" in "\n".join(result_sentences(result))


def test_times_that_are_numbers_go_on_and_places_are_none():
    years = pd.Series(seasonal(12, 120), np.arange(1900, 2020))
    assert list(forecast(years, 3, epochs=2).future["time"]) == ["2020", "2021", "2022"]
    tenths = pd.Series(seasonal(12, 120), np.arange(120) / 10)
    assert list(forecast(tenths, 2, epochs=2).future["time"]) == ["12", "12.1"]
    places = pd.Series(seasonal(12, 120), pd.Index(range(120), name=""))
    assert "time" not in forecast(places, 2, epochs=2).future


# Which settings are tried.


def test_settings_are_a_short_window_and_a_season_and_the_words_say_why():
    both = (False, True)
    assert settings_to_try(600, 10, 1, both) == (Setting(10), Setting(10, True))
    assert [one.lookback for one in settings_to_try(600, 10, 24, (False,))] == [10, 24]
    assert settings_to_try(300, 10, 60, (True,)) == (Setting(10, True), Setting(10, True, 60))
    assert settings_to_try(100, 10, 60, (True,)) == (Setting(10, True),)  # seen once and a half
    words = "\n".join(plan_sentences(make_plan(seasonal(24, 400), 3, TRAINING)))
    assert "the LSTM is tried with 4 settings, of which the validation part chooses one" in words
    assert "It reads the last 10 values, or the last 24 values (a season)." in words
    assert "input noise 0.02" in words and "at most 200 epochs of batches of 16" in words


def test_a_long_series_has_fewer_epochs_and_larger_batches():
    plans = [make_plan(seasonal(24, n), 3, TRAINING) for n in (100, 2000, 5000, 40_000)]
    assert [plan.training.epochs for plan in plans] == [200, 200, 200, 62]
    assert [plan.training.batch_size for plan in plans] == [16, 16, 80, 160]


def test_where_most_values_leave_the_range_differences_alone_are_forecast():
    t, parts = np.arange(200), Parts.of(200)
    trend, level, line = t + 5 * np.sin(t), np.sin(t), 5.0 * t
    found = [differences_to_try(value, parts) for value in (trend, level, line)]
    assert found == [(True,), (False, True), (False,)]
    words = ["\n".join(plan_sentences(make_plan(v, 3, TRAINING))) for v in (trend, level, line)]
    assert "It forecasts differences from one value to the next." in words[0]
    assert "It forecasts values, or differences" in words[1] and "a straight line" in words[2]


@pytest.mark.parametrize(
    "value, digits", [([2.5, 3.1, 9.4], 2), ([112.0, 340.0, 205.0], 1), ([1e7, 3e7, 2e7], 0)]
)
def test_forecasts_have_one_decimal_more_than_the_values(value, digits):
    assert decimals(np.array(value)) == digits


def test_decimals_of_what_was_computed_end_at_a_ten_thousandth_of_the_spread():
    assert decimals(np.random.default_rng(0).normal(size=50)) == 5


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_a_series_in_odd_units_is_forecast_alike(factor):
    value = seasonal(12, 120)
    usual, scaled = (forecast(value * f, 2, epochs=3) for f in (1, factor))
    for name in usual.methods:
        np.testing.assert_allclose(scaled.future[name] / factor, usual.future[name], atol=2e-4)


# What cannot be forecast is refused before the work.

far = seasonal(12, 100)
far[70] = 1e20
REFUSED = {
    "no horizon": (seasonal(12, 100), 0, "horizon must be at least 1, not 0"),
    "less than none": (seasonal(12, 100), -3, "horizon must be at least 1, not -3"),
    "too far ahead": (seasonal(12, 100), 40, "enough for 10 steps ahead, not for 40"),
    "too few": (seasonal(12, 30), 3, "30 values: give at least 36"),
    "constant": (np.r_[np.ones(60), np.arange(40)], 3, "first 60 values, to learn from, do not"),
    "no number": (np.r_[np.nan, np.arange(99)], 3, "a row of numbers without holes"),
    "a table": (np.ones((50, 2)), 3, "a row of numbers"),
    "1e20": (far, 3, "1e+20, value 71 of 100, is a million times as far from the median"),
    "no order": (pd.Series(seasonal(12, 100), [*range(99), 5]), 3, "times are not in order"),
    "end of time": (
        pd.Series(seasonal(12, 100), pd.date_range(end="2262-04-05", periods=100, unit="ns")),
        10,
        "the calendar ends before 10 more",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_forecast_is_refused_in_one_sentence_before_the_work(case):
    value, horizon, part = REFUSED[case]
    told = []
    with pytest.raises(Unclear) as caught:
        forecast(value, horizon, tell=told.append)
    message = str(caught.value)
    assert part in message and message.count("\n") == 0 and message.endswith(".") and not told


def test_a_setting_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="too few for Setting"):
        forecast(seasonal(12, 100), 3, settings=[Setting(60)])
    with pytest.raises(ValueError, match="does not change"):
        forecast(np.arange(100.0), 3, settings=[Setting(5, True)])
    for name, number in {"hidden_size": 0, "epochs": -1, "input_noise": np.nan}.items():
        with pytest.raises(ValueError, match=f"{name} is {number}: give at least"):
            forecast(seasonal(12, 100), 3, **{name: number})


# Doubts and verdicts.


def test_a_lone_jump_or_a_spike_is_doubted_and_few_distinct_values():
    walk = 100 + np.random.default_rng(0).normal(size=120).cumsum()
    split = walk * np.where(np.arange(120) < 60, 4, 1)
    (found,) = doubts(split)
    assert (found.place, found.before, found.after) == (60, split[59], split[60])
    days = pd.date_range("2024-01-01", periods=120)
    first = next(plan_sentences(make_plan(pd.Series(split, days), 3, TRAINING)))
    assert first.startswith("the largest step is from ")
    assert first.endswith(" at 2024-03-01: is it real?")
    spike = walk.copy()
    spike[40] = 900
    first = next(plan_sentences(make_plan(spike, 3, TRAINING)))
    assert " at place " in first
    assert not list(doubts(walk))
    two = np.arange(120) % 2
    assert said(doubts(two)) == ["only 2 distinct values: is this a series?"]


def test_few_values_are_told():
    assert list(doubts(seasonal(12, 40)))[0] == verdicts.FewValues(40, 6)
    assert "little can be claimed from 6 test values" in sentence(verdicts.FewValues(40, 6))


def judged(lstm, ar, n=400):
    """The verdicts on a random walk, for errors (n, 1) of the LSTM and of AR on the test part."""
    steps = np.random.default_rng(0).normal(size=n)
    test = {"persistence": -steps, "LSTM": lstm(steps), "AR": ar(steps)}
    errors = {
        (name, part): error[:, None]
        for name, error in test.items()
        for part in ("test", "calibration", "both")
    }
    errors["AR", "calibration"] = errors["AR", "test"] / 3
    return list(judge(["AR", "LSTM", "persistence"], errors))


def test_verdicts_say_what_loses_to_repeating_and_which_intervals_fail():
    first, copy, ar, lstm, _ = judged(lambda steps: -0.99 * steps, lambda steps: 2 * steps)
    assert "AR is worse than persistence: root mean squared error 1.9" in sentence(first)
    assert copy == verdicts.LaggedCopy("persistence")
    assert sentence(copy).endswith("the last value; it adds next to nothing to persistence.")
    assert ar.method == "AR" and ar.fails and ar.share < ar.least
    assert lstm.method == "LSTM" and not lstm.fails and lstm.share == pytest.approx(0.9, abs=0.01)


def test_verdicts_hold_back_where_the_methods_win():
    found = judged(lambda steps: 0.5 * steps, lambda steps: 0.5 * steps)
    assert all(isinstance(one, verdicts.Coverage) for one in found) and len(found) == 3
    worse = judged(lambda steps: 1.5 * steps, lambda steps: 0.5 * steps)
    assert said(worse[:1]) == ["One step ahead the LSTM is worse than repeating the last value."]


def test_intervals_of_one_sentence_name_those_that_fail():
    result = forecast(seasonal(12, 400), 2, epochs=2)
    covered = [one for one in result.verdicts if isinstance(one, verdicts.Coverage)]
    assert [one.method for one in covered] == list(result.methods)
    lines = [line for line in result_sentences(result) if "Intervals made" in line]
    assert len(lines) == 1 and f"{covered[0].method} {covered[0].share:.0%}" in lines[0]


def test_counts_that_would_be_below_zero_are_told():
    value = np.maximum(0, np.round(3 * seasonal(12, 200)))
    result = forecast(value, 3, epochs=2)
    (found,) = [one for one in result.verdicts if isinstance(one, verdicts.BelowZero)]
    assert "LSTM" in found.methods and "read those as zero" in sentence(found)


# An interrupted run.


def test_what_is_trained_is_resumed_for_the_same_values_and_settings_alone(tmp_path, monkeypatch):
    told = []

    usual = seasonal(12, 120)

    def again(value=usual, **more):
        more = {"epochs": 2, "unfinished": tmp_path / "unfinished", "tell": told.append} | more
        result = forecast(value, **more)
        begun = [fact for fact in told if isinstance(fact, Begun)][-1]
        return result, begun.resumed, begun.left

    first, resumed, left = again()
    assert resumed == 0 and left == len(first.tried)
    second, *counts = again()
    assert counts == [left, 0] and second.future.equals(first.future)
    assert again(horizon=3)[1:] == (left, 0)  # trained one step ahead
    assert again(epochs=3)[1:] == (0, left) and again(seed=1)[1:] == (0, left)
    assert again(input_noise=0.12)[1:] == (0, left)
    assert again(seasonal(12, 120, seed=1))[1] == 0
    assert again(np.append(usual[1:], 0.0))[1] == 0
    monkeypatch.setattr("owndata.methods.code_version", lambda: "another")
    assert again()[1:] == (0, left)
    assert "resumed from an interrupted run: 4 trainings" in sentence(Begun(4, 0, 0.0))


def test_what_is_damaged_is_trained_again_and_nothing_is_said(tmp_path, capfd):
    options = {"epochs": 2, "unfinished": tmp_path / "unfinished"}
    first = forecast(seasonal(12, 120), 2, **options)
    kept = list(tmp_path.rglob("*.npz"))
    assert len(kept) == len(first.tried)
    for path in kept:
        path.write_bytes(b"half")
    assert forecast(seasonal(12, 120), 2, **options).future.equals(first.future)
    assert capfd.readouterr() == ("", "")


class Hostile:
    """What makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("name", ["output.pkl", "*.npz"])
def test_nothing_in_the_folder_is_run(tmp_path, name):
    """Neither a pickle that joblib would have resumed, nor one under the name of an outcome."""
    options = {"epochs": 2, "unfinished": tmp_path / "unfinished"}
    first = forecast(seasonal(12, 120), 2, **options)
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        target = path if path.match(name) else path.parent / name
        target.write_bytes(pickle.dumps(Hostile(tmp_path / "hacked")))
    assert forecast(seasonal(12, 120), 2, **options).future.equals(first.future)
    assert not (tmp_path / "hacked").exists()


def test_a_forecast_goes_on_if_nothing_can_be_kept(tmp_path):
    (tmp_path / "unfinished").write_text("mine")
    result = forecast(seasonal(12, 120), 2, epochs=2, unfinished=tmp_path / "unfinished")
    assert len(result.future) == 2 and (tmp_path / "unfinished").read_text() == "mine"


@pytest.mark.parametrize("module", ["owndata.forecasting", "owndata.picture"])
def test_neither_tensorflow_nor_pyplot_is_loaded(module):
    """Nor anything else that is slow and that a forecast does not need."""
    modules = f"{module}, owndata.words.forecast, owndata.commands.forecast"
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    slow = {"tensorflow", "keras", "sklearn", "scipy", "seaborn", "matplotlib.pyplot", "IPython"}
    assert not slow & set(loaded.stdout.split()), loaded.stderr
