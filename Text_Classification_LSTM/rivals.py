"""Written by tools/export.py from text_classification.ipynb, cells tagged export:rivals."""

import re
from functools import cache

import numpy as np
import pandas as pd
from nltk.stem import SnowballStemmer
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC
from Text_Classification_LSTM.corpus import (
    part_of,
)


WORD = re.compile(r"\w+(?:['-]\w+)*")
STEMMER = SnowballStemmer("english")


@cache
def stem(word):
    """The word without its ending."""
    return STEMMER.stem(word)


def stems(text):
    """The stems of a text's words, in their order."""
    return [stem(word) for word in WORD.findall(text.lower())]


WORDS = {"tokenizer": stems, "token_pattern": None}  # for scikit-learn's vectorisers


def count_pairs(lines, size, window):
    """(size, size): how often two words stand within `window` words; lines hold word numbers."""
    counts = sparse.csr_array((size, size))
    for step in range(1, window + 1):
        pairs = [pair for line in lines for pair in zip(line, line[step:])]
        first, second = np.array(pairs, int).reshape(-1, 2).T
        counts += sparse.csr_array((np.ones(len(first)), (first, second)), (size, size))
    return counts + counts.T


def word_vectors(lines, size, dimension=100, window=5):
    """The vectors (size, dimension) of all words, from lines of word numbers: PPMI, then SVD."""
    counts = sparse.coo_array(count_pairs(lines, size, window))
    total = counts.sum(axis=0)
    gain = np.log(counts.data * total.sum() / (total[counts.row] * total[counts.col]))
    ppmi = sparse.csr_array((np.maximum(gain, 0), (counts.row, counts.col)), counts.shape)
    squeeze = TruncatedSVD(dimension, random_state=0)
    vectors = squeeze.fit_transform(ppmi)
    return vectors / np.sqrt(np.maximum(squeeze.singular_values_, 1e-12))


class WordEmbedding(TransformerMixin, BaseEstimator):
    """A text as the mean of its words' vectors, which are learned from the training texts."""

    def __init__(self, dimension=100):
        self.dimension = dimension

    def fit(self, texts, y=None):
        self.counter_ = CountVectorizer(**WORDS).fit(texts)
        numbers = self.counter_.vocabulary_
        lines = [[numbers[word] for word in stems(text)] for text in texts]
        self.vectors_ = word_vectors(lines, len(numbers), self.dimension)
        return self

    def transform(self, texts):
        counts = sparse.csr_array(self.counter_.transform(texts))
        return counts @ self.vectors_ / np.maximum(counts.sum(axis=1)[:, None], 1)


MARKED = re.compile(rf"{WORD.pattern}|[,.:;!?]")  # a word or a punctuation mark


def find_connectives(texts, genres, gap):
    """Words of many texts whose shares in the genres differ by e^gap at most; punctuation; ""."""
    counter = CountVectorizer(analyzer=lambda text: set(MARKED.findall(text.lower())))
    counts = sparse.csr_array(counter.fit_transform(texts))
    names = np.unique(genres)
    shares = np.array([(counts[genres == g].sum(axis=0) + 0.5) / sum(genres == g) for g in names])
    is_common = counts.sum(axis=0) >= max(3, len(texts) / 100)
    is_even = np.log(shares.max(axis=0) / shares.min(axis=0)) < gap
    return {"", *",.:;!?", *counter.get_feature_names_out()[is_common & is_even]}


def cut(text, connectives):
    """The text's clauses: of each the connectives that open it, and its other words."""
    clauses = [([""], [])]  # "" opens the text
    for word in MARKED.findall(text.lower()):
        opening, others = clauses[-1]
        if word not in connectives:
            others.append(word)
        elif others:
            clauses.append(([word], []))
        else:
            opening.append(word)
    return clauses


def surroundings(clauses, place):
    """What stands around a clause: its place, and the connectives before and after it."""
    found = ["any", f"start {min(place, 3)}", f"end {min(len(clauses) - place, 4)}"]
    for other, (words, _) in enumerate(clauses):
        distance = other - place
        if abs(distance) <= 20:
            found += [f"{np.sign(distance)} {word}" for word in words]
            found.append(f"{np.clip(distance, -3, 3)} {' '.join(words)}")
    return list(dict.fromkeys(found))


def count_clauses(texts, connectives, count_words, count_around):
    """(texts, clauses), 1 where a clause is of a text; counts of words; counts of surroundings."""
    cuts = [cut(text, connectives) for text in texts]
    ends = np.cumsum([0, *map(len, cuts)])
    of_text = sparse.csr_array((np.ones(ends[-1]), np.arange(ends[-1]), ends))
    bags = [sorted(set(words)) or [""] for clauses in cuts for _, words in clauses]
    around = [surroundings(clauses, place) for clauses in cuts for place in range(len(clauses))]
    return of_text, count_words(bags), count_around(around)


class WeightedClauses(TransformerMixin, BaseEstimator):
    """Texts as bags of words in which each clause counts by its surroundings."""

    def __init__(self, gap=0.5):
        self.gap = gap

    def fit(self, texts, genres):
        truth = np.unique(genres, return_inverse=True)[1]
        self.connectives_ = find_connectives(texts, truth, self.gap)
        self.words_, self.around_ = CountVectorizer(analyzer=list), CountVectorizer(analyzer=list)
        counters = self.words_.fit_transform, self.around_.fit_transform
        of_text, words, around = count_clauses(texts, self.connectives_, *counters)
        worth = words @ MultinomialNB().fit(of_text @ words, truth).feature_log_prob_.T
        own_genre = (truth @ of_text).astype(int)[:, None]
        leads = np.take_along_axis(worth, own_genre, axis=1) - worth
        rows = sparse.vstack([of_text @ around.multiply(lead[:, None]) for lead in leads.T])
        both_ways = sparse.vstack([rows, -rows])  # a regression wants two classes
        signs = np.repeat([1, -1], rows.shape[0])
        regression = LogisticRegression(fit_intercept=False, max_iter=5000)
        theta = regression.fit(both_ways, signs).coef_[0]
        self.theta_ = theta / np.abs(around @ theta).mean()
        return self

    def transform(self, texts):
        counters = self.words_.transform, self.around_.transform
        of_text, words, around = count_clauses(texts, self.connectives_, *counters)
        return of_text @ words.multiply((around @ self.theta_)[:, None])


def to_dense(counts):
    """Sparse counts as a plain array, with which trees are much faster."""
    return counts.toarray()


REGRESSION = LogisticRegression(max_iter=5000)
RIVALS = {
    "BoW, logistic regression": make_pipeline(CountVectorizer(**WORDS), REGRESSION),
    "TF-IDF, logistic regression": make_pipeline(
        TfidfVectorizer(**WORDS, sublinear_tf=True), REGRESSION
    ),
    "BoW, random forest": make_pipeline(
        CountVectorizer(**WORDS),
        FunctionTransformer(to_dense),
        RandomForestClassifier(random_state=0),
    ),
    "embeddings, gradient boosting": make_pipeline(
        WordEmbedding(),
        HistGradientBoostingClassifier(max_leaf_nodes=8, early_stopping=False, random_state=0),
    ),
    "1-3-grams, linear SVM": make_pipeline(
        TfidfVectorizer(**WORDS, sublinear_tf=True, ngram_range=(1, 3)),
        LinearSVC(max_iter=20_000, random_state=0),
    ),
    "weighted clauses, logistic regression": make_pipeline(WeightedClauses(), REGRESSION),
}
GRIDS = {
    "BoW, logistic regression": {"logisticregression__C": [0.1, 1, 10]},
    "TF-IDF, logistic regression": {"logisticregression__C": [0.1, 1, 10]},
    "BoW, random forest": {"randomforestclassifier__min_samples_leaf": [1, 2, 4]},
    "embeddings, gradient boosting": {
        "histgradientboostingclassifier__learning_rate": [0.03, 0.1, 0.3]
    },
    "1-3-grams, linear SVM": {"linearsvc__C": [0.3, 3, 30]},
    "weighted clauses, logistic regression": {
        "weightedclauses__gap": [0.35, 0.5, 0.7],
        "logisticregression__C": [1, 10],
    },
}


def tune(pipeline, grid, table):
    """The pipeline with the settings of the grid that are best on the validation texts."""
    known = table[table["split"] != "test"]
    fold = PredefinedSplit(np.where(known["split"] == "validation", 0, -1))
    scoring = "neg_log_loss" if hasattr(pipeline, "predict_proba") else "accuracy"
    search = GridSearchCV(pipeline, grid, scoring=scoring, cv=fold, refit=False)
    search.fit(known["text"].to_numpy(), known["genre"].to_numpy())
    return clone(pipeline).set_params(**search.best_params_)


def guess(pipeline, table):
    """The genres that a pipeline, fitted on the training texts, gives to the test texts."""
    known = part_of(table, "train")
    fitted = clone(pipeline).fit(known["text"], known["genre"])
    return fitted.predict(part_of(table, "test")["text"])


def score(table, guesses):
    """The share of right guesses for the test texts: all, crossover and plain; and macro-F1."""
    test = part_of(table, "test")
    right = test["genre"] == guesses
    macro_f1 = f1_score(test["genre"], guesses, average="macro")
    return pd.Series(
        {"accuracy": right.mean(), **right.groupby(test["kind"]).mean(), "macro-F1": macro_f1}
    )
