"""The sweeps of benchmarks/: the same table from one process, joblib's workers and a Dask cluster; interrupted, they go on."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from conftest import LSTM_NOTEBOOK, TEXT_NOTEBOOK

distributed = pytest.importorskip("distributed", reason="no cluster test without benchmarks/requirements-cluster.txt")

from benchmarks import sweep as sweep_module  # noqa: E402
from benchmarks.sweep import sweep  # noqa: E402
from benchmarks.text_trials import validation  # noqa: E402


def short_seed(nb, seed, seconds=0.0):
    """A small fit: the figures of notebook 1's pipeline after a few epochs."""
    time.sleep(seconds)
    nb.tqdm = lambda items, **_: items
    data = nb.prepare(nb.make_series(seed)["value"].to_numpy(), nb.LOOKBACK)
    nb.EPOCHS = 3
    params, history = nb.train(data, seed, hidden_size=8)
    mse = nb.all_forecasts(data, "test", params, season=50).pow(2).mean()
    return {"seed": seed, "mse": mse["lstm"], "best": history["best"]}


def draw(nb, seed):
    """Numbers of Python's own generator, as Keras takes its seeds from it, while the worker's other threads are at work."""
    random.seed(seed)
    time.sleep(1.5)
    return [random.random() for _ in range(3)]


def epochs_of(nb, _):
    return nb.EPOCHS


def fail(nb, number):
    """One job in a row that fails."""
    if number == 2:
        raise ValueError("no number two")
    return {"number": number, "nothing": float("nan")}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_module, "KEPT", tmp_path / "kept")
    return tmp_path / "kept"


@pytest.fixture
def cluster(tmp_path):
    """(address of a scheduler, its process, the two workers'), in an empty folder and without this repository's path."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"DASK_DISTRIBUTED__WORKER__DAEMON": "false"}
    started = []

    def start(*command):
        dask = [sys.executable, "-m", "dask", *command]
        process = subprocess.Popen(dask, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    file = folder / "scheduler.json"
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    while not file.exists():
        assert scheduler.poll() is None
        time.sleep(0.1)
    address = json.loads(file.read_text())["address"]
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
    workers = [start("worker", address, *options) for _ in range(2)]
    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    yield address, scheduler, workers
    for process in started:
        process.kill()
        process.wait()


def kill_after(seconds, process):
    """A process that kills `process` after some seconds."""
    code = f"import time, os; time.sleep({seconds}); os.kill({process.pid}, {signal.SIGKILL:d})"
    return subprocess.Popen([sys.executable, "-c", code])


def digest(table):
    return hashlib.sha256(json.dumps(table).encode()).hexdigest()


def test_the_same_table_on_one_process_on_workers_and_on_a_cluster(kept, cluster):
    jobs = [(seed,) for seed in range(6)]
    ways = {"one process": {"processes": 1}, "joblib's workers": {"processes": 2}, "Dask": {"cluster": cluster[0]}}
    tables = {way: sweep(LSTM_NOTEBOOK, short_seed, jobs, way, anew=True, **options) for way, options in ways.items()}
    print({way: digest(table)[:16] for way, table in tables.items()})
    assert [row["seed"] for row in tables["Dask"]] == list(range(6))
    assert len({digest(table) for table in tables.values()}) == 1


def test_dask_shares_no_random_numbers_with_a_job(kept, cluster):
    jobs = [(seed,) for seed in range(4)]
    assert sweep(LSTM_NOTEBOOK, draw, jobs, "Dask", cluster=cluster[0]) == sweep(LSTM_NOTEBOOK, draw, jobs, "here", anew=True)


def test_notebook_2_gives_the_same_on_a_cluster(kept, cluster):
    """A job of another module of this repository, with a net and with a forest, which has threads of its own."""
    corpus = {"seed": 0, "train": 60, "validation": 30, "test": 30}
    jobs = [(name, {}, corpus) for name in ("order-free net", "BoW, random forest")]
    there = sweep(TEXT_NOTEBOOK, validation, jobs, "Dask", cluster=cluster[0])
    assert there == sweep(TEXT_NOTEBOOK, validation, jobs, "here", processes=1, anew=True)


def test_a_job_that_fails_is_named_and_the_finished_ones_are_kept(kept):
    with pytest.raises(RuntimeError, match=r"the job fail\(2,\) failed: ValueError\('no number two'\)"):
        sweep(LSTM_NOTEBOOK, fail, [(number,) for number in range(4)], "here", processes=1)
    assert len(list(kept.glob("*.json"))) == 2
    whole, broken = sorted(kept.glob("*.json"))
    broken.write_text(broken.read_text()[:9])
    found = sweep(LSTM_NOTEBOOK, fail, [(0,), (1,)], "here", processes=1)
    assert [row["number"] for row in found] == [0, 1] and all(row["nothing"] != row["nothing"] for row in found)


def test_a_job_changes_constants_for_itself_alone(kept):
    epochs = [sweep(LSTM_NOTEBOOK, function, [(0,)], "here", processes=1)[0] for function in (short_seed, epochs_of)]
    assert epochs[1] == 200


def test_a_worker_that_dies_costs_nothing_but_time(kept, cluster):
    address, _, workers = cluster
    jobs = [(seed, 0.5) for seed in range(6)]
    expected = sweep(LSTM_NOTEBOOK, short_seed, jobs, "here", processes=1)
    killer = subprocess.Popen(
        [sys.executable, "-c", f"import time, os; time.sleep(3); os.kill({workers[0].pid}, {signal.SIGKILL:d})"]
    )
    found = sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address, anew=True)
    killer.wait()
    assert workers[0].wait() == -signal.SIGKILL and found == expected


def test_a_scheduler_that_is_gone_is_said_and_what_is_done_is_kept(kept, cluster):
    address, scheduler, _ = cluster
    jobs = [(seed, 0.7) for seed in range(12)]
    killer = subprocess.Popen(
        [sys.executable, "-c", f"import time, os; time.sleep(6); os.kill({scheduler.pid}, {signal.SIGKILL:d})"]
    )
    with pytest.raises(SystemExit, match="start it again"):
        sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    killer.wait()
    done = list(kept.glob("*.json"))
    assert 0 < len(done) < 12 and all(json.loads(file.read_text()) for file in done)
    with pytest.raises(SystemExit, match="no Dask scheduler answers"):
        sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    before = {file: file.stat().st_mtime_ns for file in done}
    assert len(sweep(LSTM_NOTEBOOK, short_seed, jobs, "here", processes=2)) == 12
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in before.items())  # not computed again


def test_without_dask_the_flag_says_what_to_install(kept, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="pip install -r benchmarks/requirements-cluster.txt"):
        sweep(LSTM_NOTEBOOK, short_seed, [(0,)], "Dask", cluster="local")
