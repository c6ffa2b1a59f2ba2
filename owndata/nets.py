"""Networks that read the words of texts: their layers, how they are made, and how they learn.

This module and networks.py alone load TensorFlow.
"""

import math
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.decomposition import TruncatedSVD

from owndata.measures import genre_names, part_of
from owndata.outcomes import Outcome
from owndata.pipelines import count_pairs, ppmi
from owndata.tokens import JOINERS, LETTERS

tf.get_logger().setLevel("ERROR")  # no advice on how this could be faster
Shape = tuple[int | None, ...]

VOCABULARY = 5000  # words that a network knows, with those for padding and for unknown ones
DIMENSION = 100  # of a word's vector
UNITS = 64  # of an LSTM's state
WINDOW = 5  # words apart at most, for which word vectors count two as neighbours
BATCH = 64  # texts of one step at most
PATIENCE = 8  # epochs without a smaller validation loss before it stops
CHANGES = {
    "I": "i",  # in Turkish, tf.strings.lower would turn I into a dotless i
    "İ": "i\u0307",
    "\u2019": "'",  # the typographic apostrophe
    rf"[^{LETTERS}{JOINERS}]+": " ",
    rf"[{JOINERS}]{{2,}}": " ",
    rf"(^| )[{JOINERS}]": " ",  # joiners at the ends of a word
    rf"[{JOINERS}]( |$)": " ",
}


# Words and their numbers.


@keras.saving.register_keras_serializable("owndata")
def any_script_words(texts: tf.Tensor) -> tf.Tensor:
    """The words of each text, as `tokens.tokenise` finds them, with blanks between: strings."""
    for pattern, replacement in CHANGES.items():
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.lower(texts, encoding="utf-8")


def make_vectoriser(texts: Iterable[str], most_words: int) -> keras.layers.TextVectorization:
    """A layer that knows the words of these texts: texts to word numbers (texts, most_words)."""
    layer = keras.layers.TextVectorization(
        VOCABULARY, standardize=any_script_words, output_sequence_length=most_words
    )
    layer.adapt(list(texts))
    return layer


def word_numbers(vectoriser: keras.layers.TextVectorization, texts: Iterable[str]) -> np.ndarray:
    """The numbers of the texts' words, (texts, words), no wider than the longest text."""
    numbers = np.array(vectoriser(list(texts)))
    return numbers[:, : max((numbers > 0).sum(axis=1).max(), 1)]


def make_inputs(
    table: pd.DataFrame, reader: str, most_words: int
) -> tuple[dict[str, tuple[np.ndarray, np.ndarray]], keras.layers.TextVectorization]:
    """{part: word numbers (texts, words), genre numbers (texts,)} and the layer that numbers words.

    That layer knows the words of the training texts alone.
    """
    vectoriser = make_vectoriser(part_of(table, "train")["text"], most_words)
    inputs = {}
    for split in ("train", "validation", "test"):
        part = part_of(table, split)
        numbers = word_numbers(vectoriser, part["text"])
        if reader == "mean of words":  # the same sum, to the last digit, for words in any order
            numbers = -np.sort(-numbers, axis=1)
        inputs[split] = numbers, np.searchsorted(genre_names(table), part["genre"])
    return inputs, vectoriser


def batches(numbers: np.ndarray, genres: np.ndarray, size: int, seed: int) -> tf.data.Dataset:
    """Batches of word numbers (texts, words) and genre numbers (texts,), drawn for every epoch.

    size: the texts of a batch at most. Those of one batch are of about the same length.
    """
    words, rng = (numbers > 0).sum(axis=1), np.random.default_rng(seed)
    count = math.ceil(len(words) / size)

    def draw() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        order = rng.permutation(len(words))
        order = order[np.argsort(words[order] // 4, kind="stable")]
        parts = np.array_split(order, count)
        for place in rng.permutation(count):
            texts = parts[place]
            yield numbers[texts, : max(words[texts].max(), 1)], genres[texts]

    shapes = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int32)
    data = tf.data.Dataset.from_generator(draw, output_signature=shapes)
    return data.apply(tf.data.experimental.assert_cardinality(count))


def word_vectors(numbers: np.ndarray) -> np.ndarray:
    """Vectors for the word numbers of training texts (texts, words), by PPMI and an SVD.

    They are (VOCABULARY, DIMENSION); words that do not occur have a vector of zeros.
    """
    table = ppmi(count_pairs([row[row > 0] for row in numbers], VOCABULARY, WINDOW))
    vectors = TruncatedSVD(DIMENSION, random_state=0).fit_transform(table)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-12) * 0.3 * np.sqrt(DIMENSION)  # 0.3 in size


# Layers.


@keras.saving.register_keras_serializable("owndata")
class Attention(keras.layers.Layer):
    """The mean of the words' vectors, each weighted by the state of `reader`, a layer, there."""

    def __init__(self, reader: keras.layers.Layer, **options: Any):
        super().__init__(**options)
        self.supports_masking = True
        self.reader, self.score = reader, keras.layers.Dense(1)

    def build(self, shape: Shape) -> None:
        if not self.reader.built:  # it is, when it comes from a file
            self.reader.build(shape)
        self.score.build(self.reader.compute_output_shape(shape))

    def call(self, vectors: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        scores = self.score(self.reader(vectors, mask=mask))
        weights = keras.ops.softmax(keras.ops.where(mask[..., None], scores, -1e9), axis=1)
        return keras.ops.sum(weights * vectors, axis=1)

    def compute_mask(self, vectors: tf.Tensor, mask: tf.Tensor | None = None) -> None:
        return None  # one vector a text is left

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"reader": keras.saving.serialize_keras_object(self.reader)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Attention":
        return cls(keras.saving.deserialize_keras_object(config.pop("reader")), **config)


@keras.saving.register_keras_serializable("owndata")
class Temperature(keras.layers.Layer):
    """Probabilities (texts, genres) at a temperature, as `measures.cool` gives them."""

    def __init__(self, temperature: float, **options: Any):
        super().__init__(**options)
        self.temperature = temperature

    def call(self, probabilities: tf.Tensor) -> tf.Tensor:
        logs = keras.ops.log(keras.ops.clip(probabilities, 1e-12, 1))
        return keras.ops.softmax(logs / self.temperature, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"temperature": self.temperature}


def states() -> keras.layers.Layer:
    """An LSTM that gives its state at every word, (texts, words, units)."""
    return keras.layers.LSTM(UNITS, return_sequences=True)


READERS: dict[str, Callable[[], list[keras.layers.Layer]]] = {  # what makes one vector of a text
    "last": lambda: [keras.layers.LSTM(UNITS)],
    "attention": lambda: [Attention(states())],
    "mean of words": lambda: [keras.layers.GlobalAveragePooling1D()],
    "mean of states": lambda: [states(), keras.layers.GlobalAveragePooling1D()],
    "both directions": lambda: [
        keras.layers.Bidirectional(states()),
        keras.layers.GlobalAveragePooling1D(),
    ],
}


# Networks.


def make_net(
    genres: int,
    reader: str = "last",
    dropout: float = 0.3,
    learning_rate: float = 0.002,
    frozen: bool = False,
    steps: int | None = None,
) -> keras.Sequential:
    """A network that has not learned: word numbers (texts, words) to probabilities (texts, genres).

    reader: one of READERS. frozen: whether the word vectors stay as they are. steps: if given, the
    learning rate falls to zero over as many steps, along a cosine.
    """
    net = keras.Sequential(
        [
            keras.layers.Input((None,), dtype="int32"),
            keras.layers.Embedding(VOCABULARY, DIMENSION, mask_zero=True, trainable=not frozen),
            keras.layers.Dropout(dropout),
            *READERS[reader](),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(genres, activation="softmax"),
        ]
    )
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps) if steps else learning_rate
    net.compile(
        keras.optimizers.Adam(rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=32,
    )
    return net


def fit_net(
    table: pd.DataFrame,
    seed: int,
    most_epochs: int,
    most_words: int,
    reader: str = "last",
    initialised: bool = False,
    epochs: int | None = None,
    **settings: Any,
) -> Outcome:
    """A network trained on one split: {part: probabilities (texts, genres)} of validation and test.

    Also its history, weights, words, size and seconds. initialised: whether the word vectors start
    as `word_vectors` of the training texts. epochs: how many it learns for, with a learning rate
    that falls; None: until the validation loss grows, at a constant rate; `most_epochs` at most.
    settings: the others of `make_net`.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    inputs, vectoriser = make_inputs(table, reader, most_words)
    most = min(epochs or most_epochs, most_epochs)
    count = batch_size(len(inputs["train"][1]))
    train, validation = (batches(*inputs[split], count, seed) for split in ("train", "validation"))
    steps = most * len(train) if epochs else None
    net = make_net(len(genre_names(table)), reader, steps=steps, **settings)
    if initialised:
        net.layers[0].set_weights([word_vectors(inputs["train"][0])])
    started = time.perf_counter()
    history = learn(net, train, validation, most, patience=most if epochs else PATIENCE)
    fitted = time.perf_counter()
    outcome = {
        split: net.predict(inputs[split][0], batch_size=256, verbose=0)
        for split in ("validation", "test")
    }
    seconds = [fitted - started, time.perf_counter() - fitted]
    words, weights = vectoriser.get_vocabulary(), net.get_weights()
    size = len(words) * DIMENSION + sum(one.size for one in weights[1:])
    learned = {"weights": weights, "words": words, "size": size}
    return outcome | learned | {"history": history, "seconds": seconds}


def batch_size(texts: int) -> int:
    """The texts of a batch: fewer where there are few to learn from."""
    return int(np.clip(texts // 25, 8, BATCH))


def learn(
    net: keras.Sequential,
    train: tf.data.Dataset,
    validation: tf.data.Dataset,
    epochs: int,
    patience: int,
) -> dict[str, list[float]]:
    """Train a network and leave it as it was after its best epoch: the history of its losses.

    The best epoch has the smallest validation loss.
    """
    stop = keras.callbacks.EarlyStopping("val_loss", patience=patience, restore_best_weights=True)
    options = {"validation_data": validation, "shuffle": False, "callbacks": [stop], "verbose": 0}
    return net.fit(train, epochs=epochs, **options).history


def rebuild(
    outcome: Outcome,
    genres: int,
    reader: str = "last",
    dropout: float = 0.3,
    frozen: bool = False,
    **training: Any,
) -> keras.Sequential:
    """A trained network again, from its settings and the weights in the outcome of its training.

    training: settings that matter for its training alone.
    """
    net = make_net(genres, reader, dropout, frozen=frozen)
    net.set_weights(outcome["weights"])
    return net


def join_nets(
    vectoriser: keras.layers.TextVectorization, nets: list[keras.Sequential], temperature: float
) -> keras.Model:
    """One model: strings (texts,) to the nets' mean probabilities (texts, genres), cooled."""
    texts = keras.layers.Input((), dtype="string")
    # the same layers without their optimiser, which a reader of the file does not need
    answers = [keras.Sequential(net.layers)(vectoriser(texts)) for net in nets]
    mean = keras.layers.Average()(answers) if len(answers) > 1 else answers[0]
    return keras.Model(texts, Temperature(temperature)(mean))
