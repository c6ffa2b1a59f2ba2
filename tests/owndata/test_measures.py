"""owndata.measures: scores of one split, intervals, calibration, by their definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_texts import texts
from scipy import stats
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss

from owndata import measures, splits

TABLE = splits.draw_split(texts({"sea": 40, "bank": 40, "kitchen": 40}), 0)


def truth(split):
    """The numbers of the right genres of a part."""
    names = measures.genre_names(TABLE)
    return np.searchsorted(names, measures.part_of(TABLE, split)["genre"])


def test_judge_agrees_with_scikit_learn():
    drawn = np.random.default_rng(0).dirichlet(np.ones(3), 24)
    reached, loss = measures.judge(TABLE, "test", {"test": drawn})
    assert reached == accuracy_score(truth("test"), drawn.argmax(axis=1))
    assert loss == pytest.approx(log_loss(truth("test"), drawn))


def test_the_choice_is_by_the_validation_log_loss_and_for_an_svm_by_the_accuracy():
    right = np.eye(3)[truth("validation")]
    good, better = 0.7 * right + 0.1, 0.85 * right + 0.05
    wrong = np.roll(better, 1, axis=1)
    names = "LSTM", "1-3-grams, linear SVM"
    jobs = [(name, {"place": place}, TABLE, 0) for name in names for place in range(3)]
    outcomes = [{"validation": values} for values in (wrong, good, better)] * 2
    chosen = measures.choose(jobs, outcomes)
    assert chosen == {names[0]: {"place": 2}, names[1]: {"place": 1}}


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_is_students(values):
    mean, low, high = measures.interval(values, 0)
    if np.std(values) > 1e-6:
        expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        np.testing.assert_allclose((low, high), expected)
    assert low <= mean <= high


def test_the_corrected_interval_is_that_of_nadeau_and_bengio():
    values = [0.80, 0.84, 0.79, 0.83, 0.81]
    _, low, high = measures.interval(values, 1 / 3)
    half = 2.7764451 * np.std(values, ddof=1) * np.sqrt(1 / 5 + 1 / 3)
    assert (high - low) / 2 == pytest.approx(half)
    assert np.isnan(measures.interval([0.5], 0)[1])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_share_lies_between_0_and_1(values, overlap):
    mean, low, high = measures.share_interval(values, overlap)
    assert mean == pytest.approx(np.mean(values))
    assert 0 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_difference_lies_between_minus_1_and_1(values, overlap):
    mean, low, high = measures.difference_interval(values, overlap)
    assert mean == pytest.approx(np.mean(values), abs=1e-12)
    assert -1 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1


def test_the_interval_of_a_share_is_students_where_it_is_narrow():
    values = [0.701, 0.703, 0.699, 0.702, 0.700]
    usual = measures.interval(values, 0)
    np.testing.assert_allclose(measures.share_interval(values, 0), usual, atol=1e-5)
    assert measures.share_interval([1.0, 1.0], 0) == (1, 1, 1)
    assert measures.share_interval([0.95, 1.0], 0)[2] < 1
    assert measures.share_interval([0.9, 0.9], 0) == (0.9, 0.9, 0.9)  # holds its own mean


@given(st.integers(0, 10**6))
def test_the_calibration_error_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    probabilities, right = rng.dirichlet(np.ones(4), 200), rng.integers(0, 4, 200)
    sure, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == right
    edges, expected = np.linspace(0, 1, 16), 0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            expected += inside.mean() * abs(hit[inside].mean() - sure[inside].mean())
    assert measures.calibration_error(probabilities, right) == pytest.approx(expected)
    assert measures.calibration_error(np.eye(3)[[0, 1, 2]], np.array([0, 1, 2])) == 0


def test_the_temperature_finds_what_made_a_model_too_sure():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 4))
    genres = [rng.choice(list("abcd"), p=softmax(row)) for row in logits]
    table = pd.DataFrame({"genre": genres, "split": "validation"})
    too_sure = {"validation": softmax(2 * logits, axis=1)}
    assert measures.best_temperature(table, too_sure) == pytest.approx(2, rel=0.1)
    cooled = measures.cool(too_sure["validation"], 2)
    np.testing.assert_allclose(cooled, softmax(logits, axis=1), atol=1e-6)
