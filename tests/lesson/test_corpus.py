"""The texts of notebook 2: the generator, twins, the split, and the texts without their order."""

import hashlib
import random
import re
from collections import Counter

import pandas as pd
import pytest
from conftest import GRAMMAR, ROOT, TEXT_NOTEBOOK, from_cells
from hypothesis import given, settings
from hypothesis import strategies as st

from Text_Classification_LSTM import corpus

CSV = (ROOT / TEXT_NOTEBOOK).with_name("text_data.csv")
CORPUS_HASH = "580ba65c9728e97ccdc0d62a5c7c72fe3172bd2f2c75809a9ec9f5026f36733b"
COLUMNS = ["text", "genre", "kind", "pair", "split"]
LISTS = [lists for topics in GRAMMAR["topics"].values() for lists in topics.values()]
LEAKS = from_cells(TEXT_NOTEBOOK, ["leaks"])
seeds = st.integers(0, 10**6)
few = settings(max_examples=25)  # a corpus takes some hundredths of a second


def small_corpus(seed):
    return corpus.make_corpus(seed, GRAMMAR, train=120, validation=40, test=40)


def words_of(text):
    return re.findall(r"[a-z0-9'-]+", text.lower())


def bag(text):
    return Counter(words_of(text))


@pytest.fixture(scope="module")
def first():
    """The corpus of seed 0, as the notebook draws it."""
    return corpus.make_corpus(0, GRAMMAR)


# The file that is committed.


def test_the_generator_is_frozen_and_reproduces_the_committed_file(first):
    written = first[COLUMNS].to_csv(index=False, lineterminator="\n").encode()
    assert written == CSV.read_bytes()
    assert hashlib.sha256(written).hexdigest() == CORPUS_HASH


def test_a_reader_of_the_file_gets_the_very_corpus(first):
    """The notebook compares both so."""
    table = pd.read_csv(CSV)
    assert list(table) == COLUMNS and table.equals(first[COLUMNS])


def test_the_committed_corpus_has_the_stated_sizes():
    table = pd.read_csv(CSV)
    sizes = {"train": 1800, "validation": 600, "test": 600}
    assert table["split"].value_counts().to_dict() == sizes
    counts = table.groupby(["split", "kind", "genre"]).size().unstack()
    assert (counts.nunique(axis=1) == 1).all(), "genres are balanced within split and kind"
    assert (table["kind"] == "crossover").mean() == 0.6
    assert 800 <= len({word for text in table["text"] for word in words_of(text)}) <= 1500


def test_a_connective_does_not_give_a_crossover_text_away(first):
    """Half of the plain texts have one, and every one of them occurs in both kinds."""
    plain = first[first["kind"] == "plain"]
    assert 0.45 < (plain["connective"] != "").mean() < 0.55
    for _, table in first.groupby("kind"):
        assert set(corpus.PATTERNS) <= set(table["connective"])


# What holds for every seed.


def test_two_seeds_give_two_corpora():
    assert not small_corpus(1)["text"].isin(small_corpus(2)["text"]).all()
    assert small_corpus(1).equals(small_corpus(1))


@few
@given(seeds)
def test_twins_have_the_same_words_the_other_genre_and_the_same_split(seed):
    table = small_corpus(seed)
    twins = table[table["kind"] == "crossover"].groupby("pair")
    assert (twins.size() == 2).all()
    for _, pair in twins:
        one, other = pair.itertuples()
        assert one.genre != other.genre and one.split == other.split
        assert one.connective == other.connective and one.topics == other.topics[::-1]
        assert bag(one.text) == bag(other.text) and one.text != other.text
        assert one.clauses == other.clauses[::-1]


@few
@given(seeds)
def test_the_news_decides_the_genre(seed):
    table = small_corpus(seed)
    for row in table.itertuples():
        news, *background = row.topics
        assert news in GRAMMAR["topics"][row.genre]
        assert all(topic not in GRAMMAR["topics"][row.genre] for topic in background)
        assert len(row.topics) == (2 if row.kind == "crossover" else 1)


@few
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


@few
@given(seeds)
def test_texts_are_well_formed(seed):
    for text in small_corpus(seed)["text"]:
        assert text[0].isupper() and text.endswith(".") and text.count(". ") <= 3
        assert not re.search(r"[{}|;/]|  | [.,]|\ba [aeio]|\ban [^aeiou]", text), text


@few
@given(seeds)
def test_nothing_leaks_from_one_part_to_another(seed):
    table = small_corpus(seed)
    for column in ("pair", "text", "clauses"):
        assert len(LEAKS.shared(table, column)) == 0


def test_a_leak_is_found(first):
    every_other = ["train" if place % 2 else "test" for place in range(len(first))]
    careless = first.assign(split=every_other)
    for column in ("pair", "clauses"):
        assert len(LEAKS.shared(careless, column)) > 100


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
def test_the_share_of_crossover_texts_is_as_asked(share):
    table = corpus.make_corpus(3, GRAMMAR, train=200, validation=40, test=40, crossover=share)
    assert (table["kind"] == "crossover").mean() == pytest.approx(share)
    assert table["split"].value_counts().to_dict() == {"train": 200, "validation": 40, "test": 40}


def test_a_part_is_that_of_the_split(first):
    parts = [corpus.part_of(first, name) for name in ("train", "validation", "test")]
    assert list(map(len, parts)) == [1800, 600, 600]
    assert pd.concat(parts).sort_index().equals(first)


# The grammar.


def test_topics_are_many_and_patterns_come_in_two_orders():
    assert list(GRAMMAR["topics"]) == ["Education", "Finance", "Politics", "Sports"]
    assert all(len(topics) == 6 for topics in GRAMMAR["topics"].values())
    for lists in LISTS:
        assert len(lists["who"]) >= 3 and len(lists["did what"]) >= 3 and lists["when or where"]
    assert len(corpus.PATTERNS) == 15
    for _, patterns in corpus.PATTERNS.values():
        orders = {pattern.index("{M}") < pattern.index("{B}") for pattern in patterns}
        assert orders == {True, False}


def test_no_list_of_the_grammar_holds_anything_twice():
    for lists in [*LISTS, {name: GRAMMAR[name] for name in ("adjectives", "tails", "openers")}]:
        for entries in lists.values():
            assert len(set(entries)) == len(entries)


@pytest.mark.parametrize("word", "bank bill match coach score term race party".split())
def test_polysemous_words_serve_several_genres(word):
    phrases = {genre: " ".join(all_phrases(genre)) for genre in GRAMMAR["topics"]}
    assert sum(re.search(rf"\b{word}\b", text) is not None for text in phrases.values()) >= 3


def all_phrases(genre):
    parts = [part for lists in GRAMMAR["topics"][genre].values() for part in lists.values()]
    return [entry for part in parts for entry in part]


@given(seeds)
def test_each_choice_is_filled_with_one_of_its_words(seed):
    filled = corpus.fill("the {big/small} bank {paid} {a/b/c}", random.Random(seed))
    assert re.fullmatch(r"the (big|small) bank paid [abc]", filled)


@given(seeds)
def test_actors_have_the_determiner_that_fits(seed):
    rng = random.Random(seed)
    name = lambda actor: corpus.name_actor(actor, ["old"], rng)  # noqa: E731
    assert name("the central bank") == "the central bank"
    assert name("traders") in {
        f"{d} {a}traders" for d in ("the", "some", "many") for a in ("", "old ")
    }
    assert name("exam board") in {
        "the exam board",
        "an exam board",
        "the old exam board",
        "an old exam board",
    }
    assert name("bank") in {"the bank", "a bank", "the old bank", "an old bank"}


def test_sentences_start_with_a_capital():
    assert corpus.capitals("one. two, a b. three") == "One. Two, a b. Three"


# The texts without their order.


def test_shuffling_keeps_the_words_and_loses_the_order():
    drawn = small_corpus(11)
    shuffled = corpus.shuffle_words(drawn, 0)
    before, after = (table["text"].str.split() for table in (drawn, shuffled))
    assert after.map(sorted).equals(before.map(sorted)) and (after != before).mean() > 0.99
    assert shuffled.equals(corpus.shuffle_words(drawn, 0))
    assert shuffled.drop(columns="text").equals(drawn.drop(columns="text"))


@few
@given(seeds)
def test_cutting_the_connectives_leaves_the_clauses_in_their_order(seed):
    drawn = small_corpus(seed)
    cut = corpus.cut_connectives(drawn)
    for before, after, clauses in zip(drawn["text"], cut["text"], drawn["clauses"], strict=True):
        assert sorted(after.split(". ")) == sorted(clauses)
        places = [before.lower().index(clause.lower()) for clause in after.split(". ")]
        assert places == sorted(places)


def test_of_cut_twins_nothing_says_which_clause_is_the_news():
    """Over many texts, the news is the first clause as often as the last."""
    drawn = corpus.make_corpus(1, GRAMMAR)
    cut = corpus.cut_connectives(drawn[drawn["kind"] == "crossover"])
    is_first = [text.startswith(news) for text, (news, _) in zip(cut["text"], cut["clauses"])]
    assert 0.45 < sum(is_first) / len(is_first) < 0.55
