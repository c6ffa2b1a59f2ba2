"""The parts of reading, each by itself: errors, bytes, rows, header, numbers, times, labels."""

import gzip
import io
import re
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from owndata import Unclear, read_series, read_texts
from owndata.cli import OPTIONS
from owndata.columns import pick, pick_one, rank
from owndata.decode import decode, read_text
from owndata.header import distinct_names, read_table
from owndata.numbers import as_numbers
from owndata.rows import cut_rows
from owndata.series import suspects
from owndata.times import as_times, counted_months, unix_times
from owndata.words.reading import blocks, rows_as_read

VALUES = np.round(np.sin(np.arange(150) / 5), 4).tolist()


def write(tmp_path, content, name="own.csv"):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


def test_a_column_is_the_one_of_its_name_before_one_in_another_case():
    for asked in ("value", "Value"):
        assert pick_one(["Value", "value"], asked, "value", "own.csv") == asked
    with pytest.raises(Unclear, match="may be one of 2 columns: set value to one of Value, value"):
        pick_one(["Value", "value"], "VALUE", "value", "own.csv")


def test_one_column_is_asked_for_where_one_is_wanted(tmp_path):
    path = write(tmp_path, "a,b\n" + "".join(f"{k % 7},{k % 5}\n" for k in range(50)))
    assert pick(["a", "b"], "b, a", "text", path) == ["b", "a"]
    with pytest.raises(Unclear, match="b,a are 2 columns, not one"):
        read_series(path, value="b,a")
    for asked in ({"value": 0}, {"value": -1}, {"value": 3}, {"value": 2, "time": 0}):
        with pytest.raises(Unclear, match="it has no column"):
            read_series(path, **asked)
    assert read_series(path, value=2).name == "b"
    for asked in ({"text": 0}, {"label": 0}):
        with pytest.raises(Unclear, match="it has no column 0"):
            read_texts(write(tmp_path, "text,genre\na b,x\nc d,y\n" * 9, "texts.csv"), **asked)


@pytest.mark.parametrize(
    "names", [["a", "a", "a (2)"], ["a", "a (2)", "a"], ["", "", "(1)"], ["a (3)", "a", "a"]]
)
def test_no_two_columns_get_one_name(names):
    distinct = distinct_names(names)
    assert len(set(distinct)) == len(names)
    kept = [name for name in set(names) if name]
    assert all(distinct[names.index(name)] == name for name in kept)


def test_an_error_knows_its_file_fault_option_and_choices():
    error = Unclear("own.csv", "it has 2 columns of numbers", "value", ["a", "b"])
    assert (error.path, error.fault, error.option, error.choices) == (
        "own.csv",
        "it has 2 columns of numbers",
        "value",
        ("a", "b"),
    )
    assert str(error) == "own.csv: it has 2 columns of numbers: set value to one of a, b."
    assert (
        error.sentence(OPTIONS)
        == "own.csv: it has 2 columns of numbers: set --value to one of a, b."
    )
    assert isinstance(error, ValueError)


def test_the_way_to_mend_a_fault_names_the_option():
    error = Unclear("own.csv", "it has one column", "labelled", mend="say so ({option})")
    assert str(error).endswith(": say so (labelled).") and error.sentence(OPTIONS).endswith(
        ": say so (--no-labels)."
    )
    assert (
        str(Unclear("out", "a file is in the way", "out"))
        == "out: a file is in the way: set out to another folder."
    )
    assert str(Unclear("own.csv", "it is empty")) == "own.csv: it is empty."


@pytest.mark.parametrize(
    "path, part",
    [
        ("missing.csv", "there is no such file"),
        ("https://example.org/own.csv", "download it first"),
    ],
)
def test_a_file_that_is_not_there_is_told(path, part):
    for reader in (read_series, read_texts):
        with pytest.raises(Unclear, match=part):
            reader(path)


def test_what_holds_nothing_is_told(tmp_path):
    (tmp_path / "nothing.csv").write_bytes(b"")
    (tmp_path / "nothing.gz").write_bytes(gzip.compress(b""))
    zipfile.ZipFile(tmp_path / "nothing.zip", "w").close()
    for name, fault in (("csv", "file"), ("gz", "archive"), ("zip", "archive")):
        with pytest.raises(Unclear, match=f"the {fault} is empty"):
            read_series(tmp_path / f"nothing.{name}")
    with pytest.raises(Unclear, match="it is a folder"):
        read_series(tmp_path)


def test_one_value_or_text_per_line_is_said_so(tmp_path):
    series = read_series(write(tmp_path, "value\n1\n3\n2\n"))
    assert "read as one value per line, UTF-8; " in str(series)
    texts = read_texts(write(tmp_path, "a lamp\na desk\n", "own.txt"), labelled=False)
    assert "read as one text per line, UTF-8, " in str(texts)


def test_characters_taken_as_words_are_told_wherever_they_stand(tmp_path):
    rows = [f"lamp number {k},{genre}" for k in range(9) for genre in "ab"]
    rows = [row.replace("lamp", "desk") if row.endswith("b") else row for row in rows]
    path = write(tmp_path, "\n".join(["text,genre", *rows]))
    assert not read_texts(path).reading.is_unspaced
    rows[-1] = "服务很好下次再来,b"
    told = str(read_texts(write(tmp_path, "\n".join(["text,genre", *rows]))))
    assert "; characters taken as words; " in told


def test_a_file_that_is_packed_by_its_name_alone_is_read_as_it_is(tmp_path):
    assert read_text(write(tmp_path, "a,b\n1,2\n", "own.csv.zip")).text == "a,b\n1,2\n"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=200))
def test_any_text_in_utf_8_comes_back(text):
    assert decode(text.encode())[0] in (text, text.removeprefix("\ufeff"))
    assert decode(gzip.decompress(gzip.compress(text.encode())))[0] == decode(text.encode())[0]


@given(
    st.lists(
        st.lists(st.text("ab1é,;|\t\n", max_size=6).map("x{}x".format), min_size=3, max_size=3),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from(",;\t|"),
)
def test_rows_that_csv_has_written_are_cut_as_they_were(rows, mark):
    file = io.StringIO()
    pd.DataFrame(rows).to_csv(file, sep=mark, index=False, header=False, quoting=1)
    cut = cut_rows(file.getvalue(), mark)
    assert cut.rows == rows and cut.mark == mark and cut.share == 1


def test_a_separator_may_have_several_characters_or_a_name():
    assert cut_rows("a_!_b\nc_!_d", "_!_").rows == [["a", "b"], ["c", "d"]]
    assert cut_rows("a\tb,\nc\td,", "tab").rows == [["a", "b,"], ["c", "d,"]]


def test_the_mark_is_found_though_the_first_line_is_very_long():
    assert cut_rows(f'"{"word, " * 60_000}",a\n"few, words",b\n').mark == ","


DATA_ROWS = """0|1 000|1e5 / 3|$5 / 1,079.0|1981-01-01 / 20.7|2024-01-01T00:00:00Z / 5|1/13/1981 5:00 PM / 5
Jan 12, 2024 / 1,079.0 / 7.9K / 0.79%|\u201c1981-01-01\u201d / \u201c20.7\u201d| / 20.7|1981-01-01 / NaN
1981-01-01 / Melbourne / 20.7"""
NAME_ROWS = """value|Country / 1960 / 1961|Country / 2024-01 / 2024-02|2024-01-01 / 2024-01-02|Q1 / Q2|May / June
 / value|\u65e5\u671f / \u6570\u503c|# / %|NA / x"""


@pytest.mark.parametrize("row", re.split(r"[|\n]", DATA_ROWS))
def test_a_first_row_of_data_is_no_header(row, tmp_path):
    """Taken for names, it would be one value lost in silence."""
    table = pd.DataFrame([row.split(" / ")] * 150).to_csv(index=False, header=False)
    reading = read_table(write(tmp_path, table))
    assert len(reading.table) == 150 and not reading.has_header


@pytest.mark.parametrize("row", re.split(r"[|\n]", NAME_ROWS))
def test_a_row_of_names_is_a_header(row, tmp_path):
    names = row.split(" / ")
    rows = [
        [f"2024-01-{1 + k % 28:02}", *[v] * (len(names) - 1)] if len(names) > 1 else [v]
        for k, v in enumerate(VALUES)
    ]
    reading = read_table(
        write(tmp_path, pd.DataFrame([names, *rows]).to_csv(index=False, header=False))
    )
    assert len(reading.table) == 150 and reading.has_header


def test_columns_are_ranked_and_picked_by_name_or_number():
    assert (
        rank("Date", ["time", "date"]) == 1
        and rank("date of it", ["time", "date"]) == 101
        and rank("x", ["date"]) == 1000
    )
    assert pick(["Date", "a, b", "2"], "a, B", "value", "f") == ["a, b"] and pick(
        ["Date", "b"], "1, b", "time", "f"
    ) == ["Date", "b"]
    assert pick(["x", "2", "y"], 2, "value", "f") == ["2"]
    with pytest.raises(Unclear) as caught:
        pick(["x", "y"], "z", "value", "own.csv")
    assert caught.value.option == "value" and caught.value.choices == ("x", "y")


@given(st.floats(-1e9, 1e9).map(lambda x: round(x, 3)), st.sampled_from([".", ","]))
def test_a_number_written_with_either_mark_is_read(value, mark):
    grouped = (
        f"{value:,.3f}".translate(str.maketrans(",.", ".,")) if mark == "," else f"{value:,.3f}"
    )
    cells = pd.Series([grouped, grouped.replace("." if mark == "," else ",", ""), f" '{grouped}' "])
    np.testing.assert_allclose(as_numbers(cells, mark), value)


@pytest.mark.parametrize(
    "cells, numbers",
    [
        (["100.50 USD", "7 USD"], [100.5, 7]),
        (["$5", "6"], [None, 6]),
        (["$5", "€6"], [None, None]),
        (["5%", "6"], [None, 6]),
        (["1.5K", "2M"], [1500, 2e6]),
        (["<1", "2"], [0.5, 2]),
        (["ABC123", "1e200", "1000 K", "x"], [None] * 4),
    ],
)
def test_cells_with_signs_are_numbers_if_all_have_the_same(cells, numbers):
    np.testing.assert_array_equal(as_numbers(pd.Series(cells)), np.array(numbers, float))


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%y", "%B %d, %Y", "%Y%m%d", "%y-%m-%d"]
)
@given(start=st.dates(pd.Timestamp("1975-01-01").date(), pd.Timestamp("2060-01-01").date()))
def test_forty_days_in_a_row_are_read_in_every_form(form, start):
    days = pd.Series(pd.date_range(start, periods=40))
    assert as_times(days.dt.strftime(form)).stamps.eq(days).all()


def test_an_offset_is_left_out_if_all_have_the_same():
    one = as_times(pd.Series(["2024-01-01 00:00:00-05:00", "2024-01-01 01:00:00-05:00"]))
    assert one.offset == "-05:00" and str(one.stamps[0]) == "2024-01-01 00:00:00"
    two = as_times(pd.Series(["2024-03-31T01:00+01:00", "2024-03-31T03:00+02:00"]))
    assert two.offset == "UTC" and two.stamps.diff()[1] == pd.Timedelta("1h")


def test_seconds_since_1970_and_counted_months_are_times():
    for size in (1, 1e3, 1e6):
        assert str(unix_times(pd.Series([1500000000.0 * size]))[0]) == "2017-07-14 02:40:00"
    assert unix_times(pd.Series([1.0, 2.0])) is None
    assert counted_months(pd.Series(["1-11", "1-12", "2-01"])).tolist() == [11, 12, 13]
    assert counted_months(pd.Series(["1-11", "1-10", "1-09"])).tolist() == [11, 10, 9]
    assert counted_months(pd.Series(["1-01", "2-01"])) is None


TABLE = "{name},value\n" + "".join(f"{{{k}}},{value}\n" for k, value in enumerate(VALUES[:40]))


@pytest.mark.parametrize(
    "name, cell", [("Date", "day {}"), ("when", "{}-{}-{}"), ("Period", "W{}/x")]
)
def test_a_column_that_looks_like_times_is_never_passed_over(name, cell, tmp_path):
    cells = [cell.format(90 - k, 90 - k, k) for k in range(40)]
    path = write(tmp_path, TABLE.format(*cells, name=name))
    with pytest.raises(Unclear) as caught:
        read_series(path)
    assert (
        caught.value.option == "time"
        and caught.value.choices == ("none",)
        and f"column {name} looks" in str(caught.value)
    )
    series = read_series(path, time="none")
    assert series.values.tolist() == VALUES[:40] and not series.has_times


@pytest.mark.parametrize("value, count", [(-999, 3), (9999, 2), (-99.99, 2)])
def test_a_value_of_nines_far_from_all_others_is_doubted(value, count):
    assert suspects(pd.Series(VALUES + [value] * count)) == {value: count}
    assert (
        suspects(pd.Series(VALUES + [value])) == {}
        and suspects(pd.Series([998, 999, 999, 1000.0])) == {}
    )


def test_a_gap_in_time_is_told_and_costs_no_value(tmp_path):
    path = write(
        tmp_path,
        "t,value\n" + "".join(f"{k + 5 * (k > 50)},{value}\n" for k, value in enumerate(VALUES)),
    )
    series = read_series(path)
    assert series.values.tolist() == VALUES
    assert series.reading.order.gaps == 1 and series.reading.order.longest_gap == 6
    assert "gaps in time, taken as even: 1, the longest 6;" in str(series)


@pytest.mark.parametrize(
    "content, options, parts",
    [
        ("value\n" + "1\n" * 9 + "1e200\n", {}, ["no numbers: 1 (row 11, '1e200')"]),
        ("value\n" + "1\n" * 99 + "2024-01-01\n", {}, ["no numbers: 1 (row 101, '2024-01-01')"]),
        ("value\n" + "1\n" * 9 + "x" * 5000 + "\n" + "1\n" * 90, {}, ["row 11, 'xxxxx"]),
        ("value\n1\n2\n", {"time": "when"}, ["no column when", "set time to one of value"]),
        (
            "a,value\n" + "x,1\n" * 9,
            {"time": "a"},
            ["column a holds no times", "set time to another column"],
        ),
        (
            "t,value\n" + "".join(f"{k % 100},{k}\n" for k in range(150)),
            {},
            ["repeat a time: 50", "keep one row a time"],
        ),
        ("value\n1\n2\n", {"decimal": "x"}, ["'x' is no decimal mark: set decimal to one of ., ,"]),
    ],
)
def test_a_bad_series_is_refused(content, options, parts, tmp_path):
    with pytest.raises(Unclear) as caught:
        read_series(write(tmp_path, content), **options)
    assert all(part in str(caught.value) for part in parts), caught.value


def test_texts_like_markup_formulas_or_missing_values_stay_texts(tmp_path):
    rows = [
        ("<b>bold</b> & more", "a"),
        ("=SUM(A1:A9)", "b"),
        ('quoted "words",\ntwo lines', "a"),
        ("tab\tbell\x07", "b"),
    ]
    rows += [("word " * 20_000, "a"), ("東京 Größe", "b"), ("nan", "a"), ("NULL", "b")]
    rows += [(f"text {number} of {genre}", genre) for number in range(10) for genre in "ab"]
    path = tmp_path / "own.csv"
    pd.DataFrame(rows, columns=["text", "genre"]).assign(extra=1).to_csv(
        path, index=False, encoding="utf-8-sig"
    )
    table = read_texts(path, fewest=10).table
    plain = [
        "bold & more",
        "=SUM(A1:A9)",
        'quoted "words", two lines',
        "tab bell\x07",
        ("word " * 20_000).strip(),
        "東 京 Größe",
    ]
    assert table["text"].tolist() == plain + [row for row, _ in rows[6:]]
    assert table["genre"].tolist() == [genre for _, genre in rows]


def test_a_genre_of_few_texts_is_left_out_and_one_genre_refused(tmp_path):
    lines = [f"text number {k} of {genre},{genre}\n" for genre in "ab" for k in range(10)]
    with pytest.raises(
        Unclear,
        match=r"only 10 texts of 1 genres are left .*fewer than 10 different texts \(b\): 9\)",
    ):
        read_texts(write(tmp_path, "text,genre\n" + "".join(lines[:-1])), fewest=10)
    assert len(read_texts(write(tmp_path, "text,genre\n" + "".join(lines)), fewest=10)) == 20


def test_rows_as_read_show_both_ends_and_few_rows_whole(tmp_path):
    series = read_series(
        write(tmp_path, "date,value\n" + "".join(f"2024-01-{k:02},{k}.5\n" for k in range(1, 9)))
    )
    assert rows_as_read(series).split("\n") == [
        "as read:",
        "  date        value",
        "  2024-01-01  1.5",
        "  2024-01-02  2.5",
        "  ...",
        "  2024-01-07  7.5",
        "  2024-01-08  8.5",
    ]
    texts = read_texts(write(tmp_path, "one lamp\nanother lamp\n", "new.txt"), labelled=False)
    assert rows_as_read(texts).split("\n")[1:] == ["  1", "  one lamp", "  another lamp"]


def test_a_line_of_blocks_shows_low_and_high():
    assert (
        blocks(np.arange(8.0)) == "▁▂▃▄▅▆▇█"
        and blocks(np.ones(3)) == "▁▁▁"
        and len(blocks(np.arange(1000.0))) == 60
    )


@pytest.mark.parametrize("text", ["was ok, staff", "was fine and staff"])
def test_line_breaks_in_a_quoted_cell_of_every_row_are_part_of_the_text(text, tmp_path):
    rows = [
        f'{k},"Food {text} {k}\nand the room, bye {k}",{"bad good".split()[k % 2]}'
        for k in range(8)
    ]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(['"id","comment","mood"', *rows]) + "\n", encoding="utf-8")
    table = read_texts(path).table
    assert table["genre"].tolist() == ["bad", "good"] * 4
    assert table["text"].tolist() == [f"Food {text} {k} and the room, bye {k}" for k in range(8)]


def test_a_hundred_thousand_distinct_values_are_read_in_seconds(tmp_path):
    path = tmp_path / "long.csv"
    values = np.round(np.random.default_rng(0).normal(size=100_000), 6)
    pd.DataFrame({"value": values}).to_csv(path, index=False)
    started = time.process_time()
    assert len(read_series(path).values) == len(values)
    assert time.process_time() - started < 10
