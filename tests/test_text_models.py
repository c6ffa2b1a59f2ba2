"""The features, models and statistics of notebook 2, taken out of the notebook."""

import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from conftest import ROOT, TEXT_NOTEBOOK, load_definitions, read_notebook
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


def test_words_are_stemmed_and_marks_dropped():
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
    outcome = nb.fit_rival(name, {}, corpus, 0)
    for split in ("validation", "test"):
        assert outcome[split].shape == (80, 4)
        np.testing.assert_allclose(outcome[split].sum(axis=1), 1)
    if name in nb.BAGS:
        assert nb.most_right_twins(corpus, outcome) <= 1
    plain = nb.score(corpus, outcome)["plain"]
    assert plain == 0.25 if name == "majority class" else plain > 0.41  # guessing: 0.25, and two standard errors


def test_connectives_are_found_among_words_that_say_nothing_of_the_genre():
    """Not one is listed: the words come from the training texts alone."""
    train = nb.part_of(nb.make_corpus(5, validation=4, test=4), "train")
    found = nb.find_connectives(train["text"], train["genre"].to_numpy(), 0.5)
    assert {"although", "despite", "that", "not", ",", ""} <= found
    assert found.isdisjoint({"bank", "goal", "minister", "school", "team", "students"})


def test_a_text_is_cut_before_its_connectives():
    connectives = {"", "although", "the", ","}
    clauses = nb.cut("Although the bank paid, the team won", connectives)
    assert clauses == [(["", "although", "the"], ["bank", "paid"]), ([",", "the"], ["team", "won"])]
    assert nb.cut("", connectives) == [([""], [])]
    assert "1 , the" in nb.surroundings(clauses, 0) and "-1  although the" in nb.surroundings(clauses, 1)


def test_weighted_clauses_see_order():
    """They are right on both of many twins, which no bag can be, and on half once the connectives are gone."""
    corpus = nb.make_corpus(5, train=600, validation=40, test=400)
    whole, cut = (
        nb.score(table, nb.fit_rival("weighted clauses, logistic regression", {"model__C": 10}, table, 0))["crossover"]
        for table in (corpus, nb.cut_connectives(corpus))
    )
    assert whole > 0.75 and cut < 0.57  # the ceiling, and two standard errors


def test_rivals_see_training_texts_alone(corpus):
    changed = corpus.copy()
    changed.loc[changed["split"] == "test", "genre"] = "Sports"
    changed.loc[changed["split"] == "test", "stems"] = "other word entir"
    fit = nb.fit_rival
    before, after = (fit("TF-IDF, logistic regression", {}, table, 0)["validation"] for table in (corpus, changed))
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


def test_the_network_is_that_of_the_description():
    net = nb.make_net(4)
    embedding, lstm, softmax = (net.layers[place] for place in (0, 2, 4))
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (5000, 100, True)
    assert lstm.units == 64 and softmax.units == 4 and softmax.activation is keras.activations.softmax


LANGUAGES = {  # a text, and its words
    "English": ("The bank's “half-time” score: 'tis 2-1!", "the bank's half-time score tis 2-1"),
    "typographic": ("‘It’s’ — “well‑known” … bank’s", "it's well known bank's"),
    "German": ("Österreich, ÖSTERREICH und österreich: Maß", "österreich österreich und österreich maß"),
    "Greek": ("ΑΘΗΝΑ, Αθήνα; Σοφός ΟΔΟΣ", "αθηνα αθήνα σοφός οδος"),
    "Greek without blanks": ("ΤΕΛΟΣ.Νέα ΟΔΟΣ:Α ΤΕΛΟΣ", "τελος νέα οδος α τελος"),
    "Turkish": ("İstanbul IRMAK ırmak Iğdır'da", "i\u0307stanbul irmak ırmak iğdır'da"),
    "Russian": ("МОСКВА, Москва и ёлка", "москва москва и ёлка"),
    "Bengali": ("বিদ্যালয়, শিক্ষক।", "বিদ্যালয় শিক্ষক"),
    "Hindi": ("खिलाड़ी, विद्यालय।", "खिलाड़ी विद्यालय"),
    "vowelled Arabic": ("العَرَبِيَّة، مُحَمَّد", "العَرَبِيَّة مُحَمَّد"),
    "Persian": ("می\u200cخواهم، خانه", "می\u200cخواهم خانه"),
    "decomposed": ("Cafe\u0301 caf\u00e9", "cafe\u0301 caf\u00e9"),
    "line ends": ("well\x85done a\u2028b\u2029c\x1cd\x1de\x1ef\x0bg\x0ch", "well done a b c d e f g h"),
    "joiners": ("a-'b -c d- --e-- f'-g ' h", "a b c d e f g h"),
    "zero byte": ("one\0two", "one two"),
    "no word": ("… !? —", ""),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_model_reads_the_same_words(language):
    text, words = LANGUAGES[language][0], LANGUAGES[language][1].split(" ") if LANGUAGES[language][1] else []
    assert nb.tokenise(text) == words
    assert [word.decode() for word in tf.strings.split(nb.only_words([text]))[0].numpy()] == words
    corpus = [text, "filler words"]
    assert set(nb.make_vectoriser(corpus).get_vocabulary()[2:]) == set(words) | {"filler", "words"}
    assert set(nb.WordEmbedding(2).fit([" ".join(nb.tokenise(text)) for text in corpus]).counter_.vocabulary_) >= set(words)
    table = pd.DataFrame({"text": corpus * 2, "genre": ["a", "b"] * 2, "kind": "plain", "split": "train"})
    assert set(nb.typical_words(table, 99)["a"]) >= set(words) - nb.ENGLISH_STOP_WORDS


@given(st.text(st.sampled_from("aBIİı'’‑-‐.,; \u200d\u0301éÉßΣς৳বি1_\x85\n"), max_size=30))
def test_every_model_reads_the_same_words_of_any_mixture(text):
    assert [word.decode() for word in tf.strings.split(nb.only_words([text]))[0].numpy()] == nb.tokenise(text)


@pytest.mark.skipif(os.name != "posix", reason="the language of the system is set by LC_ALL on POSIX")
def test_the_words_do_not_depend_on_the_language_of_the_system():
    """In a Turkish system TensorFlow lower-cases I to a dotless i."""
    code = (
        "from conftest import TEXT_NOTEBOOK, load_definitions; nb = load_definitions(TEXT_NOTEBOOK);"
        "print(ascii(nb.only_words(['IRMAK İstanbul'])[0].numpy().decode()))"
    )
    run = [sys.executable, "-c", code]
    environment = os.environ | {"LC_ALL": "tr_TR.UTF-8", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TF_CPP_MIN_LOG_LEVEL": "3"}
    found = subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout
    assert found.strip() == ascii("irmak i\u0307stanbul")


@pytest.mark.parametrize("mark", "\x85 \u2028 \u2029 \x1c \x1d \x1e \x0b \x0c".split(" "))
def test_a_line_end_inside_a_word_does_not_break_the_kept_model(mark, tmp_path):
    texts = [f"all is well{mark}", "well done", f"so well{mark}done"]
    vectoriser, net = nb.make_vectoriser(texts), nb.make_net(2)
    keras.Sequential([keras.layers.Input((), dtype="string"), vectoriser, *net.layers]).save(tmp_path / "kept.keras")
    kept = keras.saving.load_model(tmp_path / "kept.keras")
    assert kept.layers[0].get_vocabulary() == vectoriser.get_vocabulary() == ["", "[UNK]", "well", "done", "so", "is", "all"]


def test_the_vectoriser_keeps_the_order_and_knows_training_words_alone():
    vectoriser = nb.make_vectoriser(["the bank cut the fee", "the team won"])
    numbers = np.array(vectoriser(["won bank", "bank won", "unheard bank"]))
    assert numbers.shape == (3, nb.MAX_WORDS) and (numbers[0, :2] == numbers[1, 1::-1]).all() and numbers[2, 0] == 1
    assert (numbers[:, 2:] == 0).all()
    longer = "bank " * 9 + "won"  # than every text in training: nothing of it is lost
    assert nb.word_numbers(vectoriser, [longer, "bank"]).shape == (2, 10)
    assert nb.word_numbers(vectoriser, ["word " * 1000]).shape == (1, nb.MAX_WORDS)
    assert nb.word_numbers(vectoriser, [""]).shape == (1, 1)


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


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_share_lies_between_0_and_1(values, overlap):
    mean, low, high = nb.share_interval(values, overlap)
    assert 0 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1 and mean == pytest.approx(np.mean(values))


def test_the_interval_of_a_share_is_students_where_it_is_narrow():
    values = [0.701, 0.703, 0.699, 0.702, 0.700]
    np.testing.assert_allclose(nb.share_interval(values), nb.interval(values), atol=1e-5)
    assert nb.share_interval([1.0, 1.0]) == (1, 1, 1) and nb.share_interval([0.95, 1.0])[2] < 1
    assert nb.share_interval([0.9, 0.9]) == (0.9, 0.9, 0.9)  # holds its own mean
    np.testing.assert_allclose(nb.difference_interval([0.24, 0.25, 0.23]), nb.interval([0.24, 0.25, 0.23]), atol=1e-3)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=9), st.floats(0, 1))
def test_the_interval_of_a_difference_lies_between_minus_1_and_1(values, overlap):
    mean, low, high = nb.difference_interval(values, overlap)
    assert -1 <= low <= mean + 1e-12 and mean - 1e-12 <= high <= 1 and mean == pytest.approx(np.mean(values), abs=1e-12)


def test_means_that_differ_by_rounding_alone_are_a_tie(monkeypatch):
    shares = {"LSTM": [0.5, 0.5, 0.5], "b": [0.9, 0.8, 0.7], "a": [0.7, 0.8, 0.9]}
    assert np.mean(shares["b"]) > np.mean(shares["a"])
    rows = {
        (name, trial): {"accuracy": value, "validation": value} for name in shares for trial, value in enumerate(shares[name])
    }
    scores = pd.DataFrame(rows).T
    scores.index.names = ["model", "trial"]
    space = vars(nb) | {"scores": scores, "data": pd.DataFrame({"split": ["train", "test"]}), "DATA_CSV": ""}
    exec(next(cell for cell in read_notebook(TEXT_NOTEBOOK).cells if cell.id == "summary").source, space)
    assert list(space["summary"].index) == ["a", "b", "LSTM"]


@pytest.mark.parametrize(
    "difference, seeds, sentence",
    [
        ((0.24, 0.22, 0.26), 5, "LSTM is better than a bag, by 24.0 points."),
        ((-0.24, -0.26, -0.22), 5, "LSTM is worse than a bag, by 24.0 points."),
        (
            (0.36, -0.9, 1.62),
            2,
            "is +36.0 points (interval -90.0 to +162.0, with 2 trials; set N_SEEDS to 5",
        ),
        ((0.05, 0.05, 0.05), 2, "LSTM and a bag differ by +5.0 points in every trial: set N_SEEDS higher for an interval."),
        ((0.001, -0.01, 0.012), 5, "cannot be told apart: the difference is +0.1 points (interval -1.0 to +1.2)."),
    ],
)
def test_the_verdict_gives_the_difference_where_it_decides_nothing(difference, seeds, sentence, monkeypatch):
    monkeypatch.setattr(nb, "difference", lambda lstm, rival: difference)
    monkeypatch.setattr(nb, "N_SEEDS", seeds)
    assert sentence in nb.verdict("LSTM", "a bag")


@pytest.mark.parametrize("accuracies", [(0.7, 0.6), (0.6, 0.7)])
def test_of_rivals_equal_on_validation_the_test_texts_do_not_choose(accuracies, monkeypatch):
    summary = pd.DataFrame({"validation": [0.9, 0.9, 0.99], "accuracy": [*accuracies, 0.9]}, index=["b", "a", "LSTM"])
    monkeypatch.setattr(nb, "summary", summary.sort_values("accuracy", ascending=False), raising=False)
    assert nb.best_of(["b", "a"]) == "a" and nb.best_of(["b", "a", "LSTM"]) == "LSTM"


def test_parameters_are_read_when_a_model_is_made(corpus, monkeypatch):
    """A reader who changes the parameter cell and trains again gets what the cell says."""
    monkeypatch.setattr(nb, "LSTM_UNITS", 1)  # the smallest allowed
    monkeypatch.setattr(nb, "EMBEDDING_DIM", 3)
    for settings in nb.GRIDS["LSTM"]:
        net = nb.make_net(4, **settings)
        assert (net.layers[0].output_dim, net.layers[2].units) == (3, 1)
    assert clone(nb.FEATURES["embeddings"]).fit_transform(corpus["stems"]).shape[1] == 3
    monkeypatch.setattr(nb, "VOCABULARY_SIZE", 7)
    assert nb.make_vectoriser(corpus["text"]).vocabulary_size() == 7


def test_the_seed_reaches_every_model_that_draws(corpus):
    fit = [nb.fit_rival("BoW, random forest", {}, corpus, seed)["test"] for seed in (1, 1, 2)]
    assert (fit[0] == fit[1]).all() and (fit[0] != fit[2]).any()


def test_the_ceiling_is_the_share_of_plain_texts_and_half_of_the_crossover_texts():
    table = pd.DataFrame({"split": "test", "kind": ["plain"] * 2 + ["crossover"] * 3})
    assert nb.ceiling(table) == pytest.approx(0.4 + 0.3)


def test_the_overlap_of_the_nearest_text():
    table = pd.DataFrame({"text": ["a b c", "x y", "a b d", "x y"], "split": ["train", "train", "test", "test"]})
    np.testing.assert_allclose(nb.nearest_overlap(table), [0.5, 1.0])


def test_the_grids_that_benchmarks_take_from_the_notebook_hold_every_model():
    assert set(nb.GRIDS) == {"LSTM", "LSTM, attention", "order-free net", *nb.RIVALS} and all(nb.GRIDS.values())


def test_the_learning_rate_falls_to_zero_over_its_steps():
    net = nb.make_net(2, learning_rate=0.01, steps=10)
    rates = []
    for step in (0, 5, 10):
        net.optimizer.iterations.assign(step)
        rates.append(float(net.optimizer.learning_rate))
    np.testing.assert_allclose(rates, [0.01, 0.005, 0], atol=1e-8)


def test_with_epochs_training_goes_on_for_as_many(corpus):
    outcome = nb.fit_net(corpus, 0, "attention", initialised=True, frozen=True, epochs=2)
    assert len(outcome["history"]["loss"]) == 2
    occurring = len(outcome["words"]) * nb.EMBEDDING_DIM
    assert outcome["size"] == occurring + sum(weight.size for weight in outcome["weights"][1:])


def test_attention_is_the_same_once_it_is_read_back(tmp_path):
    net = nb.make_net(3, "attention")
    net.save(tmp_path / "net.keras")
    numbers = np.array([[5, 9, 2, 0], [0, 0, 0, 0]])
    expected = net.predict(numbers, verbose=0)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(keras.saving.load_model(tmp_path / "net.keras").predict(numbers, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize("knows", ["lstm", "bag", "both"])
def test_lstm_and_bag_trust_whichever_knows(corpus, knows):
    """The powers come from the validation texts; the product is right where the one that knows is."""
    outcomes, rng = {}, np.random.default_rng(0)
    for name in ("lstm", "bag"):
        outcomes[name] = {"size": 1, "seconds": (1.0, 2.0)}
        for split in ("validation", "test"):
            truth = np.searchsorted(nb.genre_names(corpus), nb.part_of(corpus, split)["genre"])
            guess = np.eye(4)[truth] if knows in (name, "both") else rng.random((len(truth), 4))
            outcomes[name][split] = (guess + 0.2) / (guess + 0.2).sum(axis=1, keepdims=True)
    both = nb.lstm_and_bag(corpus, **outcomes)
    assert nb.score(corpus, both)["accuracy"] == 1 and both["size"] == 2 and list(both["seconds"]) == [2, 4]


def test_what_is_kept_of_a_fit_is_what_was_fitted(corpus, tmp_path):
    outcomes = [nb.fit_rival("BoW, random forest", {}, corpus, 0), nb.fit_net(corpus, 0, epochs=1)]
    for number, outcome in enumerate(outcomes):
        np.savez(tmp_path / f"{number}.npz", **nb.as_arrays(outcome))
        again = nb.read_outcome(tmp_path / f"{number}.npz")
        assert again.keys() == outcome.keys() and outcome["validation"].dtype == again["validation"].dtype
        for key in outcome:
            np.testing.assert_equal(again[key], list(outcome[key]) if key == "seconds" else outcome[key])


def test_a_fit_is_done_again_if_job_or_code_differ(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(nb, "OUT", tmp_path)
    jobs = [("LSTM", {"dropout": rate}, table, 0) for rate in (0.3, 0.5) for table in (corpus, corpus[1:])]
    files = set()
    for code in (["", "EPOCHS = 5", "fit"], ["", "EPOCHS = 6", "fit"]):
        monkeypatch.setattr(nb, "In", code, raising=False)
        found = list(map(nb.file_of, jobs))
        monkeypatch.setattr(nb, "In", [*code, "later", "fit"], raising=False)  # the cell once more, in the same session
        assert list(map(nb.file_of, jobs)) == found
        files |= set(found)
    assert len(files) == 8
