"""What the benchmarks of notebook 2 share: corpora made where they are needed, tuning, scored fits, tables."""

import json

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss

from benchmarks.evidence import place
from benchmarks.sweep import sweep
from benchmarks.text_models import SETTINGS, fit_model
from Text_Classification_LSTM.corpus import cut_connectives, make_corpus, part_of, shuffle_words
from Text_Classification_LSTM.rivals import score
from tools.notebooks import ROOT, TEXT_NOTEBOOK

# Read here: it travels to the workers of a cluster, which have none of this repository's files.
GRAMMAR = json.loads((ROOT / "Text_Classification_LSTM/grammar.json").read_text("utf-8"))
TOPICS = {"banking", "tennis", "elections", "university"}
TINY_SIZES = {"train": 60, "validation": 60, "test": 240}  # of a corpus that is only tried


def corpus_of(seed, tiny=False, **more):
    """The arguments of `make_table` for the corpus of a seed."""
    return {"seed": seed} | more | (TINY_SIZES if tiny else {})


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
    """The corpus of a seed, altered as `case` says."""
    table = make_corpus(seed, GRAMMAR, **sizes)
    return alter(table, case, seed) if case else table


def judge(table, part, probabilities):
    """The accuracy and the log loss of probabilities (texts, genres) for one part of a corpus."""
    names, truth = np.unique(table["genre"]), part_of(table, part)["genre"]
    exact = probabilities / probabilities.sum(
        axis=1, keepdims=True, dtype=float
    )  # of a net: float32
    return {
        "accuracy": (names[probabilities.argmax(axis=1)] == truth).mean(),
        "log_loss": log_loss(truth, exact, labels=names),
    }


def validation(name, settings, corpus):
    """The accuracy and the log loss of a model on the validation texts of a corpus."""
    table = make_table(**corpus)
    outcome = fit_model(name, settings, table, corpus["seed"])
    return judge(table, "validation", outcome.validation)


def scores(name, settings, corpus):
    """The scores of a model on the test texts of a corpus, and its cost."""
    table = make_table(**corpus)
    outcome = fit_model(name, settings, table, corpus["seed"])
    guesses = np.unique(table["genre"])[outcome.test.argmax(axis=1)]
    return {
        "model": name,
        "seed": corpus["seed"],
        **score(table, guesses).rename({"macro-F1": "macro_f1"}),
        "log_loss": judge(table, "test", outcome.test)["log_loss"],
        "validation": judge(table, "validation", outcome.validation)["accuracy"],
        "size": outcome.size,
        "fit_seconds": outcome.fit_seconds,
        "texts_a_second": outcome.texts_a_second,
    }


def settings_of(name, tiny=False):
    """The settings that a model chooses from; one, and one epoch, where a script is only tried."""
    if not tiny:
        return SETTINGS[name]
    first = SETTINGS[name][0]
    return [first | {"epochs": 1} if "epochs" in first else first]


def tune(names=SETTINGS, tiny=False, **options):
    """{model: settings} as the notebook chooses them, on the validation texts of the committed corpus (seed 0): those with the
    smallest log loss. A support vector machine has no probabilities and goes by accuracy."""
    pairs = [(name, settings) for name in names for settings in settings_of(name, tiny)]
    jobs = [(*pair, corpus_of(0, tiny)) for pair in pairs]
    found, best = sweep(validation, jobs, "tuning", tiny=tiny, **options), {}
    for (name, settings), reached in zip(pairs, found):
        penalty = -reached["accuracy"] if "SVM" in name else reached["log_loss"]
        if name not in best or penalty < best[name][0]:
            best[name] = penalty, settings
    return {name: settings for name, (_, settings) in best.items()}


def score_all(jobs, label, **options):
    """A table of `scores`, one row a job (name, settings, corpus)."""
    return pd.DataFrame(sweep(scores, jobs, label, **options))


def best_rival(means, rivals):
    """The rival that is right most often on validation texts, of equals the first by name; `means` has a row a model."""
    return means.loc[sorted(rivals), "validation"].idxmax()


def write_table(table, name, write, **options):
    """Write a table to a .csv file that the notebook reads; `write` as in `place`."""
    path = place(TEXT_NOTEBOOK, name, write)
    table.to_csv(path, float_format="%.6g", lineterminator="\n", **options)
