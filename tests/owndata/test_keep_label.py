"""`classify` and `label` on the command line: files in, files out, sentences, refusals."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import guarded
from own_texts import texts

from owndata import models
from owndata.cli import main
from owndata.keep import FOLDER, Facts, Kept, TrainedPipeline

ROOT = Path(__file__).parents[2]
OWN = texts({"sea": 30, "bank": 30, "kitchen": 30})


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The folder of a kept model of three genres, never unsure of a text whose words it knows."""
    name, folder = "TF-IDF, logistic regression", tmp_path_factory.mktemp("model")
    pipeline = models.fit_to_keep(name, {}, OWN, 0, "english")["pipeline"]
    facts = Facts(
        "pipeline", name, {}, sorted(set(OWN["genre"])), 1.0, 0.0, 0.05, "english", 200, {},
        models.versions(),
    )  # fmt: skip
    Kept(facts, TrainedPipeline(pipeline, 1.0)).save(folder)
    return folder


def label(kept, new, *options):
    """The exit status of the command."""
    return main(["label", "--model", str(kept), str(new), *map(str, options)])


def predictions(folder):
    return pd.read_csv(folder / "predictions.csv", dtype=str, na_filter=False)


@pytest.fixture
def fast(monkeypatch):
    """Three fast models, in this process."""
    few = [models.MAJORITY, *models.FAST]
    usual = models.candidates
    monkeypatch.setattr(
        models, "candidates", lambda *job: {name: usual(*job)[name] for name in few}
    )
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")


def test_a_file_is_compared_learned_kept_and_used(fast, tmp_path, capsys):
    own, new = tmp_path / "own.tsv", tmp_path / "new.csv"
    table = texts({"sea": 60, "bank": 60, "kitchen": 12})
    table.set_axis(["Headline", "Category"], axis=1).to_csv(own, sep="\t", index=False)
    fresh = texts({"sea": 3, "bank": 3}, seed=1)
    fresh = pd.DataFrame({
        "Headline": fresh["text"], "id": [f"0{n}" for n in range(6)], "label": "known",
        "genre": fresh["genre"],
    })  # fmt: skip
    fresh.to_csv(new, index=False)
    before = own.read_bytes(), new.read_bytes()
    assert main(["classify", str(own), "--label", str(new)]) == 0
    assert (own.read_bytes(), new.read_bytes()) == before
    said = capsys.readouterr().out
    read, started = said.index("tab-separated"), said.index("first split: 7 fits")
    assert read < said.index("the ", read) < said.index("132 of 132 texts are compared") < started
    assert (
        "chosen by the macro-F1" in said and "and no longer text" in said or "and no text" in said
    )
    out = tmp_path / "own"
    found = sorted(path.name for path in out.iterdir())
    assert found == [FOLDER, "made_from.txt", "predictions.csv", "report.csv"]
    labels = predictions(out)
    pd.testing.assert_frame_equal(labels.iloc[:, :4], fresh, check_dtype=False)
    assert labels.columns[4:].tolist() == ["likeliest", "probability", "label_2"]
    assert labels["likeliest"].tolist() == fresh["genre"].tolist()
    assert labels["probability"].astype(float).between(0.33, 1).all()
    same = labels["label_2"] == labels["likeliest"]
    assert (same | (labels["label_2"] == "unsure")).all()
    report = pd.read_csv(out / "report.csv", index_col="model")
    assert report.loc[models.MAJORITY, "accuracy"] < 0.5 < report.iloc[0]["low"]
    assert (report["low"] <= report["accuracy"]).all()
    assert label(out, new, "--out", tmp_path / "again") == 0
    pd.testing.assert_frame_equal(predictions(tmp_path / "again"), labels)


@pytest.mark.parametrize("content, columns", [
    ("Nice beach and sun and a wave on the sand again\nA loan rate\n", ["text"]),
    ("Comment\n\"Nice beach, and sun\"\nA loan rate\n", ["Comment"]),
    (
        "likeliest;id;likeliest_2;text\n1;007;x;Nice beach and sun\n2;;y;A loan rate\n",
        ["likeliest", "id", "likeliest_2", "text"],
    ),
])  # fmt: skip
def test_the_columns_of_a_file_stay_and_names_that_are_taken_get_a_number(
    content, columns, kept, tmp_path
):
    new = tmp_path / "new.csv"
    new.write_text(content)
    assert label(kept, new) == 0
    found = predictions(tmp_path / "new")
    first = "likeliest_2_2" if "id" in columns else "likeliest"
    assert list(found) == [*columns, first, "probability", "label"] and new.read_text() == content
    assert found[first].tolist() == found["label"].tolist() == ["sea", "bank"]
    if "id" in columns:
        assert found["id"].tolist() == ["007", ""] and found["likeliest"].tolist() == ["1", "2"]
    else:
        assert found[columns[0]].str.contains("^Nice beach,? and sun|^A loan rate$").all()


@pytest.mark.parametrize(
    "name, first", [("new.txt", "sun and sand"), ("new.txt", "text"), ("new.csv", "Kommentar")]
)
def test_the_first_line_of_a_list_is_a_text_unless_it_is_a_name(name, first, kept, tmp_path):
    (tmp_path / name).write_text(f"{first}\nbeach sun wave\nloan and rate share\n")
    assert label(kept, tmp_path / name) == 0
    found, is_text = predictions(tmp_path / "new"), first == "sun and sand"
    assert found.columns[0] == ("text" if is_text else first)
    texts_read = [first] * is_text + ["beach sun wave", "loan and rate share"]
    assert found.iloc[:, 0].tolist() == texts_read
    assert found["label"].tolist() == ["sea"] * is_text + ["sea", "bank"]


def test_a_row_without_a_text_stays(kept, tmp_path):
    (tmp_path / "new.csv").write_text("id,text\n1,beach\n2,\n3,...\n4,loan\n5,wave\n")
    assert label(kept, tmp_path / "new.csv") == 0
    assert predictions(tmp_path / "new")["label"].tolist() == [
        "sea",
        "unsure",
        "unsure",
        "bank",
        "sea",
    ]


def test_labels_never_overwrite_the_file_that_they_are_for(kept, tmp_path, capsys):
    path = tmp_path / "predictions.csv"
    path.write_text("text\nOne share more\n")
    assert label(kept, path, "--out", tmp_path) == 1
    said = capsys.readouterr().err
    assert "predictions.csv" in said and "--out" in said and said.count("\n") == 1
    assert path.read_text() == "text\nOne share more\n"


def test_labels_in_place_of_earlier_ones_are_announced(kept, tmp_path, capsys):
    for name, replaced in {"one.csv": False, "two.csv": True}.items():
        (tmp_path / name).write_text("text\nOne share more\n")
        assert label(kept, tmp_path / name, "--out", tmp_path / "labels") == 0
        said = capsys.readouterr().out
        assert ("predictions.csv, in place of earlier ones: likeliest is" in said) == replaced


def test_labels_make_no_other_file_of_their_folder_a_result(kept, tmp_path, capsys):
    """classify replaces no report.csv that stood there before, and label its own predictions."""
    own, results = tmp_path / "own.csv", tmp_path / "results"
    OWN.to_csv(own, index=False)
    results.mkdir()
    (results / "report.csv").write_text("mine")
    for _ in range(2):
        assert label(kept, own, "--out", results) == 0
    assert main(["classify", str(own), "--out", str(results)]) == 1
    assert "it has a file report.csv that is no earlier result" in capsys.readouterr().err
    assert (results / "report.csv").read_text() == "mine"


def test_separator_and_encoding_can_be_given(kept, tmp_path, capsys):
    (tmp_path / "new.csv").write_bytes("name\ttext\nA\tbeach; sun, \xa3\xe5\n".encode("latin-1"))
    assert label(kept, tmp_path / "new.csv", "--separator", "tab", "--encoding", "latin-1") == 0
    assert "tab-separated" in capsys.readouterr().out
    row = predictions(tmp_path / "new").iloc[0]
    assert row.tolist()[:3] == ["A", "beach; sun, £å", "sea"] and row["label"] == "sea"


@pytest.mark.parametrize("made", [{}, {"kept_model.json": '{"texts": ["a"], "threshold": 0.1}'}])
def test_what_is_no_kept_model_is_refused_in_one_sentence(made, tmp_path, capsys):
    (tmp_path / "new.csv").write_text("text\nOne share more\n")
    for name, content in made.items():
        (tmp_path / name).write_text(content)
    assert label(tmp_path, tmp_path / "new.csv") == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "python -m owndata classify FILE" in said
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("options, said", [
    (["--text", "c"], "--text to one of a, b"),
    (["--genre", "c"], "--genre to one of a, b"),
    (["--language", "klingon"], "language to one of none, arabic"),
])  # fmt: skip
def test_errors_name_the_options(options, said, tmp_path, capsys):
    (tmp_path / "own.csv").write_text(
        "a,b\n" + "".join(f"nice words of {n},{n % 2}\n" for n in range(40))
    )
    assert main(["classify", str(tmp_path / "own.csv"), *options]) == 1
    captured = capsys.readouterr().err
    assert said in captured and captured.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_a_file_of_one_column_is_refused_with_what_helps(tmp_path, capsys):
    (tmp_path / "own.csv").write_text("text\nnice beach\nnice loan\n")
    assert main(["classify", str(tmp_path / "own.csv")]) == 1
    said = capsys.readouterr().err
    assert "one column: put labels into a second column, or set --separator." in said
    assert "--no-labels" not in said


def test_what_is_in_the_way_is_known_before_the_work(fast, tmp_path, capsys):
    own = tmp_path / "own.csv"
    OWN.to_csv(own, index=False)
    results = tmp_path / "results"
    for name in ("report.csv", FOLDER):
        (results / name).mkdir(parents=True)
        assert main(["classify", str(own), "--out", str(results)]) == 1
        captured = capsys.readouterr()
        assert name in captured.err and "--out" in captured.err and "fits" not in captured.out
        (results / name).rmdir()


@pytest.mark.parametrize("marked", [False, True])
def test_a_readers_own_folder_is_neither_used_nor_removed(fast, marked, kept, tmp_path, capsys):
    """Also where labels were written beside it before."""
    own, results = tmp_path / "own.csv", tmp_path / "results"
    OWN.to_csv(own, index=False)
    (results / "unfinished").mkdir(parents=True)
    (results / "unfinished" / "novel.txt").write_text("mine")
    if marked:
        assert label(kept, own, "--out", results) == 0
    assert main(["classify", str(own), "--out", str(results)]) == 1
    captured = capsys.readouterr()
    assert "it has unfinished" in captured.err and " fits;" not in captured.out
    assert (results / "unfinished" / "novel.txt").read_text() == "mine"


def test_a_label_run_with_a_pipeline_loads_no_tensorflow(kept, tmp_path):
    (tmp_path / "new.csv").write_text("text\nbeach and sun\nloan\n")
    code = (
        "import sys; from owndata.cli import main;"
        "done = main(sys.argv[1:]); print(done, 'tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    command = [sys.executable, "-c", code, "label", "--model", kept, tmp_path / "new.csv"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 False False" and done.stderr == ""


def test_a_disk_that_fills_up_at_the_end_loses_no_fit(fast, tmp_path, capsys, monkeypatch):
    """The same command, once there is room, takes the finished fits up again."""
    own = tmp_path / "own.csv"
    OWN.to_csv(own, index=False)
    moved = os.replace

    def full(source, target):
        if Path(target).name == "report.csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        moved(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert main(["classify", str(own)]) == 1
    captured = capsys.readouterr()
    assert "No space left on device" in captured.err and captured.err.count("\n") == 1
    assert main(["classify", str(own)]) == 0
    said = capsys.readouterr().out
    assert "first split: 7 fits; 7 of them were done in an interrupted run" in said
    assert not (tmp_path / "own" / "unfinished").exists()
    assert np.isfinite(pd.read_csv(tmp_path / "own" / "report.csv")["accuracy"]).all()


def test_texts_of_many_kinds_are_compared_and_kept(monkeypatch, tmp_path, capsys):
    """Copies, long ones, code, formulas, line ends inside words, marks, quotes, several scripts."""
    topics = {
        "été": "plage soleil mer sable vague".split(),
        "Wirtschaft": "Bank Zins Aktie Börse Kredit".split(),
        "accuracy": "oil salt pan egg".split(),
    }
    rng = np.random.default_rng(0)
    rows = [(" ".join(rng.choice(words, 8)), genre)
            for genre, words in topics.items() for _ in range(30)]  # fmt: skip
    rows += rows[:20] + [("long " * 400, "accuracy"), ('with "quotes", commas', "accuracy")]
    odd = ["<script>alert(1)</script> egg", "=1+1 egg", "\x07\x1b[31mred", "$x$ _a_ `b`"]
    odd += ["two\nlines", "“Österreich’s” ÖSTERREICH", "well\x85done well evil\u2028evil well"]
    odd += ["বিদ্যালয় শিক্ষক বিদ্যালয়", "مُحَمَّد", "银行 球队"]
    rows += [(text, "accuracy") for text in odd]
    own = tmp_path / "eigene Texte é.csv"
    pd.DataFrame(rows, columns=["text", "genre"]).to_csv(own, index=False)
    before, usual = own.read_bytes(), models.candidates
    monkeypatch.setattr(
        models, "candidates", lambda *job: {name: usual(*job)[name] for name in models.FEW}
    )
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert main(["classify", str(own), "--label", str(own)]) == 0
    assert own.read_bytes() == before
    report = pd.read_csv(tmp_path / own.stem / "report.csv", index_col="model")
    assert report.loc["TF-IDF, logistic regression", "accuracy"] > 0.8 and len(report) == 7
    assert len(predictions(tmp_path / own.stem)) == len(rows)
    assert "122 of 122 texts" in capsys.readouterr().out


@pytest.mark.verify
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL and process groups are POSIX's")
def test_a_whole_run_that_is_killed_goes_on_and_opens_no_connection(tmp_path):
    """All models of a quick run; the second run takes up what the first has done."""
    OWN.to_csv(tmp_path / "own.csv", index=False)
    environment = guarded(tmp_path) | {"LOKY_MAX_CPU_COUNT": "2"}
    environment["PYTHONPATH"] += os.pathsep + str(ROOT)
    command = [sys.executable, "-m", "owndata", "classify", "own.csv", "--label", "own.csv"]
    options = {"cwd": tmp_path, "env": environment, "text": True}
    cut = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **options,
    )
    for line in cut.stdout:
        if line.startswith("further splits"):
            break
    os.killpg(cut.pid, signal.SIGKILL)
    cut.wait()
    done = subprocess.run(command, capture_output=True, **options)
    assert done.returncode == 0 and done.stderr == ""
    assert "first split: 15 fits; 15 of them were done in an interrupted run" in done.stdout
    assert len(pd.read_csv(tmp_path / "own" / "report.csv")) == 11
    assert not (tmp_path / "calls").exists()
