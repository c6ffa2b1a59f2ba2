"""owndata.networks and owndata.nets: they read any script, and the words that all models read."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from own_texts import texts, twins

from owndata import measures, models, nets, networks, splits
from owndata.models import Options
from owndata.nets import any_script_words
from owndata.tokens import tokenise

ROOT = Path(__file__).parents[2]
LANGUAGES = {  # a text, and its words
    "English": ("The bank's “half-time” score: 'tis 2-1!", "the bank's half-time score tis 2-1"),
    "typographic": ("‘It’s’ — “well‑known” … bank’s", "it's well known bank's"),
    "German": ("Österreich, ÖSTERREICH und Maß", "österreich österreich und maß"),
    "Greek": ("ΑΘΗΝΑ, Αθήνα; Σοφός ΟΔΟΣ", "αθηνα αθήνα σοφός οδος"),
    "Greek without blanks": ("ΤΕΛΟΣ.Νέα ΟΔΟΣ:Α ΤΕΛΟΣ", "τελος νέα οδος α τελος"),
    "Turkish": ("İstanbul IRMAK ırmak Iğdır'da", "i\u0307stanbul irmak ırmak iğdır'da"),
    "Russian": ("МОСКВА, Москва и ёлка", "москва москва и ёлка"),
    "Bengali": ("বিদ্যালয়, শিক্ষক।", "বিদ্যালয় শিক্ষক"),
    "Hindi": ("खिलाड़ी, विद्यालय।", "खिलाड़ी विद्यालय"),
    "vowelled Arabic": ("العَرَبِيَّة، مُحَمَّد", "العَرَبِيَّة مُحَمَّد"),
    "Persian": ("می\u200cخواهم، خانه", "می\u200cخواهم خانه"),
    "Chinese": ("银 行 , 球 队", "银 行 球 队"),
    "decomposed": ("Cafe\u0301 caf\u00e9", "cafe\u0301 caf\u00e9"),
    "line ends": ("well\x85done a\u2028b\u2029c\x1cd\x1de\x1ef\x0bg\x0ch", "well done a b c d e f g h"),
    "joiners": ("a-'b -c d- --e-- f'-g ' h", "a b c d e f g h"),
    "zero byte": ("one\0two", "one two"),
    "no word": ("… !? —", ""),
}  # fmt: skip


def words_of_networks(text):
    """The words of a text as a network reads them."""
    return [word.decode() for word in tf.strings.split(any_script_words([text]))[0].numpy()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_networks_and_other_models_read_the_same_words(language):
    text, words = LANGUAGES[language][0], LANGUAGES[language][1].split()
    assert tokenise(text) == words == words_of_networks(text)
    layer = nets.make_vectoriser([text, "filler words"], 20)
    assert set(layer.get_vocabulary()[2:]) == set(words) | {"filler", "words"}
    assert models.Stems("none").transform([text]) == [" ".join(words)]


@given(st.text(st.sampled_from("aBIİı'’‑-‐.,; \u200d\u0301éÉßΣς৳বি1_\x85\n"), max_size=30))
def test_networks_read_the_same_words_of_any_mixture(text):
    assert words_of_networks(text) == tokenise(text)


@pytest.mark.skipif(os.name != "posix", reason="LC_ALL sets the language of the system on POSIX")
def test_the_words_do_not_depend_on_the_language_of_the_system():
    """In a Turkish system TensorFlow lower-cases I to a dotless i."""
    code = (
        "from owndata.nets import any_script_words as words;"
        "print(ascii(words(['IRMAK İstanbul'])[0].numpy().decode()))"
    )
    environment = os.environ | {"LC_ALL": "tr_TR.UTF-8", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ascii("irmak i\u0307stanbul")


def test_a_network_learns_texts_of_any_script_and_is_the_mean_of_its_runs():
    table = splits.draw_split(texts({"sea": 50, "bank": 50}), 0)
    table["text"] = table["text"].str.replace("the ", "ΟΔΟΣ ")
    settings = {"reader": "mean of words", "learning_rate": 0.05}
    options = Options(most_epochs=5, most_words=8)
    mean = models.fit_model("order-free net", settings, table, 3, options, runs=2)
    single = [models.fit_network(settings, table, seed, options) for seed in (3, 1003)]
    for part in models.PARTS:
        np.testing.assert_allclose(mean[part], np.mean([one[part] for one in single], axis=0))
    assert measures.score(table, mean)["accuracy"] > 0.9 and len(mean["history"]["loss"]) == 5
    assert "weights" not in mean and "οδος" in single[0]["words"]


def test_every_setting_of_the_networks_is_one_that_they_take():
    for settings in (settings for grid in models.NETWORKS.values() for settings in grid):
        keys = {"initialised", "epochs"}
        made = {key: value for key, value in settings.items() if key not in keys}
        assert nets.make_net(3, **made).output_shape == (None, 3)
    readers = {one.get("reader", "last") for grid in models.NETWORKS.values() for one in grid}
    assert readers == set(nets.READERS)


def test_a_network_has_the_size_that_it_says():
    embedding, lstm, softmax = (nets.make_net(4).layers[place] for place in (0, 2, 4))
    assert (embedding.input_dim, embedding.output_dim, embedding.mask_zero) == (5000, 100, True)
    assert lstm.units == 64 and softmax.units == 4
    assert softmax.activation is keras.activations.softmax


@pytest.mark.parametrize("reader", nets.READERS)
def test_every_reader_ignores_padding(reader):
    keras.utils.set_random_seed(0)
    net = nets.make_net(4, reader)
    short = np.array([[5, 9, 2]])
    padded = np.pad(short, ((0, 0), (0, 20)))
    answers = (net.predict(numbers, verbose=0) for numbers in (short, padded))
    np.testing.assert_allclose(*answers, atol=1e-6)


def test_texts_of_the_same_words_are_the_same_to_the_order_free_net():
    table = twins(50)
    numbers = nets.make_inputs(table, "mean of words", 20)[0]["test"][0]
    np.testing.assert_array_equal(numbers[::2], numbers[1::2])
    ordered = nets.make_inputs(table, "last", 20)[0]["test"][0]
    assert (ordered[::2] != ordered[1::2]).any(axis=1).all()


def test_the_vectoriser_keeps_the_order_and_knows_training_words_alone():
    vectoriser = nets.make_vectoriser(["the bank cut the fee", "the team won"], 8)
    numbers = np.array(vectoriser(["won bank", "bank won", "unheard bank"]))
    assert numbers.shape == (3, 8) and (numbers[0, :2] == numbers[1, 1::-1]).all()
    assert numbers[2, 0] == 1 and (numbers[:, 2:] == 0).all()
    assert nets.word_numbers(vectoriser, ["bank " * 6 + "won", "bank"]).shape == (2, 7)
    assert nets.word_numbers(vectoriser, ["word " * 1000]).shape == (1, 8)
    assert nets.word_numbers(vectoriser, [""]).shape == (1, 1)


def test_word_vectors_have_one_scale():
    rng = np.random.default_rng(0)
    vectors = nets.word_vectors(rng.integers(1, 400, size=(300, 20)))
    assert vectors.shape == (5000, 100) and (vectors[400:] == 0).all()
    assert np.sqrt((vectors[1:400] ** 2).mean()) == pytest.approx(0.3, rel=0.02)


def test_a_batch_holds_texts_of_like_length_and_an_epoch_every_text_once():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 40, 300)  # one text may have no word at all
    numbers = np.where(np.arange(40) < words[:, None], rng.integers(1, 99, (300, 40)), 0)
    batches = nets.batches(numbers, np.arange(300), 32, seed=1)
    epochs = []
    for _ in range(2):
        drawn = list(batches.as_numpy_iterator())
        assert len(drawn) == len(batches)
        assert sorted(np.concatenate([rows for _, rows in drawn])) == list(range(300))
        for shown, rows in drawn:
            assert shown.shape[1] == max(words[rows].max(), 1)
            assert (shown == numbers[rows, : shown.shape[1]]).all()
            assert len(rows) <= 32 and np.ptp(words[rows]) <= 12
        epochs.append([list(rows) for _, rows in drawn])
    assert epochs[0] != epochs[1]


def test_the_learning_rate_falls_to_zero_over_its_steps():
    net = nets.make_net(2, learning_rate=0.01, steps=10)
    rates = []
    for step in (0, 5, 10):
        net.optimizer.iterations.assign(step)
        rates.append(float(net.optimizer.learning_rate))
    np.testing.assert_allclose(rates, [0.01, 0.005, 0], atol=1e-8)


def test_with_epochs_training_goes_on_for_as_many():
    table = splits.draw_split(texts({"sea": 50, "bank": 50}), 0)
    settings = {"reader": "attention", **models.FROZEN, "epochs": 2}
    outcome = models.fit_network(settings, table, 0, Options(most_words=8))
    assert len(outcome["history"]["loss"]) == 2
    occurring = len(outcome["words"]) * 100
    assert outcome["size"] == occurring + sum(weight.size for weight in outcome["weights"][1:])


@pytest.mark.parametrize("reader", ["attention", "both directions"])
def test_a_kept_network_is_the_mean_of_its_parts_at_the_temperature(reader, tmp_path):
    table, settings = splits.draw_split(texts({"sea": 30, "bank": 30}), 0), {"reader": reader}
    single = [nets.make_net(2, reader) for _ in range(2)]
    outcomes = [{"weights": net.get_weights()} for net in single]
    options = Options(most_words=8)
    networks.Network(networks.join(outcomes, settings, table, options, 1.5)).save(
        tmp_path / "model.keras"
    )
    kept = networks.Network.load(tmp_path / "model.keras")
    new = ["sun and sand", "a loan", ""]
    numbers = np.array(kept.vectoriser(new))
    mean = np.mean([net.predict(numbers, verbose=0) for net in single], axis=0)
    np.testing.assert_allclose(kept.probabilities(new), measures.cool(mean, 1.5), atol=1e-5)


def test_a_line_end_inside_a_word_does_not_break_a_kept_network(tmp_path):
    marks = "\x85 \u2028 \u2029 \x1c \x1d \x1e \x0b \x0c".split(" ")
    rows = [text for mark in marks for text in (f"all is well{mark}", f"so well{mark}done")]
    vectoriser = nets.make_vectoriser(rows, 20)
    model = nets.join_nets(vectoriser, [nets.make_net(2)], 1.5)
    networks.Network(model).save(tmp_path / "model.keras")
    kept = networks.Network.load(tmp_path / "model.keras")
    assert kept.vectoriser.get_vocabulary() == vectoriser.get_vocabulary()
    assert len(vectoriser.get_vocabulary()) == 2 + len("all is well so done".split())
    known = kept.knows(["Well!", "nothing else", ""])
    assert known.tolist() == [True, False, False]
    assert isinstance(kept.model, keras.Model)
