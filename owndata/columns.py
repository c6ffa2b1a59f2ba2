"""Columns by usual names, or as asked for."""

import re
from textwrap import shorten




def rank(name, words):
    """The place of a name in a list of usual words, 100 more for a part of it, 1000 if none is."""
    parts = {name.lower(), *re.split(r"[\W_]+", name.lower())} & set(words)
    return min((words.index(part) + 100 * (part != name.lower()) for part in parts), default=1000)


def pick(table, names, parameter, path):
    """The columns that a parameter names or numbers from 1. Raises ValueError without one."""
    places = {str(k): n for k, n in enumerate(table, 1)} | {n.casefold(): n for n in table}
    found = [key] if (key := str(names).casefold()) in places else re.split(r"\s*,\s*", key.strip())
    if not places.keys() >= set(found):
        fix = f"set {parameter} to one of {shorten(', '.join(table), 200)}"
        raise ValueError(f"{path} has no column {names}: {fix}.")
    return [places[name] for name in found]
