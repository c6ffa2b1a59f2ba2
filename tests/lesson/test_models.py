"""The features, models and statistics of notebook 2."""

import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from sklearn.base import clone
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.metrics import accuracy_score, log_loss
from threadpoolctl import threadpool_limits

from Text_Classification_LSTM import corpus, networks, rivals
from tools.notebooks import ROOT

threadpool_limits(1)  # two threads of OpenMP beside other work are far slower than one


@pytest.fixture(scope="module")
def drawn():
    table = corpus.make_corpus(7, train=240, validation=80, test=80)
    return table.assign(
        stems=table["text"].map(corpus.preprocess),
        clause_bags=table["text"].map(rivals.clause_bags),
    )


def test_words_are_stemmed_and_marks_dropped():
    assert (
        corpus.preprocess("She SCORED: scoring, ten-point scores!")
        == "she score score ten-point score"
    )
    assert corpus.preprocess("Größe, été — 東京!") and corpus.preprocess("...!") == ""


@pytest.mark.parametrize("feature", rivals.FEATURES)
def test_bags_give_twins_the_same_features(drawn, feature):
    assert rivals.twins_apart(drawn, clone(rivals.FEATURES[feature])) == 0


def test_n_grams_tell_twins_apart(drawn):
    grams = clone(rivals.RIVALS["1-3-grams, linear SVM"][0].named_steps["features"])
    assert rivals.twins_apart(drawn, grams) > 12  # of 24 pairs


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_every_rival_gives_probabilities_and_no_bag_is_right_on_both_twins(drawn, name):
    outcome = rivals.fit_rival(name, {}, drawn, 0)
    for split in ("validation", "test"):
        assert outcome[split].shape == (80, 4)
        np.testing.assert_allclose(outcome[split].sum(axis=1), 1)
    if name in rivals.BAGS:
        assert rivals.most_right_twins(drawn, outcome) <= 1
    plain = rivals.score(drawn, outcome)["plain"]
    assert (
        plain == 0.25 if name == "majority class" else plain > 0.41
    )  # guessing: 0.25, and two standard errors


def test_connectives_are_found_among_words_that_say_nothing_of_the_genre():
    """Not one is listed: the words come from the training texts alone."""
    train = corpus.part_of(corpus.make_corpus(5, validation=4, test=4), "train")
    found = rivals.find_connectives(train["text"], train["genre"].to_numpy(), 0.5)
    assert {"although", "despite", "that", "not", ",", ""} <= found
    assert found.isdisjoint({"bank", "goal", "minister", "school", "team", "students"})


def test_a_text_is_cut_before_its_connectives():
    connectives = {"", "although", "the", ","}
    clauses = rivals.cut("Although the bank paid, the team won", connectives)
    assert clauses == [(["", "although", "the"], ["bank", "paid"]), ([",", "the"], ["team", "won"])]
    assert rivals.cut("", connectives) == [([""], [])]
    assert "1 , the" in rivals.surroundings(
        clauses, 0
    ) and "-1  although the" in rivals.surroundings(clauses, 1)


def test_weighted_clauses_see_order():
    """Right on both of many twins, as no bag can be; on half once the connectives are gone."""
    drawn = corpus.make_corpus(5, train=600, validation=40, test=400)
    whole, cut = (
        rivals.score(
            table,
            rivals.fit_rival("weighted clauses, logistic regression", {"model__C": 10}, table, 0),
        )["crossover"]
        for table in (drawn, corpus.cut_connectives(drawn))
    )
    assert whole > 0.75 and cut < 0.57  # the ceiling, and two standard errors


def test_rivals_see_training_texts_alone(drawn):
    changed = drawn.copy()
    changed.loc[changed["split"] == "test", "genre"] = "Sports"
    changed.loc[changed["split"] == "test", "stems"] = "other word entir"
    fit = rivals.fit_rival
    before, after = (
        fit("TF-IDF, logistic regression", {}, table, 0)["validation"] for table in (drawn, changed)
    )
    np.testing.assert_array_equal(before, after)


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=5), st.integers(1, 4))
def test_pairs_are_counted_as_by_hand(lines, window):
    expected = np.zeros((6, 6))
    for line in lines:
        for i, j in itertools.combinations(range(len(line)), 2):
            if j - i <= window:
                expected[line[i], line[j]] += 1
                expected[line[j], line[i]] += 1
    np.testing.assert_array_equal(rivals.count_pairs(lines, 6, window).toarray(), expected)


def test_ppmi_by_its_formula():
    counts = np.array([[0, 4, 1], [4, 2, 0], [1, 0, 0]], float)
    p = counts / counts.sum()
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(p / np.outer(p.sum(axis=1), p.sum(axis=0))), 0)
    np.testing.assert_allclose(
        rivals.ppmi(sparse.csr_matrix(counts)).toarray(), expected, atol=1e-12
    )


def test_a_text_is_the_mean_of_its_words(drawn):
    embedding = rivals.WordEmbedding(20).fit(drawn["stems"])
    vectors, numbers = embedding.vectors_, embedding.counter_.vocabulary_
    mean = (2 * vectors[numbers["bank"]] + vectors[numbers["school"]]) / 3
    np.testing.assert_allclose(
        embedding.transform(["bank school bank", "unheard"]), [mean, np.zeros(20)], atol=1e-12
    )


def test_words_used_alike_lie_close(drawn):
    embedding = rivals.WordEmbedding(50).fit(corpus.make_corpus(1)["text"].map(corpus.preprocess))
    assert {"hockey", "volleybal", "handbal", "basketbal"} & set(
        rivals.neighbours(embedding, "team", 5).split(", ")
    )


def test_the_network_is_that_of_the_description():
    net = networks.make_net(4)
    embedding, lstm, softmax = (net.layers[place] for place in (0, 2, 4))
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (5000, 100, True)
    assert (
        lstm.units == 64 and softmax.units == 4 and softmax.activation is keras.activations.softmax
    )


LANGUAGES = {  # a text, and its words
    "English": ("The bank's “half-time” score: 'tis 2-1!", "the bank's half-time score tis 2-1"),
    "typographic": ("‘It’s’ — “well‑known” … bank’s", "it's well known bank's"),
    "German": (
        "Österreich, ÖSTERREICH und österreich: Maß",
        "österreich österreich und österreich maß",
    ),
    "Greek": ("ΑΘΗΝΑ, Αθήνα; Σοφός ΟΔΟΣ", "αθηνα αθήνα σοφός οδος"),
    "Greek without blanks": ("ΤΕΛΟΣ.Νέα ΟΔΟΣ:Α ΤΕΛΟΣ", "τελος νέα οδος α τελος"),
    "Turkish": ("İstanbul IRMAK ırmak Iğdır'da", "i\u0307stanbul irmak ırmak iğdır'da"),
    "Russian": ("МОСКВА, Москва и ёлка", "москва москва и ёлка"),
    "Bengali": ("বিদ্যালয়, শিক্ষক।", "বিদ্যালয় শিক্ষক"),
    "Hindi": ("खिलाड़ी, विद्यालय।", "खिलाड़ी विद्यालय"),
    "vowelled Arabic": ("العَرَبِيَّة، مُحَمَّد", "العَرَبِيَّة مُحَمَّد"),
    "Persian": ("می\u200cخواهم، خانه", "می\u200cخواهم خانه"),
    "decomposed": ("Cafe\u0301 caf\u00e9", "cafe\u0301 caf\u00e9"),
    "line ends": (
        "well\x85done a\u2028b\u2029c\x1cd\x1de\x1ef\x0bg\x0ch",
        "well done a b c d e f g h",
    ),
    "joiners": ("a-'b -c d- --e-- f'-g ' h", "a b c d e f g h"),
    "zero byte": ("one\0two", "one two"),
    "no word": ("… !? —", ""),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_model_reads_the_same_words(language):
    text, words = (
        LANGUAGES[language][0],
        LANGUAGES[language][1].split(" ") if LANGUAGES[language][1] else [],
    )
    assert corpus.tokenise(text) == words
    assert [
        word.decode() for word in tf.strings.split(networks.only_words([text]))[0].numpy()
    ] == words
    drawn = [text, "filler words"]
    assert set(networks.make_vectoriser(drawn).get_vocabulary()[2:]) == set(words) | {
        "filler",
        "words",
    }
    assert set(
        rivals.WordEmbedding(2)
        .fit([" ".join(corpus.tokenise(text)) for text in drawn])
        .counter_.vocabulary_
    ) >= set(words)
    table = pd.DataFrame(
        {"text": drawn * 2, "genre": ["a", "b"] * 2, "kind": "plain", "split": "train"}
    )
    assert set(rivals.typical_words(table, 99)["a"]) >= set(words) - ENGLISH_STOP_WORDS


@given(st.text(st.sampled_from("aBIİı'’‑-‐.,; \u200d\u0301éÉßΣς৳বি1_\x85\n"), max_size=30))
def test_every_model_reads_the_same_words_of_any_mixture(text):
    assert [
        word.decode() for word in tf.strings.split(networks.only_words([text]))[0].numpy()
    ] == corpus.tokenise(text)


@pytest.mark.skipif(
    os.name != "posix", reason="the language of the system is set by LC_ALL on POSIX"
)
def test_the_words_do_not_depend_on_the_language_of_the_system():
    """In a Turkish system TensorFlow lower-cases I to a dotless i."""
    code = (
        "from Text_Classification_LSTM.networks import only_words;"
        "print(ascii(only_words(['IRMAK İstanbul'])[0].numpy().decode()))"
    )
    run = [sys.executable, "-c", code]
    environment = os.environ | {"LC_ALL": "tr_TR.UTF-8", "TF_CPP_MIN_LOG_LEVEL": "3"}
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    found = subprocess.run(run, check=True, **options).stdout
    assert found.strip() == ascii("irmak i\u0307stanbul")


@pytest.mark.parametrize("mark", "\x85 \u2028 \u2029 \x1c \x1d \x1e \x0b \x0c".split(" "))
def test_a_line_end_inside_a_word_does_not_break_the_kept_model(mark, tmp_path):
    texts = [f"all is well{mark}", "well done", f"so well{mark}done"]
    vectoriser, net = networks.make_vectoriser(texts), networks.make_net(2)
    keras.Sequential([keras.layers.Input((), dtype="string"), vectoriser, *net.layers]).save(
        tmp_path / "kept.keras"
    )
    kept = keras.saving.load_model(tmp_path / "kept.keras")
    assert (
        kept.layers[0].get_vocabulary()
        == vectoriser.get_vocabulary()
        == ["", "[UNK]", "well", "done", "so", "is", "all"]
    )


def test_the_vectoriser_keeps_the_order_and_knows_training_words_alone():
    vectoriser = networks.make_vectoriser(["the bank cut the fee", "the team won"])
    numbers = np.array(vectoriser(["won bank", "bank won", "unheard bank"]))
    assert (
        numbers.shape == (3, networks.MAX_WORDS)
        and (numbers[0, :2] == numbers[1, 1::-1]).all()
        and numbers[2, 0] == 1
    )
    assert (numbers[:, 2:] == 0).all()
    longer = "bank " * 9 + "won"  # than every text in training: nothing of it is lost
    assert networks.word_numbers(vectoriser, [longer, "bank"]).shape == (2, 10)
    assert networks.word_numbers(vectoriser, ["word " * 1000]).shape == (1, networks.MAX_WORDS)
    assert networks.word_numbers(vectoriser, [""]).shape == (1, 1)


def test_judge_agrees_with_scikit_learn(drawn):
    rng = np.random.default_rng(0)
    outcome = {"test": rng.dirichlet(np.ones(4), 80)}
    truth, names = corpus.part_of(drawn, "test")["genre"], corpus.genre_names(drawn)
    reached, loss = rivals.judge(drawn, "test", outcome)
    assert reached == accuracy_score(truth, np.array(names)[outcome["test"].argmax(axis=1)])
    assert loss == pytest.approx(log_loss(truth, outcome["test"], labels=names))


def test_twins_right_counts_up_to_two(drawn):
    perfect = np.eye(4)[
        np.searchsorted(corpus.genre_names(drawn), corpus.part_of(drawn, "test")["genre"])
    ]
    assert rivals.most_right_twins(drawn, {"test": perfect}) == 2
    assert rivals.most_right_twins(drawn, {"test": np.roll(perfect, 1, axis=1)}) == 0


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_is_students(values):
    mean, low, high = rivals.interval(values)
    if np.std(values) > 1e-6:
        expected = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
        np.testing.assert_allclose((low, high), expected)
    assert low <= mean <= high


def test_the_corrected_interval_is_that_of_nadeau_and_bengio():
    values = [0.80, 0.84, 0.79, 0.83, 0.81]
    mean, low, high = rivals.interval(values, overlap=1 / 3)
    assert (high - low) / 2 == pytest.approx(
        2.7764451 * np.std(values, ddof=1) * np.sqrt(1 / 5 + 1 / 3)
    )
    assert np.isnan(rivals.interval([0.5])[1])


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_share_lies_between_0_and_1(values, overlap):
    mean, low, high = rivals.share_interval(values, overlap)
    assert (
        0 <= low <= mean + 1e-12
        and mean - 1e-12 <= high <= 1
        and mean == pytest.approx(np.mean(values))
    )


def test_the_interval_of_a_share_is_students_where_it_is_narrow():
    values = [0.701, 0.703, 0.699, 0.702, 0.700]
    np.testing.assert_allclose(rivals.share_interval(values), rivals.interval(values), atol=1e-5)
    assert (
        rivals.share_interval([1.0, 1.0]) == (1, 1, 1) and rivals.share_interval([0.95, 1.0])[2] < 1
    )
    assert rivals.share_interval([0.9, 0.9]) == (0.9, 0.9, 0.9)  # holds its own mean
    np.testing.assert_allclose(
        rivals.difference_interval([0.24, 0.25, 0.23]),
        rivals.interval([0.24, 0.25, 0.23]),
        atol=1e-3,
    )


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_difference_lies_between_minus_1_and_1(values, overlap):
    mean, low, high = rivals.difference_interval(values, overlap)
    assert (
        -1 <= low <= mean + 1e-12
        and mean - 1e-12 <= high <= 1
        and mean == pytest.approx(np.mean(values), abs=1e-12)
    )


def table_of_scores(shares):
    rows = {
        (name, trial): {"accuracy": value, "validation": value}
        for name, values in shares.items()
        for trial, value in enumerate(values)
    }
    scores = pd.DataFrame(rows).T
    scores.index.names = ["model", "trial"]
    return scores


def test_means_that_differ_by_rounding_alone_are_a_tie():
    shares = {"LSTM": [0.5, 0.5, 0.5], "b": [0.9, 0.8, 0.7], "a": [0.7, 0.8, 0.9]}
    assert np.mean(shares["b"]) > np.mean(shares["a"])
    assert list(rivals.summarise(table_of_scores(shares)).index) == ["a", "b", "LSTM"]


def test_a_difference_is_that_of_the_same_trials():
    shares = {"LSTM": [0.8, 0.6, 0.9], "a bag": [0.7, 0.5, 0.8]}
    scores = table_of_scores(shares)
    np.testing.assert_allclose(rivals.difference(scores, "LSTM", "a bag"), [0.1] * 3, atol=1e-12)


@pytest.mark.parametrize(
    "gap, trials, sentence",
    [
        ((0.24, 0.22, 0.26), 5, "LSTM is better than a bag, by 24.0 points."),
        ((-0.24, -0.26, -0.22), 5, "LSTM is worse than a bag, by 24.0 points."),
        (
            (0.36, -0.9, 1.62),
            2,
            "is +36.0 points (interval -90.0 to +162.0, with 2 trials: more would narrow it).",
        ),
        (
            (0.05, 0.05, 0.05),
            2,
            "LSTM and a bag differ by +5.0 points in every trial: set N_SEEDS higher",
        ),
        (
            (0.001, -0.01, 0.012),
            5,
            "cannot be told apart: the difference is +0.1 points (interval -1.0 to +1.2).",
        ),
    ],
)
def test_the_verdict_gives_the_difference_where_it_decides_nothing(gap, trials, sentence):
    assert sentence in rivals.verdict("LSTM", "a bag", gap, trials)


@pytest.mark.parametrize("accuracies", [(0.7, 0.6), (0.6, 0.7)])
def test_of_rivals_equal_on_validation_the_test_texts_do_not_choose(accuracies):
    found = {"validation": [0.9, 0.9, 0.99], "accuracy": [*accuracies, 0.9]}
    summary = pd.DataFrame(found, index=["b", "a", "LSTM"]).sort_values("accuracy", ascending=False)
    assert rivals.best_of(summary, ["b", "a"]) == "a"
    assert rivals.best_of(summary, ["b", "a", "LSTM"]) == "LSTM"


def test_sizes_are_arguments(drawn):
    for settings in networks.GRIDS["LSTM"]:
        net = networks.make_net(4, units=1, dimension=3, **settings)
        assert (net.layers[0].output_dim, net.layers[2].units) == (3, 1)
    rival, _ = rivals.make_rivals(3)["embeddings, logistic regression"]
    assert rival.named_steps["features"].fit_transform(drawn["stems"]).shape[1] == 3
    assert networks.make_vectoriser(drawn["text"], 7).vocabulary_size() == 7


def test_the_seed_reaches_every_model_that_draws(drawn):
    fit = [rivals.fit_rival("BoW, random forest", {}, drawn, seed)["test"] for seed in (1, 1, 2)]
    assert (fit[0] == fit[1]).all() and (fit[0] != fit[2]).any()


def test_the_ceiling_is_the_share_of_plain_texts_and_half_of_the_crossover_texts():
    table = pd.DataFrame({"split": "test", "kind": ["plain"] * 2 + ["crossover"] * 3})
    assert rivals.ceiling(table) == pytest.approx(0.4 + 0.3)


def test_the_overlap_of_the_nearest_text():
    table = pd.DataFrame(
        {"text": ["a b c", "x y", "a b d", "x y"], "split": ["train", "train", "test", "test"]}
    )
    np.testing.assert_allclose(rivals.nearest_overlap(table), [0.5, 1.0])


def test_the_grids_that_benchmarks_take_from_the_notebook_hold_every_model():
    assert set(networks.GRIDS) == {
        "LSTM",
        "LSTM, attention",
        "order-free net",
        *rivals.RIVALS,
    } and all(networks.GRIDS.values())


def test_the_learning_rate_falls_to_zero_over_its_steps():
    net = networks.make_net(2, learning_rate=0.01, steps=10)
    rates = []
    for step in (0, 5, 10):
        net.optimizer.iterations.assign(step)
        rates.append(float(net.optimizer.learning_rate))
    np.testing.assert_allclose(rates, [0.01, 0.005, 0], atol=1e-8)


def test_with_epochs_training_goes_on_for_as_many(drawn):
    outcome = networks.fit_net(drawn, 0, "attention", initialised=True, frozen=True, epochs=2)
    assert len(outcome["history"]["loss"]) == 2
    occurring = len(outcome["words"]) * 100
    assert outcome["size"] == occurring + sum(weight.size for weight in outcome["weights"][1:])


def test_attention_is_the_same_once_it_is_read_back(tmp_path):
    net = networks.make_net(3, "attention")
    net.save(tmp_path / "net.keras")
    numbers = np.array([[5, 9, 2, 0], [0, 0, 0, 0]])
    expected = net.predict(numbers, verbose=0)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(
        keras.saving.load_model(tmp_path / "net.keras").predict(numbers, verbose=0),
        expected,
        atol=1e-6,
    )
