"""Written by tools/export.py from text_classification.ipynb, cells tagged export:networks."""

import math
import time

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy.special import logit
from sklearn.decomposition import TruncatedSVD
from sklearn.model_selection import ParameterGrid
from Text_Classification_LSTM.corpus import (
    JOINERS,
    LETTERS,
    genre_names,
    part_of,
    tokenise,
)
from Text_Classification_LSTM.rivals import (
    RIVALS,
    count_pairs,
    fit_rival,
    ppmi,
)


MAX_WORDS = 200  # a longer text is cut here: reading takes time in proportion to the longest


@keras.saving.register_keras_serializable("lstm_projects")
def only_words(texts):
    """The words of each text, as `tokenise` finds them, with blanks between: string tensors."""
    changes = {
        "I": "i",  # on a Turkish system, tf.strings.lower turns I into ı
        "İ": "i\u0307",
        "\u2019": "'",
        rf"[^{LETTERS}{JOINERS}]+": " ",
        rf"[{JOINERS}]{{2,}}": " ",
        rf"(^| )[{JOINERS}]": " ",  # joiners at the ends of a word
        rf"[{JOINERS}]( |$)": " ",
    }
    for pattern, replacement in changes.items():
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.lower(texts, encoding="utf-8")


def make_vectoriser(texts, vocabulary_size=5000, most_words=MAX_WORDS, standardise=only_words):
    """A layer, learned from training texts: texts to word numbers, (texts, most_words)."""
    layer = keras.layers.TextVectorization(
        vocabulary_size, standardize=standardise, output_sequence_length=most_words
    )
    layer.adapt(list(texts))
    return layer


def word_numbers(vectoriser, texts):
    """The numbers of the texts' words, (texts, words), no wider than the longest text."""
    numbers = np.array(vectoriser(list(texts)))
    return numbers[:, : max((numbers > 0).sum(axis=1).max(), 1)]


@keras.saving.register_keras_serializable("lstm_projects")
class Attention(keras.layers.Layer):
    """The mean of the words' vectors, each weighted by the state of `reader`, a layer, there."""

    def __init__(self, reader, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.reader, self.score = reader, keras.layers.Dense(1)

    def build(self, shape):
        if not self.reader.built:  # it is, when it comes from a file
            self.reader.build(shape)
        self.score.build(self.reader.compute_output_shape(shape))

    def call(self, vectors, mask=None):
        scores = self.score(self.reader(vectors, mask=mask))
        weights = keras.ops.softmax(keras.ops.where(mask[..., None], scores, -1e9), axis=1)
        return keras.ops.sum(weights * vectors, axis=1)

    def compute_mask(self, vectors, mask=None):
        return None  # one vector a text is left

    def get_config(self):
        return super().get_config() | {"reader": keras.saving.serialize_keras_object(self.reader)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("reader")), **config)


@keras.saving.register_keras_serializable("lstm_projects")
class Convolution(keras.layers.Layer):
    """Four convolutions over the words that a mask lets through: (texts, words, filters)."""

    def __init__(self, filters, **options):
        super().__init__(**options)
        self.supports_masking = True
        self.layers = [
            keras.layers.Conv1D(filters, 3, padding="same", dilation_rate=apart, activation="relu")
            for apart in (1, 2, 4, 8)
        ]

    def build(self, shape):
        for layer in self.layers:
            layer.build(shape)
            shape = (*shape[:-1], layer.filters)

    def call(self, states, mask=None):
        seen = keras.ops.cast(mask[..., None], states.dtype)  # padding must not leak into words
        for layer in self.layers:
            states = layer(states * seen)
        return states

    def compute_output_shape(self, shape):
        return *shape[:-1], self.layers[-1].filters

    def get_config(self):
        return super().get_config() | {"filters": self.layers[-1].filters}


def both_directions(units):
    """An LSTM that reads forwards, and one that reads backwards: (texts, words, 2 units)."""
    return keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True))


READERS = {
    "last": lambda units: [keras.layers.LSTM(units)],
    "attention": lambda units: [Attention(keras.layers.LSTM(units, return_sequences=True))],
    "mean of words": lambda units: [keras.layers.GlobalAveragePooling1D()],
    "mean of states": lambda units: [
        keras.layers.LSTM(units, return_sequences=True),
        keras.layers.GlobalAveragePooling1D(),
    ],
    "both directions": lambda units: [
        both_directions(units),
        keras.layers.GlobalAveragePooling1D(),
    ],
    "both directions, attention": lambda units: [Attention(both_directions(units))],
    "GRU": lambda units: [keras.layers.GRU(units)],
    "GRU, attention": lambda units: [Attention(keras.layers.GRU(units, return_sequences=True))],
    "convolution": lambda units: [Convolution(100), keras.layers.GlobalAveragePooling1D()],
    "convolution, attention": lambda units: [Attention(Convolution(100))],
}


def make_net(
    genres,
    reader="last",
    vocabulary_size=5000,
    dimension=100,
    units=64,
    dropout=0.3,
    learning_rate=0.002,
    frozen=False,
    steps=None,
):
    """The compiled network: word numbers (texts, words) in, probabilities (texts, genres) out.

    reader: one of READERS. dimension: the length of a word's vector. units: of the LSTM's state.
    steps: if given, the learning rate falls to zero over as many, along a cosine.
    """
    net = keras.Sequential(
        [
            keras.layers.Input((None,), dtype="int32"),
            keras.layers.Embedding(
                vocabulary_size, dimension, mask_zero=True, trainable=not frozen
            ),
            keras.layers.Dropout(dropout),
            *READERS[reader](units),
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


def train_padded(
    table, masked, epochs, seed, vocabulary_size=5000, dimension=100, units=64, batch_size=64
):
    """Validation accuracy after each epoch on padded texts; the largest effect of padding."""
    keras.utils.set_random_seed(seed)
    vectoriser = make_vectoriser(part_of(table, "train")["text"], vocabulary_size)
    names = genre_names(table)
    net = keras.Sequential(
        [
            keras.layers.Embedding(vocabulary_size, dimension, mask_zero=masked),
            keras.layers.LSTM(units),
            keras.layers.Dense(len(names), activation="softmax"),
        ]
    )
    net.compile(
        keras.optimizers.Adam(0.004),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=8,
    )
    (x, y), (x_new, y_new) = (
        (word_numbers(vectoriser, part["text"]), np.searchsorted(names, part["genre"]))
        for part in (part_of(table, "train"), part_of(table, "validation"))
    )
    fit = net.fit(x, y, batch_size, epochs, verbose=0, validation_data=(x_new, y_new))
    shortest = x_new[np.argmin((x_new > 0).sum(axis=1))]
    alone, padded = (np.array(net(words[None])) for words in (shortest[shortest > 0], shortest))
    return fit.history["val_accuracy"], np.abs(alone - padded).max()


def make_inputs(table, reader, vocabulary_size=5000, most_words=MAX_WORDS, standardise=only_words):
    """{part: (word numbers, genre numbers)}; the vectoriser, which knows training texts alone."""
    train = part_of(table, "train")["text"]
    vectoriser = make_vectoriser(train, vocabulary_size, most_words, standardise)
    inputs = {}
    for split in ("train", "validation", "test"):
        part = part_of(table, split)
        numbers = word_numbers(vectoriser, part["text"])
        numbers = -np.sort(-numbers, axis=1) if reader == "mean of words" else numbers
        inputs[split] = numbers, np.searchsorted(genre_names(table), part["genre"])
    return inputs, vectoriser


def batches(numbers, genres, size, seed):
    """A dataset of batches (word numbers, genre numbers), drawn again for every epoch."""
    words, rng = (numbers > 0).sum(axis=1), np.random.default_rng(seed)
    count = math.ceil(len(words) / size)

    def draw():
        order = rng.permutation(len(words))
        order = order[np.argsort(words[order] // 4, kind="stable")]
        parts = np.array_split(order, count)
        for place in rng.permutation(count):
            texts = parts[place]
            yield numbers[texts, : max(words[texts].max(), 1)], genres[texts]

    shapes = tf.TensorSpec((None, None), tf.int32), tf.TensorSpec((None,), tf.int32)
    data = tf.data.Dataset.from_generator(draw, output_signature=shapes)
    return data.apply(tf.data.experimental.assert_cardinality(count))


def word_vectors(numbers, vocabulary_size=5000, dimension=100, window=5):
    """Vectors for word numbers (texts, words), by PPMI and an SVD: (vocabulary, dimension)."""
    table = ppmi(count_pairs([row[row > 0] for row in numbers], vocabulary_size, window))
    vectors = TruncatedSVD(dimension, random_state=0).fit_transform(table)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-12) * 0.3 * np.sqrt(dimension)  # 0.3 in size


def fit_net(
    table,
    seed,
    reader="last",
    initialised=False,
    epochs=None,
    most_epochs=60,
    batch_size=64,
    patience=8,
    vocabulary_size=5000,
    dimension=100,
    most_words=MAX_WORDS,
    standardise=only_words,
    **settings,
):
    """Train: {part: probabilities} of validation and test; history, weights, words, size, seconds.

    epochs: None for at most most_epochs at a constant rate, with early stopping.
    settings: the others of make_net.
    """
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    inputs, vectoriser = make_inputs(table, reader, vocabulary_size, most_words, standardise)
    most = min(epochs or most_epochs, most_epochs)
    size = int(np.clip(len(inputs["train"][1]) // 25, 8, batch_size))
    train, validation = (batches(*inputs[split], size, seed) for split in ("train", "validation"))
    steps = most * len(train) if epochs else None
    genres = len(genre_names(table))
    net = make_net(genres, reader, vocabulary_size, dimension, steps=steps, **settings)
    if initialised:
        vectors = word_vectors(inputs["train"][0], vocabulary_size, dimension)
        net.layers[0].set_weights([vectors])
    stop = keras.callbacks.EarlyStopping(
        "val_loss", patience=most if epochs else patience, restore_best_weights=True
    )
    options = {"validation_data": validation, "shuffle": False, "callbacks": [stop], "verbose": 0}
    started = time.perf_counter()
    fit = net.fit(train, epochs=most, **options)
    fitted = time.perf_counter()
    outcome = {
        split: net.predict(inputs[split][0], batch_size=256, verbose=0)
        for split in ("validation", "test")
    }
    outcome["seconds"] = fitted - started, time.perf_counter() - fitted
    words, weights = vectoriser.get_vocabulary(), net.get_weights()
    outcome["size"] = len(words) * dimension + sum(one.size for one in weights[1:])
    return outcome | {"history": fit.history, "weights": weights, "words": words}


def rebuild(
    outcome,
    genres,
    reader="last",
    vocabulary_size=5000,
    dimension=100,
    units=64,
    dropout=0.3,
    frozen=False,
    **training,
):
    """A trained net again, from its settings and the weights that its training brought back."""
    net = make_net(genres, reader, vocabulary_size, dimension, units, dropout, frozen=frozen)
    net.set_weights(outcome["weights"])
    return net


GRID = [
    {"learning_rate": 0.002, "dropout": 0.3},
    {"learning_rate": 0.002, "dropout": 0.5},
    {"learning_rate": 0.004, "dropout": 0.3},
]
FROZEN = {"initialised": True, "frozen": True, "learning_rate": 0.01, "epochs": 40}
ATTENTION_GRID = [{"reader": "attention", **FROZEN, "dropout": dropout} for dropout in (0.3, 0.5)]
MEAN_GRID = [
    {"reader": "mean of words", "learning_rate": 0.01, "dropout": dropout} for dropout in (0.2, 0.5)
]
NET_GRIDS = {"LSTM": GRID, "LSTM, attention": ATTENTION_GRID, "order-free net": MEAN_GRID}
GRIDS = NET_GRIDS | {name: list(ParameterGrid(grid)) for name, (_, grid) in RIVALS.items()}


def fit_model(name, settings, table, seed, dimension=100, **training):
    """A rival, or a net, fitted: {part: probabilities (texts, genres)}, and more for a net."""
    if name in RIVALS:
        return fit_rival(name, settings, table, seed, dimension)
    options = {"dimension": dimension} | training | settings
    return fit_net(table, seed, **options)


def texts_to_probabilities(net, vectoriser):
    """A function from texts to probabilities (texts, genres)."""
    return lambda texts: net.predict(word_numbers(vectoriser, texts), batch_size=256, verbose=0)


def saliency(text, predict, most_words=MAX_WORDS):
    """(words, values): the fall of the likeliest genre's log-odds when each word is left out."""
    words = [word for word in text.split() if tokenise(word)][:most_words]  # a dash is no word
    without = [" ".join(words[:place] + words[place + 1 :]) for place in range(len(words))]
    answers = predict([" ".join(words), *without])
    sure = answers[:, answers[0].argmax()].astype(float)
    log_odds = logit(np.clip(sure, 1e-6, 1 - 1e-6))
    return words, log_odds[0] - log_odds[1:]


def read_along(text, net, vectoriser):
    """(words, probabilities (words, genres)): the answer if the text ended after each word."""
    numbers = word_numbers(vectoriser, [text])[0]
    starts = np.tril(np.tile(numbers, (len(numbers), 1)))  # the first word, two, three, ...
    words = vectoriser.get_vocabulary()
    return [words[number] for number in numbers], net.predict(starts, verbose=0)


@keras.saving.register_keras_serializable("lstm_projects")
class Labels(keras.layers.Layer):
    """Probabilities at a temperature; its settings, and so the file, hold names and threshold."""

    def __init__(self, names, temperature, threshold, **options):
        super().__init__(**options)
        self.names, self.temperature, self.threshold = list(names), temperature, threshold

    def call(self, probabilities):
        logs = keras.ops.log(keras.ops.clip(probabilities, 1e-12, 1))
        return keras.ops.softmax(logs / self.temperature, axis=-1)

    def get_config(self):
        held = {"names": self.names, "temperature": self.temperature, "threshold": self.threshold}
        return super().get_config() | held


def with_labels(vectoriser, nets, names, temperature, threshold):
    """One model: strings in; out, the mean of the nets' probabilities at the temperature."""
    texts = keras.layers.Input((), dtype="string")
    # the same layers without their optimiser, which a reader of the file does not need
    answers = [keras.Sequential(net.layers)(vectoriser(texts)) for net in nets]
    mean = keras.layers.Average()(answers) if len(answers) > 1 else answers[0]
    return keras.Model(texts, Labels(names, temperature, threshold)(mean))


def label_texts(path, texts):
    """A table: each text with its genre, or "unsure", and the probabilities of all genres.

    "unsure": below the threshold, or if the model knows no word of the text.
    """
    model = keras.saving.load_model(path)
    held, texts = model.layers[-1], list(texts)
    strings = keras.ops.convert_to_tensor(texts, dtype="string")
    answers = model.predict(strings, batch_size=256, verbose=0)
    knows = (np.array(model.layers[1](strings)) > 1).any(axis=1)  # 0 is padding, 1 any other word
    sure = knows & (answers.max(axis=1) >= held.threshold)
    label = np.where(sure, np.array(held.names)[answers.argmax(axis=1)], "unsure")
    table = pd.DataFrame(answers, columns=held.names).assign(text=texts, label=label)
    return table[["text", "label", *held.names]]


def export_for_page(path, outcome, genres):
    """Write a net with attention that reads forwards to one .npz file, its weights as float16.

    words: one string, blanks between; vectors (1 + words, dimension), the first for all unknown
    words; Wx, Wh, b of the LSTM; v (units,) of the attention, whose bias would change nothing;
    Wy, by of the answer; genres.
    """
    vectors, Wx, Wh, b, v, _, Wy, by = outcome["weights"]
    words = outcome["words"]  # the first two stand for padding and for unknown words
    vectors, v = vectors[1 : len(words)], v[:, 0]
    arrays = {"vectors": vectors, "Wx": Wx, "Wh": Wh, "b": b, "v": v, "Wy": Wy, "by": by}
    kept = {name: array.astype(np.float16) for name, array in arrays.items()}
    kept |= {"words": np.array(" ".join(words[2:])), "genres": np.array(genres)}
    np.savez(path, **kept)
