"""The texts of notebook 2: the generator, twins, the split."""

import hashlib
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from Text_Classification_LSTM import corpus
from tools.notebooks import ROOT

CSV = ROOT / "Text_Classification_LSTM" / "text_data.csv"
CORPUS_HASH = "580ba65c9728e97ccdc0d62a5c7c72fe3172bd2f2c75809a9ec9f5026f36733b"
seeds = st.integers(0, 10**6)


def small_corpus(seed):
    return corpus.make_corpus(seed, train=120, validation=40, test=40)


def bag(text):
    return Counter(corpus.tokenise(text))


def test_the_generator_is_frozen_and_reproduces_the_committed_file():
    written = (
        corpus.make_corpus(0)[corpus.COLUMNS].to_csv(index=False, lineterminator="\n").encode()
    )
    assert written == CSV.read_bytes()
    assert hashlib.sha256(written).hexdigest() == CORPUS_HASH


def test_the_committed_corpus_has_the_stated_sizes():
    table = pd.read_csv(CSV, dtype=str)
    assert list(table) == corpus.COLUMNS
    assert table["split"].value_counts().to_dict() == {
        "train": 1800,
        "validation": 600,
        "test": 600,
    }
    counts = table.groupby(["split", "kind", "genre"]).size().unstack()
    assert (counts.nunique(axis=1) == 1).all(), "genres are balanced within split and kind"
    assert (table["kind"] == "crossover").mean() == 0.6
    words = {word for text in table["text"] for word in corpus.tokenise(text)}
    assert 800 <= len(words) <= 1500


def test_two_seeds_give_two_corpora():
    assert not small_corpus(1)["text"].isin(small_corpus(2)["text"]).all()
    assert small_corpus(1).equals(small_corpus(1))


@given(seeds)
def test_twins_have_the_same_words_the_other_genre_and_the_same_split(seed):
    table = small_corpus(seed)
    twins = table[table["kind"] == "crossover"].groupby("pair")
    assert (twins.size() == 2).all()
    for _, pair in twins:
        first, second = pair.itertuples()
        assert first.genre != second.genre and first.split == second.split
        assert bag(first.text) == bag(second.text) and first.text != second.text
        assert first.clauses == second.clauses[::-1]


@given(seeds)
def test_clauses_stand_in_the_text_word_for_word_and_in_one_pair_only(seed):
    table = small_corpus(seed)
    owner = {}
    for row in table.itertuples():
        for clause in row.clauses:
            assert clause in row.text or clause[0].upper() + clause[1:] in row.text
            assert owner.setdefault(clause, row.pair) == row.pair
    assert (table[table["kind"] == "plain"].groupby("pair").size() == 1).all()
    assert table["text"].is_unique


@given(seeds)
def test_texts_are_well_formed(seed):
    for text in small_corpus(seed)["text"]:
        assert text[0].isupper() and text.endswith(".") and text.count(". ") <= 3
        assert not re.search(r"[{}|;/]|  | [.,]|\ba [aeio]|\ban [^aeiou]", text), text


def test_topics_are_many_and_patterns_come_in_two_orders():
    for topics in corpus.GENRES.values():
        assert len(topics) >= 6
        for actors, predicates, tails in topics.values():
            assert len(actors) >= 3 and len(predicates) >= 3 and tails
    for _, patterns in corpus.PATTERNS.values():
        orders = {pattern.index("{M}") < pattern.index("{B}") for pattern in patterns}
        assert orders == {True, False}


@pytest.mark.parametrize("word", "bank bill match coach score term race party".split())
def test_polysemous_words_serve_several_genres(word):
    lists = {genre: " ".join(all_phrases(topics)) for genre, topics in corpus.GENRES.items()}
    assert sum(re.search(rf"\b{word}\b", text) is not None for text in lists.values()) >= 3


def all_phrases(topics):
    return [item for parts in topics.values() for part in parts for item in part]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_crossover_texts_is_as_asked(share):
    table = corpus.make_corpus(3, train=200, validation=40, test=40, crossover=share)
    assert (table["kind"] == "crossover").mean() == pytest.approx(share)
    assert table["split"].value_counts().to_dict() == {"train": 200, "validation": 40, "test": 40}


def test_a_leak_is_found():
    table = corpus.make_corpus(0)
    leaking = table.assign(split=np.where(np.arange(len(table)) % 2, "train", "test"))
    assert corpus.shared(leaking, "pair") and corpus.shared(leaking, "clauses")


def test_equal_texts_differ_at_most_in_case_blanks_and_punctuation():
    numbers = corpus.same_text(pd.Series(["A  text", "a text ", "another", "A text!\n"]))
    assert numbers[0] == numbers[1] == numbers[3] != numbers[2]
