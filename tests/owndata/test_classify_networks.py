"""owndata.networks: the lesson's networks read any script, and the words that all models read."""

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
from own_texts import texts

from owndata import models, networks, splits
from owndata.models import Options
from owndata.networks import any_script_words
from owndata.tokens import tokenise
from Text_Classification_LSTM import networks as lesson
from Text_Classification_LSTM import rivals

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
    layer = lesson.make_vectoriser([text, "filler words"], standardise=any_script_words)
    assert set(layer.get_vocabulary()[2:]) == set(words) | {"filler", "words"}
    assert models.Stems("none").transform([text]) == [" ".join(words)]


@given(st.text(st.sampled_from("aBIİı'’‑-‐.,; \u200d\u0301éÉßΣς৳বি1_\x85\n"), max_size=30))
def test_networks_read_the_same_words_of_any_mixture(text):
    assert words_of_networks(text) == tokenise(text)


@pytest.mark.skipif(os.name != "posix", reason="LC_ALL sets the language of the system on POSIX")
def test_the_words_do_not_depend_on_the_language_of_the_system():
    """In a Turkish system TensorFlow lower-cases I to a dotless i."""
    code = (
        "from owndata.networks import any_script_words as words;"
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
    assert rivals.score(table, mean)["accuracy"] > 0.9 and len(mean["history"]["loss"]) == 5
    assert "weights" not in mean and "οδος" in single[0]["words"]


def test_the_settings_of_the_networks_are_those_of_the_lesson():
    for name, grid in lesson.NET_GRIDS.items():
        assert models.NETWORKS[name] == grid


def test_a_line_end_inside_a_word_does_not_break_a_kept_network(tmp_path):
    marks = "\x85 \u2028 \u2029 \x1c \x1d \x1e \x0b \x0c".split(" ")
    rows = [text for mark in marks for text in (f"all is well{mark}", f"so well{mark}done")]
    vectoriser = lesson.make_vectoriser(rows, standardise=any_script_words)
    model = lesson.with_labels(vectoriser, [lesson.make_net(2)], ["a", "b"], 1.5, 0.5)
    networks.Network(model).save(tmp_path / "model.keras")
    kept = networks.Network.load(tmp_path / "model.keras")
    assert kept.vectoriser.get_vocabulary() == vectoriser.get_vocabulary()
    assert len(vectoriser.get_vocabulary()) == 2 + len("all is well so done".split())
    known = kept.knows(["Well!", "nothing else", ""])
    assert known.tolist() == [True, False, False]
    assert isinstance(kept.model, keras.Model)
