"""What may be wrong with a series, and what its errors say of the methods: facts, each a class.

owndata.words.forecast says them in sentences.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from owndata.conformal import LEVEL, coverage_band, half_width
from owndata.windows import Parts

# Doubts about a series, before it is forecast.


@dataclass(frozen=True)
class FewValues:
    """So few values that little can be claimed from the `test` last of them."""

    n: int
    test: int


@dataclass(frozen=True)
class FewDistinct:
    """Fewer than five distinct values."""

    distinct: int


@dataclass(frozen=True)
class LargestStep:
    """One step larger than all others, to the value at a place."""

    before: float
    after: float
    place: int


Doubt = FewValues | FewDistinct | LargestStep


def doubts(value: np.ndarray) -> Iterator[Doubt]:
    """What may be wrong with the values (n,)."""
    n = len(value)
    if n < 100:
        yield FewValues(n, n - Parts.of(n).calibration)
    distinct = len(np.unique(value))
    if distinct < 5:
        yield FewDistinct(distinct)
    steps = abs(np.diff(value))
    k = int(steps.argmax())
    # an outlier makes two steps, one beside the other
    others = steps[abs(np.arange(len(steps)) - k) > 1]
    large = max(2 * others.max(), abs(value[k : k + 2]).min() / 2)
    if 0 < 20 * np.median(steps) < steps[k] > large:
        yield LargestStep(float(value[k]), float(value[k + 1]), k + 1)


# Verdicts on the methods, after they were tested.


@dataclass(frozen=True)
class WorseThanNaive:
    """The preferred method has a larger error on the test part than a naive one, all steps."""

    method: str
    naive: str
    rmse: float
    naive_rmse: float


@dataclass(frozen=True)
class LaggedCopy:
    """One step ahead the LSTM forecasts what the naive method does."""

    naive: str


@dataclass(frozen=True)
class WorseOneStep:
    """One step ahead the LSTM has a larger error than the naive method."""

    naive: str


@dataclass(frozen=True)
class NoIntervals:
    """Too few values after the validation part for intervals at this horizon."""


@dataclass(frozen=True)
class UncheckedIntervals:
    """Too few values in the calibration part to check the intervals on the test part."""


@dataclass(frozen=True)
class Coverage:
    """The share of the test part inside intervals made on the calibration part."""

    method: str
    level: float
    share: float
    least: float  # that chance explains

    @property
    def fails(self) -> bool:
        """Whether the intervals cover less than chance explains."""
        return self.share < self.least


@dataclass(frozen=True)
class OutsideRange:
    """The share of validation values outside the range of the training part, where it is large."""

    share: float
    difference: bool  # whether the LSTM forecasts differences
    tried: tuple[bool, ...]  # which ways were
    straight: bool  # whether the training part is a straight line, without a difference to learn


@dataclass(frozen=True)
class BelowZero:
    """The series is nowhere below zero, but forecasts or ends of intervals of the methods are."""

    methods: tuple[str, ...]


Verdict = (
    WorseThanNaive
    | LaggedCopy
    | WorseOneStep
    | NoIntervals
    | UncheckedIntervals
    | Coverage
    | OutsideRange
    | BelowZero
)

NAIVE = ("persistence", "seasonal naive")
# {(method, "calibration", "test" or "both"): errors (N, horizon) of forecasts from N origins}
Errors = dict[tuple[str, str], np.ndarray]


def widths(errors: np.ndarray) -> np.ndarray:
    """Half-widths (horizon,) of conformal intervals from errors (N, horizon); infinite for few."""
    return np.array([half_width(column) for column in errors.T])


def outside_range(value: np.ndarray, parts: Parts) -> float:
    """The share of the validation values that lie outside the range of the training part."""
    train, validation = value[: parts.train], value[parts.train : parts.validation]
    return float(np.mean((validation < train.min()) | (validation > train.max())))


def judge(names: list[str], errors: Errors) -> Iterator[Verdict]:
    """What the errors say of the methods `names`, the preferred first."""
    naive = [name for name in NAIVE if name in names]
    overall = {name: math.sqrt(np.mean(errors[name, "test"] ** 2)) for name in names}
    best = min(naive, key=lambda name: overall[name])
    if overall[names[0]] > overall[best]:
        yield WorseThanNaive(names[0], best, overall[names[0]], overall[best])
    yield from judge_one_step(naive, errors)
    yield from judge_intervals(names, errors)


def judge_one_step(naive: list[str], errors: Errors) -> Iterator[Verdict]:
    """Whether the LSTM does better than the naive methods one step ahead."""
    one = {name: errors[name, "test"][:, 0] for name in ("LSTM", *naive)}
    square = {name: np.mean(error**2) for name, error in one.items()}
    best = min(naive, key=lambda name: square[name])
    apart = np.mean((one["LSTM"] - one[best]) ** 2)
    if square["LSTM"] > 0.95 * square[best] and apart < square[best] / 4:
        yield LaggedCopy(best)
    elif square["LSTM"] > square[best]:
        yield WorseOneStep(best)


def judge_intervals(names: list[str], errors: Errors) -> Iterator[Verdict]:
    """How many of the test values lie in intervals that were made on the calibration part."""
    if not np.isfinite(widths(errors[names[0], "both"])).all():
        yield NoIntervals()
        return
    if not np.isfinite(widths(errors[names[0], "calibration"])).all():
        yield UncheckedIntervals()
        return
    horizon = errors[names[0], "test"].shape[1]
    # Forecasts that overlap err alike: as many count as lie side by side, (horizon + 1) / 2 steps
    # long on average.
    counts = [len(errors[names[0], part]) for part in ("calibration", "test")]
    least, _ = coverage_band(*(max(9, 2 * count // (horizon + 1)) for count in counts))
    for name in names:
        inside = abs(errors[name, "test"]) <= widths(errors[name, "calibration"])
        yield Coverage(name, LEVEL, float(np.mean(inside)), least)
