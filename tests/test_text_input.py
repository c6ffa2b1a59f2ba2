"""Bad input for notebook 2: every case ends in the loading cell, in one sentence that names file, place and mend."""

import subprocess
import sys

import pytest
from conftest import ROOT, TEXT_NOTEBOOK, load_definitions

nb = load_definitions(TEXT_NOTEBOOK)
GOOD = "".join(f"text number {number} of {genre},{genre}\n" for genre in ("a", "b") for number in range(10))
CASES = {
    "missing.csv": (None, "does not exist", "DATA_CSV"),
    "empty.csv": (b"", "cannot be read", "header"),
    "header.csv": (b"text,genre\n", "no rows", "add the data"),
    "binary.csv": (b"\x00\xff\xfe\x80PK\x03\x04", "cannot be read", "UTF-8"),
    "latin.csv": ("text,genre\ncafé,a\n".encode("latin-1"), "cannot be read", "UTF-8"),
    "ragged.csv": (b'text,genre\n"one,a\n', "cannot be read", "CSV"),
    "wide.csv": (b"text,genre\none,two,a\none,two,b\n", "more fields", "column"),
    "wrong.csv": (b"headline,label\none,a\n", "no column 'text' (it has 'headline', 'label')", "name its columns"),
    "nogenre.csv": (b"text,label\none,a\n", "no column 'genre'", "name its columns"),
    "blank.csv": (f"text,genre\n{GOOD}  ,a\n".encode(), "data row 21: the text is empty", "delete the row"),
    "nolabel.csv": (f"text,genre\n{GOOD}one more,\n".encode(), "data row 21: the genre is empty", "delete the row"),
    "short.csv": (f"text,genre\n{GOOD}one more\n".encode(), "data row 21: the genre is empty", "delete the row"),
    "single.csv": (b"text,genre\n" + b"".join(b"text %d,a\n" % n for n in range(20)), "one genre only, 'a'", "another"),
    "few.csv": (f"text,genre\n{GOOD}one more,c\n".encode(), "1 different texts of the genre 'c'", "add texts"),
    "twice.csv": (f"text,genre\n{GOOD}{'again,c' + chr(10)}".encode() + b"again,c\n" * 30, "genre 'c'", "add texts"),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_in_one_sentence(name, tmp_path):
    content, problem, mend = CASES[name]
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        nb.check_texts(nb.read_csv(path), path)
    message = str(caught.value)
    assert str(path) in message and problem in message and mend in message
    assert "\n" not in message and message.endswith(".")


def test_good_input_passes(tmp_path):
    (tmp_path / "good.csv").write_text(
        "genre,extra,text\n" + "".join(f"{genre},x,text {number} {genre}\n" for genre in "abc" for number in range(10))
    )
    table = nb.check_texts(nb.read_csv(tmp_path / "good.csv"), "good.csv")
    assert list(table) == ["text", "genre"] and len(table) == 30


def test_a_broken_data_file_of_the_notebook_says_how_to_mend_it(tmp_path):
    (tmp_path / "text_data.csv").write_text("text,genre\none,a\n")
    with pytest.raises(ValueError, match="delete it, and it is drawn anew"):
        nb.read_shipped(tmp_path / "text_data.csv")


def test_a_whole_run_on_bad_input_touches_nothing(tmp_path):
    data = tmp_path / "my texts ü.csv"
    data.write_text("text,genre\n" + "".join(f"text {number},only\n" for number in range(20)), encoding="utf-8")
    results = tmp_path / data.stem / "results"
    results.mkdir(parents=True)
    (results / "metrics.json").write_text("kept")
    paths = [ROOT / TEXT_NOTEBOOK, tmp_path / "out.ipynb"]
    command = [
        sys.executable,
        "-m",
        "papermill",
        *paths,
        "-p",
        "DATA_CSV",
        data.name,
        "--no-progress-bar",
        "--cwd",
        tmp_path,
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode != 0 and "one genre only, 'only'" in run.stderr
    assert (results / "metrics.json").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["out.ipynb", data.name, data.stem])
