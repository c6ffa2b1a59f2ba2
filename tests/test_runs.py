"""Whole runs of the notebooks at reduced size: alone in an empty folder, on a reader's own file, on bad input."""

import getpass
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from conftest import BOTH, LSTM_NOTEBOOK, REDUCED, ROOT, TEXT_NOTEBOOK, guarded, load_definitions, run_notebook

run = pytest.mark.run


def test_the_guard_refuses_and_notes(tmp_path):
    environment = guarded(tmp_path)
    code = "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert "no connection to example.org" in done.stderr and (tmp_path / "calls").read_text() == "example.org\n"


@run
@BOTH
def test_a_notebook_alone_runs_without_a_network_and_makes_its_data_again(name, reduced_run):
    folder = reduced_run(name)
    assert not (folder.parent / "calls").exists()
    data = {LSTM_NOTEBOOK: "synthetic_data.csv", TEXT_NOTEBOOK: "text_data.csv"}[name]
    assert (folder / data).read_bytes() == (ROOT / name).with_name(data).read_bytes()


@run
@BOTH
def test_every_committed_figure_is_drawn_by_its_notebook_or_a_benchmark(name, reduced_run):
    folder = reduced_run(name)
    drawn = {path.relative_to(folder).as_posix() for path in folder.rglob("*.png")}
    kept = {path.relative_to(ROOT / Path(name).parent).as_posix() for path in (ROOT / name).parent.rglob("*.png")}
    by_benchmarks = {f"results/{picture}.png" for picture in ("speed", "lookback", "sizes", "decision_map")}
    assert drawn == kept - by_benchmarks


@run
@BOTH
def test_outputs_say_nothing_of_the_machine(name, reduced_run):
    assert_says_nothing_of_the_machine(reduced_run(name) / "run.ipynb", reduced_run(name))


@BOTH
def test_stored_outputs_say_nothing_of_the_machine(name):
    assert_says_nothing_of_the_machine(ROOT / name, ROOT)
    for path in (ROOT / name).parent.rglob("*.json"):
        assert not re.search(r"/(home|root|Users|work|tmp)\b", path.read_text()), path


def assert_says_nothing_of_the_machine(path, folder):
    """No output holds the folder, the home folder or the user's name as part of a path."""
    words = {str(folder), str(Path.home()), f"/{getpass.getuser()}/", sys.prefix}
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            stored = json.dumps(output, ensure_ascii=False)
            assert not any(word in stored for word in words), (cell.id, stored[:500])


@run
def test_a_readers_series_from_end_to_end(tmp_path):
    """The file is untouched, the results stand in a folder of their own, small units are legible."""
    path, values = tmp_path / "Größe 1.csv", np.round(np.sin(np.arange(300) / 5), 4)
    rows = [f"{t},{(3 * v + t) / 10_000:.8f}" for t, v in enumerate(values)]
    path.write_text("\n".join(["date,price", *rows]), encoding="utf-8")
    before, own = path.read_bytes(), {"DATA_CSV": path, "DIFFERENCE": True, "VALUE_COLUMN": "price"}
    done = run_notebook(LSTM_NOTEBOOK, tmp_path, **REDUCED[LSTM_NOTEBOOK] | own)
    assert done.returncode == 0, done.stderr[-2000:]
    assert path.read_bytes() == before
    metrics = json.loads((tmp_path / "Größe 1" / "results" / "metrics.json").read_text())
    assert metrics["window_best_mse"] is None and metrics["ratio_mean"] is None and metrics["test_mse"] > 0
    assert {file.name for file in tmp_path.iterdir()} == {"Größe 1.csv", "Größe 1", "run.ipynb"}
    cells = nbformat.read(tmp_path / "run.ipynb", as_version=4).cells
    shown, as_text = {cell.id: cell.outputs for cell in cells if cell.get("outputs")}, load_definitions(LSTM_NOTEBOOK).as_text
    for key in ("test_mse", "persistence_mse"):
        written = as_text(metrics[key])
        assert float(written) > 0 and written in shown["test"][-1].data["text/plain"]
    assert f"an interval of {as_text(metrics['interval_width'] / 2)} to either side" in shown["keep"][0].text


@run
def test_a_late_failure_loses_no_result(tmp_path):
    """The results of notebook 1 are on disk as soon as they are known, whatever the chapters after them come to."""
    notebook = nbformat.read(ROOT / LSTM_NOTEBOOK, as_version=4)
    next(cell for cell in notebook.cells if cell.id == "inside").source = "raise RuntimeError('late')"
    nbformat.write(notebook, tmp_path / "failing.ipynb")
    with pytest.raises(papermill.PapermillExecutionError, match="late"):
        options = {"cwd": tmp_path, "kernel_name": "python3", "progress_bar": False}
        papermill.execute_notebook(tmp_path / "failing.ipynb", None, REDUCED[LSTM_NOTEBOOK], **options)
    metrics = json.loads((tmp_path / "results" / "metrics.json").read_text())
    forecasts = pd.read_csv(tmp_path / "results" / "forecasts.csv", index_col="t")
    assert metrics["test_mse"] == pytest.approx(((forecasts["lstm"] - forecasts["value"]) ** 2).mean(), rel=1e-9)


@run
def test_a_readers_texts_from_end_to_end(tmp_path):
    """Texts of many kinds: copies, long ones, code, line ends inside words, marks, quotes, several scripts."""
    rng = random.Random(0)
    topics = {"été": "plage soleil mer sable vague", "Wirtschaft": "Bank Zins Aktie Börse Kredit", "accuracy": "oil salt pan egg"}
    rows = [(" ".join(rng.choices(words.split(), k=8)), genre) for genre, words in topics.items() for _ in range(30)]
    rows += rows[:20] + [("long " * 3000, "accuracy"), ('with "quotes", commas', "accuracy")]
    odd = ["<script>alert(1)</script>", "=1+1", "\x07\x1b[31mred", "$x$ _a_ `b`", "two\nlines", "“Österreich’s” ÖSTERREICH"]
    odd += ["well\x85done well evil\u2028evil well", "বিদ্যালয় শিক্ষক বিদ্যালয়", "مُحَمَّد"]
    rows += [(text, "accuracy") for text in odd]
    data = tmp_path / "eigene Texte é.csv"
    pd.DataFrame(rows, columns=["text", "genre"]).to_csv(data, index=False)
    before = data.read_bytes()
    parameters = REDUCED[TEXT_NOTEBOOK] | {"DATA_CSV": data.name, "OUTPUT_DIR": 2024}
    cut = run_notebook(TEXT_NOTEBOOK, tmp_path, changes={"summary": "1 / 0"}, **parameters)
    assert cut.returncode and len(list((tmp_path / "2024" / "unfinished").iterdir())) > 20
    done = run_notebook(TEXT_NOTEBOOK, tmp_path, **parameters)
    assert done.returncode == 0, done.stderr[-2000:]
    run = (tmp_path / "run.ipynb").read_text(encoding="utf-8")
    assert re.search(r"all trials: (\d\d) of \1 fits were done", run) and not (tmp_path / "2024" / "unfinished").exists()
    metrics = json.loads((tmp_path / "2024" / "results" / "metrics.json").read_text())
    assert metrics["texts"] == len(rows) and metrics["seeds"] == 3
    assert metrics["TF-IDF, logistic regression: accuracy"] > 0.6 and metrics["LSTM + bag: accuracy"] > 0.6
    for key in ("bag_of_words_ceiling", "crossing_texts", "shuffled_accuracy", "lstm_crossover_accuracy"):
        assert metrics[key] is None
    assert data.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([data.name, "2024", "run.ipynb"])
    assert re.search(r"\b[2-9]\d texts are copies of others", run)


@run
@pytest.mark.parametrize(
    "name, content, sentence",
    [
        (LSTM_NOTEBOOK, "value\n" + "\n".join(["1", "2", "oops"] * 75) + "\n", "no numbers: 75 (row 4, 'oops')"),
        (TEXT_NOTEBOOK, "text,genre\n" + "".join(f"text {n},a\n" for n in range(20)) + "one,\n", "no column of labels"),
    ],
)
def test_a_run_on_bad_input_touches_nothing(name, content, sentence, tmp_path):
    data = tmp_path / "my file ü.csv"
    data.write_text(content)
    results = tmp_path / data.stem / "results"
    results.mkdir(parents=True)
    (results / "metrics.json").write_text("kept")
    done = run_notebook(name, tmp_path, DATA_CSV=data.name)
    assert done.returncode != 0 and sentence in done.stderr
    assert data.read_text() == content and (results / "metrics.json").read_text() == "kept"
    assert {file.name for file in tmp_path.rglob("*") if file.is_file()} == {"run.ipynb", data.name, "metrics.json"}
