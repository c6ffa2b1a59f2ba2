"""The texts of notebook 2: the generator, twins, the split, and a reader's own file."""

import hashlib
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, TEXT_NOTEBOOK, load_definitions, read_notebook
from hypothesis import given
from hypothesis import strategies as st

nb = load_definitions(TEXT_NOTEBOOK)
CSV = ROOT / "Text_Classification_LSTM" / "text_data.csv"
CORPUS_HASH = "580ba65c9728e97ccdc0d62a5c7c72fe3172bd2f2c75809a9ec9f5026f36733b"
seeds = st.integers(0, 10**6)


def small_corpus(seed):
    return nb.make_corpus(seed, train=120, validation=40, test=40)


def bag(text):
    return Counter(nb.tokenise(text))


def test_the_generator_is_frozen_and_reproduces_the_committed_file():
    written = nb.make_corpus(0)[nb.COLUMNS].to_csv(index=False, lineterminator="\n").encode()
    assert written == CSV.read_bytes()
    assert hashlib.sha256(written).hexdigest() == CORPUS_HASH


def test_the_committed_corpus_has_the_stated_sizes():
    table = pd.read_csv(CSV, dtype=str)
    assert list(table) == nb.COLUMNS
    assert table["split"].value_counts().to_dict() == {"train": 1800, "validation": 600, "test": 600}
    counts = table.groupby(["split", "kind", "genre"]).size().unstack()
    assert (counts.nunique(axis=1) == 1).all(), "genres are balanced within split and kind"
    assert (table["kind"] == "crossover").mean() == 0.6
    words = {word for text in table["text"] for word in nb.tokenise(text)}
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
    for topics in nb.GENRES.values():
        assert len(topics) >= 6
        for actors, predicates, tails in topics.values():
            assert len(actors) >= 3 and len(predicates) >= 3 and tails
    for _, patterns in nb.PATTERNS.values():
        orders = {pattern.index("{M}") < pattern.index("{B}") for pattern in patterns}
        assert orders == {True, False}


@pytest.mark.parametrize("word", "bank bill match coach score term race party".split())
def test_polysemous_words_serve_several_genres(word):
    lists = {genre: " ".join(all_phrases(topics)) for genre, topics in nb.GENRES.items()}
    assert sum(re.search(rf"\b{word}\b", text) is not None for text in lists.values()) >= 3


def all_phrases(topics):
    return [item for parts in topics.values() for part in parts for item in part]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_of_crossover_texts_is_as_asked(share):
    table = nb.make_corpus(3, train=200, validation=40, test=40, crossover=share)
    assert (table["kind"] == "crossover").mean() == pytest.approx(share)
    assert table["split"].value_counts().to_dict() == {"train": 200, "validation": 40, "test": 40}


def test_a_leak_is_found():
    table = nb.make_corpus(0)
    leaking = table.assign(split=np.where(np.arange(len(table)) % 2, "train", "test"))
    assert nb.shared(leaking, "pair") and nb.shared(leaking, "clauses")


@pytest.mark.parametrize("seed", [0, 1, 20])
def test_any_seed_tells_one_story(seed, tmp_path, monkeypatch):
    """The first trial is the corpus of SEED, whose clauses and connectives the later chapters look up."""
    monkeypatch.chdir(tmp_path)
    cells = {cell.id: cell.source for cell in read_notebook(TEXT_NOTEBOOK).cells}
    space = vars(nb) | {"SEED": seed, "N_SEEDS": 2}
    exec(cells["load"], space)
    for trial, corpus, number in zip(space["trials"], space["corpora"], (seed, seed + 1), strict=True):
        assert trial[nb.COLUMNS].equals(corpus[nb.COLUMNS]) and corpus.equals(nb.make_corpus(number))
    exec(cells["leaks"], space)
    assert (tmp_path / "text_data.csv").exists() == (seed == 0)  # the file holds the corpus of seed 0 alone


@given(seeds, st.integers(2, 5))
def test_a_readers_split_keeps_equal_texts_together_and_every_genre_everywhere(seed, classes):
    rng = random.Random(seed)
    texts = [f"{'  ' * (number % 2)}Text {number // 2} of {genre}" for genre in range(classes) for number in range(60)]
    table = pd.DataFrame({"text": texts, "genre": [f"g{text[-1]}" for text in texts]})
    table = table.sample(frac=1, random_state=rng.randrange(2**31)).reset_index(drop=True)
    split = nb.draw_split(table, seed)
    assert split.groupby("pair")["split"].nunique().max() == 1
    assert split.groupby("pair").size().max() == 2
    assert split.groupby("split")["genre"].nunique().eq(classes).all()
    shares = split["split"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.6, abs=0.05) and shares["test"] == pytest.approx(0.2, abs=0.05)


def test_equal_texts_differ_at_most_in_case_blanks_and_punctuation():
    numbers = nb.same_text(pd.Series(["A  text", "a text ", "another", "A text!\n"]))
    assert numbers[0] == numbers[1] == numbers[3] != numbers[2]


def own_texts(sizes, copies=1):
    rows = [(f"text {number} of {genre} and {genre}", genre) for genre, size in sizes.items() for number in range(size)]
    return pd.DataFrame(rows * copies, columns=["text", "genre"])


def test_of_many_texts_a_part_is_drawn_with_all_genres():
    table = own_texts({"a": 600, "b": 300, "rare": 12}, copies=2)
    few = nb.draw_texts(table, 100, 0)
    counts = few["genre"].value_counts()
    assert few["text"].is_unique and few["text"].isin(table["text"]).all() and list(few.index) == list(range(len(few)))
    assert counts["a"] == pytest.approx(66, abs=1) and counts["b"] == pytest.approx(33, abs=1) and counts["rare"] == nb.FEWEST
    assert few.equals(nb.draw_texts(table, 100, 0)) and not few.equals(nb.draw_texts(table, 100, 1))


@pytest.mark.parametrize("quick, most, goes_quick", [(False, 10, False), (False, 1, True), (False, 0, False), (True, 0, True)])
def test_a_run_that_would_take_long_goes_quick_and_says_so(quick, most, goes_quick, tmp_path, monkeypatch, capsys):
    own_texts({"a": 60, "b": 60}).to_csv(tmp_path / "own.csv", index=False)
    monkeypatch.setattr(nb.joblib, "cpu_count", lambda: 1)  # three minutes
    cells = {cell.id: cell.source for cell in read_notebook(TEXT_NOTEBOOK).cells}
    space = vars(nb) | {"DATA_CSV": str(tmp_path / "own.csv"), "OUT": tmp_path / "own", "QUICK": quick, "MOST_MINUTES": most}
    try:
        exec(cells["load"], space)
    finally:
        nb.set_language("english")
    said = capsys.readouterr().out
    assert space["QUICK"] == goes_quick and len(space["trials"]) == (3 if goes_quick else 5)
    assert ("a full run, about 3: set QUICK = False and MOST_MINUTES = 0" in said) == goes_quick


def test_training_texts_of_small_genres_are_repeated_by_the_root():
    split = nb.draw_split(own_texts({"a": 900, "b": 400, "c": 100}), 0)
    more = nb.repeat_rare(split)
    ratio = more.groupby(["genre", "split"]).size() / split.groupby(["genre", "split"]).size()
    assert ratio.xs("train", level="split").to_dict() == {"a": 1, "b": 2, "c": 3}
    assert (ratio.drop("train", level="split") == 1).all() and more[~more.index.duplicated()].equals(split)
    even = nb.draw_split(own_texts({"a": 90, "b": 60}), 0)
    assert nb.repeat_rare(even).equals(even)
    assert nb.is_unequal(split) and not nb.is_unequal(even)


@pytest.mark.parametrize(
    "text, language",
    [
        ("Die Lampe ist hell, und ich würde sie nicht wieder kaufen", "german"),
        ("The lamp is bright and kind to the eyes", "english"),
        ("La lampe est belle et ne fatigue pas les yeux", "french"),
        ("La lámpara es buena y no cansa los ojos en una noche", "spanish"),
        ("Лампа не утомляет, и это на столе как раз то, что надо", "russian"),
        ("Lamba güzel, gözleri yormuyor", ""),
        ("房 间 很 大", ""),
    ],
)
def test_the_language_of_own_texts_is_found(text, language):
    assert nb.guess_language(pd.Series([text] * 9)) == language


def test_endings_are_cut_off_in_the_language_that_is_set():
    try:
        nb.set_language("german")
        assert nb.preprocess("Lampen und Katzen") == "lamp und katz"
        nb.set_language("none")
        assert nb.preprocess("Lampen und Katzen") == "lampen und katzen"
        with pytest.raises(ValueError, match="LANGUAGE is 'klingon': set it to none or one of arabic, .*[.]$"):
            nb.set_language("klingon")
    finally:
        nb.set_language("english")


def test_two_files_of_one_name_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = Path("one/own.csv"), Path("two/own.tsv")
    assert nb.folder_of(first) == Path("own")
    nb.mark_folder(nb.folder_of(first), first)
    assert nb.folder_of(second) == Path("own_2")
    nb.mark_folder(nb.folder_of(second), second)
    assert (nb.folder_of(first), nb.folder_of(second)) == (Path("own"), Path("own_2"))
    Path("taken").mkdir()
    assert nb.folder_of("taken.csv") == Path("taken_2") and nb.folder_of(first, "one") == Path("one/own")
