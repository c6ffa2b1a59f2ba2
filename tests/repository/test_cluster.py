"""The sweeps of benchmarks/ on a Dask cluster: the same table as from one process, and what happens when a part of it is lost."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from sweep_jobs import die, draw, name_of_process, short_seed

distributed = pytest.importorskip("distributed", reason="no cluster test without Dask")

from benchmarks import sweep as sweep_module  # noqa: E402
from benchmarks.sweep import sweep  # noqa: E402
from benchmarks.text_trials import validation  # noqa: E402

pytestmark = pytest.mark.verify


WORKER = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]


@pytest.fixture
def cluster(tmp_path):
    """(address of a scheduler, its process, the two workers', a function that starts another process), all in an empty folder
    and without this repository's path."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"DASK_DISTRIBUTED__WORKER__DAEMON": "false"}
    started = []

    def start(*command):
        dask = [sys.executable, "-m", "dask", *command]
        process = subprocess.Popen(
            dask, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process

    file = folder / "scheduler.json"
    scheduler = start(
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
        "--scheduler-file",
        str(file),
    )
    while not file.exists():
        assert scheduler.poll() is None
        time.sleep(0.1)
    address = json.loads(file.read_text())["address"]
    workers = [start("worker", address, *WORKER) for _ in range(2)]
    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, scheduler, workers, start
    for process in started:
        process.kill()
        process.wait()


def when_kept(kept, count, act):
    """A thread that calls `act` once `count` jobs are kept, in the middle of a sweep."""

    def watch():
        while len(list(kept.glob("*.json"))) < count:
            time.sleep(0.05)
        act()

    thread = threading.Thread(
        target=watch, daemon=True
    )  # if the sweep fails before, nobody waits for it
    thread.start()
    return thread


def test_the_same_table_on_one_process_on_workers_and_on_a_cluster(kept, cluster):
    jobs = [(seed,) for seed in range(6)]
    ways = {
        "one process": {"processes": 1},
        "joblib's workers": {"processes": 2},
        "Dask": {"cluster": cluster[0]},
    }
    tables = {
        way: sweep(short_seed, jobs, way, anew=True, **options) for way, options in ways.items()
    }
    assert [row["seed"] for row in tables["Dask"]] == list(range(6))
    assert tables["one process"] == tables["joblib's workers"] == tables["Dask"]


def test_the_processors_of_the_workers_are_named(kept, cluster, monkeypatch):
    """Each worker says its own: a function of this module travels to it in place of the one that reads /proc."""
    monkeypatch.setattr(sweep_module, "processor", name_of_process)
    sweep(draw, [(0,), (1,)], "Dask", cluster=cluster[0])
    workers = {f"processor of {worker.pid}" for worker in cluster[2]}
    assert sweep_module.PROCESSORS and sweep_module.PROCESSORS <= workers


def test_dask_shares_no_random_numbers_with_a_job(kept, cluster):
    jobs = [(seed,) for seed in range(4)]
    assert sweep(draw, jobs, "Dask", cluster=cluster[0]) == sweep(draw, jobs, "here", anew=True)


def test_notebook_2_gives_the_same_on_a_cluster(kept, cluster):
    """A job of another module of this repository, with a net, and with a forest, which has threads of its own."""
    corpus = {"seed": 0, "train": 60, "validation": 30, "test": 30}
    jobs = [
        (name, {}, corpus)
        for name in ("BoW, random forest", "weighted clauses, logistic regression")
    ]
    jobs.append(("order-free net", {"epochs": 2}, corpus))
    there = sweep(validation, jobs, "Dask", cluster=cluster[0])
    assert there == sweep(validation, jobs, "here", processes=1, anew=True)


def test_a_worker_that_dies_costs_nothing_but_time(kept, cluster):
    address, _, workers, _ = cluster
    jobs = [(seed, 0.5) for seed in range(6)]
    watch = when_kept(kept, 2, workers[0].kill)
    found = sweep(short_seed, jobs, "Dask", cluster=address)
    watch.join()
    assert workers[0].wait() == -signal.SIGKILL
    assert found == sweep(short_seed, jobs, "here", processes=1, anew=True)


def test_without_workers_a_sweep_waits_until_one_joins(kept, cluster):
    address, _, workers, start = cluster
    jobs = [(seed, 0.5) for seed in range(6)]

    def replace():
        for worker in workers:
            worker.kill()
        time.sleep(2)
        start("worker", address, *WORKER)

    watch = when_kept(kept, 2, replace)
    found = sweep(short_seed, jobs, "Dask", cluster=address)
    watch.join()
    assert [worker.wait() for worker in workers] == 2 * [-signal.SIGKILL]
    assert found == sweep(short_seed, jobs, "here", processes=1, anew=True)


def test_a_worker_with_several_threads_is_refused(kept):
    """A process has one state of Keras, so two jobs at a time would disturb each other."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    ) as cluster:
        with pytest.raises(RuntimeError, match="start it with --nthreads 1"):
            sweep(draw, [(0,)], "Dask", cluster=cluster.scheduler_address)


def test_a_job_that_kills_its_workers_is_given_up(kept):
    with pytest.raises(distributed.KilledWorker, match="all those workers died"):
        sweep(die, [(number,) for number in range(2)], "Dask", cluster="local", processes=2)


def test_a_scheduler_that_is_gone_is_said_and_what_is_done_is_kept(kept, cluster):
    address, scheduler, _, _ = cluster
    jobs = [(seed, 0.5) for seed in range(12)]
    watch = when_kept(kept, 2, scheduler.kill)
    with pytest.raises(distributed.CancelledError, match="lost the connection to the scheduler"):
        sweep(short_seed, jobs, "Dask", cluster=address)
    watch.join()
    done = list(kept.glob("*.json"))
    assert 2 <= len(done) < 12 and all(json.loads(file.read_text()) for file in done)
    before = {file: file.stat().st_mtime_ns for file in done}
    assert len(sweep(short_seed, jobs, "here", processes=2)) == 12
    assert all(
        file.stat().st_mtime_ns == stamp for file, stamp in before.items()
    )  # not computed again
