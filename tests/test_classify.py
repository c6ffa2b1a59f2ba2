"""classify.py: what it writes, that the kept model labels another file alike, its refusals."""

import numpy as np
import pandas as pd
import pytest
from conftest import TEXT_NOTEBOOK

import classify
from notebook_code import build, definition_cells

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
    fresh[["Headline"]].assign(id=range(6)).to_csv(new, index=False)
    before, out = (own.read_bytes(), new.read_bytes()), nb.folder_of(own, tmp_path)
    nb.DATA_CSV = str(own)
    kept = classify.run(nb, own, out)
    nb.label_file(kept, new, out)
    said = capsys.readouterr().out
    assert "132 of 132 texts are compared" in said and "chosen by the macro-F1 on the validation texts" in said
    assert (own.read_bytes(), new.read_bytes()) == before and out == tmp_path / "own"
    labels = pd.read_csv(out / "predictions.csv")
    assert labels["text"].tolist() == fresh["Headline"].tolist()
    assert labels["likeliest"].tolist() == fresh["Category"].tolist() and labels["probability"].between(0.33, 1).all()
    assert (labels["label"].eq("unsure") | labels["label"].eq(labels["likeliest"])).all()
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


def test_a_file_of_new_texts_is_not_written_to(nb, tmp_path):
    (tmp_path / "predictions.csv").write_text("text\nOne text more\n")
    with pytest.raises(ValueError, match="would be overwritten by its labels: rename it"):
        nb.label_file(tmp_path / "kept_model.json", tmp_path / "predictions.csv", tmp_path)
