"""python -m owndata: help, show and clean; one sentence and a status for what goes wrong, from any folder."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import owndata
from owndata import read_series, read_texts
from owndata.cli import COMMANDS, main
from owndata.commands.kinds import is_text

ROOT = Path(__file__).parents[2]
LAMPS = "Datum;Wert\n" + "".join(f"{k:02}.01.2024;{k},5\n" for k in range(31, 0, -1))
LINES = [
    f"text number {k} is of the kind called {genre},{genre}\n" for genre in "ab" for k in range(9)
]
TEXTS = "text,genre\n" + "".join(LINES)
BOTH = "date,value,note\n" + "".join(
    f"2024-01-{k:02},{k % 7},the {k}th day was fine\n" for k in range(1, 29)
)


def owndata_in(folder, *words):
    """The command line in a process of its own, started in `folder`."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "owndata", *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8"
    )


@pytest.fixture
def own(tmp_path):
    """own(content): a file of the reader's with it."""

    def write(content, name="own.csv"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return write


def test_help_says_what_there_is_and_that_nothing_leaves_the_machine(capsys):
    assert main([]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert all(command in said for command in COMMANDS) and "Nothing leaves this machine" in said
    for command in ("show", "clean"):
        with pytest.raises(SystemExit) as caught:
            main([command, "--help"])
        said = " ".join(capsys.readouterr().out.split())
        assert (
            caught.value.code == 0
            and "Nothing leaves this machine" in said
            and "--separator" in said
        )
    assert (
        "Nothing leaves the machine" in owndata.__doc__
        and owndata.__doc__.count("from owndata import") == 3
    )


def test_wrong_usage_ends_with_2(own, capsys):
    for words in (
        ["show"],
        ["juggle", "own.csv"],
        ["clean", str(own(LAMPS))],
        ["show", str(own(LAMPS)), "--kind", "songs"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 2 and "usage: " in capsys.readouterr().err


def test_show_prints_how_a_series_is_read_from_any_folder(own, tmp_path):
    path = own(LAMPS)
    done = owndata_in(tmp_path / "..", "show", path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == (
        f"{path}: read as semicolon-separated UTF-8, decimal commas, newest first, reversed;"
        " time Datum from 2024-01-01 to 2024-01-31; 31 values of Wert."
    )
    assert [line.split() for line in lines[1:7]] == [
        ["as", "read:"],
        ["Datum", "Wert"],
        ["2024-01-01", "1.5"],
        ["2024-01-02", "2.5"],
        ["..."],
        ["2024-01-30", "30.5"],
    ]
    assert re.fullmatch(r"  ▁+.*█+", lines[8]) and "--plot" in lines[9]
    assert [file.name for file in tmp_path.iterdir()] == ["own.csv"]


def test_show_draws_where_it_is_asked_to_and_never_onto_the_file(own, tmp_path, capsys):
    path = own(LAMPS)
    for option, given, png in (
        ("--plot", tmp_path / "new" / "lamps.png", tmp_path / "new" / "lamps.png"),
        ("--out", tmp_path / "results", tmp_path / "results" / "show.png"),
    ):
        assert main(["show", str(path), option, str(given)]) == 0
        assert (
            png.read_bytes().startswith(b"\x89PNG") and f"written: {png}" in capsys.readouterr().out
        )
    assert main(["show", str(path), "--plot", str(path)]) == 1
    assert "--plot" in capsys.readouterr().err and path.read_text(encoding="utf-8") == LAMPS


def test_show_draws_onto_an_earlier_plot_and_onto_nothing_else(own, tmp_path, capsys):
    path, plot, link = str(own(LAMPS)), tmp_path / "lamps.png", tmp_path / "link.png"
    assert main(["show", path, "--plot", str(plot)]) == 0
    assert main(["show", path, "--plot", str(plot)]) == 0
    other = own("a,b\n", "other.csv")
    link.symlink_to(tmp_path / "nowhere")
    capsys.readouterr()
    for taken in (other, link, tmp_path):
        assert main(["show", path, "--plot", str(taken)]) == 1
        assert "no earlier plot: set --plot to a new file." in capsys.readouterr().err
    assert other.read_text() == "a,b\n" and link.is_symlink()
    (tmp_path / "show.png").write_text("mine")
    assert main(["show", path, "--out", str(tmp_path)]) == 1
    assert "set --out to another folder." in capsys.readouterr().err


def test_show_says_that_texts_have_no_plot(own, tmp_path, capsys):
    assert main(["show", str(own(TEXTS)), "--plot", str(tmp_path / "new.png")]) == 1
    assert capsys.readouterr().err.endswith("texts have no plot: leave --plot out.\n")


def test_a_name_with_dollars_is_drawn_as_it_is(own, tmp_path):
    path = own(LAMPS.replace("Wert", "cost_$_per_$"))
    assert main(["show", str(path), "--plot", str(tmp_path / "new.png")]) == 0


def test_clean_replaces_no_link_that_leads_nowhere(own, tmp_path, capsys):
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "nowhere")
    assert main(["clean", str(own(LAMPS)), "-o", str(link)]) == 1
    assert "there already" in capsys.readouterr().err and link.is_symlink()


def test_show_prints_texts_and_labels(own, capsys):
    assert main(["show", str(own(TEXTS))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("text text, label genre; 18 texts: a 9, b 9.")
    assert (
        lines[2].split() == ["text", "genre"]
        and lines[3].split()[-2:] == ["a", "a"]
        and len(lines) == 8
    )
    assert (
        main(["show", str(own("one fine lamp\nanother, poor one\n", "new.txt")), "--no-labels"])
        == 0
    )
    assert "2 texts." in capsys.readouterr().out


def test_a_file_of_both_kinds_is_asked_about(own, capsys):
    path = str(own(BOTH))
    assert main(["show", path]) == 1
    assert (
        capsys.readouterr().err
        == f"{path}: it may be a series or texts: set --kind to one of series, texts.\n"
    )
    assert (
        main(["show", path, "--kind", "series"]) == 0
        and "28 values of value" in capsys.readouterr().out
    )
    assert (
        main(["show", path, "--value", "value"]) == 0
        and "28 values of value" in capsys.readouterr().out
    )
    assert (
        main(["show", path, "--text", "note", "--genre", "value"]) == 0
        and "28 texts" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "content, words, part",
    [
        (None, [], "there is no such file"),
        (
            "date,a,b\n" + "".join(f"2024-01-{k:02},{k % 5},{k**2}\n" for k in range(1, 13)),
            [],
            "set --value to one of a, b.",
        ),
        (LAMPS, ["--time", "Wert"], "column Wert holds no times: set --time to another column"),
        (TEXTS, ["--genre", "topic"], "no column topic: set --genre to one of text, genre."),
        (
            LAMPS,
            ["--value", "2", "--decimal", ";"],
            "';' is no decimal mark: set --decimal to one of ., ,.",
        ),
        ("just a few words\nand a few more\n", [], "say that it has none (--no-labels)."),
    ],
)
def test_what_is_unclear_is_one_sentence_with_the_option(
    content, words, part, own, tmp_path, capsys
):
    path = own(content) if content else tmp_path / "own.csv"
    assert main(["show", str(path), *words]) == 1
    told = capsys.readouterr()
    assert told.err.startswith(f"{path}: ") and told.err.count("\n") == 1 and part in told.err, (
        told.err
    )


def test_clean_writes_a_series_that_any_tool_reads(own, tmp_path, capsys):
    path, plain = own(LAMPS), tmp_path / "plain.csv"
    assert main(["clean", str(path), "-o", str(plain)]) == 0
    assert "written: " in capsys.readouterr().out
    assert plain.read_bytes().startswith(b"time,value\n2024-01-01,1.5\n2024-01-02,2.5\n")
    first, again = read_series(path), read_series(plain)
    np.testing.assert_array_equal(first.values, again.values)
    assert list(first.times) == list(again.times)
    assert main(["clean", str(path), "-o", str(plain)]) == 1
    assert "it is there already: set --out to a new file." in capsys.readouterr().err
    assert main(["clean", str(own("value\n1\n3\n2\n")), "-o", str(tmp_path / "bare.csv")]) == 0
    assert (tmp_path / "bare.csv").read_text() == "value\n1.0\n3.0\n2.0\n"


def test_clean_writes_texts_that_any_tool_reads(own, tmp_path):
    path, plain = own("b7;a1\n" + TEXTS[11:].replace(",", ";")), tmp_path / "plain.csv"
    assert main(["clean", str(path), "-o", str(plain)]) == 0
    assert plain.read_text(encoding="utf-8") == TEXTS
    assert read_texts(plain).table.equals(read_texts(path).table)


def test_a_folder_that_takes_no_file_is_told(own, tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert main(["clean", str(own(LAMPS)), "-o", str(tmp_path / "taken" / "plain.csv")]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "--out" in told and (tmp_path / "taken").read_text() == "mine"


def test_only_what_is_needed_is_loaded(own):
    """So the first line is printed soon."""
    code = f"""
import sys
import owndata
assert not {{"pandas", "numpy"}} & sys.modules.keys()
from owndata.cli import main
main(["show", {str(own(LAMPS))!r}])
heavy = "tensorflow keras matplotlib nltk sklearn scipy charset_normalizer joblib"
print(sorted(set(heavy.split()) & sys.modules.keys()))
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_a_page_of_code_that_lacks_blocks_is_no_trouble(own):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"}
    command = [sys.executable, "-m", "owndata", "show", str(own(LAMPS))]
    done = subprocess.run(command, env=environment, capture_output=True)
    assert done.returncode == 0 and b"31 values of Wert" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="pipes and names of bytes are POSIX's")
def test_output_that_nobody_wants_ends_in_silence(own, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "owndata", "show", str(own(LAMPS))]
    ends = os.pipe()
    os.close(ends[0])
    done = subprocess.run(command, env=environment, stdout=ends[1], stderr=subprocess.PIPE)
    os.close(ends[1])
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes are Linux's")
def test_a_name_that_is_no_utf_8_is_refused_in_one_sentence(tmp_path):
    path = os.fsencode(tmp_path) + b"/l\xe4mps.csv"
    with open(path, "w") as file:
        file.write(LAMPS)
    for name in ("show", "forecast"):
        command = [sys.executable, "-m", "owndata", name, path]
        done = subprocess.run(command, cwd=ROOT, capture_output=True)
        assert done.returncode == 1 and done.stdout == b"" and done.stderr.count(b"\n") == 1
        assert done.stderr.endswith(b"its name is not in UTF-8: rename it.\n")


def test_texts_are_told_from_names_and_dates():
    import pandas as pd

    assert is_text(pd.Series(["the lamp is bright", "it broke at once", "a fine thing indeed"] * 2))
    assert is_text(pd.Series(["房间很大很干净", "服务很好下次再来", "房间很小很脏"]))
    assert not is_text(pd.Series(["North", "South", "New York"] * 5))
    assert not is_text(
        pd.Series(
            ["Saturday, January 20, 2024", "Sunday, January 21, 2024", "Monday, January 22, 2024"]
        )
    )
