"""Models that are kept: a folder that labels texts, in another process, years later.

    import owndata
    kept = owndata.Kept.load("results")
    table = kept.predict(["a text", "another"])     # likeliest, probability, label

The folder kept_model holds the model, without a pickle (model.skops: a pipeline; model.keras: a
network), and kept.json: labels, temperature, threshold, language, versions, sizes. It holds the
words that the model knows, singly or three in a row, and none of the texts it learned from.
"""

import hashlib
import json
import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import skops.io
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import Pipeline

from owndata import jobs, models, pipelines
from owndata.classify import Comparison, Work
from owndata.errors import Unclear
from owndata.files import write_whole
from owndata.measures import cool, genre_names
from owndata.scores import Certainty, certainty
from owndata.splits import repeat_rare
from owndata.texts import clean

FOLDER, FACTS = "kept_model", "kept.json"
MODELS = {"pipeline": "model.skops", "network": "model.keras"}
EARLIER_FORMATS, FORMAT = (1,), 2
UNSURE = "unsure"
TRUSTED = [  # all that a pipeline of `models.make_rivals` holds beside what skops itself trusts
    "owndata.models.ClauseBags",
    "owndata.models.Stems",
    "owndata.pipelines.WeightedClauses",
    "owndata.pipelines.WordEmbedding",
    "owndata.pipelines.to_dense",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
]


class Reader(Protocol):
    """A trained model."""

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """(texts, genres) of cleaned texts."""

    def knows(self, texts: list[str]) -> np.ndarray:
        """(texts,): whether the model knows a word of a text."""

    def save(self, path: Path) -> None:
        """Write the model to a file."""


@dataclass(frozen=True)
class Facts:
    """What kept.json holds.

    names: the genres, in the order of all probabilities. threshold: below it the answer is
    "unsure", as for the share `unsure` of the validation texts. most_words: what a network reads
    of a text. texts: {genre: how many it learned from}.
    """

    kind: str
    model: str
    settings: dict[str, Any]
    names: list[str]
    temperature: float
    threshold: float
    unsure: float
    language: str
    most_words: int
    texts: dict[str, int]
    versions: dict[str, str]
    format: int = FORMAT
    sha256: str = ""  # of the model's file


class TrainedPipeline:
    """A pipeline to keep: texts to probabilities."""

    def __init__(self, pipeline: Pipeline, temperature: float):
        self.pipeline, self.temperature = pipeline, temperature

    def probabilities(self, texts: list[str]) -> np.ndarray:
        return cool(pipelines.probabilities(self.pipeline, texts), self.temperature)

    def knows(self, texts: list[str]) -> np.ndarray:
        found = self.pipeline.named_steps.get("words")
        read = found.transform(texts) if found else texts
        features = self.pipeline.named_steps["features"]
        if isinstance(features, pipelines.WeightedClauses):
            return knows_a_clause(features, read)
        counter = getattr(features, "counter_", features)
        return counter.transform(read).getnnz(axis=1) > 0

    def save(self, path: Path) -> None:
        """Write a .skops file."""
        with packed(self.pipeline):
            skops.io.dump(self.pipeline, path, compression=zipfile.ZIP_DEFLATED)

    @classmethod
    def load(cls, path: Path, temperature: float) -> "TrainedPipeline":
        """The pipeline in a .skops file, which may hold what `TRUSTED` names, and no more."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)  # `changed` tells
            pipeline = skops.io.load(path, trusted=TRUSTED)
        for vectoriser in vectorisers(pipeline):
            words = vectoriser.vocabulary_.split("\n")
            vectoriser.vocabulary_ = {word: place for place, word in enumerate(words)}
        return cls(pipeline, temperature)


def knows_a_clause(features: pipelines.WeightedClauses, texts: Iterable[str]) -> np.ndarray:
    """(texts,): whether the weighted clauses know a word of a text, one that is no connective."""
    known, openers = features.counters_[0].vocabulary_, features.connectives_
    clauses = (pipelines.cut(text, openers) for text in texts)
    return np.array([any(word in known for _, own in text for word in own) for text in clauses])


def vectorisers(pipeline: Pipeline) -> list[CountVectorizer]:
    """Those of a fitted pipeline, which hold its words."""
    features = pipeline.named_steps["features"]
    if isinstance(features, CountVectorizer):
        return [features]
    return list(getattr(features, "counters_", ())) or [features.counter_]


@contextmanager
def packed(pipeline: Pipeline) -> Iterator[None]:
    """Each vocabulary as one string, its words in order: skops writes half a page for each entry
    of a dictionary, and a vocabulary may have a million."""
    held = {id(one): (one, one.vocabulary_) for one in vectorisers(pipeline)}
    try:
        for one, vocabulary in held.values():
            one.vocabulary_ = "\n".join(sorted(vocabulary, key=vocabulary.get))
        yield
    finally:
        for one, vocabulary in held.values():
            one.vocabulary_ = vocabulary


class Kept:
    """A kept model. facts: a `Facts`. folder: where it stands, None before it is saved."""

    def __init__(self, facts: Facts, reader: Reader, folder: Path | None = None):
        self.facts, self.reader, self.folder = facts, reader, folder

    @property
    def names(self) -> list[str]:
        """The genres."""
        return self.facts.names

    @property
    def threshold(self) -> float:
        """The probability below which the label is "unsure"."""
        return self.facts.threshold

    @property
    def changed(self) -> dict[str, tuple[str, str]]:
        """{package: (version it was made with, version here)} where these differ by more than a
        bug fix."""
        here = models.versions()
        needed = ("keras", "tensorflow") if self.facts.kind == "network" else ("scikit-learn",)
        pairs = {name: (self.facts.versions.get(name, "?"), here.get(name, "?")) for name in needed}
        return {name: pair for name, pair in pairs.items() if minor(pair[0]) != minor(pair[1])}

    def probabilities(self, texts: Iterable[str]) -> pd.DataFrame:
        """A row a text, a column a genre."""
        return self.read([clean(text) for text in texts])

    def read(self, cleaned: list[str]) -> pd.DataFrame:
        """The probabilities of cleaned texts."""
        found = self.reader.probabilities(cleaned) if cleaned else np.zeros((0, len(self.names)))
        return pd.DataFrame(found, columns=self.names)

    def predict(self, texts: Iterable[str]) -> pd.DataFrame:
        """A row a text: likeliest, a genre; probability, of that genre; label, the same genre.

        The label is "unsure" where the probability is below the threshold, or the model knows no
        word of the text; what is no text, such as None, counts as an empty one. Raises TypeError
        for a single text: give a list.
        """
        if isinstance(texts, str):
            raise TypeError("a single text was given: give a list of texts.")
        cleaned = [clean(text) if isinstance(text, str) else "" for text in texts]
        if not cleaned:
            return pd.DataFrame(columns=["likeliest", "probability", "label"])
        found = self.read(cleaned).to_numpy()
        likeliest, probability = np.array(self.names)[found.argmax(axis=1)], found.max(axis=1)
        is_sure = (probability >= self.threshold) & self.reader.knows(cleaned)
        return pd.DataFrame(
            {
                "likeliest": likeliest,
                "probability": probability.round(6),
                "label": np.where(is_sure, likeliest, UNSURE),
            }
        )

    def save(self, folder: str | Path) -> Path:
        """Write the folder `folder`/kept_model, whole or not at all; an earlier one is replaced.

        Raises Unclear if it cannot be written, and then the earlier one is as it was.
        """
        place = Path(folder) / FOLDER
        check_place(folder)
        write_whole(place, self.write)
        self.folder = place
        return place

    def write(self, folder: Path) -> None:
        """Make a folder, and write the model and its facts into it."""
        folder.mkdir()
        file = folder / MODELS[self.facts.kind]
        self.reader.save(file)
        facts = asdict(self.facts) | {"sha256": digest(file)}
        text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
        (folder / FACTS).write_text(text, "utf-8", newline="\n")

    @classmethod
    def load(cls, folder: str | Path) -> "Kept":
        """The kept model in a folder: kept_model itself, or the one that it is in.

        Raises Unclear if there is none, if it was made by an earlier version, or is not whole.
        """
        place = find(Path(folder))
        facts = read_facts(place)
        file = place / MODELS[facts.kind]
        if not file.is_file() or digest(file) != facts.sha256:
            fault = f"its {file.name} is not the one that was kept with its {FACTS}"
            raise Unclear(place, fault, mend=MAKE_NEW)
        try:
            reader = load_reader(file, facts)
        except Exception as error:  # skops, Keras and scikit-learn have exceptions of their own
            made = ", ".join(f"{name} {number}" for name, number in facts.versions.items())
            fault = f"it cannot be read here ({type(error).__name__}); it was made with {made}"
            raise Unclear(place, fault, mend=f"use these, or {MAKE_NEW}") from error
        return cls(facts, reader, place)


def minor(version: str) -> str:
    """A version without what stands for bug fixes."""
    return ".".join(version.split(".")[:2])


def load_reader(file: Path, facts: Facts) -> Reader:
    """The model in a file; TensorFlow is loaded for a network alone."""
    if facts.kind == "network":
        return models.networks().Network.load(file)
    return TrainedPipeline.load(file, facts.temperature)


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with open(file, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def check_place(folder: str | Path) -> None:
    """Raise Unclear if something else than an earlier kept model stands at `folder`/kept_model."""
    place = Path(folder) / FOLDER
    if os.path.lexists(place) and not (place / FACTS).is_file():
        raise Unclear(folder, f"something called {FOLDER} is in the way", "out")


EARLIER = "kept_model.json", "kept_model.keras"
MAKE_NEW = "make a new one with python -m owndata classify FILE"
GIVE = "give the folder that python -m owndata classify FILE has written"


def find(path: Path) -> Path:
    """The folder of the kept model at `path`, which may also be a file of it, or a folder around
    it. Raises Unclear if there is none."""
    places = [path, path / FOLDER]
    if path.is_file() and path.name in (FACTS, *MODELS.values()):
        places.append(path.parent)
    for place in places:
        if (place / FACTS).is_file():
            return place
    if path.exists() and any((path / name).is_file() or path.name == name for name in EARLIER):
        raise too_early(path)
    raise Unclear(path, f"there is no kept model in a folder called {FOLDER}", "model", mend=GIVE)


def too_early(path: Path) -> Unclear:
    """The error of a kept model that an earlier version has made."""
    fault = "it is a kept model of an earlier version, which this one does not read"
    return Unclear(path, fault, mend=MAKE_NEW)


def read_facts(place: Path) -> Facts:
    """What kept.json in a folder holds. Raises Unclear if that is not what it should."""
    facts = None
    try:
        found = json.loads((place / FACTS).read_text(encoding="utf-8"))
        facts = Facts(**found)
        if facts.format == FORMAT and facts.kind in MODELS:
            return facts
    except (OSError, ValueError, TypeError, AttributeError):
        pass
    if facts and facts.format in EARLIER_FORMATS:
        raise too_early(place)
    raise Unclear(place, f"its {FACTS} cannot be read by this version", mend=MAKE_NEW)


def train(found: Comparison, work: Work) -> Kept:
    """The best model of a comparison, trained on all its texts."""
    name, plan = found.best, found.plan
    sure = certainty(found.trials, found.outcomes[name])
    learned = repeat_rare(plan.learned.assign(split="train"))
    if models.is_network(name):
        settings, reader = train_networks(found, learned, work, sure)
    else:
        settings = found.chosen[name]
        job = name, settings, learned, plan.seed, plan.options.language
        (outcome,) = jobs.run_jobs(models.fit_to_keep, [job], "all texts", work.processes)
        reader = TrainedPipeline(outcome["pipeline"], sure.temperature)
    facts = Facts(
        kind="network" if models.is_network(name) else "pipeline",
        model=name,
        settings=settings,
        names=genre_names(learned),
        **asdict(sure),
        language=plan.options.language,
        most_words=plan.options.most_words,
        texts=plan.learned["genre"].value_counts().to_dict(),
        versions=models.versions(),
    )
    return Kept(facts, reader)


def train_networks(
    found: Comparison, learned: pd.DataFrame, work: Work, sure: Certainty
) -> tuple[dict[str, Any], Reader]:
    """(settings, network): the mean of as many training runs as the comparison had."""
    name, plan = found.best, found.plan
    losses = found.outcomes[name][0]["history"]["val_loss"]
    epochs = int(np.argmin(losses)) + 1  # nothing is left to stop it early
    settings = {"epochs": epochs} | found.chosen[name]
    first = found.trials[0]
    table = pd.concat([learned, first[first["split"] != "train"]]).reset_index(drop=True)
    starts = range(plan.runs(name))
    todo = [(settings, table, plan.seed + 1000 * start, plan.options) for start in starts]
    outcomes = work.do(models.fit_network, todo, "all texts")
    networks = models.networks()
    model = networks.join(outcomes, settings, table, plan.options, sure.temperature)
    return settings, networks.Network(model)
