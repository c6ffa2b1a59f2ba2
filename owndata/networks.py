"""The networks that are compared and kept; nets.py, which this module uses, loads TensorFlow."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd

from owndata.measures import genre_names, part_of
from owndata.models import Options, Settings
from owndata.nets import fit_net, join_nets, make_vectoriser, rebuild
from owndata.outcomes import Outcome


def fit(settings: Settings, table: pd.DataFrame, seed: int, options: Options) -> Outcome:
    """A network trained on one split: {part: probabilities (texts, genres)} of validation and test.

    Also its history, weights, words, size and seconds.
    """
    return fit_net(table, seed, options.most_epochs, options.most_words, **settings)


def join(
    outcomes: list[Outcome],
    settings: Settings,
    table: pd.DataFrame,
    options: Options,
    temperature: float,
) -> keras.Model:
    """One model of trained networks: texts in; out, their mean probabilities (texts, genres).

    table: what they were trained on.
    """
    nets = [rebuild(outcome, len(genre_names(table)), **settings) for outcome in outcomes]
    vectoriser = make_vectoriser(part_of(table, "train")["text"], options.most_words)
    return join_nets(vectoriser, nets, temperature)


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
