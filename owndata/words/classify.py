"""The sentences of `classify` and `label`: here alone do their facts become prose."""

import pandas as pd

from owndata.classify import Comparison, Plan, Stage
from owndata.keep import UNSURE, Kept
from owndata.scores import Lead
from owndata.splits import FEWEST
from owndata.traits import LSTM_AND_BAG, TRAITS

MANY_SPLITS = 5  # with fewer an interval is wide


def plan(facts: Plan) -> str:
    """What will be compared, and about how long that takes."""
    lines = []
    if facts.rare:
        rare = ", ".join(f"{genre} {texts}" for genre, texts in facts.rare.items())
        lines.append(f"Left out: genres with fewer than {FEWEST} different texts ({rare}).")
    compared, learned = len(facts.compared), len(facts.learned)
    language = facts.options.language
    stemmed = "not stemmed" if language == "none" else f"stemmed as {language.capitalize()}"
    lines.append(
        f"{compared:,} of {learned:,} texts are compared on {facts.splits} splits"
        f"{', with all models and settings' if facts.full else ''}; words are {stemmed};"
        f" this may take about {facts.minutes} min, longer while the machine is busy."
    )
    return "\n".join(lines)


def stage(facts: Stage) -> str:
    """What begins."""
    done = ""
    if facts.done:
        done = f"; {facts.done} of them were done in an interrupted run"
    return f"{facts.name}: {count(facts.fits, 'fit')}{done} ..."


def count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def comparison(found: Comparison) -> str:
    """The table of the scores, and what it says."""
    head = (
        f"On {found.tested:,} test texts, each labelled by models that have not learned from it"
        " (low to high: a 95% interval):"
    )
    lines = ["", head, table(found), *notes(found)]
    if found.plan.full:
        lines.append("The intervals allow for splits that share texts (Nadeau, Bengio 2003).")
        lines += [verdict(lead, found.plan.splits) for lead in found.leads]
        lines.append(calibrated(found))
    return "\n".join(lines)


def table(found: Comparison) -> str:
    """The scores that matter most, a row a model."""
    shown = ["validation_accuracy", "accuracy", "low", "high", "macro_f1"]
    if found.plan.unequal:
        shown = ["validation_macro_f1", "macro_f1", "accuracy", "low", "high"]
    if found.plan.full:
        shown += ["ece", "ece_cooled"]
    return found.scores[shown].round(3).to_string()


def notes(found: Comparison) -> list[str]:
    """How the best was chosen, what guessing reaches, which models learned little."""
    sizes = found.plan.compared["genre"].value_counts(normalize=True)
    score = "macro-F1" if found.plan.unequal else "accuracy"
    lines = [
        f"{sizes.iloc[0]:.0%} of the texts are {sizes.index[0]}: always saying so is right as"
        " often.",
        f"The best is chosen by the {score} on the validation texts, which are others.",
    ]
    if found.one_sided:
        models = ", ".join(f"{name} ({genre})" for name, genre in found.one_sided.items())
        lines.append(f"Nearly all test texts get one genre, little is learned, by: {models}.")
    return lines


def verdict(lead: Lead, splits: int) -> str:
    """How a model did against a rival, by the interval of their difference."""
    points, low, high = 100 * lead.mean, 100 * lead.low, 100 * lead.high
    pair = f"{lead.model} and {lead.rival}"
    if lead.low == lead.high:  # no spread, no interval
        return (
            f"{pair} differ by {points:+.1f} points in every split: more splits are needed for"
            " an interval."
        )
    if lead.low > 0 or lead.high < 0:
        word = "better" if lead.low > 0 else "worse"
        return f"{lead.model} is {word} than {lead.rival}, by {abs(points):.1f} points."
    few = f", with {splits} splits; {MANY_SPLITS} have a narrower one"
    return (
        f"{pair} cannot be told apart: the difference is {points:+.1f} points (interval"
        f" {low:+.1f} to {high:+.1f}{few if splits < MANY_SPLITS else ''})."
    )


def calibrated(found: Comparison) -> str:
    """How far the best model's probabilities are from shares that are right."""
    row = found.scores.loc[found.best]
    before = "" if pd.isna(row["ece"]) else f"{100 * row['ece']:.1f} points, "
    return (
        f"The probabilities of {found.best} differ from the shares that are right by {before}"
        f"{100 * row['ece_cooled']:.1f} points with a temperature (ece, ece_cooled)."
    )


def learns(found: Comparison) -> str:
    """That the best model now learns from all texts."""
    runs = found.plan.runs(found.best)
    means = f", {runs} times, to be the mean of these" if runs > 1 else ""
    name = found.best
    aside = ""
    if found.scores.index[0] == LSTM_AND_BAG:
        aside = f" ({LSTM_AND_BAG} is ahead on the validation texts, and is two models, not one)"
    return f"\n{name}{aside} now learns from all {len(found.plan.learned):,} texts{means} ..."


def kept(model: Kept) -> str:
    """Where the model is, when it is unsure, what it holds."""
    holds = "the words that it knows, and no text"
    if TRAITS[model.facts.model].keeps_grams:
        holds = "words, singly and two or three in a row, and no longer text"
    return (
        f"Below a probability of {near_one(model.threshold)}, as for {model.facts.unsure:.0%} of"
        f' the validation texts, it answers "{UNSURE}".\n'
        f"Kept in {model.folder}; it holds {holds}."
    )


def changed(model: Kept) -> str:
    """That the model was made with other versions; "" if it was not."""
    if not model.changed:
        return ""
    pairs = [f"{name} {made}, here {here}" for name, (made, here) in model.changed.items()]
    return (
        f"The model was kept with other versions ({'; '.join(pairs)}), so its probabilities may"
        " differ a little."
    )


def labelled(
    path: str, texts: int, unsure: float, columns: list[str], model: Kept, replaced: bool
) -> str:
    """Where the labels are, and what the added columns (likeliest, probability, label) mean.

    replaced: whether earlier labels stood there.
    """
    likeliest, probability, label = columns
    earlier = ", in place of earlier ones" if replaced else ""
    return (
        f"{count(texts, 'text')} {'is' if texts == 1 else 'are'} labelled in {path}{earlier}:"
        f" {likeliest} is the genre that fits best, {probability} how sure the model is of it,"
        f' {label} the same genre or "{UNSURE}" ({unsure:.0%} of these texts): below'
        f" {near_one(model.threshold)}, or where the model knows no word."
    )


def near_one(threshold: float) -> str:
    """A probability in a few digits, also if it is next to 1."""
    return f"{threshold:.3f}" if threshold < 0.9995 else f"1 - {1 - threshold:.1g}"
