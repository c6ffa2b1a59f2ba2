"""owndata.files: whose folder a folder is, and files that are whole or as they were."""

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from owndata.errors import Unclear
from owndata.files import MARK, check_writable, folder_for, make_folder, mark, write_whole
from owndata.outcomes import Outcomes

POSIX = pytest.mark.skipif(
    os.name != "posix", reason="folders are closed and processes killed in POSIX's way"
)


def refused(caught, *parts):
    """The message of an error, in which all the parts stand: one line that names the option."""
    message = str(caught.value)
    assert caught.value.option == "out" and "\n" not in message
    assert all(part in message for part in parts), message
    return message


def test_results_stand_beside_the_file_and_two_files_do_not_share_a_folder(tmp_path):
    for name, expected in {"lamps.csv": "lamps", "lamps.txt": "lamps_2", "bare": "bare_2"}.items():
        (tmp_path / name).write_text("1\n")
        found = folder_for(tmp_path / name)
        assert found == tmp_path / expected
        mark(found, tmp_path / name)
        assert folder_for(tmp_path / name) == found
    assert folder_for(tmp_path / "lamps.csv", tmp_path / "mine") == tmp_path / "mine"


def test_a_folder_that_is_somebody_elses_or_whose_mark_is_unreadable_is_left_alone(tmp_path):
    (tmp_path / "lamps").mkdir()
    assert folder_for(tmp_path / "lamps.csv") == tmp_path / "lamps_2"
    (tmp_path / "lamps" / MARK).write_bytes(b"\xff\xfe\xff")
    assert folder_for(tmp_path / "lamps.csv") == tmp_path / "lamps_2"


@POSIX
def test_a_folder_that_is_a_file_or_closed_is_found_before_the_work(tmp_path):
    (tmp_path / "taken").write_text("mine")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folders = {tmp_path / "taken": "File exists", tmp_path / "taken" / "new": "Not a directory"}
    folders[tmp_path / ("long" * 100)] = "File name too long"
    if os.geteuid() != 0:  # to root no folder of a disk is closed
        folders[closed / "new"] = "Permission denied"
    elif sys.platform == "linux":
        folders[Path("/proc/new")] = "No such file or directory"
    for folder, reason in folders.items():
        with pytest.raises(Unclear) as caught:
            check_writable(folder)
        refused(caught, str(folder), f"cannot be written to ({reason})")
    assert (tmp_path / "taken").read_text() == "mine" and not any(closed.iterdir())


def test_the_trial_leaves_nothing_behind(tmp_path):
    check_writable(tmp_path / "deep" / "deeper", ["future.csv"])
    assert not any(tmp_path.iterdir())
    (tmp_path / "there").mkdir()
    check_writable(tmp_path / "there" / "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_name_in_the_way_is_found_before_the_work(tmp_path):
    (tmp_path / "future.csv").mkdir()
    with pytest.raises(Unclear) as caught:
        check_writable(tmp_path, ["errors.csv", "future.csv"])
    refused(caught, "a folder called future.csv is in the way")


def test_a_readers_own_file_is_never_replaced(tmp_path):
    own = tmp_path / "future.csv"
    own.write_text("mine")
    with pytest.raises(Unclear) as caught:
        check_writable(tmp_path, ["future.csv"])
    refused(caught, "it has a file future.csv that is no earlier result")
    mark(tmp_path, own)
    with pytest.raises(Unclear) as caught:
        check_writable(tmp_path, ["future.csv"])
    refused(caught, "its file future.csv is the one that is read")
    for path, source in ((own, None), (tmp_path / "." / "future.csv", own)):
        with pytest.raises(Unclear, match="it is the file that is read"):
            write_whole(path, lambda path: path.write_text("new"), source)
    assert own.read_text() == "mine"
    mark(tmp_path, tmp_path / "another.csv")
    with pytest.raises(Unclear):
        check_writable(tmp_path, ["future.csv"])  # for no run has written it
    with pytest.raises(Unclear):
        write_whole(own, lambda path: path.write_text("new"), own)
    assert own.read_text() == "mine"


def test_an_earlier_result_is_what_the_mark_names(tmp_path):
    source = tmp_path / "own\n.csv"
    mark(tmp_path, source)
    for name in ("report.csv", "two\nlines.csv"):
        write_whole(tmp_path / name, lambda path: path.write_text("old"))
        check_writable(tmp_path, [name])
    (tmp_path / "lines.csv").write_text("mine")
    for name in ("lines.csv", ".csv"):
        (tmp_path / name).write_text("mine")
        with pytest.raises(Unclear, match="no earlier result"):
            check_writable(tmp_path, [name])
    mark(tmp_path, source)  # by another run
    check_writable(tmp_path, ["report.csv"])
    lines = (tmp_path / MARK).read_text().split("\n")
    assert lines == [str(tmp_path / "own\\n.csv"), "report.csv", "two\\nlines.csv"]


def test_a_mark_without_names_makes_nothing_a_result(tmp_path):
    """So that nothing is replaced of which it is not known who wrote it."""
    (tmp_path / MARK).write_text(str(tmp_path / "own.csv"))
    check_writable(tmp_path, ["report.csv"], ["unfinished"])
    (tmp_path / "report.csv").write_text("mine")
    with pytest.raises(Unclear, match="no earlier result"):
        check_writable(tmp_path, ["report.csv"])


def test_a_readers_own_file_of_the_name_of_the_mark_is_no_mark(tmp_path):
    (tmp_path / MARK).write_text("flour\nreport.csv")
    (tmp_path / "report.csv").write_text("mine")
    for names in ([], ["report.csv"]):
        with pytest.raises(Unclear, match="no earlier result"):
            check_writable(tmp_path, names)


def test_a_folder_of_the_readers_own_is_never_taken_for_that_of_a_run(tmp_path):
    (tmp_path / "unfinished").mkdir()
    with pytest.raises(Unclear) as caught:
        check_writable(tmp_path, [], ["unfinished"])
    refused(caught, "it has unfinished, which is of no earlier run")
    mark(tmp_path, "own.csv")
    with pytest.raises(Unclear):
        check_writable(tmp_path, [], ["unfinished"])
    (tmp_path / "unfinished").rmdir()
    make_folder(tmp_path / "unfinished")
    check_writable(tmp_path, [], ["unfinished"])
    Outcomes(tmp_path / "unfinished").keep(check_writable, (1,), {"a": 1})
    check_writable(tmp_path, [], ["unfinished"])
    (tmp_path / "unfinished" / "novel.npz").write_text("mine")  # where a run is over
    with pytest.raises(Unclear, match="of no earlier run"):
        check_writable(tmp_path, [], ["unfinished"])
    shutil.rmtree(tmp_path / "unfinished")
    (tmp_path / "unfinished").write_text("a novel")
    with pytest.raises(Unclear):
        check_writable(tmp_path, [], ["unfinished"])


def test_a_full_disk_loses_nothing(tmp_path):
    path = tmp_path / "deep" / "results.txt"
    write_whole(path, lambda temporary: temporary.write_text("old"))

    def fail(temporary):
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Unclear) as caught:
        write_whole(path, fail)
    refused(
        caught, str(path), "could not be written (No space left on device); make room on the disk"
    )
    assert path.read_text() == "old" and [one.name for one in path.parent.iterdir()] == [
        "results.txt"
    ]


@POSIX
def test_a_file_system_that_takes_no_more_is_found_before_the_work_and_at_the_end(tmp_path):
    """A limit on the size of files stands for a full disk: the system then refuses real writes."""
    code = f"""
import resource
from pathlib import Path
from owndata.files import Unclear, check_writable, write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
folder = Path({str(tmp_path)!r})
end = lambda: write_whole(folder / "a", lambda path: path.write_bytes(bytes(2000)))
for step in (lambda: check_writable(folder), end):
    try:
        step()
    except Unclear as error:
        print(error)
print(list(folder.iterdir()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.count("File too large") == 2 and done.stdout.endswith("\n[]\n"), (
        done.stdout + done.stderr
    )


def test_a_folder_where_the_file_should_be_ends_in_one_sentence(tmp_path):
    (tmp_path / "plots" / "full").mkdir(parents=True)
    with pytest.raises(Unclear) as caught:
        write_whole(tmp_path / "plots", lambda path: path.write_text("new"))
    refused(caught, "could not be written")
    assert [path.name for path in tmp_path.iterdir()] == ["plots"]


WRITE_AGAIN_AND_AGAIN = """
from pathlib import Path
from owndata.files import write_whole
contents = [letter * 3_000_000 for letter in "ab"]
print("ready", flush=True)
while True:
    for content in contents:
        write_whole(Path("whole.txt"), lambda temporary: temporary.write_text(content))
"""


@POSIX
def test_a_killed_write_leaves_the_old_file_or_the_new(tmp_path):
    draw, during = random.Random(), 0
    root = Path(__file__).resolve().parents[2]
    for _ in range(40):
        command = [sys.executable, "-S", "-c", WRITE_AGAIN_AND_AGAIN]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        environment = os.environ | {"PYTHONPATH": str(root)}
        process = subprocess.Popen(command, cwd=tmp_path, env=environment, **streams)
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(0.005 + draw.uniform(0, 0.03))
        process.kill()
        process.communicate()
        files = [path for path in tmp_path.iterdir() if path.name != "whole.txt"]
        during += bool(files)
        for temporary in files:
            shutil.rmtree(temporary)
        if (tmp_path / "whole.txt").exists():
            content = (tmp_path / "whole.txt").read_text()
            assert len(content) == 3_000_000 and len(set(content)) == 1
    assert (tmp_path / "whole.txt").exists() and during > 4, (
        during
    )  # many a kill falls into a write
