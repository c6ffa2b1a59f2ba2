"""Bad input, both notebooks: each case ends in one sentence that names the file, the place and the mend, before anything is
written; what is merely unusual runs. `python -m pytest tests/test_bad_input.py -s -k sentence` prints the sentences."""

import os
import re
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import LSTM_NOTEBOOK, TEXT_NOTEBOOK, load_definitions, read_notebook

lstm, text = load_definitions(LSTM_NOTEBOOK), load_definitions(TEXT_NOTEBOOK)
VALUES = np.round(np.sin(np.arange(150) / 5), 4).tolist()
STOP_WORDS = "the of and to in is it that was for".split()
TEXTS = "text,genre\n" + "".join(f"text number {number} of {genre},{genre}\n" for genre in "ab" for number in range(10))


def column(values, header="value"):
    return "\n".join([header, *map(str, values)]) + "\n"


def timed(times, header="t,value"):
    return column([f"{time},{value}" for time, value in zip(times, VALUES)], header)


LSTM_CASES = {  # content, parameters, what the sentence holds; what a file may be like else is in test_reading_series.py
    "missing": (None, {}, "No such file or directory", "give the path of a CSV file"),
    "empty": ("", {}, "has no rows below its header", "add the data"),
    "header and blank lines": ("t,value\n\n\n", {}, "has no rows below its header", "add the data"),
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", {}, "no text in rows and columns", "give the path of a CSV file"),
    "zeros": (b"\x00" * 4000, {}, "no text in rows and columns", "give the path"),
    "more fields than names": (column([f"{v},{v}" for v in VALUES]), {}, "1 columns but 150 rows of more", "set SEPARATOR"),
    "too short": (column(VALUES[:35]), {}, "holds 35 values and 36 are needed", "add rows, for 36 are the least"),
    "a hole in the middle": (
        column([*VALUES, *["n/a"] * 9, *VALUES]),
        {},
        "missing values: 9 of 309, at most 9 in a row",
        "7 in a row",
    ),
    "formula": (column([*VALUES[:9], "=A1+1", *VALUES]), {}, "no numbers: 1 (row 11, '=A1+1')", "mend it"),
    "percent": (column([*VALUES[:9], "5%", *VALUES]), {}, "no numbers: 1 (row 11, '5%')", "mend it"),
    "hexadecimal": (column([*VALUES[:9], "0x1A", *VALUES]), {}, "no numbers: 1 (row 11, '0x1A')", "mend it"),
    "digits in groups": (column([*VALUES[:9], "1_000", *VALUES]), {}, "no numbers: 1 (row 11, '1_000')", "mend it"),
    "too large": (column([*VALUES[:9], "1e200", *VALUES]), {}, "no numbers: 1 (row 11, '1e200')", "mend it"),
    "infinite": (column([*VALUES[:9], "-inf", *VALUES]), {}, "no numbers: 1 (row 11, '-inf')", "mend it"),
    "truth values": (column(["True", "False"] * 80), {}, "no columns of numbers", "add one"),
    "date in the numbers": (column([*VALUES, "2024-01-01"]), {}, "no numbers: 1 (row 152, '2024-01-01')", "mend it"),
    "a very long cell": (column([*VALUES[:9], "x" * 5000, *VALUES]), {}, "row 11, 'xxxxx", "mend it"),
    "two troubles": (
        timed([*range(7), "", *range(8, 150)]).replace(",0.5646", ",x"),
        {},
        "no numbers: 1 (row 5, 'x')",
        "unclear: 1",
    ),
    "two numeric columns": ("a,b\n" + "1,2\n3,1\n2,2\n" * 50, {}, "2 columns of numbers", "set VALUE_COLUMN to one of a, b"),
    "unknown column": (column(VALUES), {"VALUE_COLUMN": "price"}, "no column price", "set VALUE_COLUMN to one of value"),
    "unknown time": (column(VALUES), {"TIME_COLUMN": "when"}, "no column when", "set TIME_COLUMN to one of value"),
    "no time": (
        column(VALUES, "a,value").replace("\n", "\nx,"),
        {"TIME_COLUMN": "a"},
        "column a, holds no times",
        "set TIME_COLUMN",
    ),
    "unknown series": (timed(range(150)), {"SERIES": "North"}, "no cell North", "set SERIES to one that it has"),
    "times that repeat": (timed([t % 100 for t in range(150)]), {}, "rows that repeat a time: 50", "keep one row a time"),
    "constant": (column([5] * 150), {}, "the first half is constant", "give a series that changes"),
    "hardly any change": (column([k % 7 * 1e-320 for k in range(150)]), {}, "the first half is constant", "that changes"),
    "a mark for missing": (column([*VALUES[:140], 1e20, *VALUES]), {}, "row 141: 1e+20 is a million times", "fix or delete"),
    "a late mark for missing": (column([*VALUES, *VALUES, -1e20]), {}, "row 301: -1e+20 is a million times", "fix or delete"),
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
    "one class": ("text,genre\n" + "".join(f"text {n},a\n" for n in range(20)), "no column of labels", "set LABEL_COLUMN"),
    "too few of each": ("text,genre\n" + "again,a\nAgain ,b\nonce,b\n" * 3, "of equal texts with two labels: 6", "add texts"),
    "nine of a class": (TEXTS[: TEXTS.rindex("text")], "fewer than 10 different texts (b): 9", "only 10 texts of 1 genres"),
    "stop words alone": (
        "text,genre\n" + "".join(f"{w} {v},{g}\n" for g, v in (("a", "the"), ("b", "of")) for w in STOP_WORDS),
        "has 0 different words in column text beside stop words",
        "add texts until it has 5",
    ),
}
PARAMETER_CASES = [  # for the notebook, the parameter, its value; what the sentence holds
    (lstm, "LOOKBACK", 0, "set it to a whole number from 1"),
    (lstm, "HIDDEN_SIZE", -1, "set it to a whole number from 1"),
    (lstm, "EPOCHS", 2.5, "set it to a whole number"),
    (lstm, "BATCH_SIZE", "16", "set it to a whole number"),
    (lstm, "LEARNING_RATE", 0, "set it to a number from 1e-09 to 10.0"),
    (lstm, "LEARNING_RATE", float("nan"), "set it to a number"),
    (lstm, "AVERAGE", 1.0, "set it to a number from 0.0 to 0.9999"),
    (lstm, "SEED", -3, "set it to a whole number from 0"),
    (lstm, "SEASON", -1, "set it to a whole number from 0"),
    (lstm, "CLIP_NORM", None, "set it to a number from 1e-09"),
    (lstm, "INPUT_NOISE", "0.1", "set it to a number from 0.0"),
    (lstm, "EPOCHS", float("inf"), "set it to a whole number from 1"),
    (lstm, "BATCH_SIZE", [16], "set it to a whole number from 1"),
    (lstm, "SEED", 2**40, "set it to a whole number from 0 to 2147483648"),
    (text, "EMBEDDING_DIM", 1, "set it to a whole number from 2"),
    (text, "PATIENCE", 0, "set it to a whole number from 1"),
    (text, "SEED", 1.0, "set it to a whole number from 0"),
    (text, "LSTM_UNITS", -1, "set it to a whole number from 1"),
    (text, "N_SEEDS", 1, "set it to a whole number from 2"),
    (text, "EPOCHS", True, "set it to a whole number"),
    (text, "VOCABULARY_SIZE", 0, "set it to a whole number from 1000"),
]


def only_sentence(caught, *parts):
    """The message of the error, after checking that it is one clear sentence that holds all parts."""
    message = str(caught.value)
    print(message)
    assert all(part in message for part in parts), message
    assert "\n" not in message and message.endswith(".") and ": " in message
    return message


def write(path, content):
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def load(path, monkeypatch, **parameters):
    """What the notebook takes from a file of the reader's own; its results would stand beside it."""
    for name, value in ({"DATA_CSV": str(path), "OUT": lstm.Path(path).with_name("out")} | parameters).items():
        monkeypatch.setattr(lstm, name, value)
    return lstm.load_series()


@pytest.mark.parametrize("case", LSTM_CASES)
def test_a_bad_series_is_refused_in_one_sentence(case, tmp_path, monkeypatch):
    content, parameters, *parts = LSTM_CASES[case]
    path = tmp_path / "series.csv"
    write(path, content)
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


@pytest.mark.parametrize("nb", [lstm, text])
def test_an_output_folder_that_is_a_file_or_read_only_is_refused(nb, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("mine")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folders = {tmp_path / "taken": "Not a directory", closed / "new": "Permission denied"}
    if sys.platform == "linux" and os.geteuid() == 0:  # to root no folder of a disk is closed
        folders = {tmp_path / "taken": "Not a directory", nb.Path("/proc/new"): "No such file or directory"}
    for folder, reason in folders.items() if os.name == "posix" else ():
        monkeypatch.setattr(nb, "OUT", folder)
        with pytest.raises(ValueError) as caught:
            nb.check_parameters(nb.PARAMETERS)
        only_sentence(caught, f"{folder} cannot be written to ({reason})", "set OUTPUT_DIR to a folder of your own")
    assert (tmp_path / "taken").read_text() == "mine" and not any(closed.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        column(VALUES),
        column(VALUES, "\ufeffvalue"),
        column(VALUES, "price"),
        column(VALUES).replace("\n", "\r\n"),
        column([f" {v} " for v in VALUES]),
        column(VALUES) + "\n\n",
        "\n\n" + column(VALUES),
        column(VALUES) + " \n\t\n\n",
        " \n\n" + timed(range(150)) + "\n\n",
        column(VALUES).replace("\n", "\r"),
        column([f'"{v}"' for v in VALUES], '"value"'),
        column([f"{v}," for v in VALUES], "value,"),
        timed([f"2024-01-{1 + t // 24:02}T{t % 24:02}:00:00+02:00" for t in range(150)], "time,value"),
        "name,value,other\n" + "\n".join(f"x,{v},{v}" for v in VALUES),
        "note,value\n" + "\n".join(f'"two\nlines, <b>&",{v}' for v in VALUES),
        timed([f"2024-01-{1 + t // 24:02} {t % 24:02}:00" for t in range(150)], "date,value"),
        timed([t + 5 * (t > 50) for t in range(150)]),
    ],
)
def test_an_unusual_series_is_read(content, tmp_path, monkeypatch):
    path = tmp_path / "series.csv"
    path.write_text(content, encoding="utf-8", newline="")
    assert load(path, monkeypatch).tolist() == VALUES


DATA_ROWS = """0|0 / 5|-5.5|1e5 / 3|5%|1 000|\u22125|$5 / 1,079.0|1981-01-01 / 20.7|01/02/1981 / 5
13.01.1981 / 5|1-01 / 266.0|12:00 / 5|Jan 12, 2024 / 1,079.0 / 7.9K / 0.79%
2024-01-01T00:00:00Z / 5|1/13/1981 5:00 PM / 5|\u201c1981-01-01\u201d / \u201c20.7\u201d
'1981-01-01' / '20.7'|1981-01-01 / 20,7 / 3| / 20.7|1981-01-01 /  / 5|1981-01-01 / .
1981-01-01 / NaN|nan / 1|1981-01-01 / Melbourne / 20.7"""
NAME_ROWS = """value|t / value|date / 2024|Country / 1960 / 1961|Country / 2024-01 / 2024-02
2024-01-01 / 2024-01-02|H1 / H2|T1 / T2|Q1 / Q2|May / June| / value|Date / Time / x1
Lat / Long / 1/22/20|\u65e5\u671f / \u6570\u503c|# / %|t / Gr\u00f6\u00dfe
Month / lamp: (Worldwide)|year / v (2020)|NA / x|a"""


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


def test_gaps_are_said(tmp_path, capsys, monkeypatch):
    path = tmp_path / "series.csv"
    path.write_text(timed([t + 5 * (t > 50) for t in range(150)]))
    load(path, monkeypatch)
    assert "gaps in time, taken as even: 1, the longest 6.0" in capsys.readouterr().out


def test_a_short_series_is_taken_and_a_long_one_cut(tmp_path, capsys, monkeypatch):
    path = tmp_path / "series.csv"
    path.write_text(column(VALUES[:36]))
    assert len(load(path, monkeypatch)) == 36 and "little can be claimed from 5 test values" in capsys.readouterr().out
    path.write_text(column(VALUES))
    assert load(path, monkeypatch, MOST_VALUES=100).tolist() == VALUES[50:]
    assert "The newest 100 of them are used" in capsys.readouterr().out
    assert load(path, monkeypatch, MOST_VALUES=0).tolist() == VALUES


def test_two_files_of_one_name_have_two_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "lamps.csv").write_text(column(VALUES))
        found = lstm.folder_of(f"{folder}/lamps.csv")
        load(f"{folder}/lamps.csv", monkeypatch, OUT=found)
        assert lstm.folder_of(f"{folder}/lamps.csv") == found == lstm.Path("lamps" if folder == "a" else "lamps_2")


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_a_series_in_odd_units_is_forecast_alike(factor, monkeypatch):
    """Very small and very large values are scaled like any others."""
    monkeypatch.setattr(lstm, "SYNTHETIC", False)
    params = lstm.init_params(1, 3, 1, np.random.default_rng(0))
    usual, scaled = (lstm.all_forecasts(lstm.prepare(np.array(VALUES) * f, 10), "test", params, 31) for f in (1, factor))
    np.testing.assert_allclose(scaled / factor, usual, rtol=1e-5, atol=1e-5)


def test_unusual_texts_are_read(tmp_path):
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


def test_a_hundred_genres(monkeypatch):
    """As many classes as a reader may bring: every one is split, learned and scored."""
    rows = [(f"text {number} of n{genre} and n{genre}", f"genre <{genre}> $") for genre in range(100) for number in range(10)]
    table = text.draw_split(pd.DataFrame(rows, columns=["text", "genre"]), 0)
    table["stems"] = table["text"].map(text.preprocess)
    assert table.groupby("split")["genre"].nunique().to_dict() == {"train": 100, "validation": 100, "test": 100}
    bag = text.score(table, text.fit_model("TF-IDF, logistic regression", {}, table, 0))
    monkeypatch.setattr(text, "EPOCHS", 20)
    net = text.score(table, text.fit_net(table, 0, learning_rate=0.01))

    assert bag["accuracy"] > 0.95 and net["accuracy"] > 0.3 and net["macro_f1"] > 0.2


@pytest.mark.parametrize("name", ["data.csv.zip", "data.csv.gz", "data.xz", "data.tar", "data.zst"])
def test_a_file_that_only_looks_packed_is_read_as_it_is(name, tmp_path):
    (tmp_path / name).write_text(TEXTS)
    assert len(lstm.read_table(tmp_path / name)[0]) == 20
    (tmp_path / name).write_bytes(b"PK\x03\x04\xff\xfe\x00")
    with pytest.raises(ValueError) as caught:
        lstm.read_table(tmp_path / name)
    only_sentence(caught, "no text in rows and columns", "give the path of a CSV file")


def test_names_may_have_blanks_around_them(tmp_path):
    (tmp_path / "own.csv").write_text("text , genre\none two,a\nthree,b\n")
    assert list(lstm.read_table(tmp_path / "own.csv")[0]) == ["text", "genre"]


@pytest.mark.parametrize("name", [LSTM_NOTEBOOK, TEXT_NOTEBOOK])
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


@pytest.mark.parametrize("name", [LSTM_NOTEBOOK, TEXT_NOTEBOOK])
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


def test_difference_is_a_truth_value(monkeypatch):
    monkeypatch.setattr(lstm, "DIFFERENCE", "no")
    with pytest.raises(ValueError) as caught:
        lstm.check_parameters(lstm.PARAMETERS)
    only_sentence(caught, "DIFFERENCE is 'no': set it to True or False")
