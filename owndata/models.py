"""The models for a reader's own texts: each takes cleaned texts as they are.

Words and stems of the texts' language are a step inside each pipeline, so that two kept models in
one process do not share a stemmer. Tables have a row a text and the columns text, genre, pair
(equal texts share one) and split (train, validation, test).
"""

import hashlib
import importlib
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from owndata import measures, pipelines, tokens, traits
from owndata.jobs import quiet_stderr
from owndata.measures import genre_names, part_of
from owndata.outcomes import Outcome
from owndata.traits import MAJORITY, TRAITS, VARIANT, WEIGHTED, Words

Settings = dict[str, Any]
PARTS = "validation", "test"

# The networks, and the settings to choose from; they go to `fit_net`.
FROZEN = {"initialised": True, "frozen": True, "learning_rate": 0.01, "epochs": 40}
OWN = {"initialised": True, "dropout": 0.5}
NETWORKS: dict[str, list[Settings]] = {
    "LSTM": [
        {"learning_rate": 0.002, "dropout": 0.3},
        {"learning_rate": 0.002, "dropout": 0.5},
        {"learning_rate": 0.004, "dropout": 0.3},
    ],
    "LSTM, attention": [
        {"reader": "attention", **FROZEN, "dropout": 0.3},
        {"reader": "attention", **FROZEN, "dropout": 0.5},
    ],
    "order-free net": [
        {"reader": "mean of words", "learning_rate": 0.01, "dropout": 0.2},
        {"reader": "mean of words", "learning_rate": 0.01, "dropout": 0.5},
    ],
    VARIANT: [
        OWN | {"reader": "mean of states", "frozen": True, "learning_rate": 0.003},
        OWN | {"reader": "mean of states", "frozen": True, "learning_rate": 0.001},
        OWN | {"reader": "both directions", "frozen": True, "learning_rate": 0.003},
        OWN | {"reader": "mean of states", "frozen": False, "learning_rate": 0.001},
        {"reader": "attention", **FROZEN, "dropout": 0.5},
    ],
}
FAST = "TF-IDF, logistic regression", "1-3-grams, linear SVM"  # a quick run tries three settings
FEW = [
    MAJORITY,
    "BoW, random forest",
    "TF-IDF, logistic regression",
    "embeddings, gradient boosting",
    "clause bags, logistic regression",
    "1-3-grams, linear SVM",
    WEIGHTED,
]
WORDS_A_TEXT = 50  # of longer texts the weighted clauses take hours
MOST_CELLS = 2e8  # texts x words of a table that trees see as a whole


@dataclass(frozen=True)
class Options:
    """What all fits of a comparison have in common.

    language: of the texts, for stemming ("none": do not stem). most_epochs: passes of a network
    over the training texts. most_words: words of a text that a network reads.
    """

    language: str = tokens.NO_LANGUAGE
    most_epochs: int = 60
    most_words: int = 200


class Stems(TransformerMixin, BaseEstimator):
    """Texts to the stems of their words, with blanks between them."""

    def __init__(self, language: str = tokens.NO_LANGUAGE):
        self.language = language

    def fit(self, texts: Iterable[str], genres: Any = None) -> "Stems":
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def transform(self, texts: Iterable[str]) -> list[str]:
        return [" ".join(stems(text, self.language)) for text in texts]


class ClauseBags(Stems):
    """Texts to the stems of their first and last clause, cut at punctuation and marked as such."""

    def transform(self, texts: Iterable[str]) -> list[str]:
        return [self.mark(text) for text in texts]

    def mark(self, text: str) -> str:
        clauses = re.split(r"[,.:;!?]+(?:\s|$)", text)
        worded = [clause for clause in clauses if tokens.tokenise(clause)] or [""]
        first = [f"{word}_first" for word in stems(worded[0], self.language)]
        last = [f"{word}_last" for word in stems(worded[-1], self.language)]
        return " ".join(first + last)


def stems(text: str, language: str) -> list[str]:
    """The stems of a text's words."""
    return [tokens.stem(word, language) for word in tokens.tokenise(text)]


def make_rivals(language: str) -> dict[str, tuple[Pipeline, dict[str, list]]]:
    """{name: (pipeline that takes texts, grid of settings to choose from)}."""
    stop_words = sorted({tokens.stem(word, language) for word in ENGLISH_STOP_WORDS})
    made = {}
    for name, (pipeline, grid) in pipelines.make_pipelines(stop_words).items():
        made[name] = Pipeline([*first_step(name, language), *pipeline.steps]), grid
    return made


def first_step(name: str, language: str) -> list[tuple[str, BaseEstimator]]:
    """What makes words of texts, as the step of a pipeline; none where the features do that."""
    if TRAITS[name].words is Words.TEXT:
        return []
    kind = ClauseBags if TRAITS[name].words is Words.CLAUSES else Stems
    return [("words", kind(language))]


def is_network(name: str) -> bool:
    return name in NETWORKS


def candidates(table: pd.DataFrame, full: bool, language: str) -> dict[str, list[Settings]]:
    """{model: the settings to try} for the texts of a table, which are of a language."""
    left_out = too_slow(table)
    grids = dict(NETWORKS)
    for name, (_, grid) in make_rivals(language).items():
        is_asked = full or name in FEW
        if is_asked and name not in left_out:
            grids[name] = list(ParameterGrid(grid))
    if full:
        return grids
    return {name: grid[: 3 if name in FAST else 1] for name, grid in grids.items()}


def too_slow(table: pd.DataFrame) -> set[str]:
    """The models that would take hours, or more than the memory, with the texts of a table."""
    found = set()
    if words_in(table) / len(table) > WORDS_A_TEXT:
        found.add(WEIGHTED)
    if 0.6 * cells(table) > MOST_CELLS:  # six in ten texts are learned from
        found |= {name for name, known in TRAITS.items() if known.is_wide_forest}
    return found


def cells(table: pd.DataFrame) -> int:
    """The size of a plain table of counts: texts times different words."""
    words = {word for text in table["text"] for word in tokens.tokenise(text)}
    return len(table) * len(words)


def words_in(table: pd.DataFrame, most: int = 200) -> int:
    """The words of all texts that a network reads: `most` of one."""
    return int((table["text"].str.count(" ") + 1).clip(upper=most).sum())


def make_pipeline(name: str, settings: Settings, seed: int, language: str) -> Pipeline:
    """A rival that has not learned yet."""
    pipeline = clone(make_rivals(language)[name][0]).set_params(**settings)
    if "model__random_state" in pipeline.get_params():
        pipeline.set_params(model__random_state=seed)
    return pipeline


def fit_pipeline(
    name: str, settings: Settings, table: pd.DataFrame, seed: int, language: str
) -> Outcome:
    """Fit a rival: the probabilities (texts, genres) of both other parts; size, seconds."""
    train, names, started = part_of(table, "train"), genre_names(table), time.perf_counter()
    pipeline = make_pipeline(name, settings, seed, language)
    pipeline.fit(train["text"], train["genre"])
    fitted, outcome = time.perf_counter(), {}
    for split in PARTS:
        scores = pipelines.probabilities(pipeline, part_of(table, split)["text"])
        outcome[split] = np.zeros((len(scores), len(names)))
        outcome[split][:, np.searchsorted(names, pipeline.classes_)] = scores
    seconds = [fitted - started, time.perf_counter() - fitted]
    return outcome | {"size": pipelines.count_weights(pipeline), "seconds": seconds}


def fit_to_keep(
    name: str, settings: Settings, table: pd.DataFrame, seed: int, language: str
) -> dict[str, Pipeline]:
    """A rival that has learned from all texts of a table, and needs no training part."""
    pipeline = make_pipeline(name, settings, seed, language)
    if TRAITS[name].is_wide_forest and cells(table) > MOST_CELLS:
        pipeline.set_params(dense=FunctionTransformer())  # slower, and it fits into memory
    return {"pipeline": pipeline.fit(table["text"], table["genre"])}


def networks() -> ModuleType:
    """The module of the networks; TensorFlow, which it loads, says nothing."""
    with quiet_stderr():
        return importlib.import_module("owndata.networks")


def fit_model(
    name: str, settings: Settings, table: pd.DataFrame, seed: int, options: Options, runs: int = 1
) -> Outcome:
    """A rival or a network, fitted: {part: probabilities (texts, genres)} of validation and test.

    runs: a network is the mean of as many, of seeds 1,000 apart. Of a network also its history.
    """
    if not is_network(name):
        return fit_pipeline(name, settings, table, seed, options.language)
    seeds = [seed + 1000 * run for run in range(runs)]
    outcomes = [fit_network(settings, table, each, options) for each in seeds]
    mean = {part: np.mean([outcome[part] for outcome in outcomes], axis=0) for part in PARTS}
    seconds = np.sum([outcome["seconds"] for outcome in outcomes], axis=0).tolist()
    kept = {key: outcomes[0][key] for key in ("history", "size")}
    return mean | kept | {"seconds": seconds}


def fit_network(settings: Settings, table: pd.DataFrame, seed: int, options: Options) -> Outcome:
    """A network, trained once, with its weights and words."""
    return networks().fit(settings, table, seed, options)


PACKAGES = "numpy", "scipy", "pandas", "scikit-learn", "nltk", "regex", "keras", "tensorflow"


def versions() -> dict[str, str]:
    """What the numbers depend on beside the code; TensorFlow's package has several names."""
    found = {}
    for name in (*PACKAGES, "tensorflow-cpu"):
        try:
            found[name.removesuffix("-cpu")] = version(name)
        except PackageNotFoundError:
            continue
    return found


def made_by() -> str:
    """A hash of the code and the versions that outcomes depend on."""
    ours = Path(__file__)
    files = [module.__file__ for module in (measures, pipelines, tokens, traits)] + [ours]
    files += [ours.with_name("nets.py"), ours.with_name("networks.py")]  # not loaded for this
    sources = [Path(file).read_text("utf-8") for file in files]
    return hashlib.sha256("\0".join([*sources, str(versions())]).encode()).hexdigest()
