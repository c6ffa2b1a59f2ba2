"""What a model's probabilities are worth: scores, intervals, calibration, who is ahead.

Those of a single split are in `measures`; here are those of several.

A trial is a table with a split; an outcome holds the probabilities (texts, genres) of its
validation and its test texts, in the order of the rows and of the sorted genres.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import softmax
from scipy.stats import binomtest

from owndata.measures import (
    best_temperature,
    calibration_error,
    cool,
    difference_interval,
    genre_names,
    judge,
    part_of,
    score,
    share_interval,
)
from owndata.outcomes import Outcome
from owndata.traits import TRAITS


@dataclass(frozen=True)
class Lead:
    """By how much `model` is more often right than `rival`: a mean over the splits, and 95%."""

    model: str
    rival: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Certainty:
    """How sure a model must be: its probabilities, at the temperature, are to reach the threshold.

    unsure: the share of the validation texts whose likeliest genre does not.
    """

    temperature: float
    threshold: float
    unsure: float


def score_all(trials: list[pd.DataFrame], outcomes: dict[str, list[Outcome]]) -> pd.DataFrame:
    """A row for each (model, trial): accuracy and macro-F1 on both parts, log loss."""
    rows = {}
    for name, runs in outcomes.items():
        for number, (trial, run) in enumerate(zip(trials, runs, strict=True)):
            rows[name, number] = score(trial, run)
            if not TRAITS[name].gives_probabilities:
                rows[name, number]["log_loss"] = np.nan
    return pd.DataFrame(rows).T.rename_axis(["model", "trial"])


def summary(scores: pd.DataFrame, order: str) -> pd.DataFrame:
    """The means over the trials, a row a model, the best on the validation texts first.

    order: "accuracy" or "macro_f1". Ties: first by name.
    """
    means = scores.groupby("model").mean().round(12).sort_index()
    return means.sort_values(f"validation_{order}", ascending=False, kind="stable")


def text_interval(share: float, size: int) -> tuple[float, float]:
    """(low, high): Wilson's 95% interval of a share of `size` texts."""
    low, high = binomtest(round(share * size), size).proportion_ci(0.95, "wilson")
    return float(low), float(high)


def text_intervals(accuracies: pd.Series, trials: list[pd.DataFrame]) -> pd.DataFrame:
    """low, high for each model, over the texts of test parts that share none."""
    size = sum(part_of(trial, "test")["pair"].nunique() for trial in trials)
    bounds = {name: text_interval(share, size) for name, share in accuracies.items()}
    return pd.DataFrame(bounds, index=["low", "high"]).T


def overlap(trial: pd.DataFrame) -> float:
    """Test texts for one training text: what Nadeau and Bengio (2003) correct a variance by."""
    parts = trial.loc[~trial.index.duplicated(), "split"].value_counts()
    return float(parts["test"] / parts["train"])


def split_intervals(scores: pd.DataFrame, correction: float) -> pd.DataFrame:
    """low, high for each model, over splits that share test texts, corrected for that."""
    bounds = {
        name: share_interval(group["accuracy"], correction)[1:]
        for name, group in scores.groupby("model")
    }
    return pd.DataFrame(bounds, index=["low", "high"]).T


def lead(scores: pd.DataFrame, model: str, rival: str, correction: float) -> Lead:
    """How far a model is ahead of another."""
    gaps = scores.loc[model, "accuracy"] - scores.loc[rival, "accuracy"]
    return Lead(model, rival, *map(float, difference_interval(gaps, correction)))


def one_sided(outcomes: dict[str, list[Outcome]], names: list[str]) -> dict[str, str]:
    """{model: genre} of the models that give nearly all test texts one genre."""
    found = {}
    for name in sorted(outcomes):
        guesses = np.concatenate([run["test"].argmax(axis=1) for run in outcomes[name]])
        shares = np.bincount(guesses, minlength=len(names)) / len(guesses)
        if shares.max() > 0.98:
            found[name] = names[shares.argmax()]
    return found


def certainty(trials: list[pd.DataFrame], outcomes: list[Outcome]) -> Certainty:
    """How sure a model must be, from its answers to validation texts.

    Below the threshold, the 5% quantile of its surest probabilities, a kept model is unsure.
    """
    both = zip(trials, outcomes, strict=True)
    temperature = float(np.mean([best_temperature(trial, run) for trial, run in both]))
    cooled = [cool(run["validation"], temperature).max(axis=1) for run in outcomes]
    surest = np.concatenate(cooled)
    threshold = float(np.quantile(surest, 0.05))
    return Certainty(temperature, threshold, float((surest < threshold).mean()))


def calibration(trials: list[pd.DataFrame], outcomes: list[Outcome]) -> dict[str, float]:
    """ECE on the test texts of all trials, as they are and with each trial's temperature."""
    names = genre_names(trials[0])
    truth = [np.searchsorted(names, part_of(trial, "test")["genre"]) for trial in trials]
    both = list(zip(trials, outcomes, strict=True))
    before = [run["test"] for run in outcomes]
    after = [cool(run["test"], best_temperature(trial, run)) for trial, run in both]
    truths = np.concatenate(truth)
    return {
        "ece": calibration_error(np.concatenate(before), truths),
        "ece_cooled": calibration_error(np.concatenate(after), truths),
    }


def lstm_and_bag(trial: pd.DataFrame, lstm: Outcome, bag: Outcome) -> Outcome:
    """Two outcomes as one: the product of their probabilities, to powers chosen on validation."""
    parts = "validation", "test"
    logs = {split: np.log(np.clip([lstm[split], bag[split]], 1e-6, 1)) for split in parts}

    def mixed(powers: np.ndarray, split: str) -> np.ndarray:
        return softmax(np.tensordot(powers, logs[split], 1), axis=1)

    def loss(powers: np.ndarray) -> float:
        return judge(trial, "validation", {"validation": mixed(powers, "validation")})[1]

    powers = minimize(loss, [0.5, 0.5], bounds=[(0, 20)] * 2).x
    return {split: mixed(powers, split) for split in parts}
