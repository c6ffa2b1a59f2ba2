"""owndata.seasons: the season of a series, found where there is one, and in a moment."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from LSTM_from_scratch.series import make_series
from owndata.seasons import autocorrelations, find_season


def correlations_by_sums(x):
    """autocorrelations by its definition: a sum for each lag."""
    x, n = x - x.mean(), len(x)
    means = np.array([x[lag:] @ x[: n - lag] / (n - lag) for lag in range(n // 2 + 1)])
    return means / means[0]


@given(
    st.integers(20, 300),
    st.floats(2, 60),
    st.floats(0.01, 2),
    st.floats(0, 0.1),
    st.integers(0, 99),
)
def test_the_autocorrelations_are_those_of_the_definition(n, period, noise, trend, seed):
    t = np.arange(n)
    value = np.sin(2 * np.pi * t / period) + trend * t
    value += noise * np.random.default_rng(seed).normal(size=n)
    assert np.allclose(autocorrelations(value), correlations_by_sums(value), atol=1e-9)


@pytest.mark.parametrize(
    "season, n, trend, noise",
    [(12, 90, 0.1, 0.1), (4, 60, 0.05, 0.2), (48, 1000, 0, 0.1), (365, 2200, 0, 0.7)],
)
def test_the_season_is_found_under_a_trend_and_under_noise(season, n, trend, noise):
    t = np.arange(n)
    value = np.sin(2 * np.pi * t / season) + trend * t
    value += np.random.default_rng(0).normal(0, noise, n)
    assert abs(find_season(value) - season) <= max(1, 0.02 * season)


@pytest.mark.parametrize("n", [60, 200, 1000])
def test_a_random_walk_a_trend_and_noise_have_no_season(n):
    rng, found = np.random.default_rng(1), []
    for _ in range(20):
        walk, noise = np.cumsum(rng.normal(size=n)), rng.normal(size=n)
        trend = np.arange(n) + rng.normal(size=n)
        found += [find_season(value) for value in (walk, noise, trend)]
    assert sum(season > 1 for season in found) <= 3


def test_the_season_of_the_lessons_series_and_of_what_does_not_change():
    value = make_series(0)["value"].to_numpy()
    assert find_season(value[10:600]) == 50
    assert find_season(np.full(200, 3.0)) == 1
    assert find_season(1e6 + 0.1 * np.arange(200.0)) == 1


def test_the_season_of_a_long_series_is_found_in_a_moment():
    """By direct sums this takes minutes: 10^11 products."""
    t = np.arange(600_000)
    noise = np.random.default_rng(0).normal(0, 0.001, len(t))
    assert find_season(np.sin(2 * np.pi * t / 336) + noise) == 336


def test_a_clean_season_is_found_exactly_and_a_noisy_line_has_none():
    assert find_season(np.sin(2 * np.pi * np.arange(300) / 24)) == 24
    assert find_season(np.arange(300.0) + np.random.default_rng(0).normal(size=300)) == 1
