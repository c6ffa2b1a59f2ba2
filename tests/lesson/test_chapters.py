"""The later chapters of notebook 2: what its own functions compute, its exercises, what it keeps."""

import json
import os
import re
import subprocess
import sys

import keras
import numpy as np
import pytest
from conftest import GRAMMAR, TEXT_NOTEBOOK, from_cells, read_notebook
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from scipy import stats
from scipy.special import softmax

from Text_Classification_LSTM import corpus, networks, rivals

SOURCES = {cell.id: cell.source for cell in read_notebook(TEXT_NOTEBOOK).cells}
GENRES = list(GRAMMAR["topics"])
TITLE = "Although the bank raised the interest rate, the striker scored a late goal."
TINY = {"vocabulary_size": 1200, "dimension": 6, "units": 4}
JUDGING = from_cells(TEXT_NOTEBOOK, ["interval"], GENRES=GENRES, part_of=corpus.part_of)


@pytest.fixture(scope="module")
def drawn():
    return corpus.make_corpus(11, GRAMMAR, train=240, validation=80, test=80)


@pytest.fixture(scope="module")
def asking(drawn):
    """The notebook's functions that ask a network, with word numbers of a small corpus."""
    to_numbers = layers.TextVectorization(TINY["vocabulary_size"])
    to_numbers.adapt(corpus.part_of(drawn, "train")["text"])
    given = {"to_numbers": to_numbers, "GENRES": GENRES}
    functions = from_cells(TEXT_NOTEBOOK, ["try", "inside", "leave-one-out"], **given)
    functions.to_numbers = to_numbers
    return functions


def random_net(reader, seed=0, **settings):
    """A network whose weights are large enough for its states to differ."""
    keras.utils.set_random_seed(seed)
    net = networks.make_net(reader, **TINY | settings)
    net.set_weights(
        [2 * np.random.default_rng(seed).normal(size=w.shape) for w in net.get_weights()]
    )
    return net


# What it looks at.


def test_the_pages_equations_give_the_state_of_keras(asking):
    net = random_net(networks.last)
    lstm = next(layer for layer in net.layers if isinstance(layer, layers.LSTM))
    as_keras = layers.LSTM(TINY["units"], return_state=True)
    inputs = keras.Input((None, TINY["dimension"]))
    stated = keras.Model(inputs, as_keras(inputs))
    as_keras.set_weights(lstm.get_weights())
    memory = asking.memories(net, TITLE)
    words = asking.to_numbers([TITLE]).numpy()
    assert memory.shape == (words.shape[1], TINY["units"])
    for count in range(1, words.shape[1] + 1):
        _, h, c = stated(net.get_weights()[0][words[:, :count]])
        np.testing.assert_allclose(memory[count - 1], c[0], atol=1e-5)
    answer = np.asarray(net(words))[0]
    np.testing.assert_allclose(
        answer, softmax(h.numpy()[0] @ net.get_weights()[4] + net.get_weights()[5]), atol=1e-5
    )


def test_attention_is_as_the_page_writes_it(asking):
    """u = v h, a = softmax(u), and the answer from the sum of a x."""
    net = random_net(networks.attention)
    vectors, Wx, Wh, b, v, bias, Wy, by = net.get_weights()
    inputs = keras.Input((None, TINY["dimension"]))
    reading = layers.LSTM(TINY["units"], return_sequences=True)
    states_of = keras.Model(inputs, reading(inputs))
    reading.set_weights([Wx, Wh, b])
    words = asking.to_numbers([TITLE]).numpy()
    x = vectors[words[0]]
    a = softmax((states_of(x[None]).numpy()[0] @ v + bias)[:, 0])
    attention_of = keras.Model(net.input, net.get_layer("attention").output)
    np.testing.assert_allclose(attention_of(words)[0], a, atol=1e-5)
    np.testing.assert_allclose(net(words)[0], softmax(a @ x @ Wy + by), atol=1e-5)


def test_answers_are_named_probabilities(asking):
    found = asking.answers(random_net(networks.last), [TITLE, "unheard"])
    assert list(found) == GENRES and list(found.index) == [TITLE, "unheard"]
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_a_word_left_out_costs_the_fall_of_the_log_odds(asking):
    net = random_net(networks.last)
    found = asking.falls(net, TITLE)
    words = TITLE.split()
    assert list(found.index) == words
    genre = asking.answers(net, [TITLE]).iloc[0].idxmax()
    for place in (0, 5, len(words) - 1):
        shorter = " ".join(words[:place] + words[place + 1 :])
        p, q = (float(asking.answers(net, [text])[genre].iloc[0]) for text in (TITLE, shorter))
        expected = np.log(p / (1 - p)) - np.log(q / (1 - q))
        assert found.iloc[place] == pytest.approx(expected, abs=1e-2)


# How sure it is, and how sure a difference is.


@pytest.mark.filterwarnings("ignore:invalid value")  # equal values have no interval
@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_is_students(values):
    mean, low, high = JUDGING.interval(values)
    assert mean == pytest.approx(np.mean(values))
    if np.std(values) > 1e-6:
        half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
        np.testing.assert_allclose((low, high), (mean - half, mean + half))


def test_errors_are_those_of_all_corpora(drawn):
    tables = [drawn, corpus.make_corpus(12, GRAMMAR, train=4, validation=4, test=40)]
    rng = np.random.default_rng(0)
    tests = [rng.dirichlet(np.ones(4), len(corpus.part_of(table, "test"))) for table in tables]
    fits = {("net", k): networks.Fit(*[None] * 4, found, None) for k, found in enumerate(tests)}
    given = {"corpora": tables, "fits": fits, "part_of": corpus.part_of, "GENRES": GENRES}
    found = from_cells(TEXT_NOTEBOOK, ["all-models", "errors"], **given).wrong_texts("net")
    assert len(found) == 120
    np.testing.assert_allclose(found["sure"], np.concatenate(tests).max(axis=1))
    assert (found["wrong"] == (found["genre"] != found["guess"])).all() and found["wrong"].any()


# The exercises.


def code_of(exercise):
    """The pieces of code in an exercise of the notebook, its folded answer too."""
    parts = re.split(r"^(\d)\. ", SOURCES["exercises"], flags=re.M)
    text = dict(zip(parts[1::2], parts[2::2]))[str(exercise)]
    return re.findall(r"`([^`]+)`|<code>(.+?)</code>", text)


def first_code(exercise, start):
    """The piece of code of an exercise that starts so."""
    found = [one or other for one, other in code_of(exercise)]
    return next(piece for piece in found if piece.startswith(start))


def test_exercise_2_finds_the_test_texts_of_its_table(drawn):
    start = first_code(2, "test = ")
    names = {"part_of": corpus.part_of, "data": drawn}
    exec(start, names)
    assert (names["test"]["kind"] == "crossover").all() and len(names["test"]) == 48


def test_exercise_3_gives_the_svm_longer_pieces(drawn):
    name = "1-3-grams, linear SVM"
    tuned = {name: rivals.RIVALS[name]}
    longer = eval(first_code(3, "tuned["), {"tuned": dict(tuned)})
    assert longer["tfidfvectorizer"].ngram_range == (1, 5)
    longer.set_params(tfidfvectorizer__ngram_range=(1, 3))  # the pipeline is everybody's


def test_exercise_4_is_a_bag_again(drawn):
    """Its reader takes the mean, so twins get one answer."""
    names = {"layers": layers}
    exec(first_code(4, "def mean"), names)
    fit = networks.fit_net(drawn, names["mean"], 0, 0.01, epochs=1, **TINY)
    test = corpus.part_of(drawn, "test").reset_index(drop=True)
    twins = test[test["kind"] == "crossover"].sort_values("pair").index
    np.testing.assert_allclose(fit.test[twins[::2]], fit.test[twins[1::2]], atol=1e-6)
    likeliest = from_cells(TEXT_NOTEBOOK, ["all-models"], np=np, GENRES=GENRES).likeliest
    score = eval(
        first_code(4, "score("),
        {"score": rivals.score, "data": drawn, "likeliest": likeliest, "fit": fit},
    )
    assert score["crossover"] <= 0.5


@pytest.mark.parametrize("cell", ["GRU", "SimpleRNN"])
def test_exercise_5_reads_with_another_cell(cell):
    source = SOURCES["net"]
    assert source.count("layers.LSTM(units, return_sequences=True)") == 1
    names = {"layers": layers, "keras": keras, "ops": keras.ops}
    exec(source.replace("layers.LSTM", f"layers.{cell}"), names)
    net = names["make_net"](names["attention"], **TINY)
    short = np.array([[5, 9, 2]])
    padded = np.pad(short, ((0, 0), (0, 20)))
    np.testing.assert_allclose(net(short), net(padded), atol=1e-6)


def test_exercise_6_draws_fewer_crossover_texts():
    names = {"make_corpus": corpus.make_corpus, "SEED": 0, "grammar": GRAMMAR}
    table = eval(first_code(6, "make_corpus"), names)
    assert (table["kind"] == "crossover").mean() == pytest.approx(0.1)


@pytest.mark.parametrize("often", [4, 1])
def test_exercise_7_adds_a_connective(often, monkeypatch):
    [(name, (_, patterns))] = eval("{" + first_code(7, '"unless"') + "}").items()
    monkeypatch.setitem(corpus.PATTERNS, name, (often, patterns))
    table = corpus.make_corpus(0, GRAMMAR)
    train = corpus.part_of(table, "train")
    expected = 1800 * 0.8 * often / (53 + often)  # half of the plain texts have no connective
    assert 0.5 * expected < (train["connective"] == "unless").sum() < 1.6 * expected
    assert train["text"].str.contains("unless", case=False).any()


# What it keeps.


IN_A_NEW_SESSION = """
import json, sys, keras, tensorflow as tf
model = keras.models.load_model(sys.argv[1])
print(json.dumps(model.predict(tf.constant(json.loads(sys.argv[2])), verbose=0).tolist()))
"""


@pytest.mark.run
def test_a_kept_model_gives_the_same_probabilities_to_a_session_without_the_notebook(
    drawn, asking, tmp_path
):
    """It holds no function or class of ours: Keras alone loads it."""
    net = random_net(networks.attention)
    model = keras.Sequential([keras.Input((), dtype="string"), asking.to_numbers, net])
    model.save(tmp_path / "kept.keras")
    texts = [*drawn["text"].head(5), "", "Größe 東京", "word " * 1000]
    run = [sys.executable, "-c", IN_A_NEW_SESSION, str(tmp_path / "kept.keras"), json.dumps(texts)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(run, check=True, **options)
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, asking.answers(net, texts), atol=1e-5)


def test_every_cell_that_a_chapter_names_exists():
    """Links to chapters, in the list of contents and in the text, lead to a heading."""
    text = "\n".join(SOURCES.values())
    headings = re.findall(
        r"^#+ (.+)$",
        "\n".join(
            cell.source
            for cell in read_notebook(TEXT_NOTEBOOK).cells
            if cell.cell_type == "markdown"
        ),
        flags=re.M,
    )
    anchors = {heading.replace(" ", "-") for heading in headings}
    linked = re.findall(r"\]\(#(.*?)\)", text)
    assert len(linked) >= 17 and set(linked) <= anchors
    numbered = [heading for heading in headings if re.match(r"\d+\. ", heading)]
    assert [int(heading.partition(".")[0]) for heading in numbered] == list(range(1, 15))


def test_drawings_have_a_word_for_each_weight():
    """Two cells draw the same eight words; the wished weights are as many, and add up to 1."""
    [words] = re.findall(r"^eight = (\[.*\])$", SOURCES["drawing"], flags=re.M)
    [weights] = re.findall(r"enumerate\((\([\d., ]+\))\)", SOURCES["drawing-attention"])
    assert len(eval(words)) == len(eval(weights)) == 8
    assert sum(eval(weights)) == pytest.approx(1)
