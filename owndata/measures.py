"""What the probabilities of one model on one split are worth: right answers, losses, intervals.

A table has a row a text and the columns genre and split, of which the parts are train, validation
and test. An outcome holds the probabilities (texts, genres) of its validation and its test texts,
in the order of the rows and of the sorted genres.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax
from sklearn.metrics import f1_score

from owndata.outcomes import Outcome
from owndata.traits import TRAITS


def part_of(table: pd.DataFrame, split: str) -> pd.DataFrame:
    """The rows of one part of the split: train, validation or test."""
    return table[table["split"] == split]


def genre_names(table: pd.DataFrame) -> list[str]:
    """The genres in alphabetical order, which is the order of all probabilities."""
    return sorted(table["genre"].unique())


def judge(table: pd.DataFrame, split: str, outcome: Outcome) -> tuple[float, float]:
    """The accuracy and the log loss of an outcome on one part of the split."""
    truth = np.searchsorted(genre_names(table), part_of(table, split)["genre"])
    probabilities = np.clip(outcome[split].astype(float), 1e-12, 1)
    losses = -np.log(probabilities[np.arange(len(truth)), truth])
    return (probabilities.argmax(axis=1) == truth).mean(), losses.mean()


def choose(jobs: Sequence[tuple], outcomes: Sequence[Outcome]) -> dict[str, dict]:
    """{model: settings} with the smallest log loss on the validation texts.

    A model that gives no probabilities is chosen by its accuracy. jobs: tuples that begin with a
    model's name, its settings and the table; outcomes: one for each of them.
    """
    best = {}
    for (name, settings, table, *_), outcome in zip(jobs, outcomes, strict=True):
        reached, loss = judge(table, "validation", outcome)
        penalty = loss if TRAITS[name].gives_probabilities else -reached
        if name not in best or penalty < best[name][0]:
            best[name] = penalty, settings
    return {name: settings for name, (_, settings) in best.items()}


def macro_f1(table: pd.DataFrame, outcome: Outcome, split: str) -> float:
    """The mean over genres of the harmonic mean of precision and recall, on one part."""
    names = genre_names(table)
    guesses = np.array(names)[outcome[split].argmax(axis=1)]
    averaged = {"average": "macro", "labels": names, "zero_division": 0}
    return f1_score(part_of(table, split)["genre"], guesses, **averaged)


def score(table: pd.DataFrame, outcome: Outcome) -> dict[str, float]:
    """The accuracy, macro-F1 and log loss on the test texts, and what it reached on validation."""
    reached, loss = judge(table, "test", outcome)
    return {
        "validation_accuracy": judge(table, "validation", outcome)[0],
        "accuracy": reached,
        "macro_f1": macro_f1(table, outcome, "test"),
        "log_loss": loss,
        "validation_macro_f1": macro_f1(table, outcome, "validation"),
    }


def interval(values: Sequence[float], overlap: float) -> tuple[float, float, float]:
    """The mean of values (n,), and the low and the high end of its 95% t-interval.

    overlap: 0 for values of independent data, or test texts for one training text where the values
    come from splits of the same texts. The ends are NaN for a single value.
    """
    values = np.asarray(values, float)
    share = 1 / len(values) + overlap
    spread = np.sqrt(values.var(ddof=1) * share) if len(values) > 1 else np.nan
    margin = stats.t.ppf(0.975, max(len(values) - 1, 1)) * spread
    return values.mean(), values.mean() - margin, values.mean() + margin


def share_interval(values: Sequence[float], overlap: float) -> tuple[float, float, float]:
    """The `interval` of shares, made on the log-odds (delta method): it stays between 0 and 1."""
    mean, low, high = interval(values, overlap)
    if low == high or not 0 < mean < 1:
        return mean, mean, mean
    margin = (high - mean) / (mean * (1 - mean))
    return mean, expit(logit(mean) - margin), expit(logit(mean) + margin)


def difference_interval(values: Sequence[float], overlap: float) -> tuple[float, float, float]:
    """The `interval` of differences of two shares: it stays between -1 and 1."""
    shares = (np.asarray(values, float) + 1) / 2
    mean, low, high = share_interval(shares, overlap)
    return 2 * mean - 1, 2 * low - 1, 2 * high - 1


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """The expected calibration error of the likeliest genre's probability.

    probabilities: (texts, genres). truth: (texts,), the numbers of the right genres. The texts are
    put into bins by that probability; the error is the mean distance, over texts, between a bin's
    mean probability and its share of right answers.
    """
    sure, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    number = np.minimum((sure * bins).astype(int), bins - 1)
    grouped = pd.DataFrame({"probability": sure, "right": hit}).groupby(number)
    table = grouped.mean().assign(texts=grouped.size())
    distance = (table["right"] - table["probability"]).abs()
    return float((table["texts"] * distance).sum() / len(sure))


def cool(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities (texts, genres) at a temperature: above 1 less sure, below 1 surer."""
    logs = np.log(np.clip(probabilities.astype(float), 1e-12, 1))
    return softmax(logs / temperature, axis=1)


def best_temperature(table: pd.DataFrame, outcome: Outcome) -> float:
    """The temperature at which the log loss on the validation texts is smallest."""

    def loss(log_t: float) -> float:
        cooled = cool(outcome["validation"], np.exp(log_t))
        return judge(table, "validation", {"validation": cooled})[1]

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 2), method="bounded").x))
