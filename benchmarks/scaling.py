"""The sweep itself, measured: two workers against one, and what a job costs beside its work, on joblib and on Dask.

usage: python -m benchmarks.scaling [REPETITIONS] [--processes ...]        (default 5; two workers unless told otherwise)

Three kinds of jobs: fits (the processor's share of a sweep), waits of a known time (the sweep's own share) and nothing at all.
Workers are warm: they have started and hold the notebook's definitions. Medians over interleaved repetitions. The same fits in
plain processes tell what the machine gains by a second worker without a sweep; one job of each notebook, alone, what 10,000 take;
workers as Dask starts them (which give memory back at once), why sweep.py and the README set MALLOC_TRIM_THRESHOLD_.
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
from benchmarks.lstm_seeds import one_seed
from benchmarks.sweep import MEMORY, arguments, sweep
from benchmarks.text_trials import scores
from notebook_code import LSTM_NOTEBOOK, TEXT_NOTEBOOK, load_definitions

FITS, WAITS, SECONDS, NOTHINGS = 8, 40, 0.25, 1000
MANY = 10_000  # jobs, on paper


def fit(nb, seed):
    """A short training of notebook 1."""
    nb.tqdm, nb.EPOCHS = lambda items, **_: items, 60
    return nb.train(nb.prepare(nb.make_series(seed)["value"].to_numpy(), nb.LOOKBACK), seed)[1]["best"]


def plain_fit(seed):
    """`fit` without a sweep."""
    return fit(load_definitions(LSTM_NOTEBOOK), seed)


def plain_fits(pool):
    """The fits in the pool's processes."""
    return list(pool.map(plain_fit, range(FITS)))


def wait(nb, number, seconds):
    """A job that takes a known time and no processor."""
    time.sleep(seconds)
    return number


def seconds_a_job(notebook, function, jobs):
    """What a job takes alone on this machine, its process warm: the first one does not count."""
    started = time.perf_counter()
    sweep(notebook, function, jobs[:1], "first job", processes=1, anew=True)
    first = time.perf_counter() - started
    sweep(notebook, function, jobs, "jobs alone", processes=1, anew=True)
    return (time.perf_counter() - started - first) / len(jobs)


def start_cluster(workers):
    return distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)


def main(count, processes, **_):
    workers = 2 if processes < 1 else processes
    clusters = {f"dask_{n}": start_cluster(n) for n in (1, workers)}
    for name in MEMORY:
        del os.environ[name]
    clusters |= {"dask_as_it_comes": start_cluster(workers)}
    os.environ.update(MEMORY)
    ways = {way: {"cluster": cluster.scheduler_address} for way, cluster in clusters.items()}
    ways |= {"joblib_1": {"processes": 1}, f"joblib_{workers}": {"processes": workers}}
    kinds = {
        "fit": (fit, [(seed,) for seed in range(FITS)]),
        "wait": (wait, [(number, SECONDS) for number in range(WAITS)]),
        "nothing": (wait, [(number, 0.0) for number in range(NOTHINGS)]),
    }
    for way, options in ways.items():
        sweep(LSTM_NOTEBOOK, wait, [(number, 1.0) for number in range(3 * workers)], f"{way}, warming up", anew=True, **options)
    spawned = multiprocessing.get_context("spawn")
    pools = {f"plain_{n}": ProcessPoolExecutor(n, mp_context=spawned) for n in (1, workers)}
    for pool in pools.values():
        plain_fits(pool)  # warm
    seconds = []
    for _repetition in range(count):
        for kind, (function, jobs) in kinds.items():
            runs = {way: partial(sweep, LSTM_NOTEBOOK, function, jobs, f"{kind}, {way}", anew=True, **ways[way]) for way in ways}
            if kind == "fit":
                runs |= {way: partial(plain_fits, pool) for way, pool in pools.items()}
            for way, run in runs.items():
                started = time.perf_counter()
                run()
                seconds.append({"kind": kind, "way": way, "seconds": time.perf_counter() - started})
    table = pd.DataFrame(seconds).pivot_table(index="kind", columns="way", values="seconds", aggfunc=["median", "min", "max"])
    print(table.round(2).to_string())
    found, figures = table["median"], {"scaling_repetitions": count}
    figures["scaling_plain_processes_fit_speedup"] = found.loc["fit", "plain_1"] / found.loc["fit", f"plain_{workers}"]
    figures["dask_as_it_comes_fit_slowdown"] = found.loc["fit", "dask_as_it_comes"] / found.loc["fit", f"dask_{workers}"]
    for engine in ("joblib", "dask"):
        way = f"{engine}_{workers}"
        for kind in ("fit", "wait"):
            figures[f"scaling_{way}_{kind}_speedup"] = found.loc[kind, f"{engine}_1"] / found.loc[kind, way]
        figures[f"overhead_{engine}_seconds_a_job"] = found.loc["wait", way] * workers / WAITS - SECONDS
        figures[f"overhead_{engine}_seconds_a_short_job"] = found.loc["nothing", way] / NOTHINGS
    alone = {
        "lstm": seconds_a_job(LSTM_NOTEBOOK, one_seed, [(seed,) for seed in range(5)]),
        "text": seconds_a_job(TEXT_NOTEBOOK, scores, [("LSTM", {}, {"seed": seed}) for seed in range(3)]),
    }
    for name, job_seconds in alone.items():
        figures[f"paper_{name}_job_seconds"] = job_seconds
        for n in (2, 16, 128):
            figures[f"paper_{name}_hours_{n}"] = MANY * (job_seconds + figures["overhead_dask_seconds_a_job"]) / n / 3600
    write_evidence(LSTM_NOTEBOOK, **figures)


if __name__ == "__main__":
    count, options = arguments(__doc__, 5)
    with tempfile.TemporaryDirectory() as folder:
        sweep_module.KEPT = Path(folder)
        main(count, **options)
