"""What a file leaves unclear, as one class of error that knows what would settle it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import shorten

WAYS = {"out": "set {option} to another folder"}


def listed(names: Iterable[object], width: int = 200) -> str:
    """The names in words, cut short if they are many."""
    return shorten(", ".join(map(str, names)), width, placeholder=" ...")


class Unclear(ValueError):
    """A file, or a folder, that cannot be taken as it is.

    path: the file (str). fault: what is wrong, a clause. option: the parameter that settles it,
    such as "value"; "" if none does. choices: values for it (tuple of str). mend: what to do about
    it, parameters in braces, as {option} or {value}; "" if option and choices say it all.

    As text it is one sentence that names the parameters of Python; `sentence` takes other names.
    """

    def __init__(
        self,
        path: str | Path,
        fault: str,
        option: str = "",
        choices: Iterable[object] = (),
        mend: str = "",
    ) -> None:
        self.path, self.fault, self.option, self.mend = str(path), fault, option, mend
        self.choices = tuple(map(str, choices))
        super().__init__(self.sentence())

    def sentence(self, names: Mapping[str, str] | None = None) -> str:
        """The error as one sentence; `names` maps parameters to what they are called there."""
        known = names or {}

        def name(found: re.Match) -> str:
            parameter = self.option if found[1] == "option" else found[1]
            return known.get(parameter, parameter)

        parts = [self.path, self.fault, re.sub(r"\{(\w+)\}", name, self.way())]
        return ": ".join(part for part in parts if part) + "."

    def way(self) -> str:
        """What to do about it, with {option} for the name of the parameter."""
        if self.mend:
            return self.mend
        if self.choices:
            return f"set {{option}} to one of {listed(self.choices)}"
        return WAYS.get(self.option, "set {option}" if self.option else "")
