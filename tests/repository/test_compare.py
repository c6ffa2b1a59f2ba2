"""tools/compare.py: files that a run has not written, has written otherwise, or has added."""

import subprocess

import pytest

from tools import compare
from tools.notebooks import LSTM_NOTEBOOK, NOTEBOOKS

STORED = ["results/metrics.json", "plots/a.png", "series.csv"]


@pytest.fixture(params=["clone", "archive"])
def folder(request, tmp_path, monkeypatch):
    """A small repository, committed or without git; .nbval holds what a run starts from."""
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    monkeypatch.setattr(compare, "COPIES", tmp_path / ".nbval")
    own = [f"LSTM_from_scratch/{name}" for name in [*STORED, "lstm.py", "results/evidence.json"]]
    for name in [*NOTEBOOKS, *own]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".gitignore").write_text("*.keras\n.nbval/\n")
    if request.param == "clone":
        if not compare.shutil.which("git"):
            pytest.skip("needs git")
        for words in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "LSTM_from_scratch/old.keras").write_text("of an earlier run")
    compare.start()
    return tmp_path


def run_all(folder):
    for name in STORED:
        name = f"LSTM_from_scratch/{name}"
        (folder / ".nbval" / name).write_bytes((folder / name).read_bytes())


def test_a_copy_starts_without_what_a_run_writes(folder):
    copies = [path for path in (folder / ".nbval").rglob("*") if path.is_file()]
    names = {path.relative_to(folder / ".nbval").as_posix() for path in copies}
    assert names == {*NOTEBOOKS, "LSTM_from_scratch/results/evidence.json"}
    assert (folder / ".nbval/LSTM_from_scratch/plots").is_dir()


def test_a_run_that_writes_the_same_bytes_passes(folder):
    run_all(folder)
    (folder / ".nbval/LSTM_from_scratch/lstm.keras").write_text("holds the hour")
    assert compare.differences() == []


def test_what_is_not_written_or_written_otherwise_is_named(folder):
    run_all(folder)
    (folder / ".nbval/LSTM_from_scratch/series.csv").unlink()
    (folder / ".nbval/LSTM_from_scratch/plots/a.png").write_text("other")
    (folder / ".nbval" / LSTM_NOTEBOOK).write_text("a notebook that writes over itself")
    found = [line.partition(":")[0] for line in compare.differences()]
    names = {f"LSTM_from_scratch/{name}" for name in ("series.csv", "plots/a.png")}
    assert set(found) == names | {LSTM_NOTEBOOK}


def test_what_is_written_and_not_committed_is_named(folder):
    run_all(folder)
    (folder / ".nbval/LSTM_from_scratch/results/new.png").write_text("new")
    expected = ["LSTM_from_scratch/results/new.png"] if (folder / ".git").exists() else []
    assert [line.partition(":")[0] for line in compare.differences()] == expected
