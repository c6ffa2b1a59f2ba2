"""classify.py: what it writes, that the kept model labels another file alike, its refusals."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, TEXT_NOTEBOOK

import classify
from notebook_code import build, definition_cells, in_options

WORDS = {"sea": "beach sun wave sand shell", "bank": "loan rate share credit fund", "kitchen": "oil salt pan egg flour"}


@pytest.fixture
def nb(monkeypatch):
    """The definitions in a module of its own, since a run sets constants that other tests read; three fast models."""
    nb = build("definitions of classify", definition_cells(TEXT_NOTEBOOK))
    nb.FEW = ["majority class", "TF-IDF, logistic regression", "1-3-grams, linear SVM"]
    nb.NET_GRIDS, nb.VARIANTS, nb.EPOCHS = {"order-free net": nb.MEAN_GRID}, nb.MEAN_GRID, 2
    return nb


def texts(sizes, seed=0):
    rng = np.random.default_rng(seed)
    rows = [
        (" ".join(["the", *rng.choice(WORDS[genre].split(), 6), str(n)]), genre) for genre, k in sizes.items() for n in range(k)
    ]
    return pd.DataFrame(rows, columns=["Headline", "Category"])


def test_a_file_is_compared_learned_kept_and_used(nb, tmp_path, capsys):
    own, new = tmp_path / "own.tsv", tmp_path / "new.csv"
    texts({"sea": 60, "bank": 60, "kitchen": 12}).to_csv(own, sep="\t", index=False)
    fresh = texts({"sea": 3, "bank": 3}, seed=1)
    fresh = fresh.assign(id=[f"0{n}" for n in range(6)], label="known").drop(columns="Category").assign(genre=fresh["Category"])
    fresh.to_csv(new, index=False)
    before, out = (own.read_bytes(), new.read_bytes()), nb.folder_of(own, tmp_path)
    nb.DATA_CSV = str(own)
    kept = classify.run(nb, own, out)
    nb.label_file(kept, new, out)
    said = capsys.readouterr().out
    assert "132 of 132 texts are compared" in said and "chosen by the macro-F1 on the validation texts" in said
    assert (own.read_bytes(), new.read_bytes()) == before and out == tmp_path / "own"
    assert "words are not stemmed" in said or "words are stemmed as English" in said
    assert "Comparing 5 models on 2 splits" in said
    assert ("whoever gets it can read them" in said) == (kept.suffix == ".json")
    labels = pd.read_csv(out / "predictions.csv", dtype={"id": str})
    pd.testing.assert_frame_equal(labels.iloc[:, :4], fresh)
    assert labels.columns[4:].tolist() == ["label_2", "likeliest", "probability"]
    assert labels["likeliest"].tolist() == fresh["genre"].tolist() and labels["probability"].between(0.33, 1).all()
    assert (labels["label_2"].eq("unsure") | labels["label_2"].eq(labels["likeliest"])).all()
    scores = pd.read_csv(out / "report.csv", index_col="model")
    assert scores.loc["majority class", "accuracy"] < 0.5 < scores.iloc[0]["low"]
    assert (scores["low"] <= scores["accuracy"]).all() and (scores["accuracy"] <= scores["high"]).all() and len(scores) == 5
    other = build("another session", definition_cells(TEXT_NOTEBOOK))
    again = other.label_file(kept, new, tmp_path / "again")
    pd.testing.assert_frame_equal(again, labels, check_dtype=False, atol=1e-5)


def test_scores_are_those_of_the_notebook(nb):
    """By its own functions, on the same splits, with the same settings."""
    few = texts({"sea": 40, "bank": 40}).set_axis(["text", "genre"], axis=1)
    trials = [nb.draw_split(few, seed) for seed in (0, 1)]
    nb.QUICK, nb.DATA_CSV = True, "own.csv"
    chosen, outcomes = classify.compare(nb, trials)
    table = classify.report(nb, trials, outcomes, False)
    name = "TF-IDF, logistic regression"
    direct = [nb.score(trial, nb.fit_model(name, chosen[name], trial, seed)) for seed, trial in enumerate(trials)]
    assert table.loc[name, "accuracy"] == pytest.approx(np.mean([one["accuracy"] for one in direct]))
    assert np.isnan(table.loc["1-3-grams, linear SVM", "log_loss"])


def test_splits_share_no_text_and_the_interval_is_wilsons(nb):
    first, second = classify.splits(nb, texts({"sea": 50, "bank": 50}).set_axis(["text", "genre"], axis=1), 2)
    parts = [set(table.loc[table["split"] == part, "pair"]) for table in (first, second) for part in ("test", "validation")]
    assert [len(part) for part in parts] == [20] * 4 and len(set.union(*parts)) == 80
    low, high = classify.text_interval(0.9, 40)  # by the formula
    middle, half = (0.9 + 1.96**2 / 80) / (1 + 1.96**2 / 40), 1.96 / (1 + 1.96**2 / 40) * (0.09 / 40 + 1.96**2 / 6400) ** 0.5
    assert (low, high) == pytest.approx((middle - half, middle + half), abs=1e-4)


@pytest.mark.parametrize("content, said", [("text,genre\n", "no rows"), ("text,genre\none,a\ntwo,b\n", "labels")])
def test_what_cannot_be_learned_is_refused_in_one_sentence(content, said, nb, tmp_path):
    (tmp_path / "own.csv").write_text(content)
    with pytest.raises(ValueError, match=said):
        classify.run(nb, tmp_path / "own.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def recipe(nb, path):
    """A kept model of three genres in `path`, never unsure of a text whose words it knows."""
    table = texts({"sea": 20, "bank": 20, "kitchen": 20}).set_axis(["text", "genre"], axis=1)
    settings = {"model": "TF-IDF, logistic regression", "settings": {}, "seed": 0, "language": "english"}
    nb.keep_recipe(path, settings | {"names": sorted(WORDS), "temperature": 1.0, "threshold": 0.0}, table)
    return path


@pytest.mark.parametrize("content, columns", [
    ("Nice beach and sun and a wave on the sand again\nA loan rate\n", ["text"]),
    ("Comment\n\"Nice beach, and sun\"\nA loan rate\n", ["Comment"]),
    ("likeliest;id;likeliest_2;text\n1;007;x;Nice beach and sun\n2;;y;A loan rate\n", ["likeliest", "id", "likeliest_2", "text"]),
])  # fmt: skip
def test_the_columns_of_a_file_stay_and_names_that_are_taken_get_a_number(content, columns, nb, tmp_path):
    new = tmp_path / "new.csv"
    new.write_text(content)
    nb.label_file(recipe(nb, tmp_path / "kept_model.json"), new, tmp_path)
    labels = pd.read_csv(tmp_path / "predictions.csv", dtype=str, na_filter=False)
    last = "likeliest_2_2" if "id" in columns else "likeliest"
    assert list(labels) == [*columns, "label", last, "probability"] and new.read_text() == content
    assert labels[last].tolist() == labels["label"].tolist() == ["sea", "bank"]
    if "id" in columns:
        assert labels["id"].tolist() == ["007", ""] and labels["likeliest"].tolist() == ["1", "2"]
    else:
        assert labels[columns[0]].str.contains("^Nice beach,? and sun|^A loan rate$").all()


def test_labels_never_overwrite_the_file_that_they_are_for(nb, tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text("text\nOne share more\n")
    with pytest.raises(ValueError, match="would be overwritten by its labels: rename it"):
        nb.label_file(recipe(nb, tmp_path / "kept_model.json"), path, tmp_path)
    assert path.read_text() == "text\nOne share more\n"


def test_labels_that_take_the_place_of_earlier_ones_are_announced(nb, tmp_path, capsys):
    kept = recipe(nb, tmp_path / "kept_model.json")
    for name, replaced in {"one.csv": False, "two.csv": True}.items():
        (tmp_path / name).write_text("text\nOne share more\n")
        nb.label_file(kept, tmp_path / name, tmp_path)
        assert ("predictions.csv, in place of earlier ones" in capsys.readouterr().out) == replaced


@pytest.mark.parametrize("name", ["clause bags, random forest", "1-3-grams, linear SVM", "weighted clauses, logistic regression"])
def test_a_kept_recipe_is_unsure_of_a_text_whose_words_it_does_not_know(name, nb, tmp_path):
    path = recipe(nb, tmp_path / "kept_model.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model": name}))
    labels = nb.label_texts(path, ["", "...", "Qwertz uiop!", "Qwertz, beach!", "beaches"])["label"]
    assert labels.tolist() == ["unsure"] * 3 + ["sea", "unsure" if "weighted" in name else "sea"]  # these read no stems


def test_errors_name_the_options_of_the_script(nb, tmp_path):
    (tmp_path / "own.csv").write_text("a,b\n" + "nice words,1\nother words,2\n" * 9)
    said = {}
    for text, label in (("c", ""), ("", "c")):
        with pytest.raises(ValueError) as raised:
            nb.read_texts(tmp_path / "own.csv", text, label)
        said[text] = in_options(str(raised.value), classify.OPTIONS)
    assert said["c"].endswith("set --text to one of a, b.") and said[""].endswith("set --genre to one of a, b.")
    assert in_options("set SEPARATOR, another OUTPUT_DIR", classify.OPTIONS) == "set --separator, another --out"
    assert in_options("MY_SEPARATOR.csv", classify.OPTIONS) == "MY_SEPARATOR.csv"


def test_a_kept_model_is_found_in_its_folder_and_what_is_none_is_refused_at_once(nb, tmp_path):
    kept = recipe(nb, tmp_path / "kept_model.json")
    assert classify.find_kept(tmp_path) == classify.find_kept(kept) == kept
    (tmp_path / "empty").mkdir()
    (tmp_path / "other.json").write_text("[1]")
    (tmp_path / "other.keras").write_text("text")
    for name in ("empty", "nowhere", "nowhere.keras", "other.json", "other.keras"):
        with pytest.raises(ValueError, match="is no kept model: give kept_model.json or kept_model.keras, or the folder"):
            classify.find_kept(tmp_path / name)
    (tmp_path / "net").mkdir()
    zipfile.ZipFile(tmp_path / "net" / "kept_model.keras", "w").close()
    assert classify.find_kept(tmp_path / "net").name == "kept_model.keras"
    run = [sys.executable, "classify.py", "--model", str(tmp_path / "nowhere"), "--label", "new.csv"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode and done.stderr.count("\n") == 1 and "TensorFlow" not in done.stdout


@pytest.mark.parametrize("name, first", [("new.txt", "sun and sand"), ("new.txt", "text"), ("new.csv", "Kommentar")])
def test_the_first_line_of_a_list_is_a_text_unless_it_is_a_name(name, first, nb, tmp_path):
    (tmp_path / name).write_text(f"{first}\nbeach sun wave\nloan and rate share\n")
    labels = nb.label_file(recipe(nb, tmp_path / "kept_model.json"), tmp_path / name, tmp_path)
    is_text = first == "sun and sand"
    assert labels.columns[0] == ("text" if is_text else first)
    assert labels.iloc[:, 0].tolist() == [first] * is_text + ["beach sun wave", "loan and rate share"]
    assert labels["label"].tolist() == ["sea"] * is_text + ["sea", "bank"]


def test_separator_and_encoding_can_be_given(nb, tmp_path):
    recipe(nb, tmp_path / "kept_model.json")
    (tmp_path / "new.csv").write_bytes("name\ttext\nA\tbeach; sun, \xa3\xe5\n".encode("latin-1"))
    run = [sys.executable, "classify.py", "--model", tmp_path, "--label", tmp_path / "new.csv", "--out", tmp_path]
    done = subprocess.run([*run, "--separator", "tab", "--encoding", "latin-1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "read as tab-separated latin-1; text text" in done.stdout, done.stderr
    labels = pd.read_csv(tmp_path / "predictions.csv")
    assert labels.iloc[0, :4].tolist() == ["A", "beach; sun, £å", "sea", "sea"]
