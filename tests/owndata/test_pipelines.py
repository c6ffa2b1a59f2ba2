"""owndata.pipelines: pairs of words, word vectors, and clauses that count by their surroundings."""

import itertools
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from own_texts import WORDS, texts, twins
from scipy import sparse

from owndata import pipelines
from owndata.measures import part_of


def test_the_models_of_texts_take_nothing_from_the_lesson():
    for file in Path(pipelines.__file__).parent.rglob("*.py"):
        assert "Text_Classification_LSTM" not in file.read_text("utf-8"), file


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=1, max_size=5), st.integers(1, 4))
def test_pairs_are_counted_as_by_hand(lines, window):
    expected = np.zeros((6, 6))
    for line in lines:
        for i, j in itertools.combinations(range(len(line)), 2):
            if j - i <= window:
                expected[line[i], line[j]] += 1
                expected[line[j], line[i]] += 1
    np.testing.assert_array_equal(pipelines.count_pairs(lines, 6, window).toarray(), expected)


def test_ppmi_by_its_formula():
    counts = np.array([[0, 4, 1], [4, 2, 0], [1, 0, 0]], float)
    p = counts / counts.sum()
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(p / np.outer(p.sum(axis=1), p.sum(axis=0))), 0)
    found = pipelines.ppmi(sparse.csr_matrix(counts)).toarray()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_text_is_the_mean_of_its_words():
    embedding = pipelines.WordEmbedding(10).fit(texts({"sea": 40, "bank": 40})["text"])
    vectors, numbers = embedding.vectors_, embedding.counter_.vocabulary_
    mean = (2 * vectors[numbers["loan"]] + vectors[numbers["wave"]]) / 3
    found = embedding.transform(["loan wave loan", "unheard"])
    np.testing.assert_allclose(found, [mean, np.zeros(10)], atol=1e-12)


def test_connectives_are_found_among_words_that_say_nothing_of_the_genre():
    """Not one is listed: the words come from the training texts alone."""
    train = part_of(twins(200), "train")
    found = pipelines.find_connectives(train["text"], train["genre"].to_numpy(), 0.5)
    assert {"although", "the", ",", ""} <= found
    assert found.isdisjoint(itertools.chain(*WORDS.values()))


def test_a_text_is_cut_before_its_connectives():
    connectives = {"", "although", "the", ","}
    clauses = pipelines.cut("Although the bank paid, the team won", connectives)
    assert clauses == [(["", "although", "the"], ["bank", "paid"]), ([",", "the"], ["team", "won"])]
    assert pipelines.cut("", connectives) == [([""], [])]
    assert "1 , the" in pipelines.surroundings(clauses, 0)
    assert "-1  although the" in pipelines.surroundings(clauses, 1)
