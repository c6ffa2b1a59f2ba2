"""Words of any script, and stems by language."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from owndata.tokens import (
    FREQUENT,
    LANGUAGES,
    guess_language,
    same_text,
    stem,
    tokenise,
)


@pytest.mark.parametrize(
    "text, words",
    [
        ("The bank's “half-time” score: 2-1!", ["the", "bank's", "half-time", "score", "2-1"]),
        ("don’t", ["don't"]),
        ("विद्यालय খোলা İstanbul", ["विद्यालय", "খোলা", "i̇stanbul"]),
        ("e\u0301cole ΟΔΟΣ ΟΔΟΣ.", ["e\u0301cole", "ΟΔΟΣ".lower(), "ΟΔΟΣ".lower()]),
        ("می\u200cخواهم -a- b--c", ["می\u200cخواهم", "a", "b", "c"]),
        ("...!", []),
    ],
)
def test_words_of_any_script(text, words):
    assert tokenise(text) == words


@given(st.text(st.sampled_from("aBIİı'’‑-‐.,; \u200d\u0301éÉßΣς৳বি1_\x85\n"), max_size=30))
def test_words_come_back_from_the_words_joined(text):
    words = tokenise(text)
    assert tokenise(" ".join(words)) == words and all(word and " " not in word for word in words)


def test_endings_are_cut_off_in_the_language_asked_for():
    words = tokenise("She SCORED: scoring, ten-point scores!")
    assert [stem(word, "english") for word in words] == "she score score ten-point score".split()
    for language, stems in (("german", "lamp und katz"), ("none", "lampen und katzen")):
        words = tokenise("Lampen und Katzen")
        assert [stem(word, language) for word in words] == stems.split()
    assert (stem("katzen", "german"), stem("katzen", "english")) == ("katz", "katzen")
    with pytest.raises(
        ValueError, match="no stems in 'klingon': set language to one of none, arabic, .*[.]$"
    ):
        stem("word", "klingon")


def test_every_language_that_is_guessed_has_a_stemmer():
    assert FREQUENT.keys() <= set(LANGUAGES)
    assert all(stem("lamp", language) for language in LANGUAGES)


@pytest.mark.parametrize(
    "text, language",
    [
        ("Die Lampe ist hell, und ich würde sie nicht wieder kaufen", "german"),
        ("The lamp is bright and kind to the eyes", "english"),
        ("La lampe est belle et ne fatigue pas les yeux", "french"),
        ("La lámpara es buena y no cansa los ojos en una noche", "spanish"),
        ("Лампа не утомляет, и это на столе как раз то, что надо", "russian"),
        ("Lamba güzel, gözleri yormuyor", "none"),
        ("房 间 很 大", "none"),
    ],
)
def test_the_language_of_texts_is_guessed(text, language):
    assert guess_language([text] * 9) == language


def test_texts_that_differ_in_case_and_blanks_are_the_same():
    numbers = same_text(pd.Series(["A  text", "a text ", "another", "A text!\n"]))
    assert list(numbers) == [0, 0, 1, 0]
