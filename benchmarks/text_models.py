"""The models that the benchmarks of notebook 2 compare: the notebook's own, and those that it does not train itself.

Each has a name, a list of settings to choose from, and is fitted and asked by `fit_model`.
"""

import re
import time
from typing import NamedTuple

import keras
import numpy as np
from keras import layers, ops
from scipy.special import softmax
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from Text_Classification_LSTM.corpus import part_of
from Text_Classification_LSTM.networks import (
    Fit,
    attention,
    batches,
    fit_net,
    last,
    make_net,
    to_arrays,
)
from Text_Classification_LSTM.rivals import (
    GRIDS,
    RIVALS,
    WORD,
    WordEmbedding,
    stems,
    to_dense,
    word_vectors,
)


class Outcome(NamedTuple):
    """What a fitted model says, and what it cost."""

    validation: np.ndarray  # probabilities (texts, genres); the genres in alphabetical order
    test: np.ndarray
    size: float  # weights in use; NaN where there are trees
    fit_seconds: float
    texts_a_second: float  # that it reads


# --- pipelines


def marked_stems(text):
    """The stems of a text's first and last clause, cut at punctuation, each marked with its clause."""
    pieces = re.split(r"[,.:;!?]+(?:\s|$)", text)
    clauses = [found for found in map(stems, pieces) if found] or [[]]
    return [f"{stem}_first" for stem in clauses[0]] + [f"{stem}_last" for stem in clauses[-1]]


def make_pipelines():
    """{name: pipeline} of features and a model. Those of the notebook are its own."""
    models = {
        "logistic regression": RIVALS["BoW, logistic regression"][-1],
        "random forest": RIVALS["BoW, random forest"][-1],
        "gradient boosting": RIVALS["embeddings, gradient boosting"][-1],
    }
    counts = {
        "BoW": RIVALS["BoW, logistic regression"][0],
        "TF-IDF": RIVALS["TF-IDF, logistic regression"][0],
        "clause bags": CountVectorizer(tokenizer=marked_stems, token_pattern=None),
    }
    made = {"majority class": make_pipeline(DummyClassifier())}
    for features, counter in counts.items():
        for name, model in models.items():
            steps = [counter] if "regression" in name else [counter, FunctionTransformer(to_dense)]
            if "boosting" in name:
                steps[0] = clone(counter).set_params(max_features=500)
            made[f"{features}, {name}"] = make_pipeline(*steps, model)
    del made["clause bags, gradient boosting"]
    for name, model in models.items():
        steps = [StandardScaler()] if "regression" in name else []
        made[f"embeddings, {name}"] = make_pipeline(WordEmbedding(), *steps, model)
    return made | RIVALS


def grid_of(name):
    """The settings that a pipeline chooses from: the notebook's, by its last step."""
    grids = GRIDS | {
        "logistic regression": GRIDS["BoW, logistic regression"],
        "random forest": GRIDS["BoW, random forest"],
        "gradient boosting": GRIDS["embeddings, gradient boosting"],
        "majority class": {},
    }
    return list(ParameterGrid(grids.get(name) or grids[name.rpartition(", ")[2]]))


PIPELINES = make_pipelines()


def probabilities(pipeline, texts):
    """What a fitted pipeline gives each genre: (texts, genres)."""
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(texts)
    return softmax(pipeline.decision_function(texts), axis=1)


def count_weights(pipeline):
    """The number of weights in a fitted pipeline: coefficients, word vectors. NaN for trees."""
    if not hasattr(pipeline[-1], "coef_"):
        return np.nan
    names = "coef_", "vectors_", "theta_"
    found = [getattr(step, name) for step in pipeline for name in names if hasattr(step, name)]
    return sum(map(np.size, found))


def fit_pipeline(name, settings, table, seed):
    """Fit one of PIPELINES on a corpus: Outcome."""
    pipeline = clone(PIPELINES[name]).set_params(**settings)
    model = pipeline[-1]
    if "random_state" in model.get_params():
        model.set_params(random_state=seed)
    train = part_of(table, "train")
    texts = [part_of(table, part)["text"] for part in ("validation", "test")]
    started = time.perf_counter()
    pipeline.fit(train["text"], train["genre"])
    fitted = time.perf_counter()
    found = [probabilities(pipeline, part) for part in texts]
    speed = sum(map(len, texts)) / (time.perf_counter() - fitted)
    return Outcome(*found, count_weights(pipeline), fitted - started, speed)


# --- readers, as `last` and `attention` of the notebook: functions of (vectors, is_word, units)


def mean(vectors, is_word, units):
    """The mean of the words' vectors: (texts, dimension)."""
    return layers.GlobalAveragePooling1D()(vectors, mask=is_word)


def gru(vectors, is_word, units):
    """The last state of a GRU: (texts, units)."""
    return layers.GRU(units)(vectors)


def convolve(vectors, is_word):
    """Four convolutions over the words, each looking twice as far as the one before: (texts, words, 100)."""
    seen = ops.expand_dims(ops.cast(is_word, "float32"), -1)  # padding must not leak into words
    for apart in (1, 2, 4, 8):
        layer = layers.Conv1D(100, 3, padding="same", dilation_rate=apart, activation="relu")
        vectors = layer(vectors * seen)
    return vectors


def convolution(vectors, is_word, units):
    """The mean of what the convolutions give at each word: (texts, 100)."""
    return mean(convolve(vectors, is_word), is_word, units)


def weigh(states, vectors, is_word):
    """The words' vectors, each weighted by the state at the word: (texts, dimension)."""
    scores = ops.squeeze(layers.Dense(1)(states), axis=-1)
    return layers.Dot(axes=1)([layers.Softmax(axis=1)(scores, mask=is_word), vectors])


def gru_attention(vectors, is_word, units):
    """`attention` with a GRU in place of the LSTM."""
    return weigh(layers.GRU(units, return_sequences=True)(vectors), vectors, is_word)


def both_directions(vectors, is_word, units):
    """`attention` with two LSTMs, of which one reads backwards."""
    lstms = layers.Bidirectional(layers.LSTM(units, return_sequences=True))
    return weigh(lstms(vectors), vectors, is_word)


def convolution_attention(vectors, is_word, units):
    """`attention` with convolutions in place of the LSTM."""
    return weigh(convolve(vectors, is_word), vectors, is_word)


# --- networks

PATIENCE = 5  # as in the notebook


def rates(*values, **others):
    """A list of settings, one a learning rate."""
    return [{"learning_rate": rate, "epochs": 60} | others for rate in values]


FROZEN = {"frozen": True, "epochs": 20}  # with a learning rate that falls to zero
READERS = {
    "LSTM": last,
    "LSTM, own vectors": last,
    "LSTM, frozen vectors": last,
    "LSTM, attention": attention,
    "LSTM in both directions, attention": both_directions,
    "order-free net": mean,
    "GRU, trained vectors": gru,
    "GRU, frozen vectors": gru,
    "GRU, attention": gru_attention,
    "convolution, trained vectors": convolution,
    "convolution, frozen vectors": convolution,
    "convolution, attention": convolution_attention,
}
NETS = {
    "LSTM": rates(0.004, 0.008, 0.016, dropout=0.5),
    "LSTM, own vectors": rates(0.004, 0.008, dropout=0.5),
    "LSTM, frozen vectors": rates(0.01, 0.02, **FROZEN),
    "LSTM, attention": rates(0.02, **FROZEN),
    "LSTM in both directions, attention": rates(0.01, 0.02, **FROZEN),
    "order-free net": [*rates(0.01, dropout=0.2), *rates(0.01, dropout=0.5)],
    "GRU, trained vectors": rates(0.004, 0.008, dropout=0.5),
    "GRU, frozen vectors": rates(0.01, 0.02, **FROZEN),
    "GRU, attention": rates(0.01, 0.02, **FROZEN),
    "convolution, trained vectors": rates(0.002, 0.004),
    "convolution, frozen vectors": rates(0.004, 0.008, **FROZEN),
    "convolution, attention": rates(0.004, 0.008, **FROZEN),
}


def sort_words(table):
    """The corpus with the words of every text in alphabetical order, so that twins are one text."""
    texts = [" ".join(sorted(WORD.findall(text.lower()))) for text in table["text"]]
    return table.assign(text=texts)


def fit_from_own_vectors(table, reader, seed, learning_rate, epochs, patience, **net):
    """`fit_net`, but the vectors, which are trained, start as those of `word_vectors`: Fit."""
    keras.utils.set_random_seed(seed)
    model = make_net(reader, table["genre"].nunique(), **net)
    embedding = model.get_layer("vectors")
    arrays, words = to_arrays(table, embedding.input_dim)
    X, y = arrays["train"]
    lines = [row[row > 0] for row in X]
    vectors = word_vectors(lines, embedding.input_dim, embedding.output_dim)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    embedding.set_weights([3 * vectors / np.maximum(lengths, 1e-12)])
    adam = keras.optimizers.Adam(learning_rate)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    known = {"validation_data": batches(*arrays["validation"], 256), "callbacks": [stop]}
    steps = batches(X, y, min(64, max(8, len(y) // 25)), seed)
    started = time.perf_counter()
    fitted = model.fit(steps, epochs=epochs, shuffle=False, verbose=0, **known)
    seconds = time.perf_counter() - started
    found = [model(arrays[name][0]).numpy() for name in ("validation", "test")]
    return Fit(fitted.history, model.get_weights(), words, *found, seconds)


def reading_speed(fit, reader, texts):
    """Texts that the network of a Fit reads in a second, from strings to probabilities."""
    net = make_net(reader, fit.test.shape[1])
    net.set_weights(fit.weights)
    to_numbers = layers.TextVectorization(vocabulary=fit.words[2:])  # less padding and unknown
    started = time.perf_counter()
    net(to_numbers(texts))
    return len(texts) / (time.perf_counter() - started)


def fit_named_net(name, settings, table, seed):
    """Fit one of NETS on a corpus: Outcome. Of the vectors only those of words that occur count."""
    keras.backend.clear_session()  # what the process has fitted before
    table = sort_words(table) if name == "order-free net" else table
    fit_it = fit_from_own_vectors if name == "LSTM, own vectors" else fit_net
    fit = fit_it(table, READERS[name], seed, patience=PATIENCE, **settings)
    vectors, *others = fit.weights
    size = len(fit.words) * vectors.shape[1] + sum(map(np.size, others))
    speed = reading_speed(fit, READERS[name], part_of(table, "test")["text"])
    return Outcome(fit.validation, fit.test, size, fit.seconds, speed)


SETTINGS = NETS | {name: grid_of(name) for name in PIPELINES}  # to choose from


def fit_model(name, settings, table, seed):
    """Fit a model on the training texts of a corpus: Outcome."""
    return (fit_named_net if name in NETS else fit_pipeline)(name, settings, table, seed)
