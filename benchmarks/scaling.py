"""The sweep itself, measured: two workers against one, and what a job costs beside its work, on joblib and on Dask.

usage: python -m benchmarks.scaling [REPETITIONS] [--processes ...]        (default 5; two workers unless told otherwise)

Three kinds of jobs: fits (the processor's share of a sweep), waits of a known time (the sweep's own share) and nothing at all.
Workers are warm: they have started and hold the notebook's definitions. Medians over interleaved repetitions.
"""

import time

import distributed
import pandas as pd

from benchmarks.evidence import write_evidence
from benchmarks.sweep import arguments, sweep
from notebook_code import LSTM_NOTEBOOK

FITS, WAITS, SECONDS, NOTHINGS = 8, 40, 0.25, 1000


def fit(nb, seed):
    """A short training of notebook 1."""
    nb.tqdm, nb.EPOCHS = lambda items, **_: items, 20
    return nb.train(nb.prepare(nb.make_series(seed)["value"].to_numpy(), nb.LOOKBACK), seed)[1]["best"]


def wait(nb, number, seconds):
    """A job that takes a known time and no processor."""
    time.sleep(seconds)
    return number


def main(count, processes, **_):
    workers = 2 if processes < 1 else processes
    clusters = {n: distributed.LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None) for n in (1, workers)}
    ways = {f"dask_{n}": {"cluster": cluster.scheduler_address} for n, cluster in clusters.items()}
    ways |= {"joblib_1": {"processes": 1}, f"joblib_{workers}": {"processes": workers}}
    kinds = {
        "fit": (fit, [(seed,) for seed in range(FITS)]),
        "wait": (wait, [(number, SECONDS) for number in range(WAITS)]),
        "nothing": (wait, [(number, 0.0) for number in range(NOTHINGS)]),
    }
    for way, options in ways.items():
        sweep(LSTM_NOTEBOOK, wait, [(number, 1.0) for number in range(3 * workers)], f"{way}, warming up", anew=True, **options)
    seconds = []
    for _repetition in range(count):
        for kind, (function, jobs) in kinds.items():
            for way, options in ways.items():
                started = time.perf_counter()
                sweep(LSTM_NOTEBOOK, function, jobs, f"{kind}, {way}", anew=True, **options)
                seconds.append({"kind": kind, "way": way, "seconds": time.perf_counter() - started})
    table = pd.DataFrame(seconds).pivot_table(index="kind", columns="way", values="seconds", aggfunc=["median", "min", "max"])
    print(table.round(2).to_string())
    found, figures = table["median"], {"scaling_repetitions": count}
    for engine in ("joblib", "dask"):
        way = f"{engine}_{workers}"
        for kind in ("fit", "wait"):
            figures[f"scaling_{way}_{kind}_speedup"] = found.loc[kind, f"{engine}_1"] / found.loc[kind, way]
        figures[f"overhead_{engine}_seconds_a_job"] = found.loc["wait", way] * workers / WAITS - SECONDS
        figures[f"overhead_{engine}_seconds_a_short_job"] = found.loc["nothing", way] / NOTHINGS
    write_evidence(LSTM_NOTEBOOK, **figures)


if __name__ == "__main__":
    count, options = arguments(__doc__, 5)
    main(count, **options)
