"""The lesson's networks on texts of any script; this module alone loads TensorFlow."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from owndata.models import Options, Settings
from owndata.outcomes import Outcome
from owndata.tokens import JOINERS, LETTERS
from Text_Classification_LSTM import networks as lesson
from Text_Classification_LSTM.corpus import genre_names, part_of

tf.get_logger().setLevel("ERROR")  # no advice on how the lesson could be faster
CHANGES = {
    "I": "i",  # in Turkish, tf.strings.lower would turn I into a dotless i
    "İ": "i\u0307",
    "\u2019": "'",  # the typographic apostrophe
    rf"[^{LETTERS}{JOINERS}]+": " ",
    rf"[{JOINERS}]{{2,}}": " ",
    rf"(^| )[{JOINERS}]": " ",  # joiners at the ends of a word
    rf"[{JOINERS}]( |$)": " ",
}


@keras.saving.register_keras_serializable("lstm_projects")
def any_script_words(texts: tf.Tensor) -> tf.Tensor:
    """The words of each text, as `tokens.tokenise` finds them, with blanks between: strings."""
    for pattern, replacement in CHANGES.items():
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.lower(texts, encoding="utf-8")


def fit(settings: Settings, table: pd.DataFrame, seed: int, options: Options) -> Outcome:
    """A network trained on one split: {part: probabilities (texts, genres)} of validation and test.

    Also its history, weights, words, size and seconds.
    """
    outcome = lesson.fit_net(
        table,
        seed,
        most_epochs=options.most_epochs,
        most_words=options.most_words,
        standardise=any_script_words,
        **settings,
    )
    plain = {key: np.asarray(outcome[key]).tolist() for key in ("seconds", "size")}
    return outcome | plain


def join(
    outcomes: list[Outcome],
    settings: Settings,
    table: pd.DataFrame,
    options: Options,
    temperature: float,
    threshold: float,
) -> keras.Model:
    """One model of trained networks: texts in; out, their mean probabilities (texts, genres).

    table: what they were trained on.
    """
    names = genre_names(table)
    nets = [lesson.rebuild(outcome, len(names), **settings) for outcome in outcomes]
    vectoriser = lesson.make_vectoriser(
        part_of(table, "train")["text"],
        most_words=options.most_words,
        standardise=any_script_words,
    )
    return lesson.with_labels(vectoriser, nets, names, temperature, threshold)


class Network:
    """A network to keep: texts to probabilities."""

    def __init__(self, model: keras.Model):
        self.model = model
        layers = model.layers
        self.vectoriser = next(
            layer for layer in layers if isinstance(layer, keras.layers.TextVectorization)
        )

    @classmethod
    def load(cls, path: Path) -> "Network":
        """The network in a .keras file."""
        return cls(keras.saving.load_model(path))

    def save(self, path: Path) -> None:
        """Write a .keras file."""
        self.model.save(path)

    def probabilities(self, texts: list[str]) -> np.ndarray:
        """(texts, genres), at the kept temperature."""
        strings = keras.ops.convert_to_tensor(texts, dtype="string")
        return self.model.predict(strings, batch_size=256, verbose=0)

    def knows(self, texts: list[str]) -> np.ndarray:
        """(texts,): whether a text has a word that was met in training."""
        numbers = keras.ops.convert_to_numpy(self.vectoriser(texts))
        return (numbers > 1).any(axis=1)  # 0 is padding, 1 an unknown word
