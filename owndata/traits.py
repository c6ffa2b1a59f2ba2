"""What is known of each model beside its settings: asked here, and never read out of its name."""

from dataclasses import dataclass
from enum import Enum, auto

MAJORITY = "majority class"
WEIGHTED = "weighted clauses, logistic regression"
VARIANT = "LSTM variant"
LSTM_AND_BAG = "LSTM + bag"


class Family(Enum):
    """What a model is made of."""

    GUESS = auto()  # reads no word
    BAG = auto()  # the words of a text, or parts of it, in any order
    CLAUSES = auto()  # clauses in their order
    LSTM = auto()
    JOINED = auto()  # an LSTM and a bag


class Words(Enum):
    """What the first step of a pipeline makes of a text."""

    STEMS = auto()
    CLAUSES = auto()  # stems of the first and the last clause
    TEXT = auto()  # nothing: the features cut it into words


@dataclass(frozen=True)
class Traits:
    """What is known of a model.

    gives_probabilities: and not only scores, of which probabilities are made. is_wide_forest:
    trees that see the counts of all words as one plain table. keeps_grams: it knows words two and
    three in a row.
    """

    family: Family
    words: Words = Words.STEMS
    gives_probabilities: bool = True
    is_wide_forest: bool = False
    keeps_grams: bool = False


BAG, LSTM = Traits(Family.BAG), Traits(Family.LSTM)
WIDE_FOREST = Traits(Family.BAG, is_wide_forest=True)
TRAITS = {
    MAJORITY: Traits(Family.GUESS),
    "BoW, logistic regression": BAG,
    "BoW, random forest": WIDE_FOREST,
    "BoW, gradient boosting": BAG,
    "TF-IDF, logistic regression": BAG,
    "TF-IDF, random forest": WIDE_FOREST,
    "TF-IDF, gradient boosting": BAG,
    "embeddings, logistic regression": BAG,
    "embeddings, random forest": BAG,
    "embeddings, gradient boosting": BAG,
    "clause bags, logistic regression": Traits(Family.BAG, Words.CLAUSES),
    "clause bags, random forest": Traits(Family.BAG, Words.CLAUSES, is_wide_forest=True),
    "1-3-grams, linear SVM": Traits(Family.BAG, gives_probabilities=False, keeps_grams=True),
    WEIGHTED: Traits(Family.CLAUSES, Words.TEXT),
    "order-free net": BAG,
    "LSTM": LSTM,
    "LSTM, attention": LSTM,
    VARIANT: LSTM,
    LSTM_AND_BAG: Traits(Family.JOINED),
}


def family(name: str) -> Family:
    """The family of a model."""
    return TRAITS[name].family


def is_rival(name: str) -> bool:
    """Whether a model has no LSTM."""
    return family(name) not in (Family.LSTM, Family.JOINED)
