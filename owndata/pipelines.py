"""The models that are no networks: what they make of words, and the pipelines of scikit-learn.

A pipeline is given stems with blanks between them, or texts as they are, as `traits` says.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import regex
from scipy import sparse
from scipy.special import softmax
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from owndata.tokens import WORD
from owndata.traits import MAJORITY, WEIGHTED

Clause = tuple[list[str], list[str]]  # the connectives that open it, its other words
Grid = dict[str, list]  # {setting: the values to choose from}

WORDS = {"token_pattern": r"\S+", "lowercase": False}  # stems have blanks between them already


# Vectors of words.


def count_pairs(lines: Iterable[Sequence[int]], size: int, window: int) -> sparse.csr_matrix:
    """How often two words stand within `window` words of each other, (size, size).

    lines: the numbers of each text's words, all below `size`.
    """
    steps = range(1, window + 1)
    pairs = [pair for line in lines for step in steps for pair in zip(line, line[step:])]
    first, second = np.array(pairs, int).reshape(-1, 2).T
    counts = sparse.coo_matrix((np.ones(len(first)), (first, second)), (size, size)).tocsr()
    return counts + counts.T


def ppmi(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The positive pointwise mutual information of a symmetric table of counts (size, size)."""
    counts, total = counts.tocoo(), np.asarray(counts.sum(axis=0)).ravel()
    gain = np.log(counts.data * total.sum() / (total[counts.row] * total[counts.col]))
    cells = np.maximum(gain, 0), (counts.row, counts.col)
    return sparse.coo_matrix(cells, shape=counts.shape).tocsr()


class WordEmbedding(TransformerMixin, BaseEstimator):
    """Texts, words between blanks, to the mean of their words' vectors: (texts, dimension).

    The vectors come from the training texts, by PPMI and an SVD. With few different words their
    dimension is smaller.
    """

    def __init__(self, dimension: int = 100, window: int = 5, stop_words: list[str] | None = None):
        self.dimension, self.window, self.stop_words = dimension, window, stop_words

    def fit(self, texts: Iterable[str], genres: Any = None) -> "WordEmbedding":
        self.counter_ = CountVectorizer(**WORDS, stop_words=self.stop_words).fit(texts)
        numbers = self.counter_.vocabulary_
        lines = [[numbers[word] for word in text.split() if word in numbers] for text in texts]
        table = ppmi(count_pairs(lines, len(numbers), self.window))
        size = min(self.dimension, max(len(numbers) - 1, 1))
        squeeze = TruncatedSVD(size, random_state=0)
        vectors = squeeze.fit_transform(table)
        self.vectors_ = vectors / np.sqrt(np.maximum(squeeze.singular_values_, 1e-12))
        return self

    def transform(self, texts: Iterable[str]) -> np.ndarray:
        counts = self.counter_.transform(texts)
        return counts @ self.vectors_ / np.maximum(np.asarray(counts.sum(axis=1)), 1)


# Clauses that count by what surrounds them.

MARKED = regex.compile(rf"{WORD.pattern}|[,.:;!?]")
FARTHEST = 20  # clauses away, of which the connectives still count


def find_connectives(texts: Sequence[str], genres: np.ndarray, gap: float) -> set[str]:
    """The words that many texts have and whose shares in the genres differ by e^gap at most.

    genres: (texts,), numbers. Punctuation and "", the start of a text, always belong to them.
    """
    counter = CountVectorizer(analyzer=lambda text: set(MARKED.findall(text.lower())))
    counts = sparse.csr_array(counter.fit_transform(texts))
    shares = np.array(
        [
            (counts[genres == genre].sum(axis=0) + 0.5) / (genres == genre).sum()
            for genre in np.unique(genres)
        ]
    )
    common = counts.sum(axis=0) >= max(3, len(texts) / 100)
    found = common & (np.log(shares.max(axis=0) / shares.min(axis=0)) < gap)
    return {"", *",.:;!?", *counter.get_feature_names_out()[found]}


def cut(text: str, connectives: set[str]) -> list[Clause]:
    """The clauses of a text, each with the connectives that open it and its other words."""
    words = ["", *MARKED.findall(text.lower())]  # "" is the start of the text
    runs = [list(run) for _, run in itertools.groupby(words, connectives.__contains__)]
    return list(itertools.zip_longest(runs[::2], runs[1::2], fillvalue=[]))


def surroundings(clauses: list[Clause], place: int) -> list[str]:
    """What a clause counts by: its place, and the connectives around it, singly and together."""
    near = [
        (other - place, words)
        for other, (words, _) in enumerate(clauses)
        if abs(other - place) <= FARTHEST
    ]
    single = [f"{np.sign(distance)} {word}" for distance, words in near for word in words]
    together = [f"{np.clip(distance, -3, 3)} {' '.join(words)}" for distance, words in near]
    places = ["any", f"start {min(place, 3)}", f"end {min(len(clauses) - place, 4)}"]
    return list(dict.fromkeys([*places, *single, *together]))


class WeightedClauses(TransformerMixin, BaseEstimator):
    """Texts to bags of words in which each clause counts by its surroundings: (texts, words).

    gap: how much the shares of a connective may differ between genres, see `find_connectives`.
    """

    def __init__(self, gap: float = 0.5):
        self.gap = gap

    def read(
        self, texts: Iterable[str], how: str
    ) -> tuple[sparse.csr_array, sparse.csr_matrix, sparse.csr_matrix]:
        """Three tables of the texts' clauses, counted by the method `how` of the counters.

        They are (texts, clauses), which is 1 where a clause is of a text; (clauses, words); and
        (clauses, surroundings).
        """
        cuts = [cut(text, self.connectives_) for text in texts]
        ends = np.cumsum([len(clauses) for clauses in cuts])
        of_text = sparse.csr_array((np.ones(ends[-1]), np.arange(ends[-1]), [0, *ends]))
        bags = [list(dict.fromkeys(words)) or [""] for clauses in cuts for _, words in clauses]
        around = [surroundings(clauses, place) for clauses in cuts for place in range(len(clauses))]
        counted = (
            getattr(counter, how)(part) for counter, part in zip(self.counters_, (bags, around))
        )
        return of_text, *counted

    def fit(self, texts: Sequence[str], genres: Iterable[str]) -> "WeightedClauses":
        truth = np.unique(genres, return_inverse=True)[1]
        self.connectives_ = find_connectives(texts, truth, self.gap)
        self.counters_ = CountVectorizer(analyzer=list), CountVectorizer(analyzer=list)
        of_text, words, around = self.read(texts, "fit_transform")
        worth = words @ MultinomialNB().fit(of_text @ words, truth).feature_log_prob_.T
        own_genre = (truth @ of_text).astype(int)[:, None]
        leads = np.take_along_axis(worth, own_genre, axis=1) - worth
        leads = *leads.T, *-leads.T
        rows = sparse.vstack([of_text @ around.multiply(lead[:, None]) for lead in leads])
        signs = np.repeat([1, -1], rows.shape[0] // 2)  # each row both ways: two classes are wanted
        regression = LogisticRegression(fit_intercept=False, max_iter=5000)
        theta = regression.fit(rows, signs).coef_[0]
        self.theta_ = theta / np.abs(around @ theta).mean()
        return self

    def transform(self, texts: Iterable[str]) -> sparse.csr_array:
        of_text, words, around = self.read(texts, "transform")
        return of_text @ words.multiply((around @ self.theta_)[:, None])


# Pipelines.

FEATURES = {
    "BoW": CountVectorizer(**WORDS),
    "TF-IDF": TfidfVectorizer(**WORDS, sublinear_tf=True),
    "embeddings": WordEmbedding(),
}
FOREST = RandomForestClassifier(100, random_state=0)
BOOSTING = HistGradientBoostingClassifier(
    max_leaf_nodes=8, max_bins=32, early_stopping=False, random_state=0
)
CLASSIFIERS = {
    "logistic regression": (LogisticRegression(max_iter=5000), {"model__C": [0.1, 1, 10]}),
    "random forest": (FOREST, {"model__min_samples_leaf": [1, 2, 4]}),
    "gradient boosting": (BOOSTING, {"model__learning_rate": [0.03, 0.1, 0.3]}),
}


def to_dense(counts: sparse.csr_matrix) -> np.ndarray:
    """Sparse counts (texts, words) as a plain array, with which trees are much faster."""
    return counts.toarray()


def make_pipelines(stop_words: list[str]) -> dict[str, tuple[Pipeline, Grid]]:
    """{name: (a pipeline that has not learned, the settings to choose from)} of all models.

    stop_words: stems that a model may leave out; whether it does is one of its settings.
    """
    stop = {"features__stop_words": [None, stop_words]}
    guess = Pipeline([("features", FEATURES["BoW"]), ("model", DummyClassifier())])
    made = {MAJORITY: (guess, {})}
    for feature, classifier in itertools.product(FEATURES, CLASSIFIERS):
        grid = stop | CLASSIFIERS[classifier][1]
        made[f"{feature}, {classifier}"] = bag_pipeline(feature, classifier), grid
    for classifier in ("logistic regression", "random forest"):
        made[f"clause bags, {classifier}"] = made[f"BoW, {classifier}"]
    grams = TfidfVectorizer(**WORDS, sublinear_tf=True, ngram_range=(1, 3))
    svm = Pipeline([("features", grams), ("model", LinearSVC(max_iter=20_000, random_state=0))])
    made["1-3-grams, linear SVM"] = svm, stop | {"model__C": [0.3, 3, 30]}
    final = LogisticRegression(max_iter=5000)
    weighted = Pipeline([("features", WeightedClauses()), ("model", final)])
    made[WEIGHTED] = weighted, {"features__gap": [0.35, 0.5, 0.7], "model__C": [1, 10]}
    return made


def bag_pipeline(feature: str, classifier: str) -> Pipeline:
    """One of FEATURES and one of CLASSIFIERS, with what the two need between them."""
    steps = [("features", clone(FEATURES[feature]))]
    if feature == "embeddings":
        steps.append(("scale", StandardScaler()))
    elif classifier != "logistic regression":
        steps.append(("dense", FunctionTransformer(to_dense)))
    if classifier == "gradient boosting" and feature != "embeddings":
        steps[0][1].set_params(max_features=500)
    return Pipeline([*steps, ("model", CLASSIFIERS[classifier][0])])


def probabilities(pipeline: Pipeline, texts: Iterable[str]) -> np.ndarray:
    """What a fitted pipeline gives each genre, (texts, genres); made of scores for an SVM."""
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(texts)
    scores = pipeline.decision_function(texts)
    return softmax(scores if scores.ndim == 2 else np.column_stack([-scores, scores]), axis=1)


def count_weights(pipeline: Pipeline) -> float:
    """The weights in a fitted pipeline, of coefficients and word vectors; NaN for trees."""
    names = "coef_", "vectors_", "theta_"
    sizes = [
        np.size(getattr(step, name))
        for _, step in pipeline.steps
        for name in names
        if hasattr(step, name)
    ]
    return float(sum(sizes)) if hasattr(pipeline[-1], "coef_") else float("nan")
