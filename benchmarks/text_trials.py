"""What the benchmarks of notebook 2 share: corpora made where they are needed, tuning, and scored fits."""

import numpy as np
import pandas as pd

from benchmarks.sweep import sweep
from Text_Classification_LSTM.corpus import (
    cut_connectives,
    make_corpus,
    part_of,
    preprocess,
    shuffle_words,
)
from Text_Classification_LSTM.networks import FROZEN, GRID, GRIDS, READERS, fit_model
from Text_Classification_LSTM.rivals import choose, clause_bags, score

TOPICS = {"banking", "tennis", "elections", "university"}
TINY_SIZES = {"train": 60, "validation": 60, "test": 240}  # of a corpus that is only tried


LAST = {}  # {what make_table was asked for: the table} of the last one that this process has made


def training(tiny):
    """The settings of `fit_model` beside the notebook's: one epoch where a script is only tried."""
    return {"most_epochs": 1} if tiny else {}


def corpus_of(seed, tiny=False, **more):
    """The arguments of `make_table` for the corpus of a seed."""
    return {"seed": seed} | more | (TINY_SIZES if tiny else {})


def best_rival(means, rivals):
    """The rival that is right most often on validation texts, of equals the first by name; `means` has a row a model."""
    return means.loc[sorted(rivals), "validation"].idxmax()


def alter(table, case, seed):
    """A corpus altered: "shuffled", "cut", or "without X" / "with X", tested on the crossover texts whose connective is X (or on
    the texts with one of the four TOPICS). "Without" takes every text that holds X at all out of training and validation."""
    if case == "shuffled":
        return shuffle_words(table, seed)
    if case == "cut":
        return cut_connectives(table)
    how, _, word = case.partition(" ")
    if word == "four topics":
        meant = held = table["topics"].map(lambda topics: not TOPICS.isdisjoint(topics))
    else:
        meant = table["connective"].isin([word, f"nested {word}"]) & (table["kind"] == "crossover")
        held = table["text"].str.contains(rf"\b{word}\b", case=False)
    test = table["split"] == "test"
    return table[(test & meant) | (~test & ~(held & (how == "without")))]


def make_table(seed, case="", **sizes):
    """The corpus of a seed, altered as `case` says, with the columns that the rivals read. A process keeps the last one."""
    key = repr((seed, case, sizes))
    if key not in LAST:
        LAST.clear()
        table = make_corpus(seed, **sizes)
        table = alter(table, case, seed) if case else table
        LAST[key] = table.assign(
            stems=table["text"].map(preprocess), clause_bags=table["text"].map(clause_bags)
        )
    return LAST[key]


def validation(name, settings, corpus, training):
    """The probabilities (texts, genres) of one model for the validation texts."""
    table = make_table(**corpus)
    return fit_model(name, settings, table, corpus["seed"], **training)["validation"]


def scores(name, settings, corpus, training):
    """The scores of one model on the test texts, and its cost: weights, seconds to fit, texts read in a second."""
    table = make_table(**corpus)
    outcome = fit_model(name, settings, table, corpus["seed"], **training)
    fit_seconds, read_seconds = outcome["seconds"]
    read = len(table) - len(part_of(table, "train"))
    cost = {
        "size": outcome["size"],
        "fit_seconds": fit_seconds,
        "texts_a_second": read / read_seconds,
    }
    return {"model": name, "seed": corpus["seed"]} | score(table, outcome) | cost


def ladder():
    """{model: settings to choose from}: the steps from the LSTM as described to the one with attention, and further, and the
    same for a GRU and a convolution."""
    frozen = {
        name: [{"reader": name} | FROZEN | {"dropout": dropout} for dropout in (0.3, 0.5)]
        for name in READERS
    }
    slower = {name: [settings | {"learning_rate": rate, "dropout": 0.3} for rate in (0.002, 0.004)]
              for name, (settings, _) in frozen.items()}  # fmt: skip
    return {
        "LSTM, own vectors": [{"initialised": True} | settings for settings in GRID],
        "LSTM, frozen vectors": frozen["last"],
        "LSTM in both directions, attention": frozen["both directions, attention"],
        "GRU, trained vectors": [{"reader": "GRU"} | settings for settings in GRID],
        "GRU, frozen vectors": frozen["GRU"],
        "GRU, attention": frozen["GRU, attention"],
        "convolution, trained vectors": [{"reader": "convolution"} | settings for settings in GRID],
        "convolution, frozen vectors": slower["convolution"],
        "convolution, attention": slower["convolution, attention"],
    }


def tune(names=None, tiny=False, **options):
    """{model: settings} as the notebook chooses them: on the validation texts of the committed corpus (seed 0)."""
    corpus = corpus_of(0, tiny)
    known = GRIDS | ladder()
    grids = {name: known[name][: 1 if tiny else None] for name in names or known}
    pairs = [(name, settings) for name, grid in grids.items() for settings in grid]
    jobs = [(name, settings, corpus, training(tiny)) for name, settings in pairs]
    outcomes = sweep(validation, jobs, "tuning", tiny=tiny, **options)
    table = make_table(**corpus)
    tried = [(name, settings, table, 0) for name, settings in pairs]
    return choose(tried, [{"validation": np.array(outcome)} for outcome in outcomes])


def score_all(jobs, label, tiny=False, **options):
    """A table of `scores`, one row a job (name, settings, corpus)."""
    jobs = [(*job, training(tiny)) for job in jobs]
    return pd.DataFrame(sweep(scores, jobs, label, tiny=tiny, **options))
