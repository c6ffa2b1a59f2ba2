"""What is said of a forecast: here alone the facts of owndata.forecasting become sentences."""

from collections.abc import Iterator
from functools import singledispatch

import pandas as pd

from owndata import verdicts
from owndata.conformal import LEVEL
from owndata.forecasting import Begun, Forecast, Tried
from owndata.plan import Plan
from owndata.rhythm import Rhythm
from owndata.windows import Setting
from owndata.words.numbers import as_text

DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
REPEATS = {"persistence": "the last value", "seasonal naive": "the value a season ago"}


@singledispatch
def sentence(fact: object) -> str:
    """One fact as a sentence."""
    raise TypeError(f"No sentence for {fact!r}.")


def as_duration(seconds: float) -> str:
    """So many seconds, roughly, in words."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} seconds"
    return f"{round(seconds / 60)} minutes"


def counted(number: int, word: str) -> str:
    """The number and the word, in the plural unless it is one."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def listed(words: list[str]) -> str:
    """The words with commas, and "and" before the last."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


# Before the work.


def plan_sentences(plan: Plan) -> Iterator[str]:
    """What will be done with the series, and why."""
    for doubt in plan.doubts:
        if isinstance(doubt, verdicts.LargestStep):
            yield f"{sentence(doubt)} at {plan.place(doubt.place)}: is it real?"
        else:
            yield sentence(doubt)
    if plan.rhythm and plan.rhythm.kind != "even":
        yield sentence(plan.rhythm)
    yield parts_sentence(plan)
    if plan.season > 1:
        yield f"season: {plan.season} steps"
    else:
        yield "no season found"
    yield settings_sentence(plan)


@sentence.register
def _(doubt: verdicts.FewValues) -> str:
    return f"{doubt.n} values are few: little can be claimed from {doubt.test} test values"


@sentence.register
def _(doubt: verdicts.FewDistinct) -> str:
    return f"only {doubt.distinct} distinct values: is this a series?"


@sentence.register
def _(doubt: verdicts.LargestStep) -> str:
    return f"the largest step is from {as_text(doubt.before)} to {as_text(doubt.after)}"


@sentence.register
def _(rhythm: Rhythm) -> str:
    if rhythm.kind == "uneven":
        step = f"{rhythm.step:g}" if isinstance(rhythm.step, float) else str(rhythm.step)
        step = step.removesuffix(" 00:00:00")
        return f"the times have no even rhythm; their median step, {step}, goes on"
    clock = " and times of the day" if rhythm.times_a_day > 1 else ""
    if rhythm.kind == "days of the month":
        days = ["the last" if day == 31 else str(day) for day in rhythm.slots]
        return f"the times are of certain days of the month ({listed(days)}){clock}, and go on so"
    if rhythm.slots == (0, 1, 2, 3, 4):
        return f"the times are of working days{' at certain times' if clock else ''}, and go on so"
    if len(rhythm.slots) == 7:
        return "Some times are missing. The forecasts continue without gaps."
    days = [DAYS[day] for day in rhythm.slots]
    return f"the times are of certain days of the week ({listed(days)}){clock}, and go on so"


def parts_sentence(plan: Plan) -> str:
    """The parts of the series and what each is for."""
    train, validation, calibration, test = plan.parts.sizes
    last = f" (to {plan.place(train - 1)})" if plan.times is not None else ""
    return (
        f"parts: {train} values to learn from{last}, {validation} to choose settings (validation),"
        f" {calibration} for intervals (calibration), the last {test} to test"
    )


def settings_sentence(plan: Plan) -> str:
    """The settings that the LSTM is tried with, and why these."""
    training = plan.training
    trained = (
        f"{training.hidden_size} units, at most {training.epochs} epochs of batches of"
        f" {training.batch_size}, input noise {training.input_noise:g}"
    )
    many = counted(len(plan.settings), "setting")
    chosen = ", of which the validation part chooses one" if len(plan.settings) > 1 else ""
    return (
        f"the LSTM is tried with {many}{chosen} ({trained}).\n"
        f"  It reads {reads(plan)}.\n  It forecasts {ways(plan)}."
    )


def reads(plan: Plan) -> str:
    """What the LSTM reads, over all settings."""
    lookbacks = sorted({setting.lookback for setting in plan.settings})
    parts = [
        f"the last {lookback} values" + (" (a season)" if lookback == plan.season else "")
        for lookback in lookbacks
    ]
    beside = sorted({setting.beside for setting in plan.settings} - {0})
    said = ", or ".join(parts)
    if beside:
        said += f", with or without those {beside[0]} steps (a season) earlier beside them"
    return said


def ways(plan: Plan) -> str:
    """Whether the LSTM forecasts values or differences, and why."""
    if plan.differences == (False, True):
        return "values, or differences from one to the next, which do better where the level moves"
    if plan.straight:
        return "values, for what there is to learn from is a straight line"
    if plan.differences == (False,):
        return "values"
    return "differences from one value to the next"


# During the work.


@sentence.register
def _(begun: Begun) -> str:
    said = []
    if begun.resumed:
        many = counted(begun.resumed, "training")
        said.append(f"resumed from an interrupted run: {many} on the same values and settings")
    if begun.left:
        many = counted(begun.left, "setting")
        about = as_duration(begun.seconds)
        said.append(f"training the LSTM with {many}; this may take about {about}")
    return "\n".join(said)


def tried_heading(horizon: int) -> str:
    """What the errors of the settings are, which follow one by one."""
    steps = counted(horizon, "step")
    return f"the LSTM's root mean squared error on the validation part, over {steps} ahead:"


@sentence.register
def _(setting: Setting) -> str:
    way = "differences" if setting.difference else "values"
    beside = f", values {setting.beside} steps earlier beside them" if setting.beside else ""
    return f"lookback {setting.lookback}, {way}{beside}"


@sentence.register
def _(tried: Tried) -> str:
    return f"  {sentence(tried.setting)}: {as_text(tried.rmse)}"


# After the work.


def result_sentences(result: Forecast) -> Iterator[str]:
    """Who is ahead, the errors by steps ahead, and what they say."""
    names = list(result.methods)
    validation = ", ".join(f"{name} {as_text(error)}" for name, error in result.validation.items())
    yield (
        f"On the validation part {names[0]} is ahead, all steps together:"
        f" root mean squared error {validation}."
    )
    yield "Root mean squared error on the test part, by steps ahead:"
    yield error_table(result.errors)
    yield methods_sentence(names)
    covered = [one for one in result.verdicts if isinstance(one, verdicts.Coverage)]
    if covered:
        yield coverage_sentence(covered)
    for verdict in result.verdicts:
        if verdict not in covered:
            yield sentence(verdict)


def error_table(errors: pd.DataFrame) -> str:
    """The errors (horizon, methods) of a few horizons, as a table of text."""
    horizon = len(errors)
    shown = sorted({0, horizon // 4, horizon // 2, horizon - 1})
    return errors.iloc[shown].map(as_text).to_string()


def methods_sentence(names: list[str]) -> str:
    """What the names of the methods mean."""
    said = [f"{name} repeats {what}" for name, what in REPEATS.items() if name in names]
    return f"({', '.join(said)}; AR is linear autoregression)"


@sentence.register
def _(verdict: verdicts.WorseThanNaive) -> str:
    return (
        f"On the test part, all steps ahead together, {verdict.method} is worse than"
        f" {verdict.naive}: root mean squared error {as_text(verdict.rmse)} against"
        f" {as_text(verdict.naive_rmse)}."
    )


@sentence.register
def _(verdict: verdicts.LaggedCopy) -> str:
    return (
        "One step ahead the LSTM's curve is a lagged copy of the series: it has learned to repeat"
        f" {REPEATS[verdict.naive]}; it adds next to nothing to {verdict.naive}."
    )


@sentence.register
def _(verdict: verdicts.WorseOneStep) -> str:
    return f"One step ahead the LSTM is worse than repeating {REPEATS[verdict.naive]}."


@sentence.register
def _(verdict: verdicts.NoIntervals) -> str:
    return "There are too few values after the validation part for intervals at this horizon."


@sentence.register
def _(verdict: verdicts.UncheckedIntervals) -> str:
    return "The calibration part is too short to check the intervals."


def coverage_sentence(covered: list[verdicts.Coverage]) -> str:
    """How much of the test part the methods' intervals cover."""
    shares = ", ".join(f"{one.method} {one.share:.0%}" for one in covered)
    said = (
        f"Intervals made on the calibration part aim at {covered[0].level:.0%};"
        f" they cover this much of the test part: {shares}."
    )
    failing = [one.method for one in covered if one.fails]
    if failing:
        said += f" Less than chance explains: do not rely on those of {listed(failing)}."
    return said


@sentence.register
def _(verdict: verdicts.OutsideRange) -> str:
    said = (
        f"{verdict.share:.0%} of the validation values lie outside the range of the training part,"
        " where a network forecasts badly."
    )
    way = "differences" if verdict.difference else "values"
    if verdict.straight:
        return f"{said} Yet the LSTM was trained on values, for this is a straight line."
    if len(verdict.tried) > 1:
        return f"{said} The LSTM was trained both ways, and validation chose {way}."
    return f"{said} The LSTM was trained on {way}."


@sentence.register
def _(verdict: verdicts.BelowZero) -> str:
    return (
        f"The series is nowhere below zero, but forecasts or ends of intervals of"
        f" {listed(list(verdict.methods))} are: if it cannot be, read those as zero."
    )


def picture_title() -> str:
    """The title over the forecasts in the picture."""
    return f"The last values and the forecasts, with {LEVEL:.0%} intervals for each horizon"
