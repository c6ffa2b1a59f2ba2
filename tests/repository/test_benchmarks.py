"""The benchmarks: each script runs, its figures say what made them, and a sweep keeps what is done."""

import hashlib
import json
import math
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import warnings
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK
from sweep_jobs import die_at_two, fail, noisy, number_of

from benchmarks import (
    evidence,
    lstm_extras,
    lstm_recall,
    lstm_trials,
    lstm_tricks,
    real_data,
    text_controls,
    text_own,
)
from benchmarks import sweep as sweep_module
from benchmarks.command import arguments
from benchmarks.lstm_extras import AVERAGED, VARIANTS, figures_of, for_the_notebook, train_with
from benchmarks.lstm_own_series import flat_part, windows_of
from benchmarks.lstm_recall import choose_rates, measure
from benchmarks.lstm_trials import defaults
from benchmarks.sweep import sweep
from benchmarks.text_map import LSTM, judge_cell
from benchmarks.text_models import SETTINGS
from benchmarks.text_sizes import crossing
from benchmarks.text_trials import alter, best_rival, make_table
from LSTM_from_scratch import lstm
from LSTM_from_scratch.series import make_series, prepare
from owndata.windows import Parts
from Text_Classification_LSTM.rivals import RIVALS
from tools.notebooks import parameters
from tools.run import INSTRUCTIONS

FOLDERS = ("benchmarks", "LSTM_from_scratch", "Text_Classification_LSTM", "owndata", "tools")


@pytest.fixture
def copy(tmp_path):
    """A copy of the benchmarks and the notebooks with their results, in a folder of its own."""
    ignored = shutil.ignore_patterns(".kept", "__pycache__")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / "copy" / name, ignore=ignored)
    return tmp_path / "copy"


def run(folder, script, *arguments):
    """`python -m benchmarks.SCRIPT ARGUMENTS` in a copy."""
    command = [sys.executable, "-m", f"benchmarks.{script}", *map(str, arguments)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def results(folder, notebook):
    """{path: bytes} of the committed results beside a notebook."""
    files = (folder / notebook).parent.rglob("*")
    return {path: path.read_bytes() for path in files if path.is_file()}


def tried(folder, notebook):
    """(figures, blocks) of what was only tried."""
    kept = folder / "benchmarks" / ".kept" / "tried"
    return evidence.read_evidence(kept / (folder / notebook).parent.name / "evidence.json")


def numbers(figures):
    """All numbers in a dict of figures, those of inner dicts too; None is for what has none."""
    for value in figures.values():
        yield from numbers(value) if isinstance(value, dict) else [] if value is None else [value]


def run_tiny(folder, notebook, script, *arguments):
    """The figures of a tiny run, which leaves the committed results alone and says where else it has written."""
    before = results(folder, notebook)
    done = run(folder, script, *arguments, "--tiny")
    assert done.returncode == 0, done.stderr[-3000:]
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("only tried, so written to benchmarks/.kept/tried/"), last
    assert results(folder, notebook) == before
    figures, blocks = tried(folder, notebook)
    assert sorted(figures) == sorted(key for block in blocks.values() for key in block["keys"])
    assert all(math.isfinite(value) for value in numbers(figures) if not isinstance(value, str)), (
        figures
    )
    return figures


def tried_table(folder, name, notebook=LSTM_NOTEBOOK):
    """A table that was only tried."""
    tried_files = folder / "benchmarks/.kept/tried"
    return pd.read_csv(tried_files / notebook.partition("/")[0] / name)


def columns_of(name):
    """The columns of a committed table that notebook 2 reads."""
    return list(pd.read_csv((ROOT / TEXT_NOTEBOOK).parent / "results" / name))


def write_series(path):
    rng = np.random.default_rng(0)
    value = np.sin(np.arange(300) / 5) + 0.1 * rng.normal(size=300)
    pd.DataFrame({"value": value}).to_csv(path, index=False)


# --- each script, tiny, as a reader would start it


@pytest.mark.run
def test_lstm_seeds_measures_known_and_fresh_seeds(copy):
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_seeds", 2, "--processes", 1)
    assert figures["seeds"] == figures["fresh_seeds"] == 2 and "ratio" in figures["quantiles"]
    table = tried_table(copy, "seeds.csv").set_index("figure")
    assert list(table) == ["mean", "low", "high", "lowest", "highest"] and len(table) == 11
    assert (table["low"] <= table["mean"]).all() and (table["mean"] <= table["high"]).all()
    for row, key in {
        "LSTM, test part": "ratio_mean",
        "LSTM, fresh windows": "long_run_mean",
        "AR, test part": "ar_ratio_mean",
        "bias of the LSTM": "bias_mean",
    }.items():
        assert table.loc[row, "mean"] == pytest.approx(figures[key], rel=1e-4)
    difference = table.loc["plain RNN, fresh windows"] - table.loc["LSTM, fresh windows"]
    assert table.loc["plain RNN minus LSTM, fresh windows", "mean"] == pytest.approx(
        difference["mean"], rel=1e-4
    )


@pytest.mark.run
def test_lstm_grid_fits_every_setting(copy):
    assert run_tiny(copy, LSTM_NOTEBOOK, "lstm_grid", 1, "--processes", 1)["grid_fits"] == 27


@pytest.mark.run
def test_lstm_lookback_finds_no_autoregression_better_than_the_best_of_its_window(copy):
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_lookback", 2, "--processes", 1)
    assert figures["lookback_seeds"] == figures["ar_chosen_seeds"] == 2
    for lookback in (5, 10):  # up to the draw of the noise
        assert (
            figures[f"lookback_{lookback}_ar_ratio"]
            > 0.9 * figures[f"lookback_{lookback}_best_ratio"]
            > 0.8
        )


@pytest.mark.run
def test_lstm_recall_gives_every_net_its_errors(copy):
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_recall", 2, "--processes", 1)
    assert figures["recall_seeds"] == 2 and figures["recall_steps"] == 20
    for net in ("lstm_forget_bias_4", "relu_rnn_identity"):
        low, middle, high = (
            figures[f"recall_{net}_error_{key}"] for key in ("min", "median", "max")
        )
        assert 0 < low <= middle <= high
    table = tried_table(copy, "recall.csv")
    assert list(table) == ["net", "steps", "rate", "median", "lowest", "highest"]
    expected = [(net, steps) for steps in (10, 20) for net in lstm.RECALL_NETS]
    assert list(zip(table["net"], table["steps"])) == expected
    assert table["median"][0] == pytest.approx(
        figures["recall_lstm_forget_bias_4_error_median_early"], rel=1e-4
    )


def test_each_length_of_the_recall_task_has_the_rate_that_is_best_for_it(kept, monkeypatch):
    """A rate that learns fast and then diverges is the best for the short training alone."""

    def train_recall(net, rate, steps, seed):
        losses = np.full(steps, 0.5)
        losses[:600] = 0.1 if rate == 0.003 else 0.2
        losses[600:] = 0.1 if rate == 0.0003 else 0.9
        return None, None, losses

    monkeypatch.setattr(lstm_recall, "train_recall", train_recall)
    monkeypatch.setattr(lstm_recall, "RECALL_NETS", ["one net"])
    rates = choose_rates(lstm_recall.LENGTHS, processes=1)
    assert rates == {(600, "one net"): 0.003, (3000, "one net"): 0.0003}
    table = measure(rates, 2, processes=1)
    assert list(table["rate"]) == [0.003, 0.0003]
    assert np.allclose(table[["median", "lowest", "highest"]], 0.1)


@pytest.mark.run
def test_lstm_extras_leaves_out_what_changes_the_training(copy):
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_extras", 2, "--processes", 1)
    assert figures["extras_seeds"] == 2 and figures["extras_all_more"] == 0
    changed = [figures[f"extras_{name}_ratio"] for name in ("no_noise", "averaging", "no_clipping")]
    assert len({figures["extras_all_ratio"], *changed}) == 4
    table = tried_table(copy, "extras.csv").set_index("left out")
    assert list(table) == ["error over window's best", "more", "low", "high"]
    assert list(table.index) == list(VARIANTS)


def test_what_averaging_costs_and_what_leaving_it_out_costs_are_one_comparison():
    ratios = pd.DataFrame(np.random.default_rng(0).uniform(1, 2, (5, 5)), columns=list(VARIANTS))
    figures = figures_of(ratios, for_the_notebook(ratios))
    assert figures["extras_averaging_more"] == pytest.approx(
        (ratios[AVERAGED] - ratios["nothing"]).mean()
    )
    assert figures["extras_no_averaging_ratio"] == figures["extras_all_ratio"]
    low, more, high = (figures[f"extras_no_averaging_more{end}"] for end in ("_low", "", "_high"))
    assert low < more == -figures["extras_averaging_more"] < high


@pytest.fixture
def short_training():
    """A small network's start, and the examples, validation and seed of a short training."""
    data = prepare(make_series(0, n=300)["value"].to_numpy(), 10)
    start = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    return start, lstm.fast_loss_and_grads, data.train, data.validation, 0


@pytest.mark.parametrize("settings", [{}, {"learning_rate": 1.0, "smooth": 2, "patience": 1}])
def test_with_no_switch_turned_the_training_of_lstm_extras_is_the_notebooks(
    settings, short_training
):
    """To the last bit; the second time it stops early."""
    settings = {"epochs": 12, **settings}
    expected = lstm.train(*short_training, **settings)
    found = train_with(*short_training, **settings)
    assert (len(expected.train_errors) < 12) == ("patience" in settings)
    for name, array in expected.params.items():
        assert np.array_equal(found[name], array) and found[name].dtype == array.dtype


@pytest.mark.parametrize("variant, rates", [("nothing", 2), ("falling learning rate", 1)])
def test_without_the_falling_rate_every_step_has_the_first_one(
    variant, rates, short_training, monkeypatch
):
    """One epoch, as in a tiny run, is too short to tell: in it the rate has not fallen yet."""
    seen, step = [], lstm.train_step

    def train_step(loss_and_grads, params, state, X, y, learning_rate, clip_norm):
        seen.append(learning_rate)
        return step(loss_and_grads, params, state, X, y, learning_rate, clip_norm)

    monkeypatch.setattr(lstm_extras, "train_step", train_step)
    train_with(*short_training, epochs=2, **VARIANTS[variant])
    assert seen[0] == defaults()["learning_rate"] and len(set(seen)) == rates


def test_averaged_weights_are_the_running_mean_of_all_that_training_passed(
    short_training, monkeypatch
):
    start, passed, step = short_training[0], [], lstm.train_step

    def train_step(loss_and_grads, params, *more):
        step(loss_and_grads, params, *more)
        passed.append(params["Wh"].astype(float))

    monkeypatch.setattr(lstm_extras, "train_step", train_step)
    found = train_with(*short_training, epochs=1, average=0.9)
    mean = start["Wh"].astype(float)
    for weights in passed:
        mean = 0.9 * mean + 0.1 * weights
    assert len(passed) > 5 and np.allclose(found["Wh"], mean, rtol=0, atol=1e-6)


def test_the_benchmarks_measure_the_notebook_as_it_is():
    """Its sizes, and the settings of its training."""
    of_notebook = parameters(LSTM_NOTEBOOK)
    for name in ("NOISE", "LOOKBACK", "HIDDEN_SIZE"):
        assert getattr(lstm_trials, name) == of_notebook[name]
    settings = defaults()
    del settings["bar"]
    assert settings == {name: of_notebook[name.upper()] for name in settings}


def test_fresh_windows_are_scaled_as_the_series_and_no_forecast_beats_their_best():
    data = prepare(make_series(0)["value"].to_numpy(), 10)
    fresh = lstm_trials.fresh_windows(0, data)
    assert fresh.X.shape == (20_000, 10, 1) and fresh.best.shape == fresh.target.shape == (20_000,)
    last = data.low + (data.high - data.low) * fresh.X[:, -1, 0]
    errors = [np.mean((forecast - fresh.target) ** 2) for forecast in (fresh.best, last)]
    assert 0.01 < errors[0] < errors[1]


def test_a_season_stands_beside_each_value():
    """Of two inputs a step, the second is the value a season before the next one: the last is a season before the target."""
    windows = windows_of(np.arange(200.0), lookback=5, difference=False, season=12)
    for part in Parts._fields:
        X, y, at = windows.examples(part)
        values = (windows.low + (windows.high - windows.low) * X).round(9)
        assert np.array_equal(values[:, :, 0], at[:, None] - np.arange(5, 0, -1))
        assert np.array_equal(values[:, :, 1], values[:, :, 0] + 1 - 12)
        assert np.allclose(windows.low + (windows.high - windows.low) * y[:, 0], at)


def test_the_autoregression_reads_both_inputs_of_a_window():
    windows = windows_of(np.arange(200.0), lookback=5, difference=False, season=12)
    part = flat_part(windows, "validation")
    X, y, at = windows.examples("validation")
    assert part.X.shape == (len(X), 10, 1) and np.array_equal(part.X[:, :2, 0], X[:, 0])
    assert np.array_equal(part.y, y) and np.array_equal(part.at, at)


@pytest.mark.run
def test_lstm_own_series_names_its_figures_by_a_slug(copy):
    write_series(copy / "New York.csv")
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_own_series", "New York.csv", "--processes", 1)
    assert set(figures) == {
        *(
            f"new_york_ratio_to_{rival}"
            for rival in ("persistence", "seasonal_naive", "ar", "kernel_ridge")
        ),
        *(f"new_york_{rival}_ratio_to_persistence" for rival in ("ar", "kernel_ridge")),
        *(
            f"new_york_{setting}"
            for setting in (
                "lookback",
                "difference",
                "input_noise",
                "season",
                "seasonal_input",
                "ar_lag",
            )
        ),
    }


@pytest.mark.verify
def test_text_seeds_scores_every_model(copy):
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_seeds", 2)
    models = set(SETTINGS)
    assert {evidence.slug(name, "accuracy") for name in models} <= figures.keys()
    assert (
        figures["seeds"] == 2
        and figures["best_rival"] in models
        and figures["ladder"].keys() == figures["quantiles"].keys() == models
    )
    table = tried_table(copy, "models.csv", TEXT_NOTEBOOK)
    assert list(table) == columns_of("models.csv") and set(table["model"]) == models
    everywhere = table["model"].isin({"LSTM", "LSTM, attention", *RIVALS})
    assert (table["corpora"] == np.where(everywhere, 2, 1)).all()
    assert table["accuracy"].is_monotonic_decreasing
    whole = table[everywhere]
    assert (whole["low"] <= whole["accuracy"]).all() and (whole["accuracy"] <= whole["high"]).all()


@pytest.mark.verify
def test_text_sizes_compares_the_models_at_every_size(copy):
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_sizes", 2)
    assert {
        "at_100_best_lstm_accuracy",
        "at_160_difference_to_order_aware_low",
        "crossing_texts",
    } <= figures.keys()
    table = tried_table(copy, "sizes.csv", TEXT_NOTEBOOK)
    assert list(table) == columns_of("sizes.csv") and len(table) == 12
    for row in table.itertuples():
        key = evidence.slug("at", row.texts, row.model, "accuracy")
        assert row.accuracy == pytest.approx(figures[key], rel=1e-4)


@pytest.mark.verify
def test_text_controls_scores_every_case(copy):
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_controls", 1, "--processes", 1)
    assert {
        "control_shuffled_weighted_clauses_crossover",
        "control_as_it_is_weighted_clauses_accuracy",
        "control_without_although_weighted_clauses_crossover",
    } <= figures.keys()
    table = tried_table(copy, "controls.csv", TEXT_NOTEBOOK)
    assert list(table) == columns_of("controls.csv")
    assert list(table["case"]) == text_controls.CASES[:5]


@pytest.mark.verify
def test_text_map_scores_every_cell(copy):
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_map", 1, "--processes", 1)
    assert {"map_50_percent_100_texts_lstm", "map_100_percent_100_texts_rival"} <= figures.keys()
    table = tried_table(copy, "map.csv", TEXT_NOTEBOOK)
    assert list(table) == columns_of("map.csv") and list(table["crossover"]) == [0.5, 1]
    assert table["ahead"].isin(["LSTM", "rival", "level", "nobody"]).all()


@pytest.mark.parametrize("ours, size", [([1, 5, 5], 300), ([5, 1, 5], 1000), ([5, 5, 1], None)])
def test_two_curves_cross_where_ours_stays_above(ours, size):
    sizes = [100, 300, 1000]
    assert crossing(pd.Series(ours, sizes), pd.Series(3, sizes)) == size


@pytest.mark.parametrize(
    "lstm, rival, winner",
    [
        ([0.9, 0.91, 0.9], [0.7, 0.7, 0.72], "LSTM"),
        ([0.7, 0.7, 0.72], [0.9, 0.91, 0.9], "rival"),
        ([0.6, 0.9, 0.7], [0.7, 0.7, 0.72], "level"),
        ([0.4, 0.41, 0.4], [0.3, 0.3, 0.31], "nobody"),
    ],
)
def test_a_cell_of_the_map_names_no_winner_inside_the_noise(lstm, rival, winner):
    rows = [(LSTM, seed, 0.5, value) for seed, value in enumerate(lstm) for _ in range(3)]
    rows += [
        (name, seed, seen, value)
        for name, seen in (("a", 0.6), ("b", 0.5))
        for seed, value in enumerate(rival)
    ]
    cell = judge_cell(pd.DataFrame(rows, columns=["model", "seed", "validation", "accuracy"]))
    assert cell["winner"] == winner and cell["rival_name"] == "a"


@pytest.mark.verify
def test_text_search_fits_every_setting(copy):
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_search", 1, "--processes", 1)
    assert figures["search_fits"] == 4 and figures["search_best_dropout"] in (0.3, 0.5)


@pytest.mark.verify
def test_lstm_speed_measures_pytorch_where_it_is_installed_and_every_trick(copy):
    figures = run_tiny(copy, LSTM_NOTEBOOK, "lstm_speed")
    assert {"speed_small_train_one_keras_cpu", "speed_large_predict_default_keras_wall"} <= set(
        figures
    )
    has_torch = find_spec("torch") is not None
    assert ("speed_small_train_one_pytorch_cpu" in figures) == has_torch
    table = pd.read_csv(copy / "benchmarks/.kept/tried/LSTM_from_scratch/speed.csv")
    columns = ["batch", "steps", "units", "task", "who"]
    assert list(table) == [*columns, "milliseconds"] and not table.duplicated(columns).any()
    assert (table["milliseconds"] > 0).all()
    steps = table[table["task"] == "trick"].groupby(columns[:3])["who"].agg(list)
    assert len(steps) == 3 and all(found == list(lstm_tricks.PASSES) for found in steps)


@pytest.mark.verify
def test_text_own_puts_its_name_before_every_figure(copy):
    words = {"sport": "match goal team coach", "trade": "bank price market share"}
    rows = [(f"{one} {two} number {k}", genre)
            for genre, text in words.items() for k in range(10)
            for one in text.split() for two in text.split() if one != two]  # fmt: skip
    pd.DataFrame(rows, columns=["text", "genre"]).to_csv(copy / "own.csv", index=False)
    figures = run_tiny(copy, TEXT_NOTEBOOK, "text_own", "own.csv", "My News")
    assert figures["my_news_texts"] == 240 and "my_news_lstm_accuracy" in figures
    table = tried_table(copy, "real.csv", TEXT_NOTEBOOK)
    assert list(table) == columns_of("real.csv") and set(table["texts"]) == {"my news"}


def test_a_set_of_texts_keeps_its_place_among_the_real_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(text_own, "place", lambda *_: tmp_path / "real.csv")
    for name, values in (("a", [0.1, 0.2]), ("b", [0.3]), ("a", [0.4])):
        models = [f"model {k}" for k in range(len(values))]
        scores = pd.DataFrame({column: values for column in text_own.COLUMNS}, models)
        text_own.write_rows(SimpleNamespace(scores=scores), name, True)
    table = pd.read_csv(tmp_path / "real.csv")
    assert list(table) == columns_of("real.csv")
    assert list(table["texts"]) == ["a", "b"] and list(table["accuracy"]) == [0.4, 0.3]


def test_real_texts_are_drawn_once_and_without_retweets(tmp_path, monkeypatch):
    monkeypatch.setattr(real_data, "TEXTS", 2)
    rows = ["Author\tContent\tIs retweet", "d\td\td", "class\t\t"]
    rows += ["a\tone\tFalse", "b\ttwo\tTrue", "b\tthree\tFalse", "a\tone\tFalse", "a\t\tFalse"]
    (tmp_path / "tweets.tab").write_text("\n".join(rows))
    table = real_data.election_tweets(tmp_path / "tweets.tab")
    assert sorted(table.itertuples(index=False, name=None)) == [("one", "a"), ("three", "b")]


def test_news_texts_are_drawn_by_their_correct_label_and_as_many_of_each_genre(tmp_path):
    rows = [(0, k % 4, f"text {k}") for k in range(2400)]
    pd.DataFrame(rows, columns=["label", "gt", "text"]).to_csv(tmp_path / "news.csv", index=False)
    table = real_data.short_news(tmp_path / "news.csv")
    numbers = table["text"].str.split().str[1].astype(int)
    assert (table["genre"] == [real_data.GENRES[k % 4] for k in numbers]).all()
    assert table["genre"].value_counts().to_dict() == dict.fromkeys(real_data.GENRES, 500)


def test_a_real_series_is_the_start_of_its_source_and_no_other_file_passes_for_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(real_data, "ROWS", 3)
    file, whole = tmp_path / "santafe_laser.npy", np.arange(5)[:, None]
    np.save(file, whole)
    csv = "t,value\n0,0\n1,1\n2,2\n"
    hashes = [hashlib.sha256(content).hexdigest() for content in (file.read_bytes(), csv.encode())]
    source = real_data.SETS[real_data.laser]._replace(sha256=hashes[0], csv_sha256=hashes[1])
    real_data.make(real_data.laser, source, tmp_path)
    assert (tmp_path / "laser.csv").read_bytes() == csv.encode()
    with pytest.raises(
        SystemExit, match="laser.csv is not the file behind the figures .* use the versions in"
    ):
        real_data.make(real_data.laser, source._replace(csv_sha256=hashes[0]), tmp_path)
    np.save(file, whole + 1)
    with pytest.raises(
        SystemExit, match="santafe_laser.npy is not the file behind the figures .* delete it"
    ):
        real_data.make(real_data.laser, source, tmp_path)


def test_a_real_file_that_cannot_be_downloaded_is_named_and_leaves_nothing(tmp_path, monkeypatch):
    def unreachable(address, timeout):
        raise OSError("no network")

    monkeypatch.setattr(real_data.urllib.request, "urlopen", unreachable)
    address = "https://raw.githubusercontent.com/numenta/NAB/.*/data/realKnownCause/nyc_taxi.csv"
    with pytest.raises(SystemExit, match=rf"{address} cannot be downloaded \(no network\)"):
        real_data.make(real_data.taxi, real_data.SETS[real_data.taxi], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_evidence_says_which_public_file_each_set_of_real_data_comes_from():
    text = (ROOT / "docs" / "EVIDENCE.md").read_text(encoding="utf-8")
    for rows, source in real_data.SETS.items():
        assert f"| `{rows.__name__}.csv` | {source.repository}, `{source.path}` |" in text


@pytest.mark.parametrize("who", lstm_tricks.PASSES)
def test_each_trick_leaves_the_results_as_they_are(who):
    assert lstm_tricks.largest_difference(who) < 1e-12


def test_the_loop_over_samples_has_the_gradients_of_the_notebook():
    rng = np.random.default_rng(0)
    start = lstm.init_params(1, 5, 1, rng)
    params = {name: rng.normal(size=array.shape) for name, array in start.items()}
    X, y = rng.normal(size=(4, 3, 1)), rng.normal(size=(4, 1))
    loss, grads = lstm.loss_and_grads(params, X, y)
    looped_loss, looped = lstm_tricks.per_sample(params, X, y)
    assert loss == pytest.approx(looped_loss, rel=1e-12)
    for name in params:
        assert np.allclose(grads[name], looped[name], rtol=1e-10, atol=1e-12), name


# --- what goes wrong is said


@pytest.mark.parametrize(
    "script, arguments, said",
    [
        ("text_own", [], "the following arguments are required: FILE.csv, NAME"),
        ("lstm_own_series", [], "the following arguments are required: FILE"),
        ("lstm_speed", ["two"], "invalid choice: 'two'"),
        (
            "lstm_grid",
            ["--tiny", "--write"],
            "what --tiny measures is no evidence: leave out --write",
        ),
    ],
)
@pytest.mark.run
def test_a_wrong_call_is_answered_with_what_the_script_takes(script, arguments, said):
    done = run(ROOT, script, *arguments)
    assert done.returncode == 2 and done.stderr.startswith("usage: ")
    assert said in done.stderr.splitlines()[-1]


def test_a_failed_speed_measurement_shows_the_error_of_its_process(copy):
    file = (copy / LSTM_NOTEBOOK).with_name("lstm.py")
    file.write_text(
        file.read_text(encoding="utf-8").replace("import numpy as np", "import no_numpy as np"),
        encoding="utf-8",
    )
    done = run(copy, "lstm_speed", "--tiny")
    assert done.returncode == 1 and "No module named 'no_numpy'" in done.stderr
    assert (
        done.stderr.splitlines()[-1]
        == "the measurement failed, as said above: -m benchmarks.lstm_speed one --tiny"
    )


@pytest.mark.run
def test_text_own_ends_with_the_packages_own_sentence_on_a_bad_file(copy):
    (copy / "own.csv").write_text("text,kind\na match,sport\n")
    done = run(copy, "text_own", "own.csv", "mine")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr[-3000:]
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("own.csv: ") and "label" in last


# --- evidence: where it goes, and what made it


@pytest.mark.parametrize(
    "line, writes",
    [
        ("", True),
        ("3", True),
        ("2", False),
        ("2 --write", True),
        ("--tiny", False),
        ("3 --anew", True),
        ("--processes 4", True),
    ],
)
def test_evidence_is_what_the_default_measures_or_what_is_said_to_be(line, writes, monkeypatch):
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["script.py", *line.split()])
    assert arguments("A script.", 3)[1] is writes


SCRIPT = '''"""A quick benchmark."""
from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.sweep import sweep
from tools.notebooks import LSTM_NOTEBOOK

def double(number):
    return 2 * number

if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    found = sweep(double, [(number,) for number in range(count)], "quick", **options)
    write_evidence(LSTM_NOTEBOOK, "quick", count, write, doubles=sum(found))
'''


def test_a_small_count_leaves_the_committed_evidence_alone_without_write(copy):
    (copy / "benchmarks" / "quick.py").write_text(SCRIPT)
    path = copy / "LSTM_from_scratch" / "results" / "evidence.json"
    figures, blocks = evidence.read_evidence(path)
    before = path.read_bytes()

    done = run(copy, "quick", 2, "--processes", 1)
    where = "benchmarks/.kept/tried/LSTM_from_scratch/evidence.json"
    assert done.stdout.splitlines()[-1] == f"only tried, so written to {where} <- doubles", (
        done.stderr
    )
    assert path.read_bytes() == before and tried(copy, LSTM_NOTEBOOK)[0] == {"doubles": 2}

    done = run(copy, "quick", "--processes", 1)
    assert (
        done.stdout.splitlines()[-1]
        == "written: LSTM_from_scratch/results/evidence.json <- doubles"
    )
    assert evidence.read_evidence(path)[0] == figures | {"doubles": 6}
    assert b"\r" not in path.read_bytes()

    run(copy, "quick", 2, "--write", "--processes", 1)
    known, made = evidence.read_evidence(path)
    assert known == figures | {"doubles": 2}
    block = made.pop("quick")
    assert made == blocks
    assert block["keys"] == ["doubles"] and block["count"] == 2 and len(block["code"]) == 64
    assert date.fromisoformat(block["date"]) <= date.today()
    assert block["versions"]["numpy"] == np.__version__
    assert block["processor"] == evidence.processor() and block["machine"] == evidence.machine()


@pytest.fixture
def evidence_of_copy(copy, monkeypatch):
    """The functions of evidence.py at work on a copy."""
    monkeypatch.setattr(evidence, "ROOT", copy)
    monkeypatch.setattr(evidence, "PROCESSORS", set())
    evidence.definitions.cache_clear()
    yield copy
    evidence.definitions.cache_clear()


@contextmanager
def changed(file, old, new):
    """While `old` in a file is `new`; what has been read of it is forgotten."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    evidence.definitions.cache_clear()
    yield
    file.write_text(text, encoding="utf-8")
    evidence.definitions.cache_clear()


def test_a_block_is_older_than_the_code_once_something_that_made_it_has_changed(evidence_of_copy):
    copy = evidence_of_copy
    grid = dict.fromkeys(
        evidence.read_evidence(copy / "LSTM_from_scratch/results/evidence.json")[1]["lstm_grid"][
            "keys"
        ],
        1,
    )
    assert evidence.stale_blocks(LSTM_NOTEBOOK)["lstm_grid"] == "before provenance"
    evidence.write_evidence(LSTM_NOTEBOOK, "lstm_grid", 3, True, **grid)
    assert "lstm_grid" not in evidence.stale_blocks(LSTM_NOTEBOOK)

    def is_older(file, old, new):
        """Whether the block is said to be older while `old` in a file is `new`."""
        with changed(copy / file, old, new):
            found = evidence.stale_blocks(LSTM_NOTEBOOK).get("lstm_grid")
        assert "lstm_grid" not in evidence.stale_blocks(LSTM_NOTEBOOK)
        return found == "older than the code"

    network = "LSTM_from_scratch/lstm.py"
    assert is_older("benchmarks/lstm_grid.py", "(20, 50, 100)", "(20, 50)")
    assert not is_older("benchmarks/sweep.py", "import json", "import os as plumbing, json")
    assert not is_older("benchmarks/lstm_seeds.py", "range(4200, 4220)", "range(4200, 4210)")
    assert is_older("benchmarks/lstm_trials.py", "def fit(", "def fit(nothing, ")
    assert is_older(network, "    epochs=", "    epochs=1")  # of train, which it calls
    assert is_older(network, "def train_step(", "def train_step(nothing, ")  # which train calls
    assert not is_older(network, "def rnn_forward(", "def rnn_forward(nothing, ")
    assert not is_older(network, "def train_step(", "def train_step(  # a comment\n")
    assert not is_older(network, '"""One step of Adam', '"""A step of Adam')
    assert not is_older(
        "Text_Classification_LSTM/corpus.py", "def make_corpus(", "def make_corpus(nothing, "
    )
    (copy / "benchmarks" / "lstm_grid.py").unlink()
    assert evidence.stale_blocks(LSTM_NOTEBOOK)["lstm_grid"] == "older than the code"


def test_what_a_function_imports_when_it_is_called_counts_too(evidence_of_copy):
    """lstm_speed loads the network only in the processes that measure it."""
    script = evidence_of_copy / "benchmarks" / "lstm_speed.py"
    before = evidence.code_of(script)
    network = evidence_of_copy / "LSTM_from_scratch" / "lstm.py"
    with changed(network, "def lstm_backward(", "def lstm_backward(nothing, "):
        assert evidence.code_of(script) != before
    assert evidence.code_of(script) == before


def test_the_grammar_of_the_corpora_counts_as_code(evidence_of_copy):
    script = evidence_of_copy / "benchmarks" / "text_controls.py"
    before = evidence.code_of(script)
    with changed(evidence_of_copy / "Text_Classification_LSTM/grammar.json", "bank", "shop"):
        assert evidence.code_of(script) != before
    assert evidence.code_of(script) == before


def test_a_run_replaces_its_own_figures_and_never_those_of_others(evidence_of_copy, capsys):
    path = evidence_of_copy / "Text_Classification_LSTM" / "results" / "evidence.json"
    before, blocks = evidence.read_evidence(path)
    evidence.write_evidence(TEXT_NOTEBOOK, "text_search", 18, True, search_fits=18, search_news=1)
    after, _ = evidence.read_evidence(path)
    assert before.keys() - after.keys() == set(blocks["text_search"]["keys"]) - {"search_fits"}
    assert after.keys() - before.keys() == {"search_news"}
    whole = path.read_bytes()
    evidence.write_evidence(
        TEXT_NOTEBOOK, "text_own:lstm", None, True, lstm_accuracy=0.5, lstm_texts=9
    )
    assert (
        path.read_bytes() == whole
        and tried(evidence_of_copy, TEXT_NOTEBOOK)[0]["lstm_accuracy"] == 0.5
    )
    said = capsys.readouterr().out
    assert "figures of others; give yours another name: {'lstm_accuracy': 'text_seeds'}" in said


@BOTH
def test_every_figure_belongs_to_one_block_of_a_script(name):
    """And says, as a warning, which are older than the code: a change of a notebook makes them so, and is no fault."""
    figures, blocks = evidence.read_evidence(evidence.place(name, "evidence.json", True))
    assert sorted(figures) == sorted(key for block in blocks.values() for key in block["keys"])
    for script, block in blocks.items():
        assert evidence.script_of(script).exists(), script
        assert set(block) == {
            "keys",
            "count",
            "date",
            "code",
            "versions",
            "processor",
            "machine",
        }, script
        assert [block[key] is None for key in ("date", "code", "versions")] in (
            [True] * 3,
            [False] * 3,
        ), script
    if stale := evidence.stale_blocks(name):
        warnings.warn(
            f"figures of {name} that are older than the code, or may be: {stale}", stacklevel=1
        )


def test_the_list_names_every_block_and_whether_it_is_older_than_the_code():
    said = run(ROOT, "evidence").stdout
    for notebook in (LSTM_NOTEBOOK, TEXT_NOTEBOOK):
        _, blocks = evidence.read_evidence(evidence.place(notebook, "evidence.json", True))
        stale = evidence.stale_blocks(notebook)
        for name, block in blocks.items():
            line = next(
                line
                for line in said.splitlines()
                if line.split()[:2] == [name, str(len(block["keys"]))]
            )
            assert line.endswith(stale.get(name, "of this code"))


# --- sweeps


def test_one_process_and_two_give_the_same_table(kept):
    jobs = [(seed,) for seed in range(4)]
    tables = [sweep(noisy, jobs, "here", processes=count, anew=True) for count in (1, 2)]
    assert tables[0] == tables[1] and tables[0] != [tables[0][0]] * 4


FITS = """'Two short fits'
import numpy
from benchmarks.command import arguments
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import fast_loss_and_grads, init_params, train
from LSTM_from_scratch.series import make_series, prepare

def fit(seed):
    data = prepare(make_series(seed)["value"].to_numpy(), 10)
    start = init_params(1, 50, 1, numpy.random.default_rng(seed))
    net = train(start, fast_loss_and_grads, data.train, data.validation, seed, epochs=5)
    return net.validation_errors

if __name__ == "__main__":
    count, _, options = arguments(__doc__, 2)
    print(sweep(fit, [(seed,) for seed in range(count)], "fits", **options))
"""


@pytest.mark.run
def test_a_script_computes_the_same_in_its_own_process_and_in_two_workers(copy):
    """Though it has loaded NumPy before what pins NumPy's kernels is set."""
    (copy / "benchmarks" / "fits.py").write_text(FITS)
    with pytest.MonkeyPatch.context() as patch:
        for name in sweep_module.AT_START:
            patch.delenv(name, raising=False)
        one, two = (run(copy, "fits", "--anew", "--processes", count) for count in (1, 2))
    assert one.returncode == two.returncode == 0, one.stderr[-2000:] + two.stderr[-2000:]
    assert json.loads(one.stdout) == json.loads(two.stdout)


def test_a_job_that_fails_is_named_and_the_finished_ones_are_kept(kept):
    with pytest.raises(
        RuntimeError, match=r"the job fail\(2,\) failed: ValueError\('no number two'\)"
    ):
        sweep(fail, [(number,) for number in range(4)], "here", processes=1)
    assert len(list(kept.glob("*.json"))) == 2
    found = sweep(fail, [(0,), (1,)], "here", processes=1)
    assert [row["number"] for row in found] == [0, 1] and all(
        row["nothing"] != row["nothing"] for row in found
    )


def test_the_processors_of_all_that_did_a_job_are_named(kept):
    sweep(number_of, [(0,), (1,)], "here", processes=1)
    assert sweep_module.PROCESSORS == {evidence.processor()}
    file = next(kept.glob("*.json"))
    file.write_text(
        json.dumps([json.loads(file.read_text())[0], "Another Processor"])
    )  # as a machine of a cluster says
    sweep(number_of, [(0,), (1,)], "here", processes=1)
    assert sweep_module.PROCESSORS == {evidence.processor(), "Another Processor"}


def test_a_result_is_used_again_until_a_definition_that_its_script_uses_has_changed(
    kept, evidence_of_copy
):
    def computed():
        """How many results a sweep computes."""
        before = len(list(kept.glob("*.json")))
        sweep(noisy, [(0,)], "here", processes=1)
        return len(list(kept.glob("*.json"))) - before

    kept.mkdir()
    file = evidence_of_copy / "LSTM_from_scratch" / "series.py"
    assert [computed(), computed()] == [1, 0]
    with changed(file, "def recursive(", "def recursive(nothing, "):
        assert computed() == 0
    with changed(file, "noise=0.1, n=1000)", "noise=0.1, n=500)"):
        assert computed() == 1


def test_a_tiny_sweep_is_kept_apart(kept):
    for tiny in (True, False, True):
        sweep(number_of, [(0,)], "here", processes=1, tiny=tiny)
    assert len(list(kept.glob("*.json"))) == 2


@pytest.mark.run
def test_a_worker_that_dies_ends_the_sweep_and_the_finished_jobs_are_kept(kept):
    with pytest.raises(RuntimeError, match="terminated"):
        sweep(die_at_two, [(number,) for number in range(3)], "here", processes=2)
    assert sweep(die_at_two, [(0,), (1,)], "here", processes=2) == [0, 1]


def test_the_readme_sets_for_a_cluster_what_its_workers_must_have():
    lines = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8").splitlines()
    words = [
        word
        for line in lines
        if line.strip().startswith("export ")
        for word in shlex.split(line, comments=True)[1:]
    ]
    exported = dict(word.split("=", 1) for word in words)
    assert exported == INSTRUCTIONS | {"DASK_DISTRIBUTED__COMM__OFFLOAD": "False"}
    assert sweep_module.AT_START.items() <= exported.items()


@pytest.mark.parametrize("name", ["numpy", *sweep_module.AT_START])
def test_a_worker_with_another_version_or_setting_ends_the_sweep(name):
    expected = sweep_module.versions() | sweep_module.AT_START | {name: "another"}
    with pytest.raises(
        RuntimeError, match=f"a worker has other versions than the sweep: .* '{name}': 'another'"
    ):
        sweep_module.one_job(number_of, expected, 0, (0,))


SLOW_SWEEP = """'Jobs of half a second each'
import time
from pathlib import Path
from benchmarks import command, sweep

def slow(number):
    time.sleep(0.5)
    return number

if __name__ == "__main__":
    sweep.KEPT = Path("kept")
    count, _, options = command.arguments(__doc__, 12)
    print(sweep.sweep(slow, [(number,) for number in range(count)], "slow", **options))
"""
NO_DASK = pytest.mark.skipif(find_spec("distributed") is None, reason="needs Dask")


@pytest.mark.run
@pytest.mark.skipif(os.name != "posix", reason="SIGTERM and process groups are POSIX's")
@pytest.mark.parametrize(
    "options, stop, send",
    [
        (["--processes", "2"], signal.SIGTERM, os.kill),
        pytest.param(
            ["--cluster", "local"], signal.SIGTERM, os.kill, marks=[pytest.mark.verify, NO_DASK]
        ),
        (
            ["--processes", "2"],
            signal.SIGINT,
            getattr(os, "killpg", None),
        ),  # Ctrl-C goes to the workers too
    ],
)
def test_a_stopped_sweep_leaves_no_process_and_goes_on_later(options, stop, send, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW_SWEEP)
    command, environment = (
        [sys.executable, "slow.py", *options],
        os.environ | {"PYTHONPATH": str(ROOT)},
    )
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, start_new_session=True, **streams
    )
    while len(list(tmp_path.glob("kept/*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.1)
    send(process.pid, stop)
    _, said = process.communicate(timeout=60)
    assert (
        process.returncode == 1
        and said.strip().splitlines()[-1] == "stopped; finished jobs are kept"
    ), said[-2000:]
    for _ in range(100):  # the workers end, too
        if not group_lives(process.pid):
            break
        time.sleep(0.1)
    assert not group_lives(process.pid)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("kept/*.json")}
    assert 2 <= len(before) < 12
    again = subprocess.run(command, cwd=tmp_path, env=environment, **streams)
    assert again.returncode == 0 and json.loads(again.stdout) == list(range(12)), again.stderr[
        -2000:
    ]
    assert all(
        file.stat().st_mtime_ns == stamp for file, stamp in before.items()
    )  # not computed again


def group_lives(number):
    """True while a process of the group is there."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


# --- what the text benchmarks decide


def test_of_equal_rivals_the_first_by_name_is_the_best_whatever_it_reaches_on_test_texts():
    """The table of text_seeds is sorted by test accuracy: the test part must not choose."""
    means = pd.DataFrame(
        {"validation": [0.7, 0.7, 0.6], "accuracy": [0.9, 0.8, 0.7]},
        index=["the luckier", "a rival", "another"],
    )
    assert best_rival(means, list(means.index)) == "a rival"


@pytest.mark.parametrize("word", ["although", "long after", "not that"])
def test_what_the_controls_hold_out_is_met_in_the_test_alone(word):
    table = make_table(1)
    without, whole = (alter(table, f"{how} {word}", 1) for how in ("without", "with"))
    holds = without["text"].str.lower().str.contains(word)
    assert (holds == (without["split"] == "test")).all() and holds.sum() > 10
    assert (without.loc[holds, "kind"] == "crossover").all()
    assert without[holds].equals(whole[whole["split"] == "test"])
    assert whole[whole["split"] != "test"].equals(table[table["split"] != "test"])
