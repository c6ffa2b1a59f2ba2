"""owndata.Kept: what is kept, that it labels alike elsewhere, that it holds no text; refusals."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from own_texts import texts
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline

from owndata import classify, keep, models, pipelines
from owndata.classify import Work
from owndata.errors import Unclear
from owndata.keep import FACTS, FOLDER, Facts, Kept, TrainedPipeline
from owndata.measures import cool
from owndata.words import classify as words

ROOT = Path(__file__).parents[2]
OWN = texts({"sea": 30, "bank": 30, "kitchen": 30})
NEW = ["A beach, and sun and waves!", "loan at a rate", "ΟΔΟΣ egg", "", "...", "Qwertz uiop!"]
IN_ANOTHER_PROCESS = """
import json, sys
from owndata.keep import Kept
found = [Kept.load(folder).predict(json.loads(sys.argv[1])).to_dict("list") for folder in sys.argv[2:]]
print(json.dumps([found, "tensorflow" in sys.modules]))
"""
KEPT = [name for name in models.make_rivals("none") if name != models.MAJORITY]


def facts(name="TF-IDF, logistic regression", language="english", **others):
    usual = dict(
        kind="pipeline", model=name, settings={}, names=["bank", "kitchen", "sea"], temperature=1.0,
        threshold=0.0, unsure=0.05, language=language, most_words=200, texts={"sea": 30},
        versions=models.versions(),
    )  # fmt: skip
    return Facts(**usual | others)


def trained(name="TF-IDF, logistic regression", language="english", table=OWN, **others):
    """A kept pipeline, not saved yet."""
    pipeline = models.fit_to_keep(name, {}, table, 0, language)["pipeline"]
    temperature = others.get("temperature", 1.0)
    return Kept(facts(name, language, **others), TrainedPipeline(pipeline, temperature))


def elsewhere(new, *folders):
    """[What the kept models in the folders predict], in one other process; whether it loaded
    TensorFlow."""
    run = [sys.executable, "-W", "error", "-c", IN_ANOTHER_PROCESS, json.dumps(new), *folders]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(list(map(str, run)), env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found, loaded = json.loads(done.stdout.splitlines()[-1])
    return [pd.DataFrame(one) for one in found], loaded


def unpacked(folder):
    """The bytes of all files in a folder, those of archives unpacked."""
    parts = []
    for path in folder.rglob("*"):
        if path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                parts += [archive.read(name) for name in archive.namelist()]
        elif path.is_file():
            parts.append(path.read_bytes())
    return b"\n".join(parts)


def assert_holds_no_text(folder, table):
    """Not as it was, nor as its words or stems with blanks between."""
    held = unpacked(folder).lower()
    for text in table["text"]:
        stemmed = " ".join(models.stems(text, "english"))
        for form in (text.lower(), stemmed, "\\n".join(stemmed.split())):
            assert form.encode() not in held


def test_every_rival_is_kept_without_a_text_and_labels_alike_elsewhere(tmp_path):
    kept = {name: trained(name, temperature=1.5, threshold=0.4) for name in KEPT}
    folders = [kept[name].save(tmp_path / str(number)) for number, name in enumerate(KEPT)]
    found, loaded_tensorflow = elsewhere(NEW, *folders)
    assert not loaded_tensorflow
    for name, folder, table in zip(KEPT, folders, found, strict=True):
        expected = kept[name].predict(NEW)
        assert table["label"].tolist() == expected["label"].tolist(), name
        np.testing.assert_allclose(table["probability"], expected["probability"], atol=2e-6)
        assert sorted(path.name for path in folder.iterdir()) == [FACTS, "model.skops"]
        assert_holds_no_text(folder, OWN)


def test_the_answers_are_those_of_the_pipeline_at_the_temperature():
    kept = trained(temperature=2.0)
    raw = pipelines.probabilities(kept.reader.pipeline, OWN["text"])
    np.testing.assert_allclose(kept.probabilities(OWN["text"]), cool(raw, 2.0))
    table = kept.predict(OWN["text"])
    assert list(table) == ["likeliest", "probability", "label"]
    assert (table["likeliest"] == np.array(kept.names)[raw.argmax(axis=1)]).all()
    assert (table["label"] == table["likeliest"]).all()
    assert kept.predict([]).empty


SOME = [name for name in models.FEW if name != models.MAJORITY]


@pytest.mark.parametrize("name", SOME)
def test_it_is_unsure_of_a_text_whose_words_it_does_not_know(name):
    table = trained(name).predict(["", "...", "Qwertz uiop!", "beaches", "Qwertz, beach!"])
    unsure = table["label"] == "unsure"
    assert unsure.tolist() == [True] * 3 + [name == models.WEIGHTED, False]  # it reads no stems


def test_what_is_no_text_is_unsure_and_a_single_text_is_refused():
    kept = trained()
    assert kept.predict([None, float("nan"), 3])["label"].tolist() == ["unsure"] * 3
    with pytest.raises(TypeError, match="give a list of texts"):
        kept.predict("beach sun wave")


def test_it_is_unsure_below_its_threshold():
    table = trained(threshold=0.9).predict(["beach sun wave sand shell", "beach loan oil"])
    assert (
        table["label"].tolist() == ["sea", "unsure"]
        and table["likeliest"][1] in OWN["genre"].values
    )


def test_two_kept_models_of_two_languages_live_in_one_process(tmp_path):
    rows = [("Häuser und Gärten", "home"), ("Banken mit Zinsen", "money")] * 15
    german = pd.DataFrame(rows, columns=["text", "genre"])
    two = {"german": german, "english": OWN}
    folders = [
        trained(language=language, table=table, names=sorted(set(table["genre"]))).save(
            tmp_path / language
        )
        for language, table in two.items()
    ]
    new = ["Haus", "houses", "beaches", "Gartens", "Bank"]
    together, _ = elsewhere(new, *folders)
    assert together[0]["label"].tolist() == ["home", "unsure", "unsure", "home", "money"]
    assert together[1]["label"].tolist() == ["unsure", "unsure", "sea", "unsure", "unsure"]


def test_a_large_vocabulary_is_small_on_the_disk(tmp_path):
    rng = np.random.default_rng(0)
    rows = [(" ".join(f"w{n}" for n in rng.integers(0, 30_000, 40)), genre)
            for genre in ("bank", "kitchen", "sea") for _ in range(200)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["text", "genre"])
    kept = trained("1-3-grams, linear SVM", "none", table)
    grams = len(kept.reader.pipeline["features"].vocabulary_)
    folder = kept.save(tmp_path)
    assert grams > 50_000 and (folder / "model.skops").stat().st_size < 60 * grams
    assert isinstance(kept.reader.pipeline["features"].vocabulary_, dict)  # as it was


# Kept networks, and a comparison from end to end.


def test_a_comparison_keeps_its_best_network(tmp_path):
    """The mean of its runs, retrained on all texts; the same in another process; without texts."""
    plan = classify.make_plan(OWN, full=True, splits_wanted=2, most_epochs=2)
    settings = {"reader": "mean of words", "learning_rate": 0.05}
    plan = dataclasses.replace(plan, grids={"LSTM": [settings]})
    trials = classify.splits.at_random(plan.compared, 2, 0)
    one = models.fit_model("LSTM", settings, trials[0], 0, plan.options)
    found = classify.Comparison(
        plan, trials, {"LSTM": settings}, {"LSTM": [one, one]}, pd.DataFrame(),
        pd.DataFrame({"accuracy": [1.0]}, index=["LSTM"]), {},
    )  # fmt: skip
    kept = found.keep(tmp_path, Work(processes=1))
    assert kept.facts.kind == "network" and kept.names == ["bank", "kitchen", "sea"]
    assert kept.facts.texts == {"sea": 30, "bank": 30, "kitchen": 30}
    assert sorted(path.name for path in kept.folder.iterdir()) == [FACTS, "model.keras"]
    (table,), loaded_tensorflow = elsewhere(NEW, tmp_path)
    assert loaded_tensorflow
    expected = kept.predict(NEW)
    assert table["label"].tolist() == expected["label"].tolist()
    assert table["label"].tolist()[3:] == ["unsure"] * 3
    np.testing.assert_allclose(table["probability"], expected["probability"], atol=1e-5)
    assert_holds_no_text(kept.folder, OWN)


# What is no kept model, or none of this version.


def test_it_is_found_by_its_folder_the_one_around_it_or_a_file_in_it(tmp_path):
    folder = trained().save(tmp_path)
    for path in (tmp_path, folder, folder / FACTS, folder / "model.skops"):
        assert Kept.load(path).facts == dataclasses.replace(
            facts(), sha256=keep.digest(folder / "model.skops")
        )
    (folder / "mine.txt").write_text("mine")
    others = tmp_path / "nowhere", folder / "nonsense", folder / "mine.txt", ROOT / "README.md"
    for path in others:
        with pytest.raises(Unclear, match="there is no kept model in a folder called kept_model"):
            Kept.load(path)


@pytest.mark.parametrize("name", ["kept_model.json", "kept_model.keras"])
def test_a_recipe_of_an_earlier_version_is_refused_with_the_way_to_a_new_one(name, tmp_path):
    (tmp_path / name).write_text(json.dumps({"texts": ["one"], "threshold": 0.5}))
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(Unclear) as caught:
            Kept.load(path)
        said = str(caught.value)
        assert "of an earlier version" in said and "python -m owndata classify FILE" in said
        assert "\n" not in said


def change_facts(folder, **changes):
    path = folder / FACTS
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("spoil, said", [
    (lambda folder: (folder / "model.skops").write_bytes(b"half"), "is not the one that was kept"),
    (lambda folder: (folder / "model.skops").unlink(), "is not the one that was kept"),
    (lambda folder: (folder / FACTS).write_text("[]"), "cannot be read by this version"),
    (lambda folder: change_facts(folder, format=99), "cannot be read by this version"),
    (lambda folder: change_facts(folder, kind="other"), "cannot be read by this version"),
])  # fmt: skip
def test_what_is_not_whole_or_of_another_format_is_refused(spoil, said, tmp_path):
    folder = trained().save(tmp_path)
    spoil(folder)
    with pytest.raises(Unclear, match=said):
        Kept.load(tmp_path)


def test_a_model_of_an_earlier_format_is_refused_with_the_way_to_a_new_one(tmp_path):
    folder = trained().save(tmp_path)
    change_facts(folder, format=1)
    with pytest.raises(Unclear) as caught:
        Kept.load(tmp_path)
    said = str(caught.value)
    assert "it is a kept model of an earlier version" in said and "classify FILE" in said
    assert "\n" not in said


class NotTrusted(DummyClassifier):
    """A class that no kept model holds."""


def test_a_file_that_holds_other_types_is_refused(tmp_path):
    folder = trained().save(tmp_path)
    skops.io.dump(Pipeline([("model", NotTrusted())]), folder / "model.skops")
    change_facts(folder, sha256=keep.digest(folder / "model.skops"))
    with pytest.raises(Unclear, match="cannot be read here .UntrustedTypesFoundException"):
        Kept.load(tmp_path)


def test_other_versions_are_told_in_one_sentence_and_it_goes_on(tmp_path):
    trained().save(tmp_path)
    assert words.changed(Kept.load(tmp_path)) == ""
    made = models.versions() | {"scikit-learn": "1.4.2", "numpy": "1.0", "keras": "2.1"}
    change_facts(tmp_path / FOLDER, versions=made)
    kept = Kept.load(tmp_path)
    assert kept.changed == {"scikit-learn": ("1.4.2", models.versions()["scikit-learn"])}
    said = words.changed(kept)
    assert said.count(".\n") == 0 and "scikit-learn 1.4.2, here" in said
    assert len(kept.predict(NEW)) == len(NEW)


# It is written whole or not at all.


def test_an_earlier_model_is_replaced_or_stays_as_it_was(tmp_path, monkeypatch):
    trained().save(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / FOLDER).iterdir()}
    other = trained("BoW, logistic regression")

    def full(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(other.reader, "save", full)
        with pytest.raises(Unclear, match="could not be written .No space left on device."):
            other.save(tmp_path)
    after = {path.name: path.read_bytes() for path in (tmp_path / FOLDER).iterdir()}
    assert after == before and [path.name for path in tmp_path.iterdir()] == [FOLDER]
    other.save(tmp_path)
    assert Kept.load(tmp_path).facts.model == "BoW, logistic regression"
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


def test_if_the_new_folder_cannot_take_the_place_the_earlier_one_comes_back(tmp_path, monkeypatch):
    trained().save(tmp_path)
    moved = os.replace

    def replace(source, target):
        if Path(target).name == FOLDER and "before" not in str(source):
            raise OSError(13, "Permission denied")
        moved(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(Unclear, match="Permission denied"):
            trained("BoW, logistic regression").save(tmp_path)
    assert Kept.load(tmp_path).facts.model == "TF-IDF, logistic regression"
    assert [path.name for path in tmp_path.iterdir()] == [FOLDER]


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_is_no_kept_model_is_never_replaced(is_folder, tmp_path):
    place = tmp_path / FOLDER
    if is_folder:
        place.mkdir()
        (place / "mine.txt").write_text("mine")
    else:
        place.write_text("mine")
    with pytest.raises(Unclear, match="something called kept_model is in the way") as caught:
        trained().save(tmp_path)
    assert caught.value.option == "out"
    assert (place / "mine.txt" if is_folder else place).read_text() == "mine"
    shutil.rmtree(place, ignore_errors=True)
