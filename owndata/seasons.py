"""The season of a series: after how many steps it repeats."""

import numpy as np


def autocorrelations(x: np.ndarray) -> np.ndarray:
    """The autocorrelation of x (n,) at lags 0 to n // 2: each sum over its number of terms."""
    x, n = x - x.mean(), len(x)
    power = abs(np.fft.rfft(x, 2 * n)) ** 2  # twice as long: the end must not meet the beginning
    means = np.fft.irfft(power)[: n // 2 + 1] / (n - np.arange(n // 2 + 1))
    return means / means[0]


def find_season(series: np.ndarray) -> int:
    """The season in time steps: the highest sure peak of the autocorrelation, or a part of it.

    Differences show a season under a trend; values without their line, a slow one under noise.
    The peak of the values must come again at twice the lag, since a random walk has single peaks.
    1 if no peak is sure.
    """
    n, t, found = len(series), np.arange(len(series)), []
    detrended = series - np.polyval(np.polyfit(t, series, 1), t)
    tries = (np.diff(series), 0.25, n // 2, False), (detrended, 0.3, n // 3, True)
    for x, least, most, again in tries:
        if np.ptp(x) <= 1e-12 * abs(series).max():  # a constant or a line: rounding is left
            continue
        c = autocorrelations(x)[: most + 1]
        k = sure_peaks(c, n, least)
        if again:
            k = k[2 * k < len(c)]
            k = k[c[2 * k] > c[k] / 2]
        if len(k):
            found.append((c[k].max(), shortest_part(c, k)))
    return max(found)[1] if found else 1


def sure_peaks(c: np.ndarray, n: int, least: float) -> np.ndarray:
    """The lags of the peaks of c that are high for their number of terms, and at least `least`.

    A peak is one only after c has been below zero: before, it is the shoulder of lag 0.
    """
    k = np.arange(2, len(c) - 1)
    is_peak = (c[k] >= c[k - 1]) & (c[k] > c[k + 1]) & (np.minimum.accumulate(c)[k] < 0)
    return k[is_peak & (c[k] > np.maximum(least, 4 / np.sqrt(n - k)))]


def shortest_part(c: np.ndarray, k: np.ndarray) -> int:
    """The shortest of the lags k of which the highest is a multiple, and that is nearly as high."""
    best = k[c[k].argmax()]
    times = np.round(best / k)
    is_part = (abs(best - k * times) <= times / 2 + 1) & (c[k] >= 0.8 * c[best])
    return int(k[is_part].min())
