"""What notebook 2 claims, held against its committed results and evidence."""

import json
import math

import pytest
from conftest import ROOT, TEXT_NOTEBOOK

RESULTS = (ROOT / TEXT_NOTEBOOK).parent / "results"
BEST = "LSTM, attention"
SEE_THE_ORDER = {"LSTM", BEST, "weighted clauses, logistic regression"}
CROSSOVER_TESTED = 360  # of the 600 test texts
# Two standard deviations of as many tosses of a coin.
LUCK = 1.96 * math.sqrt(0.25 / CROSSOVER_TESTED)


def read(name):
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def metrics():
    return read("metrics.json")


@pytest.fixture(scope="module")
def evidence():
    return read("evidence.json")


def models(metrics):
    return {key.partition(": ")[0] for key in metrics if key.endswith(": high")}


def test_the_lstms_learn_it(metrics):
    assert metrics["best_lstm"] == BEST
    assert metrics["lstm_accuracy"] >= 0.92 and metrics["best_lstm_accuracy"] >= 0.98


def test_the_best_lstm_is_ahead_of_all_that_count_words(metrics):
    counting = models(metrics) - SEE_THE_ORDER
    assert len(counting) >= 8 and metrics["difference_to_bag_low"] > 0
    for name in counting:
        assert metrics[f"{name}: high"] < metrics[f"{BEST}: low"], name


def test_on_plain_texts_the_best_bag_is_as_good(metrics):
    grams = {"1-3-grams, linear SVM"}
    bags = {name for name in models(metrics) - SEE_THE_ORDER - grams if "clause" not in name}
    assert max(metrics[f"{name}: plain"] for name in bags) >= metrics[f"{BEST}: plain"] - 0.01


def test_no_bag_is_above_its_ceiling(metrics):
    bags = {name for name in models(metrics) if name.startswith(("BoW", "TF-IDF", "embeddings"))}
    assert len(bags) >= 4
    for name in bags | {"order-free net"}:
        assert metrics[f"{name}: accuracy"] <= metrics["bag_of_words_ceiling"] + 1e-9, name
        assert metrics[f"{name}: crossover"] <= 0.5 + 1e-9, name


def test_without_order_or_connectives_nobody_is_better_than_a_bag(metrics, evidence):
    assert metrics["shuffled_crossover_accuracy"] <= 0.5 + LUCK
    cases = ("control_shuffled_", "control_cut_")
    found = {
        key: value
        for key, value in evidence.items()
        if key.startswith(cases) and key.endswith("_crossover")
    }
    assert len(found) >= 6
    assert {key: value for key, value in found.items() if value > 0.5 + LUCK} == {}


def test_from_some_hundred_texts_on_the_best_lstm_is_ahead_of_all_that_count(evidence):
    assert evidence["crossing_texts_bags"] <= 600
