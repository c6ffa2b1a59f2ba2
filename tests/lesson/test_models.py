"""The rivals and the networks of notebook 2: what they see, how they are trained and tuned."""

import inspect
import itertools

import keras
import numpy as np
import pandas as pd
import pytest
from conftest import GRAMMAR, TEXT_NOTEBOOK
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score, log_loss
from threadpoolctl import threadpool_limits

from Text_Classification_LSTM import corpus, networks, rivals
from tools.notebooks import parameters

threadpool_limits(1)  # two threads of OpenMP beside other work are far slower than one
BAGS = [name for name in rivals.RIVALS if name.startswith(("BoW", "TF-IDF", "embeddings"))]
WEIGHTED = "weighted clauses, logistic regression"
GRAMS = "1-3-grams, linear SVM"
TINY = {"vocabulary_size": 1200, "dimension": 6, "units": 4}
KINDS = {  # both ways of training that the notebook uses, for two epochs
    "last": {"reader": networks.last, "epochs": 2, **TINY},
    "attention": {
        "reader": networks.attention,
        "frozen": True,
        "learning_rate": 0.01,
        "epochs": 2,
        **TINY,
    },
}
readers = pytest.mark.parametrize("reader", [networks.last, networks.attention])


@pytest.fixture(scope="module")
def drawn():
    return corpus.make_corpus(7, GRAMMAR, train=240, validation=80, test=80)


@pytest.fixture(scope="module")
def twins(drawn):
    """The crossover texts of the test part, twins one after the other."""
    test = corpus.part_of(drawn, "test")
    return test[test["kind"] == "crossover"].sort_values("pair")


def right_of_twins(table, guesses):
    """For each pair of twins in the test part how many are guessed right."""
    test = corpus.part_of(table, "test")
    right = (test["genre"] == guesses)[test["kind"] == "crossover"]
    return right.groupby(test["pair"]).sum()


# The features of the rivals.


def test_words_are_stemmed_and_marks_dropped():
    found = rivals.stems("She SCORED: scoring, ten-point scores!")
    assert found == ["she", "score", "score", "ten-point", "score"]
    assert rivals.stems("...!") == [] and rivals.stems("Größe, été — 東京!")


@pytest.mark.parametrize("name", BAGS)
def test_bags_give_twins_the_same_features(name, drawn, twins):
    features = clone(rivals.RIVALS[name][0]).fit(corpus.part_of(drawn, "train")["text"])
    found = features.transform(twins["text"])
    assert abs(found[::2] - found[1::2]).max() == 0


def test_n_grams_tell_twins_apart(drawn, twins):
    features = clone(rivals.RIVALS[GRAMS][0]).fit(corpus.part_of(drawn, "train")["text"])
    found = features.transform(twins["text"])
    assert (abs(found[::2] - found[1::2]).sum(axis=1) > 0).mean() > 0.5


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=5), st.integers(1, 4))
def test_pairs_are_counted_as_by_hand(lines, window):
    expected = np.zeros((6, 6))
    for line in lines:
        for i, j in itertools.combinations(range(len(line)), 2):
            if j - i <= window:
                expected[line[i], line[j]] += 1
                expected[line[j], line[i]] += 1
    np.testing.assert_array_equal(rivals.count_pairs(lines, 6, window).toarray(), expected)


def plain_ppmi(counts):
    """PPMI by its formula, in a full table."""
    p = counts / counts.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.log(p / np.outer(p.sum(axis=1), p.sum(axis=0)))
    return np.maximum(np.nan_to_num(gain, nan=0, neginf=0), 0)


def test_word_vectors_are_a_squeezed_table_of_ppmi():
    """U sqrt(S) of the whole table M = U S V: its rows' products are those of sqrt(M M')."""
    lines = np.random.default_rng(0).integers(0, 9, (12, 9))
    table = plain_ppmi(rivals.count_pairs(lines, 10, 2).toarray())
    vectors = rivals.word_vectors(lines, 10, dimension=10, window=2)
    squares, turns = np.linalg.eigh(table @ table.T)
    root = turns * np.sqrt(np.maximum(squares, 0)) @ turns.T
    np.testing.assert_allclose(vectors @ vectors.T, root, atol=1e-6)
    assert (vectors[9] == 0).all()  # a word that no line has


def test_a_text_is_the_mean_of_its_words(drawn):
    embedding = rivals.WordEmbedding(20).fit(drawn["text"])
    vectors, numbers = embedding.vectors_, embedding.counter_.vocabulary_
    mean = (2 * vectors[numbers["bank"]] + vectors[numbers["team"]]) / 3
    found = embedding.transform(["bank team bank", "unheard", ""])
    np.testing.assert_allclose(found, [mean, np.zeros(20), np.zeros(20)], atol=1e-12)


def test_words_used_alike_lie_close():
    embedding = rivals.WordEmbedding(50).fit(corpus.make_corpus(1, GRAMMAR)["text"])
    vectors, names = embedding.vectors_, embedding.counter_.get_feature_names_out()
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    alike = vectors @ vectors[embedding.counter_.vocabulary_["team"]]
    assert {"hockey", "volleybal", "handbal", "basketbal"} & set(names[np.argsort(-alike)[1:6]])


# Weighted clauses.


def test_connectives_are_found_among_words_that_say_nothing_of_the_genre():
    """Not one is listed: the words come from the training texts alone."""
    train = corpus.part_of(corpus.make_corpus(5, GRAMMAR, validation=4, test=4), "train")
    found = rivals.find_connectives(train["text"], train["genre"].to_numpy(), 0.5)
    assert {"although", "despite", "that", "not", ",", ""} <= found
    assert found.isdisjoint({"bank", "goal", "minister", "school", "team", "students"})


def test_a_text_is_cut_before_its_connectives():
    connectives = {"", "although", "the", ","}
    clauses = rivals.cut("Although the bank paid, the team won", connectives)
    assert clauses == [(["", "although", "the"], ["bank", "paid"]), ([",", "the"], ["team", "won"])]
    assert rivals.cut("", connectives) == [([""], [])]


@given(st.lists(st.sampled_from(["although", "the", "Bank", "won", ",", "."]), max_size=12))
def test_a_cut_keeps_all_words_in_their_order(words):
    clauses = rivals.cut(" ".join(words), {"", "although", "the", ",", "."})
    kept = [word for opening, others in clauses for word in [*opening, *others]]
    assert kept == ["", *(word.lower() for word in words)]
    assert all(opening for opening, _ in clauses) and all(others for _, others in clauses[:-1])


def test_surroundings_are_the_place_and_the_connectives_around():
    clauses = rivals.cut("Although the bank paid, the team won", {"", "although", "the", ","})
    assert rivals.surroundings(clauses, 0) == [
        *["any", "start 0", "end 2", "0 ", "0 although", "0 the", "0  although the"],
        *["1 ,", "1 the", "1 , the"],
    ]
    found = rivals.surroundings(clauses, 1)
    assert {"start 1", "end 1", "-1 although", "-1  although the", "0 , the"} <= set(found)
    assert len(set(found)) == len(found)


def test_weighted_clauses_count_a_word_by_the_weight_of_its_clause(drawn):
    """A clause without a word, as behind the last full stop, counts as one empty word."""
    train = corpus.part_of(drawn, "train")
    features = rivals.WeightedClauses().fit(train["text"], train["genre"].to_numpy())
    text = "Although the bank paid, the team won."
    weights = dict(zip(features.around_.get_feature_names_out(), features.theta_))
    expected = np.zeros(len(features.words_.vocabulary_))
    clauses = rivals.cut(text, features.connectives_)
    for place, (_, words) in enumerate(clauses):
        weight = sum(weights.get(name, 0) for name in rivals.surroundings(clauses, place))
        for word in (set(words) or {""}) & set(features.words_.vocabulary_):
            expected[features.words_.vocabulary_[word]] += weight
    np.testing.assert_allclose(features.transform([text]).toarray()[0], expected, atol=1e-12)
    assert np.isfinite(features.transform(["", "unheard words"]).toarray()).all()


def test_weighted_clauses_see_order():
    """Right on both of many twins, as no bag can be; on half once the connectives are gone."""
    table = corpus.make_corpus(5, GRAMMAR, train=600, validation=40, test=400)
    whole, cut = (
        rivals.score(one, rivals.guess(rivals.RIVALS[WEIGHTED], one))["crossover"]
        for one in (table, corpus.cut_connectives(table))
    )
    assert whole > 0.75 and cut < 0.57  # the ceiling, and two standard errors


# Rivals are tuned and scored.


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_every_rival_learns_plain_texts_and_no_bag_is_right_on_both_twins(name, drawn):
    guesses = rivals.guess(rivals.RIVALS[name], drawn)
    assert set(guesses) <= set(drawn["genre"])
    assert rivals.score(drawn, guesses)["plain"] > 0.41  # guessing: 0.25, and two standard errors
    if name in BAGS:
        assert right_of_twins(drawn, guesses).max() <= 1


def test_every_rival_has_a_grid_of_its_own_settings():
    assert list(rivals.GRIDS) == list(rivals.RIVALS)
    for name, pipeline in rivals.RIVALS.items():
        assert rivals.GRIDS[name] and set(rivals.GRIDS[name]) <= set(pipeline.get_params())


def test_of_tuning_and_fitting_no_test_text_is_seen(drawn):
    """Test texts that are no texts, and whose genres are wrong, change nothing."""
    name = "TF-IDF, logistic regression"
    changed = drawn.copy()
    changed.loc[drawn["split"] == "test", ["text", "genre"]] = [None, "Nonsense"]
    before, after = (
        rivals.tune(rivals.RIVALS[name], rivals.GRIDS[name], table) for table in (drawn, changed)
    )
    assert before.get_params()["logisticregression__C"] == after["logisticregression"].C
    changed["text"] = drawn["text"]
    guesses = [rivals.guess(before, table) for table in (drawn, changed)]
    np.testing.assert_array_equal(*guesses)


def judged(pipeline, table):
    """The loss of a pipeline, fitted on the training texts, on the validation texts."""
    train, new = corpus.part_of(table, "train"), corpus.part_of(table, "validation")
    fitted = clone(pipeline).fit(train["text"], train["genre"])
    if hasattr(pipeline, "predict_proba"):
        return log_loss(new["genre"], fitted.predict_proba(new["text"]))
    return -accuracy_score(new["genre"], fitted.predict(new["text"]))


@pytest.mark.parametrize(
    "name, setting",
    [("BoW, logistic regression", "logisticregression__C"), (GRAMS, "linearsvc__C")],
)
def test_the_choice_is_by_validation_log_loss_and_the_svms_by_accuracy(name, setting, drawn):
    losses = {
        value: judged(clone(rivals.RIVALS[name]).set_params(**{setting: value}), drawn)
        for value in rivals.GRIDS[name][setting]
    }
    tuned = rivals.tune(rivals.RIVALS[name], rivals.GRIDS[name], drawn)
    assert tuned.get_params()[setting] == min(losses, key=losses.get)


def test_the_score_agrees_with_scikit_learn(drawn):
    test = corpus.part_of(drawn, "test")
    guesses = np.random.default_rng(0).permutation(test["genre"])
    found = rivals.score(drawn, guesses)
    assert list(found.index) == ["accuracy", "crossover", "plain", "macro-F1"]
    assert found["accuracy"] == accuracy_score(test["genre"], guesses)
    assert found["macro-F1"] == f1_score(test["genre"], guesses, average="macro")
    for kind, part in test.assign(guess=guesses).groupby("kind"):
        assert found[kind] == accuracy_score(part["genre"], part["guess"])


# The networks.


def test_the_network_is_that_of_the_description():
    net = networks.make_net(networks.last)
    embedding, lstm, softmax = (
        next(layer for layer in net.layers if isinstance(layer, kind))
        for kind in (layers.Embedding, layers.LSTM, layers.Dense)
    )
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (5000, 100, True)
    assert lstm.units == 64 and lstm.count_params() == 4 * 64 * (100 + 64 + 1)
    assert softmax.units == 4 and softmax.activation is keras.activations.softmax


def test_the_defaults_are_the_notebooks_parameters():
    """But for the patience: the notebook is the less patient, to be quick."""
    shipped = parameters(TEXT_NOTEBOOK)
    names = {"batch_size": "BATCH_SIZE", "epochs": "EPOCHS"}
    check_defaults(networks.fit_net, names, shipped)
    names = {"units": "LSTM_UNITS", "dimension": "EMBEDDING_DIM"}
    check_defaults(networks.make_net, names | {"vocabulary_size": "VOCABULARY_SIZE"}, shipped)


def check_defaults(function, names, shipped):
    given = inspect.signature(function).parameters
    for name, setting in names.items():
        assert given[name].default == shipped[setting], name


@readers
def test_padding_changes_no_probability(reader):
    keras.utils.set_random_seed(0)
    net = networks.make_net(reader, **TINY)
    short = np.array([[5, 9, 2]])
    padded = np.pad(short, ((0, 0), (0, 20)))
    np.testing.assert_allclose(net(short), net(padded), atol=1e-6)


def test_without_the_mask_padding_changes_them():
    """What the notebook shows by training without `mask_zero`."""
    keras.utils.set_random_seed(0)
    net = keras.Sequential([layers.Embedding(20, 6), layers.LSTM(4)])
    short = np.array([[5, 9, 2]])
    assert np.abs(net(short) - net(np.pad(short, ((0, 0), (0, 20))))).max() > 1e-3


def test_attention_is_a_share_of_the_words_and_none_of_the_padding():
    keras.utils.set_random_seed(0)
    net = networks.make_net(networks.attention, **TINY)
    weights_of = keras.Model(net.input, net.get_layer("attention").output)
    weights = weights_of(np.array([[5, 9, 2, 0, 0], [7, 7, 1, 3, 4]])).numpy()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    assert (weights[0, 3:] == 0).all() and (weights[0, :3] > 0).all() and (weights[1] > 0).all()


@readers
def test_a_text_without_a_known_word_gets_an_answer(reader):
    """Beside another, which gives it a width."""
    found = networks.make_net(reader, **TINY)(np.array([[0, 0], [5, 9]])).numpy()
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_a_batch_holds_texts_of_like_length_and_an_epoch_every_text_once():
    rng = np.random.default_rng(0)
    words = rng.integers(1, 40, 300)
    numbers = np.where(np.arange(40) < words[:, None], rng.integers(1, 99, (300, 40)), 0)
    batches = networks.batches(numbers, np.arange(300), 32, seed=1)
    epochs = []
    for _ in range(2):
        shown = list(batches.as_numpy_iterator())
        assert len(shown) == len(batches)
        assert sorted(np.concatenate([texts for _, texts in shown])) == list(range(300))
        for batch, texts in shown:
            assert batch.shape[1] == words[texts].max()
            assert (batch == numbers[texts, : batch.shape[1]]).all()
            assert len(texts) <= 32 and (np.ptp(words[texts]) < 10 or words[texts].max() < 24)
        epochs.append([list(texts) for _, texts in shown])
    assert epochs[0] != epochs[1]
    again = networks.batches(numbers, np.arange(300), 32, seed=1)
    assert epochs[0] == [list(texts) for _, texts in again.as_numpy_iterator()]


def test_without_a_seed_batches_keep_the_texts_order():
    numbers = np.ones((20, 3), int)
    shown = networks.batches(numbers, np.arange(20), 8).as_numpy_iterator()
    assert np.concatenate([texts for _, texts in shown]).tolist() == list(range(20))


def test_word_numbers_are_learned_from_training_texts_alone():
    table = pd.DataFrame(
        {
            "text": ["The bank, the fee!", "team won the", "bank won", "unheard bank"],
            "genre": ["b", "a", "b", "a"],
            "split": ["train", "train", "validation", "test"],
        }
    )
    arrays, words = networks.to_arrays(table, 100)
    assert words[:3] == ["", "[UNK]", "the"] and set(words[3:]) == {"bank", "fee", "team", "won"}
    numbers, genres = arrays["train"]
    assert [words[number] for number in numbers[0]] == ["the", "bank", "the", "fee"]
    assert numbers[1, 3] == 0 and genres.tolist() == [1, 0]
    assert [words[number] for number in arrays["test"][0][0]] == ["[UNK]", "bank"]
    assert len(networks.to_arrays(table, 4)[1]) == 4


@pytest.fixture(scope="module")
def fits(drawn):
    """A short training of each kind."""
    return {name: networks.fit_net(drawn, seed=1, **KINDS[name]) for name in KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_a_trainings_weights_give_its_probabilities(name, drawn, fits):
    fit = fits[name]
    assert len(fit.history) == 2 and fit.validation.shape == fit.test.shape == (80, 4)
    np.testing.assert_allclose(fit.test.sum(axis=1), 1, atol=1e-5)
    net = networks.make_net(KINDS[name]["reader"], **TINY)
    net.set_weights(fit.weights)
    numbers, _ = networks.to_arrays(drawn, TINY["vocabulary_size"])[0]["test"]
    np.testing.assert_allclose(net(numbers), fit.test, atol=1e-6)


@pytest.mark.parametrize("name", KINDS)
def test_a_training_is_reproducible_and_test_texts_have_no_say_in_it(name, drawn, fits):
    changed, is_test = drawn.copy(), drawn["split"] == "test"
    changed.loc[is_test, "genre"] = np.roll(drawn.loc[is_test, "genre"], 1)
    again = networks.fit_net(changed, seed=1, **KINDS[name])
    for before, after in zip(fits[name].weights, again.weights):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(fits[name].test, again.test)


def test_frozen_vectors_are_those_of_the_word_embedding_at_one_length(drawn, fits):
    fit = fits["attention"]
    lengths = np.linalg.norm(fit.weights[0], axis=1)
    np.testing.assert_allclose(lengths[2 : len(fit.words)], 3, rtol=1e-5)
    assert (lengths[[0, 1]] == 0).all() and (lengths[len(fit.words) :] == 0).all()
    numbers, _ = networks.to_arrays(drawn, TINY["vocabulary_size"])[0]["train"]
    lines = [row[row > 0] for row in numbers]
    expected = rivals.word_vectors(lines, TINY["vocabulary_size"], TINY["dimension"])[2:9]
    expected *= 3 / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(fit.weights[0][2:9], expected, atol=1e-5)


def test_with_frozen_vectors_the_learning_rate_falls_to_zero_over_the_epochs(drawn, monkeypatch):
    made = []

    class Noted(keras.optimizers.schedules.CosineDecay):
        def __init__(self, *given):
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(keras.optimizers.schedules, "CosineDecay", Noted)
    networks.fit_net(drawn, seed=1, **KINDS["attention"])
    texts = networks.to_arrays(drawn, TINY["vocabulary_size"])[0]["train"]
    steps = 2 * len(networks.batches(*texts, 9))
    rates = [float(made[0](step)) for step in (0, steps // 2, steps)]
    np.testing.assert_allclose(rates, [0.01, 0.005, 0], atol=1e-8)


def test_training_stops_after_its_patience_and_keeps_the_best_weights(drawn):
    """With a rate that throws it about."""
    settings = {"epochs": 12, "patience": 2, "learning_rate": 0.2, **TINY}
    fit = networks.fit_net(drawn, networks.last, 0, **settings)
    losses, genres = fit.history["val_loss"], corpus.part_of(drawn, "validation")["genre"]
    assert len(losses) < 12 and len(losses) == losses.idxmin() + 1 + 2
    assert log_loss(genres, fit.validation) == pytest.approx(losses.min(), abs=1e-4)


def test_of_few_texts_a_batch_is_small_and_another_seed_trains_otherwise(drawn, fits, monkeypatch):
    sizes = []
    batches = networks.batches

    def noted(numbers, labels, size, *seed):
        sizes.append(size)
        return batches(numbers, labels, size, *seed)

    monkeypatch.setattr(networks, "batches", noted)
    few = pd.concat([corpus.part_of(drawn, "train").head(60), drawn[drawn["split"] != "train"]])
    found = [networks.fit_net(table, seed=2, **KINDS["last"]) for table in (few, drawn)]
    assert sizes[::2] == [8, 9]  # of 240 texts 9 each, so that an epoch has 25 steps and more
    assert (found[1].test != fits["last"].test).any()


@pytest.mark.run
def test_texts_that_happen_to_start_with_equal_lengths_are_trained_on():
    """Batches of equal width first, then others: the first width is not that of all to Keras."""
    texts = [" ".join(["one"] * count) for count in [3] * 90 + [40] * 30]
    table = pd.DataFrame({"text": texts, "genre": ["a", "b"] * 60, "split": "train"})
    table.loc[100:, "split"] = ["validation", "test"] * 10
    found = [networks.fit_net(table, networks.last, seed, epochs=2, **TINY) for seed in range(3)]
    assert [fit.test.shape for fit in found] == [(10, 2)] * 3
