"""The sweep itself, measured: two workers against one, and what a job costs beside its work, on joblib and on Dask.

usage: python -m benchmarks.scaling [REPETITIONS] [--processes ...]        (default 3; two workers unless told otherwise)

Three kinds of jobs: fits (the processor's share of a sweep), waits of a known time (the sweep's own share) and nothing at all.
The same fits in plain processes tell what the machine gains by a second worker without a sweep; workers as Dask starts them, why
sweep.py and the README set MALLOC_TRIM_THRESHOLD_; one job of each notebook, alone, what 10,000 take. The ways take turns, each
alone on the machine and its workers warm; medians over the turns.
"""

import multiprocessing
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import distributed
import pandas as pd

from benchmarks import sweep as sweep_module
from benchmarks.evidence import write_evidence
from benchmarks.lstm_seeds import RNN_RATES, one_seed
from benchmarks.sweep import MEMORY, arguments, sweep
from benchmarks.text_trials import corpus_of, scores
from notebook_code import LSTM_NOTEBOOK, TEXT_NOTEBOOK, load_definitions

FITS, EPOCHS, WAITS, SECONDS, NOTHINGS = 8, 60, 40, 0.25, 1000
MANY = 10_000  # jobs, on paper


def fit(nb, seed, epochs):
    """A short training of notebook 1."""
    nb.tqdm, nb.EPOCHS = lambda items, **_: items, epochs
    return nb.train(nb.prepare(nb.make_series(seed)["value"].to_numpy(), nb.LOOKBACK), seed)[1]["best"]


def plain_fit(job):
    """`fit` without a sweep."""
    return fit(load_definitions(LSTM_NOTEBOOK), *job)


def wait(nb, number, seconds):
    """A job that takes a known time and no processor."""
    time.sleep(seconds)
    return number


def seconds_of(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def plain(workers, jobs):
    """{"fit": seconds} in plain processes, warm."""
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(plain_fit, jobs))
        return {"fit": seconds_of(lambda: list(pool.map(plain_fit, jobs)))}


def swept(way, kinds, **options):
    """{kind: seconds} of the sweeps of all kinds of jobs, the workers warm."""
    run = partial(sweep, LSTM_NOTEBOOK, anew=True, **options)
    run(*kinds["fit"], f"{way}, warming up")
    return {kind: seconds_of(partial(run, *jobs, f"{way}, {kind}")) for kind, jobs in kinds.items()}


def dask(way, workers, kinds):
    """`swept` on a cluster of its own."""
    with distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster:
        return swept(way, kinds, cluster=cluster.scheduler_address)


def dask_as_it_comes(workers, kinds):
    """`dask` without what sweep.py tells its workers about memory."""
    kept = {name: os.environ.pop(name) for name in MEMORY}
    try:
        return dask("dask as it comes", workers, kinds)
    finally:
        os.environ.update(kept)


def seconds_a_job(notebook, function, jobs, tiny):
    """What a job takes alone on this machine, its process warm."""
    run = partial(sweep, notebook, function, processes=1, anew=True, tiny=tiny)
    run(jobs[:1], "warming up")
    return seconds_of(partial(run, jobs, "alone")) / len(jobs)


def main(count, write, processes, tiny, **_):
    n = 2 if processes < 1 else processes
    fits, epochs, waits, nothings = (2, 1, 4, 10) if tiny else (FITS, EPOCHS, WAITS, NOTHINGS)
    kinds = {
        "fit": (fit, [(seed, epochs) for seed in range(fits)]),
        "wait": (wait, [(number, SECONDS) for number in range(waits)]),
        "nothing": (wait, [(number, 0.0) for number in range(nothings)]),
    }
    ways = {f"plain_{workers}": partial(plain, workers, kinds["fit"][1]) for workers in (1, n)}
    ways |= {f"joblib_{workers}": partial(swept, f"joblib_{workers}", kinds, processes=workers) for workers in (1, n)}
    ways |= {f"dask_{workers}": partial(dask, f"dask_{workers}", workers, kinds) for workers in (1, n)}
    ways["dask_as_it_comes"] = partial(dask_as_it_comes, n, kinds)
    rows = [{"way": way} | measure() for _ in range(count) for way, measure in ways.items()]
    table = pd.DataFrame(rows).groupby("way").agg(["median", "min", "max"])
    print(table.round(2).to_string())
    found = table.xs("median", axis=1, level=1)
    figures = {
        "scaling_repetitions": count,
        f"scaling_plain_{n}_fit_speedup": found.loc["plain_1", "fit"] / found.loc[f"plain_{n}", "fit"],
        "dask_as_it_comes_fit_slowdown": found.loc["dask_as_it_comes", "fit"] / found.loc[f"dask_{n}", "fit"],
    }
    for engine in ("joblib", "dask"):
        one, many = found.loc[f"{engine}_1"], found.loc[f"{engine}_{n}"]
        for kind in ("fit", "wait"):
            figures[f"scaling_{engine}_{n}_{kind}_speedup"] = one[kind] / many[kind]
        figures[f"overhead_{engine}_seconds_a_job"] = many["wait"] * n / waits - SECONDS
        figures[f"overhead_{engine}_seconds_a_short_job"] = many["nothing"] / nothings
    write_evidence(LSTM_NOTEBOOK, "scaling", count, write, **figures)
    alone = {
        "lstm": (LSTM_NOTEBOOK, one_seed, [(seed, RNN_RATES[0]) for seed in range(5)]),
        "text": (TEXT_NOTEBOOK, scores, [("LSTM", {}, corpus_of(seed, tiny)) for seed in range(3)]),
    }
    for name, jobs in alone.items():
        job_seconds = seconds_a_job(*jobs, tiny)
        paper = {f"paper_{name}_job_seconds": job_seconds}
        for workers in (2, 16, 128):
            hours = MANY * (job_seconds + figures["overhead_dask_seconds_a_job"]) / workers / 3600
            paper[f"paper_{name}_hours_{workers}"] = hours
        write_evidence(jobs[0], "scaling:paper", len(jobs[2]), write, **paper)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3, fixed=["processes"])
    with tempfile.TemporaryDirectory() as folder:
        sweep_module.KEPT = Path(folder)
        main(count, write, **options)
