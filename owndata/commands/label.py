"""label --model KEPT NEW: labels for a file of texts, by a kept model."""

import argparse
from pathlib import Path

import pandas as pd

from owndata.commands import OF_TEXTS, SHARED
from owndata.commands import add_options as add_text_options
from owndata.files import check_writable, folder_for, mark, source_of, write_whole
from owndata.texts import Texts, read_texts
from owndata.words.reading import how_read, rows_as_read

DESCRIPTION = (
    "Label a file of texts by a model that `classify` has kept, into predictions.csv: the columns"
    " of the file, and likeliest (a label), probability, and label (the same, or unsure)."
)
PREDICTIONS = "predictions.csv"
ADDED = ("likeliest", "probability", "label")
UNNAMED = "1"  # what a column without a header is called


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, the model, how the file is read, and where the labels go."""
    parser.add_argument("file", metavar="NEW", help="a table, or lines, of texts")
    model = "kept_model, or the folder that holds it"
    parser.add_argument("--model", metavar="KEPT", required=True, help=model)
    add_text_options(parser, {"text": OF_TEXTS["text"]} | SHARED)
    add_out(parser)


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add the folder of results."""
    where = "the folder of the results (default: beside the file, named after it)"
    parser.add_argument("--out", metavar="FOLDER", default="", help=where)


def run(given: argparse.Namespace) -> None:
    """Label given.file. Raises Unclear."""
    folder = folder_for(given.file, given.out)
    check_writable(folder, [PREDICTIONS])
    texts = texts_to_label(given.file, given)

    from owndata.keep import Kept  # on demand, for it loads for seconds

    label(Kept.load(given.model), texts, folder)


def texts_to_label(path: str, given: argparse.Namespace) -> Texts:
    """The texts of a file without labels, read as the options say, which is told."""
    texts = read_texts(path, given.text, "", given.separator, given.encoding, labelled=False)
    print(how_read(texts))
    print(rows_as_read(texts), flush=True)
    return texts


def label(kept: "Kept", texts: Texts, folder: Path) -> None:  # noqa: F821
    """Write predictions.csv into a folder of results, and say so."""
    from owndata.words import classify as words

    if kept.changed:
        print(words.changed(kept))
    found = kept.predict(texts.table["text"])
    table, columns = with_labels(own_columns(texts), found)
    source, path = texts.reading.file.path, folder / PREDICTIONS
    if not source_of(folder):
        mark(folder, source)
    replaced = path.exists()
    write_whole(path, lambda new: table.to_csv(new, index=False, lineterminator="\n"), source)
    unsure = float((found["label"] == "unsure").mean())
    print(words.labelled(str(path), len(table), unsure, columns, kept, replaced), flush=True)


def own_columns(texts: Texts) -> pd.DataFrame:
    """The columns of a file of texts, a row a text; lines of texts without the quotes around."""
    table = texts.reading.file.table.reset_index(drop=True)
    if table.shape[1] > 1:
        return table
    name = texts.reading.text_columns[0]
    return texts.table[["text"]].rename(columns={"text": "text" if name == UNNAMED else name})


def with_labels(own: pd.DataFrame, found: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The reader's columns and three more, with _2 where a name is taken; and their names."""
    table, columns = own.copy(), []
    for name in ADDED:
        free = name
        while free in table:
            free += "_2"
        table[free] = found[name].to_numpy()
        columns.append(free)
    return table, columns
