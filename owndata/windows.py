"""Parts of a series, and windows: what a forecaster that learns reads before each value."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from LSTM_from_scratch.series import PARTS, Part, recursive


class Parts(NamedTuple):
    """Where the parts of a series end: each begins where the one before it ends."""

    train: int
    validation: int
    calibration: int
    test: int

    @classmethod
    def of(cls, n: int) -> "Parts":
        """The parts of a series of n values, in the shares of the lesson."""
        return cls(*(round(share * n) for share in PARTS.values()))

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """How many values each part has."""
        return tuple(int(size) for size in np.diff((0, *self)))

    def origins(self, first: str, last: str, horizon: int) -> np.ndarray:
        """The places (N,) in the parts `first` to `last` whose next `horizon` values lie in them.

        An origin is the place of the first value that is forecast.
        """
        start = self[self._fields.index(first) - 1]
        return np.arange(start, getattr(self, last) - horizon + 1)


class Setting(NamedTuple):
    """What is read before each forecast, and what is forecast."""

    lookback: int  # values that are read
    difference: bool = False  # read and forecast changes from one value to the next, not values
    beside: int = 0  # beside each value also the one a season before the next; 0: not

    @property
    def length(self) -> int:
        """Time steps from the earliest thing read to the forecast."""
        return self.lookback + max(self.beside - 1, 0)


@dataclass(frozen=True)
class Windows:
    """A series (n,) as a setting reads it, scaled by the training part to [0, 1]."""

    value: np.ndarray
    parts: Parts
    setting: Setting
    scaled: np.ndarray  # the values, or the n - 1 differences
    low: float
    high: float

    @property
    def lost(self) -> int:
        """How many values have no difference: none, or the first."""
        return 1 if self.setting.difference else 0

    def before(self, origins: np.ndarray) -> np.ndarray:
        """The windows (N, length, 1) that end just before each of the origins (N,)."""
        length = self.setting.length
        runs = np.lib.stride_tricks.sliding_window_view(self.scaled, length)
        return runs[origins - self.lost - length][:, :, None]

    def inputs(self, windows: np.ndarray) -> np.ndarray:
        """What a network reads of the windows (N, length, 1): (N, lookback, 1), or 2 at last."""
        recent = windows[:, -self.setting.lookback :]
        if not self.setting.beside:
            return recent
        season_ago = windows[:, : self.setting.lookback]
        return np.concatenate([recent, season_ago], axis=2)

    def examples(self, part: str) -> Part:
        """X (N, lookback, 1 or 2), y (N, 1) and the places (N,) of the targets in a part."""
        if part == "train":
            at = np.arange(self.lost + self.setting.length, self.parts.train)
        else:
            at = self.parts.origins(part, part, 1)
        return Part(self.inputs(self.before(at)), self.scaled[at - self.lost][:, None], at)

    def ahead(
        self, step: Callable[[np.ndarray], np.ndarray], origins: np.ndarray, horizon: int
    ) -> np.ndarray:
        """Forecasts (N, horizon) from the origins (N,), in the series' own units.

        `step` gives the next scaled value (N, 1) after windows (N, length, 1), and is fed its own.
        """
        scaled = recursive(step, self.before(origins), horizon).astype(float)
        steps = self.low + (self.high - self.low) * scaled
        if not self.setting.difference:
            return steps
        return self.value[origins - 1][:, None] + np.cumsum(steps, axis=1)


def cut(value: np.ndarray, parts: Parts, setting: Setting) -> Windows:
    """The windows of a series (n,) for a setting.

    Raises ValueError if the training part has fewer than ten of them, or does not change.
    """
    lost = 1 if setting.difference else 0
    if parts.train - lost - setting.length < 10:
        raise ValueError(f"{parts.train} values to learn from are too few for {setting}.")
    series = np.diff(value, n=lost)
    known = series[: parts.train - lost]
    low, high = known.min(), known.max()
    if low == high:
        raise ValueError(f"What there is to learn from does not change, read by {setting}.")
    return Windows(value, parts, setting, (series - low) / (high - low), low, high)
