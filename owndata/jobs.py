"""Fits side by side: worker processes of one thread each, and what is done is not done again.

A worker ends when the process that started it does.
"""

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

import joblib
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from owndata.errors import Unclear
from owndata.outcomes import NotSaved, Outcome, Outcomes

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


def work(
    function: Callable[..., Outcome], job: Job, outcomes: Outcomes | None, place: int
) -> tuple[int, Outcome]:
    """(place, function(*job)), on one thread, in a process that ends when its parent does."""
    end_with_parent()
    with threadpool_limits(1):
        outcome = function(*job)
    if outcomes is not None:
        outcomes.keep(function, job, outcome)
    return place, outcome


def run_jobs(
    function: Callable[..., Outcome],
    jobs: Sequence[Job],
    label: str,
    processes: int = 0,
    outcomes: Outcomes | None = None,
) -> list[Outcome]:
    """[function(*job) for job in jobs], side by side, with a progress bar on a terminal.

    processes: how many at most (0: one a core, up to eight). outcomes: where each is kept, so that
    a run that is interrupted is resumed. Raises Unclear if one cannot be saved there.
    """
    done = outcomes.done(function, jobs) if outcomes else {}
    left = [place for place in range(len(jobs)) if place not in done]
    if not left:
        return list(done.values())
    pinned = PINNED if platform.machine() in ("x86_64", "AMD64") else {}
    with environment(ONE_THREAD | pinned), warnings.catch_warnings():
        # loky starts a worker anew that has grown, as it does when TensorFlow loads
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)
        count = processes or min(joblib.cpu_count(), MOST_PROCESSES)
        parallel = joblib.Parallel(n_jobs=count, return_as="generator_unordered")
        calls = (joblib.delayed(work)(function, jobs[place], outcomes, place) for place in left)
        bar = {"total": len(jobs), "initial": len(done), "desc": label, "disable": None}
        try:
            done |= dict(tqdm(parallel(calls), **bar))
        except NotSaved as error:
            raise unsaved(outcomes.folder, error) from error
    return [done[place] for place in range(len(jobs))]


def unsaved(folder: str | Path, error: NotSaved) -> Unclear:
    """The error of work that is done and cannot be saved."""
    return Unclear(folder, f"could not save finished work ({error})", "out")
