"""Outcomes of long work, kept until all is done: a run that is interrupted is resumed from them."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from owndata.files import make_folder, reason, replace_whole

Outcome = dict[str, Any]  # arrays, lists of arrays, and what JSON can hold


class NotSaved(Exception):
    """An outcome could not be saved; as text, why."""


class Outcomes:
    """A folder of outcomes of function(*job), each an .npz file of arrays and JSON, never a pickle.

    A file is named by the function, the job, by value, and made_by: the code and the versions.
    """

    def __init__(self, folder: str | Path, made_by: str = ""):
        """Make the folder. Raises NotSaved."""
        self.folder, self.made_by = Path(folder), made_by
        try:
            make_folder(self.folder)
        except OSError as error:
            raise NotSaved(reason(error)) from error

    def path(self, function: Callable, job: tuple) -> Path:
        """Where the outcome of a job is kept, the same in every process."""
        name = function.__module__, function.__qualname__, self.made_by
        return self.folder / f"{by_value((*name, *job))}.npz"

    def keep(self, function: Callable, job: tuple, outcome: Outcome) -> None:
        """Write an outcome, whole or not at all. Raises NotSaved."""
        arrays = as_arrays(outcome)
        try:
            replace_whole(self.path(function, job), lambda path: np.savez(path, **arrays))
        except OSError as error:
            raise NotSaved(reason(error)) from error

    def done(self, function: Callable, jobs: Sequence[tuple]) -> dict[int, Outcome]:
        """{place of a job: its outcome} of the jobs that are done; a damaged file is not."""
        found = {place: read(self.path(function, job)) for place, job in enumerate(jobs)}
        return {place: outcome for place, outcome in found.items() if outcome is not None}


def by_value(part: Any) -> str:
    """A digest of a value: a table, an array, a tuple of such, or what repr shows as a whole."""
    if isinstance(part, tuple):
        content = " ".join(map(by_value, part)).encode()
    elif isinstance(part, pd.DataFrame):
        content = part.to_csv().encode("utf-8", "surrogatepass")
    elif isinstance(part, np.ndarray):
        content = f"{part.dtype} {part.shape} ".encode() + part.tobytes()
    else:
        content = repr(part).encode("utf-8", "surrogatepass")
    return hashlib.sha256(type(part).__name__.encode() + b" " + content).hexdigest()


def as_arrays(outcome: Outcome) -> dict[str, np.ndarray]:
    """An outcome as {name: array} for one .npz file; what is no array is one string of JSON."""
    arrays, rest = {}, {}
    for key, value in outcome.items():
        if isinstance(value, np.ndarray):
            arrays[f"array {key}"] = value
        elif isinstance(value, list) and value and isinstance(value[0], np.ndarray):
            numbered = enumerate(value)
            arrays |= {f"list {key} {place:05}": array for place, array in numbered}
        else:
            rest[key] = value
    return arrays | {"rest": np.array(json.dumps(rest, default=lambda value: value.tolist()))}


def read(path: Path) -> Outcome | None:
    """The outcome in a file; None if there is none, or it is damaged."""
    if not path.exists():
        return None
    try:
        return read_arrays(path)
    except Exception:  # a damaged file may raise nearly anything
        return None


def read_arrays(path: Path) -> Outcome:
    """The outcome again, out of the file of `as_arrays`."""
    with np.load(path, allow_pickle=False) as file:
        outcome = json.loads(str(file["rest"]))
        for name in sorted(set(file) - {"rest"}):
            kind, _, key = name.partition(" ")
            if kind == "array":
                outcome[key] = file[name]
            else:
                outcome.setdefault(key.rpartition(" ")[0], []).append(file[name])
    return outcome
