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


def pick(columns: Iterable[str], asked: str | int, option: str, path: str | Path) -> list[str]:
    """The columns that `asked` names, or numbers from 1; several with commas between them.

    Raises Unclear, with the option, if there is no such column.
    """
    columns = list(columns)
    places = {str(number): name for number, name in enumerate(columns, 1)}
    places |= {name.casefold(): name for name in columns}
    key = str(asked).casefold()
    keys = [key] if key in places else re.split(r"\s*,\s*", key.strip())
    if not places.keys() >= set(keys):
        raise Unclear(path, f"it has no column {asked}", option, columns)
    return [places[key] for key in keys]
