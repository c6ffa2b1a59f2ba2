"""Bad input, both notebooks: each case ends in one sentence that names the file, the place and the mend, before anything is
written; what is merely unusual runs. `python -m pytest tests/test_bad_input.py -s -k sentence` prints the sentences."""

import os
import re
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, TEXT_NOTEBOOK, load_definitions, read_notebook
from reading_files import sentence, stored

lstm, text = load_definitions(LSTM_NOTEBOOK), load_definitions(TEXT_NOTEBOOK)
VALUES = np.round(np.sin(np.arange(150) / 5), 4).tolist()
STOP_WORDS = "the of and to in is it that was for".split()
TEXTS = "text,genre\n" + "".join(f"text number {number} of {genre},{genre}\n" for genre in "ab" for number in range(10))


def column(values, header="value"):
    return "\n".join([header, *map(str, values)]) + "\n"


def timed(times, header="t,value"):
    return column([f"{time},{value}" for time, value in zip(times, VALUES)], header)


LSTM_CASES = {  # content, parameters, what the sentence holds; what a file may be like else is in test_reading_series.py
    "missing": (None, {}, "No such file or directory", "give the path of a CSV file."),
    "too short": (column(VALUES[:35]), {}, "holds 35 values and 36 are needed", "add rows, for 36 are the least"),
    "too large": (column([*VALUES[:9], "1e200", *VALUES]), {}, "no numbers: 1 (row 11, '1e200')", "fix it"),
    "date in the numbers": (column([*VALUES, "2024-01-01"]), {}, "no numbers: 1 (row 152, '2024-01-01')", "fix it"),
    "a very long cell": (column([*VALUES[:9], "x" * 5000, *VALUES]), {}, "row 11, 'xxxxx", "fix it"),
    "unknown time": (column(VALUES), {"TIME_COLUMN": "when"}, "no column when", "set TIME_COLUMN to one of value"),
    "no time": (
        column(VALUES, "a,value").replace("\n", "\nx,"),
        {"TIME_COLUMN": "a"},
        "column a, holds no times",
        "set TIME_COLUMN",
    ),
    "times that repeat": (timed([t % 100 for t in range(150)]), {}, "rows that repeat a time: 50", "keep one row a time"),
    "hardly any change": (column([k % 7 * 1e-320 for k in range(150)]), {}, "the first half is constant", "that changes"),
    "a mark for missing": (column([*VALUES, *VALUES, -1e20]), {}, "row 301: -1e+20 is a million times", "fix or delete"),
    "a straight line, differences": (
        column([0.1 * t for t in range(150)]),
        {"DIFFERENCE": True},
        "column value: the first half is a straight line",
        "set DIFFERENCE to False",
    ),
    "season too long": (
        column(VALUES),
        {"SEASON": 100},
        "holds 150 values and 200 are needed",
        "LOOKBACK to at most 79 and SEASON to 75",
    ),
    "lookback too long": (column(VALUES), {"LOOKBACK": 200}, "holds 150 values and 352 are needed", "set LOOKBACK to at most 79"),
}
TEXT_CASES = {  # what is left of them once read; the kinds of files are those of test_reading_texts.py
    "a web address": (None, "download it first"),
    "nine of a class": (TEXTS[: TEXTS.rindex("text")], "fewer than 10 different texts (b): 9", "only 10 texts of 1 genres"),
    "stop words alone": (
        "text,genre\n" + "".join(f"{w} {v},{g}\n" for g, v in (("a", "the"), ("b", "of")) for w in STOP_WORDS),
        "has 0 different words in column text beside stop words",
        "add texts until it has 5",
    ),
}
PARAMETER_CASES = [  # for the notebook, the parameter, its value; what the sentence holds
    (lstm, "LOOKBACK", 0, "set it to a whole number from 1"),
    (lstm, "EPOCHS", 2.5, "set it to a whole number"),
    (lstm, "BATCH_SIZE", "16", "set it to a whole number"),
    (lstm, "LEARNING_RATE", float("nan"), "set it to a number"),
    (lstm, "AVERAGE", 1.0, "set it to a number from 0.0 to 0.9999"),
    (lstm, "DIFFERENCE", "no", "set it to True or False"),
    (text, "EMBEDDING_DIM", 1, "set it to a whole number from 2"),
    (text, "SEED", 1.0, "set it to a whole number from 0"),
    (text, "EPOCHS", True, "set it to a whole number"),
    (text, "QUICK", "no", "set it to True or False"),
]


def only_sentence(caught, *parts):
    """The message of the error, after checking that it is one clear sentence that holds all parts."""
    message = sentence(caught.value)
    assert all(part in message for part in parts), message
    return message


def load(path, monkeypatch, **parameters):
    """What the notebook takes from a file of the reader's own; its results would stand beside it."""
    for name, value in ({"DATA_CSV": str(path), "OUT": lstm.Path(path).with_name("out")} | parameters).items():
        monkeypatch.setattr(lstm, name, value)
    return lstm.load_series()


@pytest.mark.parametrize("case", LSTM_CASES)
def test_a_bad_series_is_refused_in_one_sentence(case, tmp_path, monkeypatch):
    content, parameters, *parts = LSTM_CASES[case]
    path = tmp_path / "series.csv"
    stored(path, content)
    with pytest.raises(ValueError) as caught:
        load(path, monkeypatch, **parameters)
    assert only_sentence(caught, *parts).startswith(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ([] if content is None else ["series.csv"])


@pytest.mark.parametrize("case", TEXT_CASES)
def test_bad_texts_are_refused_in_one_sentence(case, tmp_path):
    content, *parts = TEXT_CASES[case]
    path = tmp_path / "texts.csv" if content else "https://example.org/texts.csv"
    if content:
        path.write_text(content)
    with pytest.raises(ValueError) as caught:
        text.read_own(path)
    assert only_sentence(caught, *parts).startswith(str(path))
    assert [file.name for file in tmp_path.iterdir()] == ([] if content is None else ["texts.csv"])


@pytest.mark.parametrize("nb, name, value, part", PARAMETER_CASES)
def test_a_bad_parameter_is_refused_in_one_sentence(nb, name, value, part, monkeypatch):
    nb.check_parameters(nb.PARAMETERS)
    monkeypatch.setattr(nb, name, value)
    with pytest.raises(ValueError) as caught:
        nb.check_parameters(nb.PARAMETERS)
    assert only_sentence(caught, part).startswith(f"{name} is {value!r}: ")


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a folder is closed, and an error told, in other ways")
@pytest.mark.parametrize("nb", [lstm, text])
def test_an_output_folder_that_is_a_file_or_read_only_is_refused(nb, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("mine")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folders = {tmp_path / "taken": "Not a directory", closed / "new": "Permission denied"}
    if sys.platform == "linux" and os.geteuid() == 0:  # to root no folder of a disk is closed
        folders = {tmp_path / "taken": "Not a directory", nb.Path("/proc/new"): "No such file or directory"}
    for folder, reason in folders.items():
        monkeypatch.setattr(nb, "OUT", folder)
        with pytest.raises(ValueError) as caught:
            nb.check_parameters(nb.PARAMETERS)
        only_sentence(caught, f"{folder} cannot be written to ({reason})", "set OUTPUT_DIR to a folder of your own")
    assert (tmp_path / "taken").read_text() == "mine" and not any(closed.iterdir())


DATA_ROWS = """0|1 000|1e5 / 3|$5 / 1,079.0|1981-01-01 / 20.7|2024-01-01T00:00:00Z / 5|1/13/1981 5:00 PM / 5
Jan 12, 2024 / 1,079.0 / 7.9K / 0.79%|\u201c1981-01-01\u201d / \u201c20.7\u201d| / 20.7|1981-01-01 / NaN
1981-01-01 / Melbourne / 20.7"""
NAME_ROWS = """value|Country / 1960 / 1961|Country / 2024-01 / 2024-02|2024-01-01 / 2024-01-02|Q1 / Q2|May / June
 / value|\u65e5\u671f / \u6570\u503c|# / %|NA / x"""


@pytest.mark.parametrize("row", re.split(r"[|\n]", DATA_ROWS))
def test_a_first_row_of_data_is_no_header(row, tmp_path):
    """Taken for names, it would be one value lost in silence."""
    path = tmp_path / "series.csv"
    pd.DataFrame([row.split(" / ")] * 150).to_csv(path, index=False, header=False, encoding="utf-8")
    table, said = lstm.read_table(path)
    assert len(table) == 150 and "no header" in said[0]


@pytest.mark.parametrize("row", re.split(r"[|\n]", NAME_ROWS))
def test_a_row_of_names_is_a_header(row, tmp_path):
    path, names = tmp_path / "series.csv", row.split(" / ")
    rows = [[f"2024-01-{1 + k % 28:02}", *[v] * (len(names) - 1)] if len(names) > 1 else [v] for k, v in enumerate(VALUES)]
    pd.DataFrame([names, *rows]).to_csv(path, index=False, header=False, encoding="utf-8")
    table, said = lstm.read_table(path)
    assert len(table) == 150 and "no header" not in said[0]


def test_a_gap_in_time_is_told_and_costs_no_value(tmp_path, capsys, monkeypatch):
    path = tmp_path / "series.csv"
    path.write_text(timed([t + 5 * (t > 50) for t in range(150)]))
    assert load(path, monkeypatch).tolist() == VALUES
    assert "gaps in time, taken as even: 1, the longest 6.0" in capsys.readouterr().out


def test_a_short_series_is_taken_and_a_long_one_cut(tmp_path, capsys, monkeypatch):
    path = tmp_path / "series.csv"
    path.write_text(column(VALUES[:36]))
    assert len(load(path, monkeypatch)) == 36 and "little can be claimed from 5 test values" in capsys.readouterr().out
    path.write_text(column(VALUES))
    assert load(path, monkeypatch, MOST_VALUES=100).tolist() == VALUES[50:]
    assert "The newest 100 of them are used" in capsys.readouterr().out
    assert load(path, monkeypatch, MOST_VALUES=0).tolist() == VALUES


def test_results_stand_beside_the_file_and_two_files_do_not_share_a_folder(tmp_path, monkeypatch):
    for name, expected in {"lamps.csv": "lamps", "lamps.txt": "lamps_2", "bare": "bare_2"}.items():
        (tmp_path / name).write_text(column(VALUES))
        found = lstm.folder_of(tmp_path / name)
        load(tmp_path / name, monkeypatch, OUT=found)
        assert lstm.folder_of(tmp_path / name) == found == tmp_path / expected


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_a_series_in_odd_units_is_forecast_alike(factor, monkeypatch):
    """Very small and very large values are scaled like any others."""
    monkeypatch.setattr(lstm, "SYNTHETIC", False)
    params = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    usual, scaled = (lstm.all_forecasts(lstm.prepare(np.array(VALUES) * f, 10), "test", params, 31) for f in (1, factor))
    np.testing.assert_allclose(scaled / factor, usual, rtol=1e-5, atol=1e-5)


def test_texts_like_markup_formulas_or_missing_values_stay_texts(tmp_path):
    rows = [("<b>bold</b> & more", "a"), ("=SUM(A1:A9)", "b"), ('quoted "words",\ntwo lines', "a"), ("tab\tbell\x07", "b")]
    rows += [("word " * 20_000, "a"), ("東京 Größe", "b"), ("nan", "a"), ("NULL", "b")]
    rows += [(f"text {number} of {genre}", genre) for number in range(10) for genre in "ab"]
    path = tmp_path / "texts.csv"
    pd.DataFrame(rows, columns=["text", "genre"]).assign(extra=1).to_csv(path, index=False, encoding="utf-8-sig")
    few, whole, language = text.read_own(path)
    plain = ["bold & more", "=SUM(A1:A9)", 'quoted "words", two lines', "tab bell\x07", ("word " * 20_000).strip(), "東 京 Größe"]
    assert few is whole and whole["text"].tolist() == plain + [row for row, _ in rows[6:]]
    assert whole["genre"].tolist() == [genre for _, genre in rows] and language == "none"


def test_texts_of_a_generated_file_must_be_those_of_the_notebook(tmp_path):
    (tmp_path / "text_data.csv").write_text("text,genre\none,a\n")
    with pytest.raises(ValueError, match="not the data set of this notebook: .* set DATA_CSV to their file; .* delete"):
        text.read_shipped(tmp_path / "text_data.csv")


def test_a_hundred_genres_are_split_learned_and_scored(monkeypatch):
    """As many as a reader may bring."""
    rows = [(f"text {number} of n{genre} and n{genre}", f"genre <{genre}> $") for genre in range(100) for number in range(10)]
    table = text.draw_split(pd.DataFrame(rows, columns=["text", "genre"]), 0)
    table["stems"] = table["text"].map(text.preprocess)
    assert table.groupby("split")["genre"].nunique().to_dict() == {"train": 100, "validation": 100, "test": 100}
    bag = text.score(table, text.fit_model("TF-IDF, logistic regression", {}, table, 0))
    monkeypatch.setattr(text, "EPOCHS", 20)
    net = text.score(table, text.fit_net(table, 0, learning_rate=0.01))

    assert bag["accuracy"] > 0.95 and net["accuracy"] > 0.3 and net["macro_f1"] > 0.2


def test_a_file_that_is_packed_by_its_name_alone_is_read_as_it_is(tmp_path):
    (tmp_path / "data.csv.zip").write_text(TEXTS)
    assert len(lstm.read_table(tmp_path / "data.csv.zip")[0]) == 20


@BOTH
def test_a_windows_path_may_be_pasted(name):
    """Its backslashes, read as tabs and line ends, come back; so do quotes around it."""
    cells = {cell.id: cell.source for cell in read_notebook(name).cells}
    space = dict(vars(load_definitions(name))) | {"DATA_CSV": '"C:\temp\new\values.csv"'}
    exec(cells["plumbing"], space)
    assert space["DATA_CSV"] == r"C:\temp\new\values.csv"


@pytest.mark.parametrize("nb", [lstm, text])
def test_an_output_folder_with_a_file_or_a_long_name_in_the_way_is_told(nb, tmp_path, monkeypatch):
    (tmp_path / "plots").write_text("mine")
    with pytest.raises(OSError) as caught:
        nb.write_whole(tmp_path / "plots" / "curve.png", lambda path: path.write_text("new"))
    assert "is unchanged because writing failed" in str(caught.value) and (tmp_path / "plots").read_text() == "mine"
    monkeypatch.setattr(nb, "OUT", tmp_path / ("long" * 100))
    with pytest.raises(ValueError) as caught:
        nb.check_parameters(nb.PARAMETERS)
    only_sentence(caught, "File name too long", "set OUTPUT_DIR to a folder of your own")


@BOTH
def test_a_name_of_digits_may_come_as_a_number(name):
    """papermill -p OUTPUT_DIR 2024 sets a number; None means no name."""
    cells = {cell.id: cell.source for cell in read_notebook(name).cells}
    space = dict(vars(load_definitions(name)))
    exec(cells["parameters"], space)
    settings = cells["plumbing"] if "plumbing" in cells else cells["as-shipped"] + "\n" + cells["housekeeping"]
    exec(settings, found := space | {"DATA_CSV": None, "VALUE_COLUMN": None})
    assert found["DATA_CSV"] == "" and found["AS_SHIPPED"]
    space |= {"DATA_CSV": 2023, "OUTPUT_DIR": 2024, "VALUE_COLUMN": 7}
    exec(settings, space)
    assert str(space["OUT"]) == "2024" and space["DATA_CSV"] == "2023" and not space["AS_SHIPPED"]
    assert space["VALUE_COLUMN"] == ("7" if name == LSTM_NOTEBOOK else 7)
