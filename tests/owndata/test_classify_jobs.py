"""owndata.jobs, owndata.outcomes: fits side by side, one thread each; an interrupted run is resumed;
no worker is left."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from own_texts import texts

from owndata import jobs, models
from owndata.errors import Unclear
from owndata.files import mark
from owndata.jobs import run_jobs
from owndata.outcomes import Outcomes, as_arrays, read_arrays

ROOT = Path(__file__).parents[2]
OUTCOME = {
    "validation": np.arange(6, dtype=np.float32).reshape(3, 2),
    "test": np.zeros((0, 2)),
    "weights": [np.ones(2), np.zeros((2, 2), np.float32), np.float32(3) * np.ones(1)] * 4,
    "history": {"loss": [1.0, 0.5]},
    "words": ["", "[UNK]", "été"],
    "size": float("nan"),
}
CUT = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, {folder!r})
from slow import fit
from owndata.jobs import run_jobs
from owndata.outcomes import Outcomes
if __name__ == "__main__":
    kept = Outcomes(Path({folder!r}) / "kept", "v1")
    print(run_jobs(fit, [(k,) for k in range(6)], "", 2, kept), flush=True)
"""
SLOW = """
import os, time
from pathlib import Path
def fit(number):
    with open(Path(__file__).with_name("log"), "a") as log:
        log.write(f"{number} {os.getpid()}\\n")
    time.sleep(float(os.environ.get("SLOW", "0")) * (number > 2))
    return {"number": number}
"""


def refuse(*job):
    raise AssertionError("is done already")


def echo(number):
    return {"number": number, "array": np.full(2, number)}


def look_around(_):
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    threads = {info["num_threads"] for info in threadpool_info()}
    return {"threads": sorted(threads), "variables": [os.environ.get(n) for n in jobs.ONE_THREAD]}


def test_an_outcome_is_kept_as_arrays_and_json_and_comes_back(tmp_path):
    np.savez(tmp_path / "outcome.npz", **as_arrays(OUTCOME))
    found = read_arrays(tmp_path / "outcome.npz")
    assert found.keys() == OUTCOME.keys()
    for key, value in OUTCOME.items():
        np.testing.assert_equal(found[key], value)
    assert found["validation"].dtype == np.float32 and len(found["weights"]) == 12


def test_what_is_done_is_not_done_again(tmp_path):
    todo, kept = [(1,), (2,)], Outcomes(tmp_path / "kept", "v1")
    first = run_jobs(echo, todo, "", 1, kept)
    assert list(kept.done(echo, [*todo, (3,)])) == [0, 1]
    assert not kept.done(refuse, todo) and not Outcomes(tmp_path / "kept", "v2").done(echo, todo)
    again = run_jobs(echo, [(3,), *todo], "", 1, kept)
    np.testing.assert_equal(again[1:], first)
    assert again[0]["number"] == 3
    files = list((tmp_path / "kept").iterdir())
    assert len(files) == 3 and all(zipfile.is_zipfile(path) for path in files)


@pytest.mark.parametrize("content", [b"", b"half", b"PK\x03\x04", "cut", "array", "list"])
def test_a_damaged_outcome_is_not_done(content, tmp_path):
    kept = Outcomes(tmp_path)
    kept.keep(echo, (1,), echo(1))
    path = kept.path(echo, (1,))
    if content == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    elif content == "array":
        with open(path, "wb") as file:
            np.save(file, np.zeros(3))
    elif content == "list":
        np.savez(path, rest=np.array("[1]"), **{"array a": np.zeros(2)})
    else:
        path.write_bytes(content)
    assert kept.done(echo, [(1,)]) == {}
    assert run_jobs(echo, [(1,)], "", 1, kept)[0]["number"] == 1 and kept.done(echo, [(1,)])


def test_the_folder_of_outcomes_is_a_result_that_a_mark_names(tmp_path):
    mark(tmp_path, "own.csv")
    Outcomes(tmp_path / "unfinished")
    assert (tmp_path / "made_from.txt").read_text().splitlines()[1:] == ["unfinished"]


def test_a_fit_is_done_again_if_table_settings_or_code_differ(tmp_path, monkeypatch):
    table = texts({"sea": 3, "bank": 3})
    monkeypatch.setattr(models, "versions", lambda: {"numpy": "1"})
    made_by = models.made_by()
    kept = Outcomes(tmp_path / "kept", made_by)
    long = np.arange(5000.0)
    run_jobs(count, [(table, {"rate": 0.3}, (long,))], "", 2, kept)  # in another process
    assert kept.done(count, [(table.copy(), {"rate": 0.3}, (long.copy(),))])
    for other in (
        (table[1:], {"rate": 0.3}, (long,)),
        (table, {"rate": 0.5}, (long,)),
        (table, {"rate": 0.3}, (np.where(long == 2500, 0, long),)),
        (table, {"rate": 0.3}, long),
    ):
        assert not kept.done(count, [other])
    monkeypatch.setattr(models, "versions", lambda: {"numpy": "2"})
    assert models.made_by() != made_by


def count(table, settings, arrays):
    return {"rows": len(table)}


def test_a_worker_has_one_thread_and_the_same_instructions_everywhere():
    before = dict(os.environ)
    found = run_jobs(look_around, [(0,), (1,)], "", 2)
    assert dict(os.environ) == before
    for outcome in found:
        assert outcome["threads"] == [1]
        assert outcome["variables"] == list(jobs.ONE_THREAD.values())


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_run_that_is_killed_goes_on_and_leaves_no_worker(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    (tmp_path / "cut.py").write_text(CUT.format(folder=str(tmp_path)))
    command = [sys.executable, str(tmp_path / "cut.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "SLOW": "60"}
    cut = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    log = tmp_path / "log"
    wait(lambda: log.exists() and len(log.read_text().splitlines()) >= 5)
    workers = {int(line.split()[1]) for line in log.read_text().splitlines()}
    cut.send_signal(signal.SIGKILL)
    cut.wait()
    wait(lambda: not any(is_alive(worker) for worker in workers))
    log.write_text("")
    done = subprocess.run(
        command, env=environment | {"SLOW": "0"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str([{"number": k} for k in range(6)])
    assert sorted(int(line.split()[0]) for line in log.read_text().splitlines()) == [3, 4, 5]


def wait(holds, seconds=60):
    """Until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def is_alive(process):
    """Whether a process runs (and is not merely unburied)."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        if Path("/proc").exists():
            return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_disk_that_takes_no_outcome_ends_the_run_in_one_sentence(tmp_path, monkeypatch):
    def full(*unused, **arrays):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(Unclear, match="could not save finished work .No space left on device"):
        run_jobs(echo, [(1,)], "", 1, Outcomes(tmp_path / "kept"))
