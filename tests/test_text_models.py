"""The features, models and statistics of notebook 2, taken out of the notebook."""

import itertools

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import TEXT_NOTEBOOK, load_definitions
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.metrics import accuracy_score, log_loss
from threadpoolctl import threadpool_limits

nb = load_definitions(TEXT_NOTEBOOK)
threadpool_limits(1)  # two threads of OpenMP beside other work are far slower than one


@pytest.fixture(scope="module")
def corpus():
    table = nb.make_corpus(7, train=240, validation=80, test=80)
    return table.assign(stems=table["text"].map(nb.preprocess), clause_bags=table["text"].map(nb.clause_bags))


def test_stems():
    assert nb.preprocess("She SCORED: scoring, ten-point scores!") == "she score score ten-point score"
    assert nb.preprocess("Größe, été — 東京!") and nb.preprocess("...!") == ""


@pytest.mark.parametrize("feature", nb.FEATURES)
def test_bags_give_twins_the_same_features(corpus, feature):
    assert nb.twins_apart(corpus, clone(nb.FEATURES[feature])) == 0


def test_n_grams_tell_twins_apart(corpus):
    grams = clone(nb.RIVALS["1-3-grams, linear SVM"][0].named_steps["features"])
    assert nb.twins_apart(corpus, grams) > 12  # of 24 pairs


@pytest.mark.parametrize("name", nb.RIVALS)
def test_every_rival_gives_probabilities_and_no_bag_is_right_on_both_twins(corpus, name):
    outcome = nb.fit_rival(name, {}, corpus)
    for split in ("validation", "test"):
        assert outcome[split].shape == (80, 4)
        np.testing.assert_allclose(outcome[split].sum(axis=1), 1)
    if name in nb.BAGS:
        assert nb.most_right_twins(corpus, outcome) <= 1
    plain = nb.score(corpus, outcome)["plain"]
    assert plain == 0.25 if name == "majority class" else plain > 0.3


def test_rivals_see_training_texts_alone(corpus):
    changed = corpus.copy()
    changed.loc[changed["split"] == "test", "genre"] = "Sports"
    changed.loc[changed["split"] == "test", "stems"] = "other word entir"
    fit = nb.fit_rival
    before, after = (fit("TF-IDF, logistic regression", {}, table)["validation"] for table in (corpus, changed))
    np.testing.assert_array_equal(before, after)


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=5), st.integers(1, 4))
def test_pairs_are_counted_as_by_hand(lines, window):
    expected = np.zeros((6, 6))
    for line in lines:
        for i, j in itertools.combinations(range(len(line)), 2):
            if j - i <= window:
                expected[line[i], line[j]] += 1
                expected[line[j], line[i]] += 1
    np.testing.assert_array_equal(nb.count_pairs(lines, 6, window).toarray(), expected)


def test_ppmi_by_its_formula():
    counts = np.array([[0, 4, 1], [4, 2, 0], [1, 0, 0]], float)
    p = counts / counts.sum()
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(p / np.outer(p.sum(axis=1), p.sum(axis=0))), 0)
    np.testing.assert_allclose(nb.ppmi(sparse.csr_matrix(counts)).toarray(), expected, atol=1e-12)


def test_a_text_is_the_mean_of_its_words(corpus):
    embedding = nb.WordEmbedding(20).fit(corpus["stems"])
    vectors, numbers = embedding.vectors_, embedding.counter_.vocabulary_
    mean = (2 * vectors[numbers["bank"]] + vectors[numbers["school"]]) / 3
    np.testing.assert_allclose(embedding.transform(["bank school bank", "unheard"]), [mean, np.zeros(20)], atol=1e-12)


def test_words_used_alike_lie_close(corpus):
    embedding = nb.WordEmbedding(50).fit(nb.make_corpus(1)["text"].map(nb.preprocess))
    assert {"hockey", "volleybal", "handbal", "basketbal"} & set(nb.neighbours(embedding, "team", 5).split(", "))


def test_padding_changes_nothing(corpus):
    keras.utils.set_random_seed(0)
    net = nb.make_net(4)
    short = np.array([[5, 9, 2]])
    padded = np.vstack([np.pad(short, ((0, 0), (0, 30))), np.arange(1, 34)[None]])
    np.testing.assert_allclose(net.predict(short, verbose=0)[0], net.predict(padded, verbose=0)[0], atol=1e-6)


def test_the_network_is_that_of_the_description():
    net = nb.make_net(4)
    embedding, lstm, softmax = (net.layers[place] for place in (0, 2, 4))
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (5000, 100, True)
    assert lstm.units == 64 and softmax.units == 4 and softmax.activation is keras.activations.softmax


def test_the_vectoriser_keeps_the_order_and_knows_training_words_alone():
    vectoriser = nb.make_vectoriser(["the bank cut the fee", "the team won"])
    numbers = np.array(vectoriser(["won bank", "bank won", "unheard bank"]))
    assert numbers.shape == (3, 5) and (numbers[0, :2] == numbers[1, 1::-1]).all() and numbers[2, 0] == 1
    assert (numbers[:, 2:] == 0).all()
    words = " ".join(["word"] * 1000)
    assert np.array(nb.make_vectoriser([words])([words])).shape == (1, nb.MAX_WORDS)


def test_judge_agrees_with_scikit_learn(corpus):
    rng = np.random.default_rng(0)
    outcome = {"test": rng.dirichlet(np.ones(4), 80)}
    truth, names = nb.part_of(corpus, "test")["genre"], nb.genre_names(corpus)
    reached, loss = nb.judge(corpus, "test", outcome)
    assert reached == accuracy_score(truth, np.array(names)[outcome["test"].argmax(axis=1)])
    assert loss == pytest.approx(log_loss(truth, outcome["test"], labels=names))


def test_twins_right_counts_up_to_two(corpus):
    perfect = np.eye(4)[np.searchsorted(nb.genre_names(corpus), nb.part_of(corpus, "test")["genre"])]
    assert nb.most_right_twins(corpus, {"test": perfect}) == 2
    assert nb.most_right_twins(corpus, {"test": np.roll(perfect, 1, axis=1)}) == 0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_is_students(values):
    mean, low, high = nb.interval(values)
    if np.std(values) > 1e-6:
        expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        np.testing.assert_allclose((low, high), expected)
    assert low <= mean <= high


def test_the_corrected_interval_is_that_of_nadeau_and_bengio():
    values = [0.80, 0.84, 0.79, 0.83, 0.81]
    mean, low, high = nb.interval(values, overlap=1 / 3)
    assert (high - low) / 2 == pytest.approx(2.7764451 * np.std(values, ddof=1) * np.sqrt(1 / 5 + 1 / 3))
    assert np.isnan(nb.interval([0.5])[1])


def test_the_ceiling():
    table = pd.DataFrame({"split": "test", "kind": ["plain"] * 2 + ["crossover"] * 3})
    assert nb.ceiling(table) == pytest.approx(0.4 + 0.3)


def test_the_overlap_of_the_nearest_text():
    table = pd.DataFrame({"text": ["a b c", "x y", "a b d", "x y"], "split": ["train", "train", "test", "test"]})
    np.testing.assert_allclose(nb.nearest_overlap(table), [0.5, 1.0])


def test_the_grids_that_benchmarks_take_from_the_notebook_hold_every_model():
    assert set(nb.GRIDS) == {"LSTM", "order-free net", *nb.RIVALS} and all(nb.GRIDS.values())
