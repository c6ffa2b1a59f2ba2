"""Columns by usual names, or as the reader asks for them."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from owndata.errors import Unclear

PART = 100  # added to the rank of a name of which only a part is a usual word
UNUSUAL = 1000  # the rank of a name that holds none


def rank(name: str, words: Sequence[str]) -> int:
    """The place of a column's name in a list of usual words.

    PART more if only a part of the name is such a word, UNUSUAL if none is.
    """
    whole = name.lower()
    found = {whole, *re.split(r"[\W_]+", whole)} & set(words)
    places = [words.index(word) + (0 if word == whole else PART) for word in found]
    return min(places, default=UNUSUAL)


def is_given(asked: str | int | None) -> bool:
    """Whether a column is asked for: 0 is, though there is none of that number."""
    return asked is not None and asked != ""


def pick(columns: Iterable[str], asked: str | int, option: str, path: str | Path) -> list[str]:
    """The columns that `asked` names, or numbers from 1; several with commas between them.

    Raises Unclear, with the option, if there is no such column, or if it may be one or the other.
    """
    columns = list(columns)
    if meant(columns, asked):
        parts = [asked]
    else:
        parts = re.split(r"\s*,\s*", str(asked).strip())
    return [only_one(meant(columns, part), asked, columns, option, path) for part in parts]


def pick_one(columns: Iterable[str], asked: str | int, option: str, path: str | Path) -> str:
    """The column that `asked` names, or numbers from 1.

    Raises Unclear, with the option, if it is none, or several.
    """
    columns = list(columns)
    found = pick(columns, asked, option, path)
    if len(found) > 1:
        raise Unclear(path, f"{asked} are {len(found)} columns, not one", option, columns)
    return found[0]


def meant(columns: list[str], asked: str | int) -> list[str]:
    """The columns that `asked` may mean: of that name, or in another case, or of that number."""
    if isinstance(asked, str):
        if asked in columns:
            return [asked]
        alike = [name for name in columns if name.casefold() == asked.casefold()]
        if alike or not asked.isdecimal():
            return alike
    number = int(asked)
    return [columns[number - 1]] if 1 <= number <= len(columns) else []


def only_one(
    found: list[str], asked: str | int, columns: list[str], option: str, path: str | Path
) -> str:
    """The only column found. Raises Unclear, with the option, if there is none, or several."""
    if not found:
        raise Unclear(path, f"it has no column {asked}", option, columns)
    if len(found) > 1:
        raise Unclear(path, f"{asked} may be one of {len(found)} columns", option, found)
    return found[0]
