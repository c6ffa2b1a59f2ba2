"""Intervals of split conformal prediction, and how much they can be expected to cover."""

import math

import numpy as np

LEVEL = 0.9


def half_width(errors: np.ndarray, level: float = LEVEL) -> float:
    """Half-width of a split-conformal interval from calibration errors (n,); infinite for few."""
    rank = math.ceil((len(errors) + 1) * level)
    return float(np.sort(np.abs(errors))[rank - 1]) if rank <= len(errors) else math.inf


def coverage_band(
    n_calibration: int, n_test: int, level: float = LEVEL, draws: int = 100_000
) -> tuple[float, float]:
    """The middle 95% of the coverage that such an interval shows on n_test values.

    Its true coverage has a beta distribution, the count of n_test a binomial one (Vovk 2012).
    """
    rank = math.ceil((n_calibration + 1) * level)
    if rank > n_calibration:
        return 1.0, 1.0  # the interval is infinite
    rng = np.random.default_rng(0)
    covered = rng.binomial(n_test, rng.beta(rank, n_calibration + 1 - rank, draws)) / n_test
    low, high = np.quantile(covered, [0.025, 0.975])
    return float(low), float(high)
