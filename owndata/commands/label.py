"""`python -m owndata label --model KEPT NEW`: labels for a file of texts, by a kept model."""

import argparse
from pathlib import Path

import pandas as pd

from owndata.files import check_writable, folder_for, mark, source_of, write_whole

DESCRIPTION = """\
Labels for a file of texts, by a model that `classify` has kept. Writes predictions.csv: the columns
of the file and likeliest (a genre), probability, and label (that genre, or "unsure"). The file is
not changed, and nothing leaves this machine."""
PREDICTIONS = "predictions.csv"
ADDED = "likeliest", "probability", "label"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="NEW", help="a file of texts to label")
    parser.add_argument("--model", metavar="KEPT", required=True, help="the folder kept_model")
    add_reading_options(parser)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how files of texts are read, and where results go."""
    parser.add_argument(
        "--text", default="", help='the column of the texts, if it is not found (two: "title, body")'
    )
    parser.add_argument(
        "--separator", default="", help="what stands between columns, such as ; or tab"
    )
    parser.add_argument("--encoding", default="", help="such as cp1252, if it is not found")
    parser.add_argument("--out", default="", help="the folder for the results")


def run(given: argparse.Namespace) -> None:
    from owndata.keep import Kept, find

    find(Path(given.model))  # what is no kept model is known before all else
    folder = folder_for(given.file, given.out)
    check_writable(folder, [PREDICTIONS])
    new = read(given.file, given)
    label(Kept.load(given.model), new, folder)


def read(path: str, given: argparse.Namespace):
    """The texts of a file to label, said how they were read."""
    from owndata import read_texts
    from owndata.words import reading

    texts = read_texts(path, given.text, "", given.separator, given.encoding, labelled=False)
    print(reading.sentence(texts.reading), reading.rows_as_read(texts), sep="\n", flush=True)
    return texts


def label(kept, texts, folder: Path) -> Path:
    """Write predictions.csv into the folder: its path."""
    from owndata.words import classify as words

    if other := words.changed(kept):
        print(other)
    found = kept.predict(texts.table["text"])
    table, columns = with_labels(texts.own, found)
    path = folder / PREDICTIONS
    write_whole(
        path, lambda new: table.to_csv(new, index=False, lineterminator="\n"), texts.reading.path
    )
    if not source_of(folder):
        mark(folder, texts.reading.path)
    unsure = float((found["label"] == "unsure").mean())
    print(words.labelled(str(path), len(table), unsure, columns, kept), flush=True)
    return path


def with_labels(own: pd.DataFrame, found: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The reader's columns and three more, whose names get _2 where they are taken; these names."""
    table, columns = own.reset_index(drop=True), []
    for name in ADDED:
        free = name
        while free in table:
            free += "_2"
        table[free] = found[name].to_numpy()
        columns.append(free)
    return table, columns
