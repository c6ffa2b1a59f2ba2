"""The commands, a module each, and the options that they share: how a file is read."""

import argparse

from owndata.errors import Unclear

SHARED = {
    "separator": "what stands between columns, such as ';' or tab",
    "encoding": "the file's encoding, such as cp1252",
}
OF_SERIES = {
    "value": "the column of values: its name, or its number from 1",
    "time": "the column of times, or two: 'date, hour'; none: the rows in their order",
    "series": "of several series in the file: a cell that names yours",
    "decimal": "the decimal mark: . or ,",
}
OF_TEXTS = {
    "text": "the column of texts, by name or number; two are joined: 'title, body'",
    "genre": "the column of labels, by name or number",
}


def add_options(parser: argparse.ArgumentParser, told: dict[str, str]) -> None:
    """Add an option of text, "" by default, for each of the names."""
    for name, help_text in told.items():
        parser.add_argument(f"--{name}", default="", metavar=name.upper(), help=help_text)


def add_series_options(parser: argparse.ArgumentParser) -> None:
    """Add the options by which `series_of` reads a file."""
    add_options(parser, OF_SERIES | SHARED)


def add_texts_options(parser: argparse.ArgumentParser) -> None:
    """Add the options by which `texts_of` reads a file."""
    add_options(parser, OF_TEXTS | SHARED)


def series_of(given: argparse.Namespace) -> "Series":  # noqa: F821
    """The series in given.file, read as the options say. Raises Unclear."""
    from owndata.series import read_series

    check_name(given.file)
    asked = ("value", "time", "series", "separator", "encoding", "decimal")
    return read_series(given.file, **{name: getattr(given, name) for name in asked})


def texts_of(given: argparse.Namespace, labelled: bool = True, fewest: int = 2) -> "Texts":  # noqa: F821
    """The texts in given.file, read as the options say. Raises Unclear."""
    from owndata.texts import read_texts

    check_name(given.file)
    return read_texts(
        given.file, given.text, given.genre, given.separator, given.encoding, labelled, fewest
    )


def check_name(path: str) -> None:
    """Raise Unclear for a file whose name cannot be noted in UTF-8 beside its results."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "backslashreplace").decode()
        raise Unclear(shown, "its name is not in UTF-8", mend="rename it") from None
