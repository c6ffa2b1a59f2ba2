"""The sweeps of benchmarks/: the same table from one process, joblib's workers and a Dask cluster; interrupted, they go on."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, load_definitions

distributed = pytest.importorskip("distributed", reason="no cluster test without benchmarks/requirements-cluster.txt")

from benchmarks import sweep as sweep_module  # noqa: E402
from benchmarks.sweep import sweep  # noqa: E402
from benchmarks.text_trials import alter, validation  # noqa: E402


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


def die(nb, number):
    os._exit(1)


def fail(nb, number):
    """One job in a row that fails."""
    if number == 2:
        raise ValueError("no number two")
    return {"number": number, "nothing": float("nan")}


WORKER = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_module, "KEPT", tmp_path / "kept")
    return tmp_path / "kept"


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
        process = subprocess.Popen(dask, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    file = folder / "scheduler.json"
    scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
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

    thread = threading.Thread(target=watch, daemon=True)  # if the sweep fails before, nobody waits for it
    thread.start()
    return thread


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
    address, _, workers, _ = cluster
    jobs = [(seed, 0.5) for seed in range(6)]
    watch = when_kept(kept, 2, workers[0].kill)
    found = sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    watch.join()
    assert workers[0].wait() == -signal.SIGKILL
    assert found == sweep(LSTM_NOTEBOOK, short_seed, jobs, "here", processes=1, anew=True)


def test_without_workers_a_sweep_waits_until_one_joins(kept, cluster):
    address, _, workers, start = cluster
    jobs = [(seed, 0.5) for seed in range(6)]

    def replace():
        for worker in workers:
            worker.kill()
        time.sleep(2)
        start("worker", address, *WORKER)

    watch = when_kept(kept, 2, replace)
    found = sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    watch.join()
    assert [worker.wait() for worker in workers] == 2 * [-signal.SIGKILL]
    assert found == sweep(LSTM_NOTEBOOK, short_seed, jobs, "here", processes=1, anew=True)


def test_a_job_that_kills_its_workers_is_given_up(kept):
    with pytest.raises(SystemExit, match="a job was given up, its workers died .* finished jobs are kept"):
        sweep(LSTM_NOTEBOOK, die, [(number,) for number in range(2)], "Dask", cluster="local", processes=2)


def test_a_worker_with_other_versions_ends_the_sweep():
    with pytest.raises(RuntimeError, match="a worker has other versions than the sweep: .* 'numpy': '0'"):
        sweep_module.one_job([("a cell", "EPOCHS = 1")], epochs_of, sweep_module.versions() | {"numpy": "0"}, 0, (0,))


def test_a_scheduler_that_is_gone_is_said_and_what_is_done_is_kept(kept, cluster):
    address, scheduler, _, _ = cluster
    jobs = [(seed, 0.5) for seed in range(12)]
    watch = when_kept(kept, 2, scheduler.kill)
    with pytest.raises(SystemExit, match="start it again"):
        sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    watch.join()
    done = list(kept.glob("*.json"))
    assert 2 <= len(done) < 12 and all(json.loads(file.read_text()) for file in done)
    with pytest.raises(SystemExit, match="no Dask scheduler answers"):
        sweep(LSTM_NOTEBOOK, short_seed, jobs, "Dask", cluster=address)
    before = {file: file.stat().st_mtime_ns for file in done}
    assert len(sweep(LSTM_NOTEBOOK, short_seed, jobs, "here", processes=2)) == 12
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in before.items())  # not computed again


SLOW_SWEEP = f"""'Jobs of half a second each'
import time
from pathlib import Path
from benchmarks import sweep

def slow(nb, number):
    time.sleep(0.5)
    return number

if __name__ == "__main__":
    sweep.KEPT = Path("kept")
    count, options = sweep.arguments(__doc__, 12)
    print(sweep.sweep({LSTM_NOTEBOOK!r}, slow, [(number,) for number in range(count)], "slow", **options))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM and process groups are POSIX's")
@pytest.mark.parametrize(
    "options, stop, told",
    [
        (["--processes", "2"], signal.SIGTERM, os.kill),
        (["--cluster", "local"], signal.SIGTERM, os.kill),
        (["--processes", "2"], signal.SIGINT, os.killpg),  # Ctrl-C goes to the workers too
    ],
)
def test_a_sweep_that_is_told_to_stop_leaves_no_process_and_goes_on_later(options, stop, told, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW_SWEEP)
    command, environment = [sys.executable, "slow.py", *options], os.environ | {"PYTHONPATH": str(ROOT)}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, start_new_session=True, **streams)
    while len(list(tmp_path.glob("kept/*.json"))) < 2:
        assert process.poll() is None
        time.sleep(0.1)
    told(process.pid, stop)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and said.strip().splitlines()[-1] == "stopped; finished jobs are kept", said[-2000:]
    for _ in range(100):  # the workers end, too
        if not group_lives(process.pid):
            break
        time.sleep(0.1)
    assert not group_lives(process.pid)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("kept/*.json")}
    assert 2 <= len(before) < 12
    again = subprocess.run(command, cwd=tmp_path, env=environment, **streams)
    assert again.returncode == 0 and json.loads(again.stdout) == list(range(12)), again.stderr[-2000:]
    assert all(file.stat().st_mtime_ns == stamp for file, stamp in before.items())  # not computed again


def group_lives(number):
    """True while a process of the group is there."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_without_dask_the_flag_says_what_to_install(kept, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SystemExit, match="pip install -r benchmarks/requirements-cluster.txt"):
        sweep(LSTM_NOTEBOOK, short_seed, [(0,)], "Dask", cluster="local")


@pytest.mark.parametrize("word", ["although", "long after", "not that"])
def test_what_the_controls_hold_out_is_met_in_the_test_alone(word):
    nb = load_definitions(TEXT_NOTEBOOK)
    table = nb.make_corpus(1)
    without, whole = (alter(nb, table, f"{how} {word}", 1) for how in ("without", "with"))
    holds = without["text"].str.lower().str.contains(word)
    assert (holds == (without["split"] == "test")).all() and holds.sum() > 10
    assert (without.loc[holds, "kind"] == "crossover").all()
    assert without[holds].equals(whole[whole["split"] == "test"])
    assert whole[whole["split"] != "test"].equals(table[table["split"] != "test"])
