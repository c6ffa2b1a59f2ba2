"""clean FILE -o PLAIN.csv: the file as a plain CSV that any other tool reads."""

import argparse
from pathlib import Path

import pandas as pd

from owndata.commands.kinds import add_either_options, read_either
from owndata.errors import Unclear
from owndata.files import is_free, write_whole
from owndata.series import Series
from owndata.texts import Texts
from owndata.words.reading import how_read, rows_as_read

DESCRIPTION = (
    "Write a file of a series as time,value (value alone if it has no times), or of texts as"
    " text,genre, in UTF-8, and print how it was read."
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, how it is read, and the file to write."""
    add_either_options(parser)
    told = "the file to write; one that is there already stays as it is"
    parser.add_argument("-o", "--out", metavar="PLAIN.csv", required=True, help=told)


def run(given: argparse.Namespace) -> None:
    """Write given.file anew, plainly. Raises Unclear if given.out is there already."""
    path = Path(given.out)
    if not is_free(path):
        raise Unclear(path, "it is there already", "out", mend="set {option} to a new file")
    read = read_either(given)
    table = plain_series(read) if isinstance(read, Series) else plain_texts(read)
    print(how_read(read))
    print(rows_as_read(read))
    write_whole(path, lambda new: table.to_csv(new, index=False, lineterminator="\n"), given.file)
    print(f"written: {path}: {','.join(table)}, {len(table)} rows")


def plain_series(series: Series) -> pd.DataFrame:
    """The columns time and value of a series; value alone if it has no times."""
    table = pd.DataFrame({"value": series.values})
    if series.reading.time_columns:
        table.insert(0, "time", series.times)
    return table


def plain_texts(texts: Texts) -> pd.DataFrame:
    """The columns text and genre; text alone without labels."""
    return texts.table if texts.reading.label_column else texts.table[["text"]]
