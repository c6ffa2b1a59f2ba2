"""Many independent jobs: side by side on this machine or on a Dask cluster, kept as they finish, so that a sweep that was
interrupted goes on where it was.

A job is a function of a notebook's definitions and of a few small arguments. The definitions travel with it as text, so a
worker needs the locked environment and nothing of this repository.
"""

import argparse
import hashlib
import inspect
import json
import logging
import os
import random
import signal
import sys
import threading
from functools import partial

from notebook_code import ROOT, build, definition_cells, pinned

THREADS = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1")
# Linux: what a process gives back it must ask for again, page by page. Dask's workers give back at once unless told otherwise.
MEMORY = {"MALLOC_TRIM_THRESHOLD_": "1073741824", "MALLOC_MMAP_THRESHOLD_": "33554432"}
os.environ.update(THREADS | MEMORY | pinned(), KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

import cloudpickle  # noqa: E402
import joblib  # noqa: E402
import numpy  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402
from tqdm import tqdm  # noqa: E402

from benchmarks.evidence import PROCESSORS, code_of, processor, versions  # noqa: E402

KEPT = ROOT / "benchmarks" / ".kept"
TINY = ("tiny", "EPOCHS = 1")  # one more cell, for a sweep that is only tried


def arguments(doc, default=None, name="count", fixed=()):
    """(what is asked for, whether its figures are evidence, options of `sweep`) from the command line of a script with docstring
    `doc`, which takes a number, or files. Evidence is what is measured with the default number and options, or what --write says.
    The names in `fixed` are those options that the figures depend on.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    if default is None:
        parser.add_argument("asked", nargs="+", metavar="FILE")
    else:
        parser.add_argument("asked", nargs="?", metavar=name, type=int, default=default, help=f"default: {default}")
    parser.add_argument("--cluster", help="tcp://scheduler:8786, a Dask cluster; or local, one on this machine")
    parser.add_argument("--processes", type=int, default=-1, help="processes on this machine (default: one a core)")
    parser.add_argument("--anew", action="store_true", help="compute also what an earlier sweep has kept")
    parser.add_argument("--tiny", action="store_true", help="only try whether it runs: little data, one epoch, few settings")
    parser.add_argument("--write", action="store_true", help="write evidence.json also with other numbers than the default")
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: sys.exit("stopped; finished jobs are kept"))  # which ends the workers too
    given = vars(parser.parse_args())
    if given["tiny"] and given["write"]:
        parser.error("what --tiny measures is no evidence: leave out --write")
    asked, write = given.pop("asked"), given.pop("write")
    usual = asked == default and all(given[name] == parser.get_default(name) for name in fixed)
    return asked, write or usual and not given["tiny"], given


def one_job(cells, function, expected, number, job):
    """(number, [function(nb, *job), processor] as JSON), in one thread; nb, the definitions, is made once in a process."""
    os.environ.update(THREADS, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", TQDM_DISABLE="1")
    for module_name, module in list(sys.modules.items()):  # Dask's threads draw from Python's generator, which is Keras' too
        if module_name.split(".")[0] in ("dask", "distributed", "tornado") and getattr(module, "random", None) is random:
            module.random = random.Random()
    # A Dask worker may have several threads, but nb, Keras' random state and the thread limits are the process's: one at a time.
    lock = vars(sys).setdefault("lock_of_sweeps", threading.Lock())
    # Inside a Dask job joblib's default is Dask, so a forest would send its trees through the cluster.
    with lock, threadpool_limits(1), joblib.parallel_config("sequential"):
        name = "definitions_" + hashlib.sha256(repr(cells).encode()).hexdigest()
        if name not in sys.modules and versions() != expected:
            raise RuntimeError(f"a worker has other versions than the sweep: {versions()} and {expected}")
        nb = sys.modules.get(name) or build(name, cells)
        before = dict(vars(nb))
        try:
            return number, json.dumps([function(nb, *job), processor()], default=lambda value: value.tolist())
        except Exception as error:
            raise RuntimeError(f"the job {function.__name__}{job} failed: {error!r}"[:1000]) from error
        finally:
            vars(nb).update(before)  # a job may set constants, but for itself alone


def kept_files(cells, function, jobs):
    """Where the result of each job is kept: under all that it depends on, so that what has changed is computed anew."""
    same = joblib.hash((cells, code_of(inspect.getsourcefile(function)), function.__name__, versions()))
    return [KEPT / f"{function.__name__}-{joblib.hash((same, job))}.json" for job in jobs]


def read_kept(file):
    """[result, processor] from a file; [] if there is none, or no whole one."""
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError):
        return []


def is_ours(name):
    """True for the name of a module of this repository, which no worker has."""
    return name.split(".")[0] in ("benchmarks", "notebook_code")


def connect(cluster, processes):
    """A client of the Dask cluster at the address, or of one made on this machine for `local`."""
    try:
        import distributed
    except ImportError:
        sys.exit("--cluster needs Dask: pip install -r benchmarks/requirements-cluster.txt")
    if cluster == "local":
        count = joblib.effective_n_jobs(processes)
        options = {"threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
        cluster = distributed.LocalCluster(n_workers=count, **options)
    try:
        client = distributed.Client(cluster, timeout="15s")
    except (OSError, ValueError):
        sys.exit(f"no Dask scheduler answers at {cluster}: start one there with  dask scheduler")
    try:
        client.wait_for_workers(1, timeout=30)
    except distributed.TimeoutError:
        sys.exit(f"the Dask scheduler at {cluster} has no workers: start some with  dask worker {cluster} --nthreads 1")
    if max(client.nthreads().values()) > 1:
        sys.exit("a worker does one job at a time: start one for each core, with  dask worker ... --nworkers auto --nthreads 1")
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said once, below
    return client


def dask_backend(client, arrays):
    """joblib's backend for Dask. Arrays are sent once to each worker, so that none is lost with one of them."""
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def submit(self, func, callback=None):
            """As joblib's, which tells nobody that Dask gave a job up: the sweep would wait for ever."""
            future = super().submit(func, callback)
            future.add_done_callback(lambda done: done.exception() and callback(done.exception()))
            return future

    return Backend(client=client, scatter=arrays)


def portable(cells, function):
    """`one_job` of this function, to be pickled with all that it needs of this repository, for a worker that has none of it."""
    for name, module in list(sys.modules.items()):
        if is_ours(name) or name == function.__module__ != "__main__":
            cloudpickle.register_pickle_by_value(module)
    return joblib.wrap_non_picklable_objects(partial(one_job, cells, function, versions()))


def sweep(notebook, function, jobs, label, cluster=None, processes=-1, anew=False, tiny=False):
    """[function(nb, *job) for job in jobs], the results as JSON knows them, with a bar that tells the time left."""
    cells = definition_cells(notebook) + [TINY] * tiny
    work = joblib.delayed(portable(cells, function))
    files = kept_files(cells, function, jobs)
    kept = [[] if anew else read_kept(file) for file in files]
    due = [work(number, job) for number, job in enumerate(jobs) if not kept[number]]
    KEPT.mkdir(exist_ok=True)
    client = connect(cluster, processes) if cluster and due else None
    try:
        arrays = list({id(value): value for job in jobs for value in job if isinstance(value, numpy.ndarray)}.values())
        options = {"backend": dask_backend(client, arrays)} if client else {"n_jobs": processes}
        with joblib.parallel_config(**options):
            outcomes = joblib.Parallel(return_as="generator_unordered")(due)
            for number, result in tqdm(outcomes, desc=label, total=len(jobs), initial=len(jobs) - len(due), disable=False):
                temporary = files[number].with_suffix(f".{os.getpid()}")
                temporary.write_text(result)
                os.replace(temporary, files[number])
                kept[number] = json.loads(result)
    except BaseException as error:
        if type(error).__name__ == "KilledWorker":
            sys.exit(f"a job was given up, its workers died (of want of memory?); finished jobs are kept. Dask says: {error}")
        if type(error).__module__.startswith("distributed"):
            sys.exit(
                f"the connection to the Dask cluster is lost ({type(error).__name__}); finished jobs are kept: start it again."
            )
        raise
    finally:
        if client:
            client.close()
        if client and cluster == "local":
            client.cluster.close()
    PROCESSORS.update(done_by for _, done_by in kept)
    return [result for result, _ in kept]
