"""Many independent jobs, on this machine or on a Dask cluster. Each result is kept in a file.

A job is function(*arguments), a function of a module of this repository. On a cluster these modules
travel with it: a worker needs the locked environment and nothing of this repository.
"""

import copyreg
import functools
import json
import os
import pickle
import sys

from tools.notebooks import ROOT, write_whole
from tools.run import pinned

# A worker must start with these. The last keeps Dask off the random numbers that Keras draws.
AT_START = pinned() | {"DASK_DISTRIBUTED__COMM__OFFLOAD": "False"}
SETTINGS = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "TQDM_DISABLE": "1"}
SETTINGS |= dict.fromkeys(["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"], "1")
STARTED_WITHOUT = (
    not pinned().items() <= os.environ.items()
)  # NumPy, if it is loaded by now, has missed them
os.environ.update(AT_START | SETTINGS)

import joblib  # noqa: E402
from threadpoolctl import threadpool_limits  # noqa: E402
from tqdm import tqdm  # noqa: E402

from benchmarks.evidence import PROCESSORS, code_of, processor, versions  # noqa: E402

KEPT = ROOT / "benchmarks" / ".kept"
OURS = {
    "benchmarks",
    "tools",
    "owndata",
    "LSTM_from_scratch",
    "Text_Classification_LSTM",
}  # which no worker has


def one_job(function, expected, number, job):
    """(number, [function(*job), processor] as JSON), in one thread."""
    os.environ.update(SETTINGS)  # for the workers of a cluster
    found = versions() | {key: os.environ.get(key) for key in AT_START}
    if found != expected:
        raise RuntimeError(f"a worker has other versions than the sweep: {found}, {expected}")
    try:
        with threadpool_limits(1), joblib.parallel_config("sequential"):
            result = [function(*job), processor()]
        return number, json.dumps(result, default=lambda value: value.tolist())
    except Exception as error:
        message = f"the job {function.__name__}{job} failed: {error!r}"
        raise RuntimeError(message[:1000]) from error


def with_cache(function, parameters):
    """A function with a cache of its own."""
    return functools.lru_cache(**parameters)(function)


def packed(common, tops):
    """`one_job` and its first arguments as bytes, with all modules of these packages: a worker has none of them."""
    import cloudpickle

    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] in tops]
    names = {module.__name__ for module in ours if getattr(module, "__file__", None)}
    for name in names:
        cloudpickle.register_pickle_by_value(sys.modules[name])

    def sent(cached):
        """What pickle wants to know: a function with a cache is made anew, or found by its name."""
        if cached.__module__ in names:
            return with_cache, (cached.__wrapped__, cached.cache_parameters())
        return cached.__qualname__

    copyreg.pickle(functools._lru_cache_wrapper, sent)
    return cloudpickle.dumps((one_job, common))


def on_cluster(cluster, processes, common, calls):
    """What one_job(*common, *call) returns for each call, as the Dask cluster finishes them."""
    import distributed

    options = {"address": cluster}
    if cluster == "local":
        options = {"n_workers": joblib.effective_n_jobs(processes), "threads_per_worker": 1}
    sent = packed(common, {*OURS, common[0].__module__} - {"__main__"})

    def alone(sent, *call):
        worker = distributed.get_worker()
        if worker.state.nthreads > 1:
            raise RuntimeError("a worker does one job at a time: start it with --nthreads 1")
        if getattr(worker, "sent", None) != sent:  # unpacked once: a job may keep its data
            worker.sent, worker.unpacked = sent, pickle.loads(sent)
        one_job, common = worker.unpacked
        return one_job(*common, *call)

    with distributed.Client(**options) as client:
        shared = client.submit(lambda: sent)  # a task, which is done again if its worker is lost
        futures = [client.submit(alone, shared, *call, pure=False, retries=2) for call in calls]
        yield from (future.result() for future in distributed.as_completed(futures))


def sweep(function, jobs, label, cluster=None, processes=-1, anew=False, tiny=False):
    """[function(*job) for job in jobs] as JSON knows the results, with a bar."""
    expected = versions() | AT_START
    key = code_of(function.__code__.co_filename), function.__name__, tiny, expected
    files = [KEPT / f"{function.__name__}-{joblib.hash((key, job))}.json" for job in jobs]
    calls = [(number, job) for number, job in enumerate(jobs) if anew or not files[number].exists()]
    if cluster and calls:
        done = on_cluster(cluster, processes, (function, expected), calls)
    else:
        parallel = joblib.Parallel(n_jobs=processes, return_as="generator_unordered")
        done = parallel(joblib.delayed(one_job)(function, expected, *call) for call in calls)
    for number, result in tqdm(done, label, total=len(calls), disable=False):
        write_whole(files[number], result)
    stored = [json.loads(file.read_text()) for file in files]
    PROCESSORS.update(done_by for _, done_by in stored)
    return [result for result, _ in stored]
