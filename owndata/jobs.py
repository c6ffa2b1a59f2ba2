"""Fits side by side: worker processes of one thread each, and a run that is cut goes on.

A worker ends when the process that started it does. With a folder to remember in, each outcome is
kept there as plain arrays and JSON (never a pickle), and taken up again by the next run.
"""

import json
import multiprocessing
import os
import platform
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from joblib._store_backends import FileSystemStoreBackend
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from owndata.errors import Unclear
from owndata.files import reason

MOST_PROCESSES = 8
ONE_THREAD = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
# The same instructions on every Intel or AMD processor, so that the numbers are the same.
PINNED = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}

Job = tuple  # the arguments of one call
Outcome = dict[str, Any]  # arrays, lists of arrays, and what JSON can hold


class PlainStore(FileSystemStoreBackend):
    """joblib's folder of results, each a file that holds arrays and JSON instead of a pickle."""

    def dump_item(self, call_id, item, *unused, **options) -> None:
        path = Path(self.location, *call_id, "output.pkl")  # the name that joblib looks for
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{os.getpid()}.npz")
        np.savez(temporary, **as_arrays(item))
        os.replace(temporary, path)

    def load_item(self, call_id, *unused, **options) -> Outcome:
        return read_arrays(Path(self.location, *call_id, "output.pkl"))


joblib.register_store_backend("plain", PlainStore)


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


@contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    """Environment variables, for the processes that start meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send what C++ libraries write to standard error while they load nowhere."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@cache
def end_with_parent() -> None:
    """Let this process, if it is a worker, end soon after the one that started it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def has_ended() -> bool:
        return not parent.is_alive() if os.name == "nt" else os.getppid() != parent.pid

    def watch() -> None:
        while not has_ended():
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def work(function: Callable[..., Outcome], job: Job) -> Outcome:
    """function(*job), on one thread, in a process that ends when its parent does."""
    end_with_parent()
    with threadpool_limits(1):
        return function(*job)


def name_of(function: Callable[..., Outcome], job: Job, made_by: str) -> str:
    """What the outcome of a job is called: the same in every process, by the values of all parts.

    joblib's own hash of a table differs from that of its copy. made_by: the versions and the code.
    """
    parts = [part.to_csv() if isinstance(part, pd.DataFrame) else repr(part) for part in job]
    return joblib.hash([function.__module__, function.__qualname__, made_by, *parts])


def remembered(name: str, function: Callable[..., Outcome], job: Job) -> Outcome:
    """function(*job), kept under the name alone."""
    return function(*job)


def memory(folder: Path) -> Callable[..., Outcome]:
    """`remembered`, with its outcomes kept in `folder`."""
    kept = joblib.Memory(folder, backend="plain", verbose=0)
    return kept.cache(remembered, ignore=["function", "job"], verbose=0)


def recall(folder: Path, name: str, function: Callable[..., Outcome], job: Job) -> Outcome:
    """function(*job), or what `folder` holds of it."""
    return memory(folder)(name, function, job)


def count_done(
    folder: Path, function: Callable[..., Outcome], jobs: Sequence[Job], made_by: str
) -> int:
    """How many of the jobs `folder` holds outcomes of, from a run that was cut."""
    if not folder.exists():
        return 0
    kept = memory(folder)
    names = [name_of(function, job, made_by) for job in jobs]
    return sum(kept.check_call_in_cache(name, function, ()) for name in names)


def run_jobs(
    function: Callable[..., Outcome],
    jobs: Sequence[Job],
    label: str,
    processes: int = 0,
    folder: Path | None = None,
    made_by: str = "",
) -> list[Outcome]:
    """[function(*job) for job in jobs], side by side, with a progress bar on a terminal.

    processes: how many at most (0: one a core, up to eight). folder: where outcomes are kept, so
    that a run that is cut goes on; they are named after the job and `made_by`.
    """
    if not jobs:
        return []
    if folder is not None:
        jobs = [(folder, name_of(function, job, made_by), function, job) for job in jobs]
        function = recall
    pinned = PINNED if platform.machine() in ("x86_64", "AMD64") else {}
    with environment(ONE_THREAD | pinned), warnings.catch_warnings():
        # loky starts a worker anew that has grown, as it does when TensorFlow loads
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        count = processes or min(joblib.cpu_count(), MOST_PROCESSES)
        parallel = joblib.Parallel(n_jobs=count, return_as="generator")
        results = parallel(joblib.delayed(work)(function, job) for job in jobs)
        try:
            return list(tqdm(results, total=len(jobs), desc=label, disable=None))
        except OSError as error:
            if folder is None:
                raise
            fault = f"finished fits could not be kept ({reason(error)})"
            raise Unclear(folder, fault, "out") from error
