"""Every kind of file that people have is read as its line in kinds/series.json or kinds/texts.json says, or refused so.

`python -m pytest tests/owndata/test_reading_kinds.py -s -k NAME` prints how each is read.
"""

import warnings

import numpy as np
import pytest
from kinds_of_files import facts, kinds, stored

from owndata import Unclear, read_series, read_texts
from owndata.words.reading import how_read, rows_as_read

READERS = {"series": read_series, "texts": read_texts}
SERIES, TEXTS = (kinds(holds, refused=False) for holds in READERS)
REFUSED = [(holds, kind) for holds in READERS for kind in kinds(holds, refused=True)]


def read(line, holds, tmp_path):
    """What the reader makes of a kind of file, which stays as it was."""
    path = stored(line, holds, tmp_path)
    before = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = READERS[holds](path, **line.get("options", {}))
        said = how_read(found)
        print(f"{said}\n{rows_as_read(found)}")
    assert said.startswith(f"{path}: read as ") and said.endswith(".") and "\n" not in said
    assert path.read_bytes() == before
    assert facts(found.reading) == line.get("facts", {})
    assert found.reading.file.has_header == line.get("header", True)
    return found


@pytest.mark.parametrize("kind", SERIES)
def test_a_kind_of_series_is_read(kind, tmp_path):
    line = SERIES[kind]
    series = read(line, "series", tmp_path)
    assert series.values.dtype == np.float64 and series.times.is_monotonic_increasing
    assert len(series) == len(series.times) == line["n"] and series.name == line["name"]
    np.testing.assert_allclose(series.values[:2], line["first"], rtol=1e-9)
    np.testing.assert_allclose(series.values[-2:], line["last"], rtol=1e-9)
    assert series.values.sum() == pytest.approx(line["sum"], rel=1e-9)
    assert list(series.reading.time_columns) == line.get("time", [])
    if "time" in line:
        assert [str(series.times[0]), str(series.times[-1])] == [line["from"], line["to"]]


@pytest.mark.parametrize("kind", TEXTS)
def test_a_kind_of_texts_is_read(kind, tmp_path):
    line = TEXTS[kind]
    texts = read(line, "texts", tmp_path)
    table = texts.table
    assert list(table) == ["text", "genre"] and list(table.index) == list(range(line["n"]))
    assert table.iloc[0].tolist() == line["first"] and table.iloc[-1].tolist() == line["last"]
    assert table["text"].str.len().sum() == line["characters"]
    assert table["genre"].value_counts().to_dict() == line["genres"]
    assert [*texts.reading.text_columns, texts.reading.label_column] == line["columns"]


@pytest.mark.parametrize("holds, kind", REFUSED)
def test_a_kind_of_file_is_refused_in_one_sentence(holds, kind, tmp_path):
    line = kinds(holds, refused=True)[kind]
    path = stored(line, holds, tmp_path)
    with pytest.raises(Unclear) as caught:
        READERS[holds](path, **line.get("options", {}))
    error, message = caught.value, str(caught.value)
    print(message)
    assert (error.path, error.fault, error.option) == (str(path), line["fault"], line["option"])
    assert error.choices == tuple(line.get("choices", ()))
    assert (
        message.startswith(f"{path}: ")
        and message.endswith(".")
        and "\n" not in message
        and len(message) < 700
    )


def test_very_long_texts_are_read_whole(tmp_path):
    texts = [f"a {word} lamp" + " word" * 40_000 for word in "red green blue white".split()]
    path = tmp_path / "own.csv"
    path.write_text("".join(f'"{text}",{"ab"[k % 2]}\n' for k, text in enumerate(texts)))
    assert read_texts(path).table["text"].tolist() == texts
