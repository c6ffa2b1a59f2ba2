"""The models of notebook 2's benchmarks: those of the notebook are its own, and all keep to what they may see."""

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import TEXT_NOTEBOOK

from benchmarks import text_models
from benchmarks.text_models import (
    NETS,
    PIPELINES,
    READERS,
    SETTINGS,
    fit_from_own_vectors,
    fit_model,
    marked_stems,
)
from benchmarks.text_trials import judge, make_table, tune
from Text_Classification_LSTM import rivals
from Text_Classification_LSTM.corpus import part_of
from Text_Classification_LSTM.networks import attention, fit_net, last, make_net
from Text_Classification_LSTM.rivals import WORD
from tools.notebooks import parameters

BAGS = [name for name in PIPELINES if "grams" not in name and "clause" not in name]


@pytest.fixture(scope="module")
def drawn():
    return make_table(7, train=240, validation=80, test=80)


def right_twins(table, probabilities):
    """For each pair of test twins the number of right answers."""
    test = part_of(table, "test")
    right = test["genre"] == np.unique(table["genre"])[probabilities.argmax(axis=1)]
    crossover = test["kind"] == "crossover"
    return right[crossover].groupby(test["pair"]).sum()


@pytest.mark.parametrize("name", PIPELINES)
def test_every_pipeline_gives_probabilities_and_no_bag_is_right_on_both_twins(drawn, name):
    outcome = fit_model(name, SETTINGS[name][0], drawn, 0)
    for found in (outcome.validation, outcome.test):
        assert found.shape == (80, 4)
        np.testing.assert_allclose(found.sum(axis=1), 1)
    assert outcome.fit_seconds > 0 and outcome.texts_a_second > 0
    assert np.isnan(outcome.size) == name.endswith(("class", "forest", "boosting"))
    if name in BAGS:
        assert right_twins(drawn, outcome.test).max() <= 1


def test_the_order_free_net_gives_twins_one_answer(drawn):
    outcome = fit_model("order-free net", {"epochs": 2}, drawn, 0)
    twins = part_of(drawn, "test").reset_index().query("kind == 'crossover'").sort_values("pair")
    first, second = (outcome.test[twins.index[start::2]] for start in (0, 1))
    assert len(first) == 24 and np.array_equal(first, second)
    assert right_twins(drawn, outcome.test).max() == 1


def test_the_settings_are_those_of_the_notebook():
    """A network has the sizes that are its parameters, and the reader and grid of its chapters."""
    given = parameters(TEXT_NOTEBOOK)
    assert text_models.PATIENCE == given["PATIENCE"]
    assert {one["epochs"] for one in SETTINGS["LSTM"]} == {given["EPOCHS"]}
    net = make_net(last)
    embedding = net.get_layer("vectors")
    assert embedding.input_dim == given["VOCABULARY_SIZE"]
    assert embedding.output_dim == given["EMBEDDING_DIM"]
    assert net.layers[-3].units == given["LSTM_UNITS"]
    assert READERS["LSTM"] is last and READERS["LSTM, attention"] is attention
    assert NETS.keys() == READERS.keys()
    for name, pipeline in rivals.RIVALS.items():
        assert PIPELINES[name] is pipeline
        keys = {key for settings in SETTINGS[name] for key in settings}
        assert keys == rivals.GRIDS[name].keys()


@pytest.mark.parametrize("name", ["1-3-grams, linear SVM", "TF-IDF, logistic regression"])
def test_tuning_is_that_of_the_notebook(kept, name):
    chosen = tune([name], processes=1)
    tuned = rivals.tune(rivals.RIVALS[name], rivals.GRIDS[name], make_table(0))
    expected = tuned.get_params()
    assert chosen[name] == {key: expected[key] for key in rivals.GRIDS[name]}


def net_of(reader):
    """An untrained network whose vectors are of the size that they have in training."""
    keras.utils.set_random_seed(0)
    net, rng = make_net(reader), np.random.default_rng(0)
    net.get_layer("vectors").set_weights([rng.normal(size=(5000, 100))])
    return lambda words: np.array(net(np.array([words])))[0]


@pytest.mark.parametrize("reader", dict.fromkeys(READERS.values()))
def test_a_reader_skips_padding_and_sees_the_order_but_for_the_mean(reader):
    answer, words = net_of(reader), [5, 9, 2, 7, 3]
    np.testing.assert_allclose(answer(words + [0] * 4), answer(words), atol=1e-5)
    sees_order = np.abs(answer(words[::-1]) - answer(words)).max() > 1e-3
    assert sees_order == (reader is not text_models.mean)


def test_the_weights_of_words_that_do_not_occur_are_not_counted(drawn):
    words = {
        word
        for text in drawn.query("split == 'train'")["text"]
        for word in WORD.findall(text.lower())
    }
    outcome = fit_model("order-free net", {"epochs": 1}, drawn, 0)
    assert outcome.size == (len(words) + 2) * 100 + 4 * 101  # padding, the unknown word; the answer


def test_own_vectors_are_where_training_starts(drawn):
    """With no rate they stay those of frozen vectors; with a rate of their own they move, as the frozen ones do not."""
    frozen = fit_net(drawn, last, 0, epochs=1, frozen=True).weights[0]
    still, moved = (
        fit_from_own_vectors(drawn, last, 0, rate, epochs=1, patience=5).weights[0]
        for rate in (0.0, 0.01)
    )
    np.testing.assert_array_equal(still, frozen)
    assert np.abs(moved - frozen).max() > 0.001


def test_own_vectors_are_trained_as_any_others(drawn, monkeypatch):
    """From the vectors that `fit_net` starts from, its training is that of `fit_net`, to the last bit."""
    monkeypatch.setattr(keras.layers.Embedding, "set_weights", lambda *_: None)
    expected = fit_net(drawn, last, 0, 0.01, epochs=2, patience=5)
    found = fit_from_own_vectors(drawn, last, 0, 0.01, epochs=2, patience=5)
    np.testing.assert_array_equal(found.test, expected.test)


def test_marked_stems_are_of_the_first_and_the_last_clause():
    found = marked_stems("Banks paid, they said, teams scored.")
    assert found == ["bank_first", "paid_first", "team_last", "score_last"]
    assert marked_stems("") == []


def test_the_log_loss_and_the_accuracy_of_probabilities():
    table = pd.DataFrame({"split": ["test", "test", "train"], "genre": ["a", "b", "b"]})
    found = judge(table, "test", np.float32([[0.8, 0.2], [0.6, 0.4]]))
    assert found["accuracy"] == 0.5
    assert found["log_loss"] == pytest.approx(-np.log([0.8, 0.4]).mean(), rel=1e-6)
