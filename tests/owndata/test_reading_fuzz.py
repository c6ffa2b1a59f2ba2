"""Files broken at random give a series or texts that a line tells of, or one sentence: never a traceback, never in silence."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from broken_files import comma, fuzz, rows, tells, when

from owndata import read_series, read_texts

V = [round(10 + 3 * np.sin(k / 2) + k % 5 / 10, 1) for k in range(30)]
N = [1000 + 37 * k % 101 * 10 for k in range(30)]
DAYS = [date(2024, 1, 20) + timedelta(k) for k in range(30)]
HOURS = [datetime(2024, 1, 1) + timedelta(hours=k) for k in range(30)]
MONTHS = [date(2019 + k // 12, k % 12 + 1, 1) for k in range(30)]
GOOD = "The lamp is bright and kind|Quick delivery and a warm light|I would buy it again|A fine thing indeed".split(
    "|"
)
POOR = "It broke on the second day|The switch sticks and hums|Far too dear for its light|Never again says my aunt".split(
    "|"
)
WORDS = [f"{text} no. {k} für Käufer" for k in (1, 2) for text in GOOD + POOR]
GENRE = (["good"] * 4 + ["bad"] * 4) * 2
NUMBER = [int(genre == "good") for genre in GENRE]

SERIES = [  # a file that can be cut at every mark, the mark, (its values, whether a cut one must lose the end alone)
    (rows(when(DAYS, "%Y-%m-%d"), V, header="date,value"), ",", (V, True)),
    (rows(when(HOURS, "%d.%m.%Y %H:%M"), V, N, header="Zeit,value,other"), ",", (V, True)),
    (
        rows(when(DAYS, "%m/%d/%Y")[::-1], comma(V)[::-1], header="Datum;Größe", mark=";"),
        ";",
        (V, False),
    ),
    (
        rows(when(MONTHS, "%b %Y"), N, ["x"] * 30, header="Month\tpassengers\tnote", mark="\t"),
        "\t",
        (N, False),
    ),
]
TEXTS = [  # a file that can be cut at every mark, the mark, (its texts, its genres)
    (rows(WORDS, GENRE, header="text,genre"), ",", (WORDS, GENRE)),
    (rows(range(16), GENRE, WORDS, header="id;category;headline", mark=";"), ";", (WORDS, GENRE)),
    (rows(WORDS, NUMBER, header="Review\tLiked", mark="\t"), "\t", (WORDS, list(map(str, NUMBER)))),
]


def check_series(series, right, kind, note):
    """Whether the values are those of the whole file; finite and in order they must be."""
    values, cut_at_end = right
    equal = series.values.tolist() == list(values)
    assert np.isfinite(series.values).all() and series.times.is_monotonic_increasing, note
    if kind == "separators mixed" and not equal:
        tells(series, note)
    if kind == "truncated" and not equal and cut_at_end:
        assert set(series.values[:-1]) <= set(values), f"{note}: {series}"
    return equal


def check_texts(texts, right, kind, note):
    """Whether texts and genres are those of the whole file; words and two genres there must be."""
    table = texts.table
    equal = table["text"].tolist() == right[0] and table["genre"].tolist() == right[1]
    assert table["genre"].nunique() > 1 and table["text"].str.contains(r"\w").all(), note
    if kind == "separators mixed" and not equal:
        tells(texts, note)
    return equal


CASES = {"series": (read_series, SERIES, check_series), "texts": (read_texts, TEXTS, check_texts)}


@pytest.mark.parametrize("holds", CASES)
def test_broken_files_are_read_or_refused(holds, tmp_path):
    reader, files, check = CASES[holds]
    fuzz(reader, files, range(150), tmp_path / "own.csv", check)


@pytest.mark.verify
@pytest.mark.parametrize("block", range(5))
@pytest.mark.parametrize("holds", CASES)
def test_a_thousand_broken_files_are_read_or_refused(holds, block, tmp_path):
    reader, files, check = CASES[holds]
    counts = fuzz(
        reader, files, range(150 + 170 * block, 320 + 170 * block), tmp_path / "own.csv", check
    )
    print(pd.DataFrame(counts, ["as it was", "otherwise", "refused"]).T.to_string())
