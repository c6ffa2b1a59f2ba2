"""owndata.conformal: intervals cover what they promise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from owndata.conformal import coverage_band, half_width


@given(st.integers(0, 2**32 - 1), st.integers(20, 200))
def test_half_width_is_the_conformal_quantile(seed, n):
    errors = np.random.default_rng(seed).normal(size=n)
    half = half_width(errors)
    inside = (abs(errors) <= half).sum()
    assert inside >= 0.9 * (n + 1) > inside - 1  # the smallest that covers enough


def test_too_few_errors_give_an_interval_without_end():
    assert half_width(np.zeros(8)) == np.inf
    assert coverage_band(8, 20) == (1, 1)


def test_intervals_cover_what_they_promise():
    rng = np.random.default_rng(0)
    covered = [
        np.mean(abs(rng.normal(size=150)) <= half_width(rng.normal(size=100))) for _ in range(2000)
    ]
    low, high = coverage_band(100, 150)
    assert abs(np.mean(covered) - 91 / 101) < 0.005
    assert abs(np.mean((low <= np.array(covered)) & (np.array(covered) <= high)) - 0.95) < 0.03


def test_the_level_is_an_argument():
    assert half_width(np.arange(1.0, 100.0), level=0.5) == 50
    low, high = coverage_band(100, 150, level=0.5)
    assert low < 0.5 < high < 0.7
