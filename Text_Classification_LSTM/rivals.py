"""Written by tools/export.py from text_classification.ipynb, cells tagged export:rivals."""

import itertools
import re
import time

import numpy as np
import pandas as pd
import regex
from scipy import sparse, stats
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.decomposition import TruncatedSVD
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from Text_Classification_LSTM.corpus import (
    WORD,
    genre_names,
    part_of,
    stem,
    tokenise,
)


def typical_words(table, count):
    """For each genre the words whose share of plain training texts leads the others' by most."""
    part = part_of(table, "train")
    part = part[part["kind"] == "plain"]
    options = {"tokenizer": tokenise, "token_pattern": None, "lowercase": False}
    counter = CountVectorizer(**options, stop_words="english", binary=True)
    seen, words = counter.fit_transform(part["text"]), counter.get_feature_names_out()

    def share(rows):
        return np.asarray(seen[rows].sum(axis=0)).ravel() / rows.sum()

    lead = {}
    for genre in genre_names(table):
        inside = (part["genre"] == genre).to_numpy()
        gap = share(~inside) - share(inside)
        lead[genre] = list(words[np.argsort(gap, kind="stable")[:count]])
    return pd.DataFrame(lead)


def nearest_overlap(table):
    """For each test text the largest Jaccard index of its words with those of a training text."""
    options = {"tokenizer": tokenise, "token_pattern": None, "lowercase": False}
    counter = CountVectorizer(**options, binary=True).fit(table["text"])
    train, test = (
        counter.transform(part_of(table, split)["text"]).astype(float)
        for split in ("train", "test")
    )
    sizes, closest = np.asarray(train.sum(axis=1)).ravel(), []
    for start in range(0, test.shape[0], 500):  # some at a time, since this table is not sparse
        rows = test[start : start + 500]
        both = (rows @ train.T).toarray()
        either = np.asarray(rows.sum(axis=1)).reshape(-1, 1) + sizes - both
        closest.append((both / np.maximum(either, 1)).max(axis=1))
    return np.concatenate(closest)


WORDS = {"token_pattern": r"\S+", "lowercase": False}  # stems have blanks between them already


def twins_apart(table, features):
    """How many pairs of test twins have different features. Fitted on the training texts."""
    features.fit(part_of(table, "train")["stems"])
    test = part_of(table, "test")
    twins = test[test["kind"] == "crossover"].sort_values("pair")
    first, second = (features.transform(twins["stems"].iloc[start::2]) for start in (0, 1))
    return int((abs(first - second).sum(axis=1) != 0).sum())


def ceiling(table):
    """The most that a bag can reach on the test part: all plain texts, and one of two twins."""
    kinds = part_of(table, "test")["kind"]
    return float((kinds == "plain").mean() + (kinds == "crossover").mean() / 2)


def count_pairs(lines, size, window):
    """(size, size): how often two words stand within `window` words; lines hold word numbers."""
    steps = range(1, window + 1)
    pairs = [pair for line in lines for step in steps for pair in zip(line, line[step:])]
    first, second = np.array(pairs, int).reshape(-1, 2).T
    counts = sparse.coo_matrix((np.ones(len(first)), (first, second)), (size, size)).tocsr()
    return counts + counts.T


def ppmi(counts):
    """The positive pointwise mutual information of a symmetric table of counts, also sparse."""
    counts, total = counts.tocoo(), np.asarray(counts.sum(axis=0)).ravel()
    gain = np.log(counts.data * total.sum() / (total[counts.row] * total[counts.col]))
    cells = np.maximum(gain, 0), (counts.row, counts.col)
    return sparse.coo_matrix(cells, shape=counts.shape).tocsr()


class WordEmbedding(TransformerMixin, BaseEstimator):
    """Texts (words between blanks) as the mean of their words' vectors, by PPMI and an SVD."""

    def __init__(self, dimension=100, window=5, stop_words=None):
        self.dimension, self.window, self.stop_words = dimension, window, stop_words

    def fit(self, texts, y=None):
        self.counter_ = CountVectorizer(**WORDS, stop_words=self.stop_words).fit(texts)
        numbers = self.counter_.vocabulary_
        lines = [[numbers[word] for word in text.split() if word in numbers] for text in texts]
        table = ppmi(count_pairs(lines, len(numbers), self.window))
        size = min(self.dimension, max(len(numbers) - 1, 1))
        squeeze = TruncatedSVD(size, random_state=0)
        vectors = squeeze.fit_transform(table)
        self.vectors_ = vectors / np.sqrt(np.maximum(squeeze.singular_values_, 1e-12))
        return self

    def transform(self, texts):
        counts = self.counter_.transform(texts)
        return counts @ self.vectors_ / np.maximum(np.asarray(counts.sum(axis=1)), 1)


def neighbours(embedding, word, count):
    """The words whose vectors have the smallest angle to that of `word`."""
    lengths = np.linalg.norm(embedding.vectors_, axis=1, keepdims=True)
    unit = embedding.vectors_ / np.maximum(lengths, 1e-12)
    near = unit @ unit[embedding.counter_.vocabulary_[word]]
    words = embedding.counter_.get_feature_names_out()[np.argsort(-near, kind="stable")]
    return ", ".join(words[1 : count + 1])


STOP_WORDS = sorted({stem(word) for word in ENGLISH_STOP_WORDS})
STOP = {"features__stop_words": [None, STOP_WORDS]}
FEATURES = {
    "BoW": CountVectorizer(**WORDS),
    "TF-IDF": TfidfVectorizer(**WORDS, sublinear_tf=True),
    "embeddings": WordEmbedding(),
}
FOREST = RandomForestClassifier(100, random_state=0)
BOOSTING = HistGradientBoostingClassifier(
    max_leaf_nodes=8, max_bins=32, early_stopping=False, random_state=0
)
MODELS = {
    "logistic regression": (LogisticRegression(max_iter=5000), {"model__C": [0.1, 1, 10]}),
    "random forest": (FOREST, {"model__min_samples_leaf": [1, 2, 4]}),
    "gradient boosting": (BOOSTING, {"model__learning_rate": [0.03, 0.1, 0.3]}),
}


def to_dense(counts):
    """Sparse counts as a plain array, with which trees are much faster."""
    return counts.toarray()


def clause_bags(text):
    """The stems of a text's first and last clause, cut at punctuation and marked as such."""
    pieces = re.split(r"[,.:;!?]+(?:\s|$)", text)
    clauses = [clause for clause in pieces if tokenise(clause)] or [""]
    first, last = ([stem(word) for word in tokenise(clauses[place])] for place in (0, -1))
    return " ".join([f"{word}_first" for word in first] + [f"{word}_last" for word in last])


MARKED = regex.compile(rf"{WORD.pattern}|[,.:;!?]")


def find_connectives(texts, genres, gap):
    """Words of many texts whose shares in the genres differ by e^gap at most; punctuation; ""."""
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


def cut(text, connectives):
    """The text's clauses, each (connectives that open it, other words)."""
    words = ["", *MARKED.findall(text.lower())]  # "" is the start of the text
    runs = [list(run) for _, run in itertools.groupby(words, connectives.__contains__)]
    return list(itertools.zip_longest(runs[::2], runs[1::2], fillvalue=[]))


def surroundings(clauses, place):
    """A clause's features: its place, and the connectives around it, singly and together."""
    near = [
        (other - place, words)
        for other, (words, _) in enumerate(clauses)
        if abs(other - place) <= 20
    ]
    single = [f"{np.sign(distance)} {word}" for distance, words in near for word in words]
    together = [f"{np.clip(distance, -3, 3)} {' '.join(words)}" for distance, words in near]
    places = ["any", f"start {min(place, 3)}", f"end {min(len(clauses) - place, 4)}"]
    return list(dict.fromkeys([*places, *single, *together]))


class WeightedClauses(TransformerMixin, BaseEstimator):
    """Texts as bags of words in which each clause counts by its surroundings."""

    def __init__(self, gap=0.5):
        self.gap = gap

    def read(self, texts, how):
        """(texts, clauses), 1 where a clause is of a text; (clauses, words); surroundings."""
        cuts = [cut(text, self.connectives_) for text in texts]
        ends = np.cumsum([len(clauses) for clauses in cuts])
        of_text = sparse.csr_array((np.ones(ends[-1]), np.arange(ends[-1]), [0, *ends]))
        bags = [list(dict.fromkeys(words)) or [""] for clauses in cuts for _, words in clauses]
        around = [surroundings(clauses, place) for clauses in cuts for place in range(len(clauses))]
        counted = (
            getattr(counter, how)(part) for counter, part in zip(self.counters_, (bags, around))
        )
        return of_text, *counted

    def fit(self, texts, genres):
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

    def transform(self, texts):
        of_text, words, around = self.read(texts, "transform")
        return of_text @ words.multiply((around @ self.theta_)[:, None])


def make_rivals(dimension=100):
    """{name: (pipeline, grid of settings to choose from)}; dimension: of the word embedding."""
    guess = Pipeline([("features", FEATURES["BoW"]), ("model", DummyClassifier())])
    rivals = {"majority class": (guess, {})}
    for feature, model in itertools.product(FEATURES, MODELS):
        steps, (final, grid) = [("features", clone(FEATURES[feature]))], MODELS[model]
        if feature == "embeddings":
            steps[0][1].set_params(dimension=dimension)
            steps.append(("scale", StandardScaler()))
        elif model != "logistic regression":
            steps.append(("dense", FunctionTransformer(to_dense)))
        if model == "gradient boosting" and feature != "embeddings":
            steps[0][1].set_params(max_features=500)
        rivals[f"{feature}, {model}"] = (Pipeline([*steps, ("model", final)]), STOP | grid)
    for model in ("logistic regression", "random forest"):
        rivals[f"clause bags, {model}"] = rivals[f"BoW, {model}"]
    grams = TfidfVectorizer(**WORDS, sublinear_tf=True, ngram_range=(1, 3))
    svm = Pipeline([("features", grams), ("model", LinearSVC(max_iter=20_000, random_state=0))])
    rivals["1-3-grams, linear SVM"] = svm, STOP | {"model__C": [0.3, 3, 30]}
    final = LogisticRegression(max_iter=5000)
    weighted = Pipeline([("features", WeightedClauses()), ("model", final)])
    weighted_grid = {"features__gap": [0.35, 0.5, 0.7], "model__C": [1, 10]}
    return rivals | {"weighted clauses, logistic regression": (weighted, weighted_grid)}


RIVALS = make_rivals()
BAGS = [name for name in RIVALS if "grams" not in name and "clause" not in name]
FEW = [  # for a quick run
    "majority class",
    "BoW, random forest",
    "TF-IDF, logistic regression",
    "embeddings, gradient boosting",
    "clause bags, logistic regression",
    "1-3-grams, linear SVM",
    "weighted clauses, logistic regression",
]


def probabilities(pipeline, texts):
    """What a fitted pipeline gives each genre, (texts, genres)."""
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(texts)
    scores = pipeline.decision_function(texts)
    return softmax(scores if scores.ndim == 2 else np.column_stack([-scores, scores]), axis=1)


def count_weights(pipeline):
    """The number of weights in a fitted pipeline (coefficients, word vectors); NaN for trees."""
    names = "coef_", "vectors_", "theta_"
    sizes = [
        np.size(getattr(step, name))
        for _, step in pipeline.steps
        for name in names
        if hasattr(step, name)
    ]
    return sum(sizes) if hasattr(pipeline[-1], "coef_") else np.nan


def column_for(name):
    """The column of a table that a rival reads."""
    columns = {"clause bags": "clause_bags", "weighted clauses": "text"}
    return columns.get(name.partition(",")[0], "stems")


def fit_rival(name, settings, table, seed, dimension=100):
    """Fit on the training texts: {part: probabilities} of the other two; size, seconds."""
    column, names = column_for(name), genre_names(table)
    train, started = part_of(table, "train"), time.perf_counter()
    pipeline = clone(make_rivals(dimension)[name][0]).set_params(**settings)
    if "model__random_state" in pipeline.get_params():
        pipeline.set_params(model__random_state=seed)
    pipeline.fit(train[column], train["genre"])
    fitted, outcome = time.perf_counter(), {}
    for split in ("validation", "test"):
        scores = probabilities(pipeline, part_of(table, split)[column])
        outcome[split] = np.zeros((len(scores), len(names)))
        outcome[split][:, np.searchsorted(names, pipeline.classes_)] = scores
    outcome["seconds"] = fitted - started, time.perf_counter() - fitted
    return outcome | {"size": count_weights(pipeline)}


def judge(table, split, outcome):
    """(accuracy, log loss) of an outcome's probabilities for one part of the split."""
    truth = np.searchsorted(genre_names(table), part_of(table, split)["genre"])
    probabilities = np.clip(outcome[split].astype(float), 1e-12, 1)
    losses = -np.log(probabilities[np.arange(len(truth)), truth])
    return (probabilities.argmax(axis=1) == truth).mean(), losses.mean()


def choose(jobs, outcomes):
    """{model: settings} with the smallest validation log loss (for an SVM: best accuracy)."""
    best = {}
    for (name, settings, table, _), outcome in zip(jobs, outcomes):
        reached, loss = judge(table, "validation", outcome)
        penalty = -reached if "SVM" in name else loss
        if name not in best or penalty < best[name][0]:
            best[name] = penalty, settings
    return {name: settings for name, (_, settings) in best.items()}


def right(table, outcome):
    """For each test text, in the table's order, whether the likeliest genre is the right one."""
    part = part_of(table, "test")
    guesses = np.array(genre_names(table))[outcome["test"].argmax(axis=1)]
    return pd.Series(guesses == part["genre"], index=part.index)


def most_right_twins(table, outcome):
    """The largest number of right answers to a pair of twins: 0, 1 or 2."""
    part = part_of(table, "test")
    crossover = part["kind"] == "crossover"
    pairs = part.loc[crossover, "pair"]
    return int(right(table, outcome)[crossover].groupby(pairs).sum().max())


def macro_f1(table, outcome, split):
    """The mean over genres of the harmonic mean of precision and recall, on one part."""
    names = genre_names(table)
    guesses = np.array(names)[outcome[split].argmax(axis=1)]
    averaged = {"average": "macro", "labels": names, "zero_division": 0}
    return f1_score(part_of(table, split)["genre"], guesses, **averaged)


def score(table, outcome):
    """The scores of one model on one trial's test part, and its validation accuracy."""
    kinds, hits = part_of(table, "test")["kind"], right(table, outcome)
    reached, loss = judge(table, "test", outcome)
    return {
        "validation": judge(table, "validation", outcome)[0],
        "accuracy": reached,
        "plain": hits[kinds == "plain"].mean(),
        "crossover": hits[kinds == "crossover"].mean(),
        "macro_f1": macro_f1(table, outcome, "test"),
        "log_loss": loss,
    }


def interval(values, overlap=0.0):
    """(mean, low, high): a 95% t-interval; `overlap`: 0 for fresh data, else test / training."""
    values = np.asarray(values, float)
    share = 1 / len(values) + overlap
    spread = np.sqrt(values.var(ddof=1) * share) if len(values) > 1 else np.nan
    margin = stats.t.ppf(0.975, max(len(values) - 1, 1)) * spread
    return values.mean(), values.mean() - margin, values.mean() + margin


def share_interval(values, overlap=0.0):
    """The same for shares, made on the log-odds (delta method): it stays between 0 and 1."""
    mean, low, high = interval(values, overlap)
    if low == high or not 0 < mean < 1:
        return mean, mean, mean
    margin = (high - mean) / (mean * (1 - mean))
    return mean, expit(logit(mean) - margin), expit(logit(mean) + margin)


def difference_interval(values, overlap=0.0):
    """The same for differences of two shares, which lie between -1 and 1."""
    shares = (np.asarray(values, float) + 1) / 2
    return tuple(2 * end - 1 for end in share_interval(shares, overlap))


def summarise(scores):
    """A row a model: mean scores, the accuracy's interval; the best first, ties by name."""
    models = scores.groupby("model")
    bounds = {name: share_interval(group["accuracy"])[1:] for name, group in models}
    summary = models.mean().round(12).join(pd.DataFrame(bounds, index=["low", "high"]).T)
    return summary.sort_values("accuracy", ascending=False, kind="stable")


def best_of(summary, names):
    """Of these models the one with the highest mean accuracy on the validation texts."""
    return summary.loc[sorted(names), "validation"].idxmax()


def difference(scores, lstm, rival):
    """The mean difference of two models' accuracies over the trials, and its interval."""
    return difference_interval(scores.loc[lstm, "accuracy"] - scores.loc[rival, "accuracy"])


def verdict(lstm, rival, gap, trials):
    """One sentence: how an LSTM did against a rival, by their gap: (mean, low, high)."""
    mean, low, high = gap
    if low == high:  # no spread, no interval
        return (
            f"{lstm} and {rival} differ by {100 * mean:+.1f} points in every trial:"
            " set N_SEEDS higher for an interval."
        )
    if low > 0 or high < 0:
        word = "better" if low > 0 else "worse"
        return f"{lstm} is {word} than {rival}, by {100 * abs(mean):.1f} points."
    few = f", with {trials} trials: more would narrow it" if trials < 5 else ""
    return (
        f"{lstm} and {rival} cannot be told apart: the difference is {100 * mean:+.1f} points"
        f" (interval {100 * low:+.1f} to {100 * high:+.1f}{few})."
    )


def crossing(lstm, rival):
    """The smallest size from which the LSTM stays above the rival; None if there is none."""
    for size in lstm.index:
        if (lstm.loc[size:] > rival.loc[size:]).all():
            return int(size)
    return None


def errors(table, outcome, count):
    """The most confident mistakes on the test part: text, genre, guess, probabilities of both."""
    part, names = part_of(table, "test"), np.array(genre_names(table))
    places, truth = np.arange(len(part)), np.searchsorted(names, part["genre"])
    guess = outcome["test"].argmax(axis=1)
    listed = part[["text", "genre"]].assign(
        guess=names[guess],
        p_guess=outcome["test"][places, guess],
        p_right=outcome["test"][places, truth],
    )
    return listed[guess != truth].sort_values("p_guess", ascending=False, kind="stable").head(count)


def reliability(probabilities, truth, bins=15):
    """(table of the bins that hold texts, ECE) for the likeliest genre's probability."""
    sure, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    number = np.minimum((sure * bins).astype(int), bins - 1)
    grouped = pd.DataFrame({"probability": sure, "right": hit}).groupby(number)
    table = grouped.mean().assign(texts=grouped.size())
    distance = (table["right"] - table["probability"]).abs()
    return table, float((table["texts"] * distance).sum() / len(sure))


def cool(probabilities, temperature):
    """The probabilities with a temperature: above 1 less sure, below 1 surer."""
    logs = np.log(np.clip(probabilities.astype(float), 1e-12, 1))
    return softmax(logs / temperature, axis=1)


def best_temperature(table, outcome):
    """The temperature with the smallest log loss on the validation texts."""

    def loss(log_t):
        cooled = cool(outcome["validation"], np.exp(log_t))
        return judge(table, "validation", {"validation": cooled})[1]

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))


def certainty(tables, outcomes):
    """(Temperature, threshold) of a model from its answers to the trials' validation texts."""
    temperatures = [best_temperature(table, run) for table, run in zip(tables, outcomes)]
    temperature = float(np.mean(temperatures))
    sure = [cool(run["validation"], temperature).max(axis=1) for run in outcomes]
    return temperature, float(np.quantile(np.concatenate(sure), 0.05))
