"""Written by tools/export.py from text_classification.ipynb, cells tagged export:networks."""

import time
from collections import namedtuple

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from keras import layers, ops
from Text_Classification_LSTM.corpus import (
    part_of,
)
from Text_Classification_LSTM.rivals import (
    word_vectors,
)


def last(vectors, is_word, units):
    """The LSTM's last state: (texts, units)."""
    return layers.LSTM(units)(vectors)


def attention(vectors, is_word, units):
    """The words' vectors, each weighted by the LSTM's state at the word: (texts, dimension)."""
    states = layers.LSTM(units, return_sequences=True)(vectors)
    scores = ops.squeeze(layers.Dense(1)(states), axis=-1)
    weights = layers.Softmax(axis=1, name="attention")(scores, mask=is_word)
    return layers.Dot(axes=1)([weights, vectors])


def make_net(
    reader, genres=4, vocabulary_size=5000, dimension=100, units=64, dropout=0.3, frozen=False
):
    """A network, not compiled: word numbers (texts, words) in, probabilities (texts, genres) out.

    reader: `last`, `attention`, or another function of (vectors, is_word, units).
    frozen: the words' vectors are not trained.
    """
    numbers = keras.Input((None,), dtype="int32")
    embedding = layers.Embedding(
        vocabulary_size, dimension, mask_zero=True, trainable=not frozen, name="vectors"
    )
    vectors = layers.Dropout(dropout)(embedding(numbers))
    read = reader(vectors, ops.not_equal(numbers, 0), units)
    answer = layers.Dense(genres, activation="softmax")(layers.Dropout(dropout)(read))
    return keras.Model(numbers, answer)


@tf.autograph.experimental.do_not_convert
def without_padding(words, label):
    """The numbers of a text's words alone."""
    return words[words > 0], label


@tf.autograph.experimental.do_not_convert
def length(words, label):
    """How many words a text has."""
    return tf.size(words)


def batches(numbers, labels, size, seed=None):
    """Batches of texts of similar length, each as wide as its longest text; a tf.data.Dataset.

    numbers (texts, words), 0 is padding. With a seed, the texts are shuffled before each epoch.
    """
    dataset = tf.data.Dataset.from_tensor_slices((numbers, labels)).map(without_padding)
    if seed is not None:
        dataset = dataset.shuffle(len(labels), seed=seed)
    dataset = dataset.bucket_by_sequence_length(length, [24, 28, 32, 38], [size] * 5)
    count = sum(1 for batch in dataset)
    return dataset.apply(tf.data.experimental.assert_cardinality(count))


def to_arrays(table, vocabulary_size):
    """{part: (word numbers (texts, words), genre numbers)}, and the words, from training texts."""
    to_numbers = layers.TextVectorization(vocabulary_size)
    to_numbers.adapt(list(part_of(table, "train")["text"]))
    names = sorted(table["genre"].unique())
    arrays = {}
    for name in ("train", "validation", "test"):
        part = part_of(table, name)
        genres = part["genre"].map(names.index).to_numpy()
        arrays[name] = to_numbers(part["text"]).numpy(), genres
    return arrays, to_numbers.get_vocabulary()


Fit = namedtuple("Fit", "history weights words validation test seconds")


def fit_net(table, reader, seed, learning_rate=0.002, epochs=60, patience=8, batch_size=64, **net):
    """Train a network on a corpus: Fit, with probabilities for the validation and test texts.

    net: other arguments of `make_net`. Where vectors are frozen they are those of `word_vectors`,
    and the learning rate falls to zero over the epochs.
    """
    keras.utils.set_random_seed(seed)
    model = make_net(reader, table["genre"].nunique(), **net)
    embedding = model.get_layer("vectors")
    arrays, words = to_arrays(table, embedding.input_dim)
    X, y = arrays["train"]
    size = min(batch_size, max(8, len(y) // 25))  # of few texts, small ones
    steps = batches(X, y, size, seed)
    if not embedding.trainable:
        lines = [row[row > 0] for row in X]
        vectors = word_vectors(lines, embedding.input_dim, embedding.output_dim)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        embedding.set_weights([3 * vectors / np.maximum(lengths, 1e-12)])
        learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * len(steps))
        patience = epochs  # the small steps at the end are worth waiting for
    adam = keras.optimizers.Adam(learning_rate)
    model.compile(adam, "sparse_categorical_crossentropy", metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)
    known = {"validation_data": batches(*arrays["validation"], 256), "callbacks": [stop]}
    started = time.perf_counter()
    fitted = model.fit(steps, epochs=epochs, shuffle=False, verbose=0, **known)
    seconds = time.perf_counter() - started
    found = [model(arrays[name][0]).numpy() for name in ("validation", "test")]
    return Fit(pd.DataFrame(fitted.history), model.get_weights(), words, *found, seconds)
