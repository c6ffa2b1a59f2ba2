"""Many independent jobs: side by side on this machine or on a Dask cluster, kept as they finish, so that a sweep that was
interrupted goes on where it was.

A job is a function of a notebook's definitions and of a few small arguments. The definitions travel with it as text, so a
worker needs the locked environment and nothing of this repository.
"""

import argparse
import hashlib
import inspect
import json
import os
import sys

THREADS = dict.fromkeys(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1")
os.environ.update(THREADS, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3")

import cloudpickle  # noqa: E402
import joblib  # noqa: E402
import numpy  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402
from tqdm import tqdm  # noqa: E402

from notebook_code import ROOT, build, definition_cells  # noqa: E402

KEPT = ROOT / "benchmarks" / ".kept"


def arguments(doc, default):
    """(count, options of `sweep`) from the command line of a script whose docstring is `doc`."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=default, help=f"default: {default}")
    parser.add_argument("--cluster", help="tcp://scheduler:8786, a Dask cluster; or local, one on this machine")
    parser.add_argument("--processes", type=int, default=-1, help="processes on this machine (default: one a core)")
    parser.add_argument("--anew", action="store_true", help="compute also what an earlier sweep has kept")
    given = vars(parser.parse_args())
    return given.pop("count"), given


def one_job(number, cells, function, job):
    """(number, function(nb, *job) as JSON) in one thread; nb, the notebook's definitions, is made once in a process."""
    os.environ.update(THREADS, KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", TQDM_DISABLE="1")
    name = "definitions_" + hashlib.sha256(repr(cells).encode()).hexdigest()
    nb = sys.modules.get(name) or build(name, cells)
    with threadpool_limits(1):
        return number, json.dumps(function(nb, *job), default=lambda value: value.tolist())


def kept_file(cells, function, job):
    """Where the result of a job is kept: under what it depends on, the definitions, the script, its arguments, NumPy."""
    script = inspect.getsource(inspect.getmodule(function))
    what = repr((cells, script, function.__name__, job, numpy.__version__, sys.version_info[:2]))
    return KEPT / f"{function.__name__}-{hashlib.sha256(what.encode()).hexdigest()[:24]}.json"


def connect(cluster):
    """A client of the Dask cluster at the address, or of one made on this machine for `local`."""
    try:
        import distributed
    except ImportError:
        sys.exit("--cluster needs Dask: pip install -r benchmarks/requirements-cluster.txt")
    if cluster == "local":
        cluster = distributed.LocalCluster(n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None)
    try:
        return distributed.Client(cluster, timeout="15s")
    except OSError:
        sys.exit(f"no Dask scheduler answers at {cluster}: start one there with  dask scheduler")


def by_value(function):
    """`one_job`, to be pickled with all that it and `function` need of this repository, for a worker that has none of it."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("benchmarks", "notebook_code") or name == function.__module__ != "__main__":
            cloudpickle.register_pickle_by_value(module)
    return joblib.wrap_non_picklable_objects(one_job)


def sweep(notebook, function, jobs, label, cluster=None, processes=-1, anew=False):
    """[function(nb, *job) for job in jobs], the results as JSON knows them, with a bar that tells the time left."""
    work, cells, results, due = by_value(function), definition_cells(notebook), [None] * len(jobs), []
    files = [kept_file(cells, function, job) for job in jobs]
    for number, file in enumerate(files):
        if file.exists() and not anew:
            results[number] = json.loads(file.read_text())
        else:
            due.append(joblib.delayed(work)(number, cells, function, jobs[number]))
    KEPT.mkdir(exist_ok=True)
    client = connect(cluster) if cluster and due else None
    options = {"backend": "dask"} if client else {"n_jobs": processes}
    try:
        with joblib.parallel_config(**options):
            outcomes = joblib.Parallel(return_as="generator_unordered")(due)
            for number, result in tqdm(outcomes, desc=label, total=len(jobs), initial=len(jobs) - len(due), disable=False):
                temporary = files[number].with_suffix(f".{os.getpid()}")
                temporary.write_text(result)
                os.replace(temporary, files[number])
                results[number] = json.loads(result)
    except BaseException as error:
        if type(error).__module__.startswith("distributed"):
            sys.exit(
                f"the connection to the Dask cluster is lost ({type(error).__name__}); finished jobs are kept: start it again."
            )
        raise
    finally:
        if client:
            client.close()
    return results
