"""The later chapters of notebook 2: controls, learning curve, saliency, calibration, the kept model, a reader's file."""

import ast
import inspect
import io
import json
import os
import subprocess
import sys

import keras
import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from conftest import REDUCED, ROOT, TEXT_NOTEBOOK, load_definitions, read_notebook
from hypothesis import given
from hypothesis import strategies as st

from notebook_code import build, definition_cells

nb = load_definitions(TEXT_NOTEBOOK)


@pytest.fixture(scope="module")
def corpus():
    table = nb.make_corpus(11, train=240, validation=80, test=80)
    return table.assign(stems=table["text"].map(nb.preprocess), clause_bags=table["text"].map(nb.clause_bags))


def test_shuffling_keeps_the_words_and_loses_the_order(corpus):
    shuffled = nb.shuffle_words(corpus, 0)
    assert shuffled["text"].map(str.split).map(sorted).equals(corpus["text"].map(str.split).map(sorted))
    assert (shuffled["text"] != corpus["text"]).mean() > 0.99


def test_cutting_the_connectives_leaves_the_clauses_in_their_order(corpus):
    cut = nb.cut_connectives(corpus)
    for before, after, clauses in zip(corpus["text"], cut["text"], corpus["clauses"], strict=True):
        assert sorted(after.split(". ")) == sorted(clauses)
        places = [before.lower().index(clause.lower()) for clause in after.split(". ")]
        assert places == sorted(places)


def test_a_pattern_is_what_is_left_without_the_clauses(corpus):
    for row in corpus[corpus["kind"] == "crossover"].head(40).itertuples():
        inside = nb.pattern_words(row)
        assert len(inside) == len(row.text.split())
        assert (~inside).sum() == sum(len(clause.split()) for clause in row.clauses)


def test_first_and_last_clause_are_marked():
    bags = nb.clause_bags("Although the bank paid, the team won.").split()
    assert bags[:2] == ["although_first", "the_first"] and bags[-1] == "won_last"
    assert nb.clause_bags("") == "" and nb.clause_bags("Ten points") == "ten_first point_first ten_last point_last"


@given(st.just(nb.make_corpus(11, train=240, validation=80, test=80)), st.integers(0, 1000), st.sampled_from([30, 60, 120, 240]))
def test_a_subset_keeps_pairs_whole_and_the_test_part(table, seed, size):
    part = nb.subset(table, size, seed)
    assert nb.part_of(part, "test").equals(nb.part_of(table, "test"))
    assert size - 1 <= len(nb.part_of(part, "train")) <= size
    assert len(nb.part_of(part, "validation")) <= max(size // 3, 30)
    sizes = part[part["kind"] == "crossover"].groupby("pair").size()
    assert (sizes == 2).all()
    assert nb.genre_names(part) == nb.genre_names(table)


@pytest.mark.parametrize(
    "lstm, expected",
    [([0.1, 0.2, 0.9], 300), ([0.9, 0.9, 0.9], 100), ([0.9, 0.1, 0.1], None), ([0.9, 0.1, 0.9], 300), ([0, 0.6, 0.6], 200)],
)
def test_the_crossing_is_where_the_lstm_stays_ahead(lstm, expected):
    sizes = [100, 200, 300]
    assert nb.crossing(pd.Series(lstm, sizes), pd.Series([0.5, 0.5, 0.5], sizes)) == expected


def test_twins_are_the_same_to_the_order_free_net(corpus):
    inputs, vectoriser = nb.make_inputs(corpus, "mean of words")
    test = nb.part_of(corpus, "test").reset_index(drop=True)
    twins = test[test["kind"] == "crossover"].sort_values("pair").index
    numbers = inputs["test"][0][twins]
    np.testing.assert_array_equal(numbers[::2], numbers[1::2])
    ordered, _ = nb.make_inputs(corpus, "last")
    assert (ordered["test"][0][twins][::2] != ordered["test"][0][twins][1::2]).any(axis=1).all()


@pytest.mark.parametrize("reader", nb.READERS)
def test_every_reader_ignores_padding(reader):
    keras.utils.set_random_seed(0)
    net = nb.make_net(4, reader)
    short = np.array([[5, 9, 2]])
    padded = np.pad(short, ((0, 0), (0, 20)))
    np.testing.assert_allclose(net.predict(short, verbose=0), net.predict(padded, verbose=0), atol=1e-6)


def test_word_vectors_have_one_scale():
    rng = np.random.default_rng(0)
    vectors = nb.word_vectors(rng.integers(1, 400, size=(300, 20)))
    assert vectors.shape == (nb.VOCABULARY_SIZE, nb.EMBEDDING_DIM)
    assert np.sqrt((vectors[1:400] ** 2).mean()) == pytest.approx(0.3, rel=0.02) and (vectors[400:] == 0).all()


def test_saliency_is_the_fall_of_the_log_odds_when_a_word_is_left_out():
    def predict(texts):
        share = np.array([0.2 + 0.3 * text.split().count("goal") for text in texts])
        return np.column_stack([1 - share, share])

    words, values = nb.saliency("goal or no goal", predict)
    assert words == ["goal", "or", "no", "goal"]
    fall = np.log(0.8 / 0.2)
    np.testing.assert_allclose(values, [fall, 0, 0, fall], atol=1e-12)


def test_saliency_compares_with_what_the_net_reads():
    """Of a text that is too long, the words that are listed; and what is no word, such as a dash, is not listed."""

    def predict(texts):
        found = np.array(["goal" in nb.tokenise(text)[: nb.MAX_WORDS] for text in texts])
        return np.column_stack([0.5 + 0.4 * found, 0.5 - 0.4 * found])

    words, values = nb.saliency(" ".join(["word —"] * 110 + ["goal"]), predict)
    assert words == ["word"] * 110 + ["goal"] and values[-1] > 2 and (values[:-1] == 0).all()
    words, values = nb.saliency("word " * 300 + "goal", predict)
    assert len(words) == nb.MAX_WORDS and (values == 0).all()


@given(st.integers(0, 10**6))
def test_the_calibration_error_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    probabilities, truth = rng.dirichlet(np.ones(4), 200), rng.integers(0, 4, 200)
    _, ece = nb.reliability(probabilities, truth)
    sure, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, 16)
    expected = 0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            expected += inside.mean() * abs(hit[inside].mean() - sure[inside].mean())
    assert ece == pytest.approx(expected)


def test_a_sure_and_right_model_is_calibrated():
    table, ece = nb.reliability(np.eye(3)[[0, 1, 2]], np.array([0, 1, 2]))
    assert ece == 0 and list(table["texts"]) == [3]


def test_temperature_finds_what_made_the_model_too_sure(corpus):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 4))
    truth = np.array([rng.choice(4, p=nb.softmax(row)) for row in logits])
    names = np.array(nb.genre_names(corpus))
    table = pd.DataFrame({"genre": names[truth], "split": "validation"})
    too_sure = {"validation": nb.softmax(2 * logits, axis=1)}
    assert nb.best_temperature(table, too_sure) == pytest.approx(2, rel=0.1)
    cooled = nb.cool(too_sure["validation"], 2)
    np.testing.assert_allclose(cooled, nb.softmax(logits, axis=1), atol=1e-6)


def test_choice_is_by_validation_log_loss_and_the_svm_by_accuracy(corpus):
    truth = np.eye(4)[np.searchsorted(nb.genre_names(corpus), nb.part_of(corpus, "validation")["genre"])]
    good, better = 0.7 * truth + 0.075 * (1 - truth) / 0.75, 0.9 * truth + 0.1 / 3 * (1 - truth)
    wrong = np.roll(better, 1, axis=1)
    jobs = [(name, {"place": place}, corpus, 0) for name in ("net", "linear SVM") for place in range(3)]
    outcomes = [{"validation": values} for values in (wrong, good, better)] * 2
    assert nb.choose(jobs, outcomes) == {"net": {"place": 2}, "linear SVM": {"place": 1}}


def test_errors_are_the_most_confident_mistakes(corpus):
    rng = np.random.default_rng(0)
    outcome = {"test": rng.dirichlet(np.ones(4), 80)}
    table = nb.errors(corpus, outcome, 5)
    assert len(table) == 5 and (table["genre"] != table["guess"]).all()
    assert table["p_guess"].is_monotonic_decreasing and (table["p_guess"] > table["p_right"]).all()


def test_the_kept_model_gives_the_same_probabilities_in_a_fresh_process(corpus, tmp_path):
    """A session that has the definition of `only_words` alone reads the file, capitals, quotes and marks included."""
    keras.utils.set_random_seed(0)
    vectoriser, net = nb.make_vectoriser([*nb.part_of(corpus, "train")["text"], "österreich বিদ্যালয়"]), nb.make_net(4)
    model = keras.Sequential([keras.layers.Input((), dtype="string"), vectoriser, *net.layers])
    model.save(tmp_path / "kept.keras")
    texts = [*corpus["text"].head(5), "", "Größe 東京", "word " * 10_000, "“ÖSTERREICH”", "österreich", "বিদ্যালয়।", "বিদ্যালয়"]
    expected = model.predict(keras.ops.convert_to_tensor(texts, dtype="string"), verbose=0)
    np.testing.assert_array_equal(expected[-4], expected[-3])
    np.testing.assert_array_equal(expected[-2], expected[-1])
    code = (
        "import json, sys, keras, tensorflow as tf\n"
        f"LETTERS, JOINERS = {nb.LETTERS!r}, {nb.JOINERS!r}\n"
        f"{inspect.getsource(nb.only_words)}\n"
        "model = keras.saving.load_model(sys.argv[1])\n"
        "texts = keras.ops.convert_to_tensor(json.loads(sys.argv[2]), dtype='string')\n"
        "print(json.dumps(model.predict(texts, verbose=0).tolist()))"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "kept.keras"), json.dumps(texts)]
    found = json.loads(subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    np.testing.assert_allclose(found, expected, atol=1e-6)


IN_A_NEW_SESSION = """
import json, sys
from pathlib import Path
from conftest import TEXT_NOTEBOOK, load_definitions
nb = load_definitions(TEXT_NOTEBOOK)
table = nb.label_texts(Path(sys.argv[1]), json.loads(sys.argv[2]))
print(table.to_json(orient="split"))
"""


def label_in_a_new_session(path, texts):
    """The table by `label_texts` in a process of its own, which knows the file and the notebook's definitions."""
    run = [sys.executable, "-W", "error::UserWarning:keras", "-c", IN_A_NEW_SESSION, str(path), json.dumps(texts)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    return pd.read_json(io.StringIO(done.stdout.splitlines()[-1]), orient="split")


@pytest.mark.parametrize("readers", [["attention"], ["last", "both directions"]])
def test_a_kept_net_holds_its_labels_temperature_and_threshold(readers, corpus, tmp_path):
    keras.utils.set_random_seed(0)
    vectoriser, nets = nb.make_vectoriser(corpus["text"]), [nb.make_net(4, reader) for reader in readers]
    names = ["Öl", "b", "c d", "e"]
    nb.with_labels(vectoriser, nets, names, 1.5, 0.999).save(tmp_path / "kept_model.keras")
    texts = [*corpus["text"].head(3), ""]
    table = label_in_a_new_session(tmp_path / "kept_model.keras", texts)
    means = np.mean([net.predict(nb.word_numbers(vectoriser, texts), verbose=0) for net in nets], axis=0)
    np.testing.assert_allclose(table[names], nb.cool(means, 1.5), atol=1e-5)
    assert list(table["text"]) == texts and set(table["label"]) == {"unsure"}  # none is as sure as 0.999
    nb.with_labels(vectoriser, nets, names, 1.5, 0.0).save(tmp_path / "kept_model.keras")
    table = nb.label_texts(tmp_path / "kept_model.keras", [*texts, "Qwertz uiop!"])
    assert table["label"].isin(names).tolist() == [True] * 3 + [False] * 2  # two hold no word that it knows


@pytest.mark.parametrize("name", ["1-3-grams, linear SVM", "clause bags, random forest", "weighted clauses, logistic regression"])
def test_a_kept_recipe_gives_the_probabilities_of_the_model(name, corpus, tmp_path):
    train = nb.part_of(corpus, "train")
    recipe = {"model": name, "settings": {}, "seed": 3, "names": nb.genre_names(corpus), "temperature": 1.0, "threshold": 0.0}
    recipe |= {"texts": train["text"].tolist(), "genres": train["genre"].tolist()}
    (tmp_path / "kept_model.json").write_text(json.dumps(recipe), encoding="utf-8")
    test = nb.part_of(corpus, "test")
    table = label_in_a_new_session(tmp_path / "kept_model.json", test["text"].tolist())
    expected = nb.fit_rival(name, {}, corpus, 3)["test"]
    np.testing.assert_allclose(table[nb.genre_names(corpus)], expected, atol=1e-6)
    assert (table["label"].to_numpy() == np.array(nb.genre_names(corpus))[expected.argmax(axis=1)]).all()


def test_with_the_mask_padding_changes_nothing():
    """And without it, it does."""
    table = nb.make_corpus(3, train=64, validation=32, test=4)
    (_, moved), (_, still) = (nb.train_padded(table, masked, 1, 0) for masked in (False, True))
    assert still < 1e-5 < moved


def test_reading_along_ends_with_the_answer_to_the_whole_text(corpus):
    vectoriser, net = nb.make_vectoriser(corpus["text"]), nb.make_net(4)
    words, answers = nb.read_along("The bank, although it", net, vectoriser)
    assert words == ["the", "bank", "although", "it"] and answers.shape == (4, 4)
    predict = nb.texts_to_probabilities(net, vectoriser)
    np.testing.assert_allclose(answers[[1, 3]], predict(["the bank", "the bank although it"]), atol=1e-6)


def test_checks_stop_the_run_or_only_say_so(monkeypatch, capsys):
    with pytest.raises(AssertionError, match="nobody is better"):
        nb.check(False, "nobody is better")
    monkeypatch.setattr(nb, "CHECKS", False)
    nb.check(False, "nobody is better")
    nb.check(True, "all is well")
    assert capsys.readouterr().out == "does not hold here: nobody is better\n"


def test_every_assert_of_the_notebook_says_what_is_claimed():
    asserts, checks = [], []
    for cell in read_notebook(TEXT_NOTEBOOK).cells:
        nodes = list(ast.walk(ast.parse(cell.source))) if cell.cell_type == "code" else []
        asserts += [node for node in nodes if isinstance(node, ast.Assert)]
        checks += [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "check"]
    assert len(asserts) == 1 and len(checks) >= 12 and all(len(call.args) == 2 for call in checks)


def edits():
    """{exercise: [(cell, before, after)]}: the changes that the exercises ask for."""
    att, last = "[Attention(keras.layers.LSTM(units, return_sequences=True))]", "[keras.layers.LSTM(units)]"
    unless = 'PATTERNS = {\n    "unless": (4, ["unless {B}, {M}.", "{M}, unless {B}."]),'
    heading = "PATTERNS = {  # connective: (how often, its patterns); {M} is the main clause, {B} the background"
    return {
        1: [("convolution", last, "[keras.layers.LSTM(units, go_backwards=True)]")],
        2: [("generator", heading, unless)],
        3: [("overlap", '.agg(["median", "max"]).T.round(2)', '.agg(["median", "max"])\ntrials[0] = data = careless')],
        4: [("convolution", att, att.replace("LSTM", "SimpleRNN"))],
        5: [("generator", "crossover=0.6", "crossover=0.1")],
        6: [("grid", 'GRID = [{"learning_rate": 0.002', 'GRID = [{"reader": "both directions", "learning_rate": 0.002')],
        7: [("make-rivals", "ngram_range=(1, 3)", "ngram_range=(1, 5)")],
    }


@pytest.mark.parametrize("exercise", edits())
def test_an_exercise_changes_the_definitions_as_told(exercise):
    """The change is possible as it is described, and the changed definitions still train and draw."""
    cells = dict(definition_cells(TEXT_NOTEBOOK))
    for place, before, after in edits()[exercise]:
        label = f"{TEXT_NOTEBOOK}:{place}"
        assert cells[label].count(before) == 1
        cells[label] = cells[label].replace(before, after)
    changed = build("exercise", list(cells.items()))
    table = changed.make_corpus(0, train=120, validation=40, test=40)
    table = table.assign(stems=table["text"].map(changed.preprocess))
    assert (table["connective"] == "unless").any() == (exercise == 2)
    assert (table["kind"] == "crossover").mean() == (0.1 if exercise == 5 else 0.6)
    if exercise in (1, 4, 6):
        settings = {1: {}, 4: {"reader": "attention"}, 6: changed.GRID[0]}[exercise]
        changed.EPOCHS = 1
        assert changed.fit_net(table, 0, **settings)["test"].shape == (40, 4)
    if exercise == 7:
        assert changed.fit_rival("1-3-grams, linear SVM", {}, table, 0)["test"].shape == (40, 4)


@pytest.mark.run
def test_exercises_run_to_the_end_with_checks_off(tmp_path):
    """Changes of the grammar, the split and a reader at once, on the whole notebook at reduced size."""
    notebook = nbformat.read(ROOT / TEXT_NOTEBOOK, as_version=4)
    for exercise in (1, 2, 3, 4, 7):
        for place, before, after in edits()[exercise]:
            cell = next(cell for cell in notebook.cells if cell.id == place)
            cell.source = cell.source.replace(before, after)
    nbformat.write(notebook, tmp_path / "exercise.ipynb")
    options = {"cwd": tmp_path, "kernel_name": "python3", "progress_bar": False}
    done = papermill.execute_notebook(tmp_path / "exercise.ipynb", None, REDUCED[TEXT_NOTEBOOK] | {"CHECKS": False}, **options)
    said = "".join(output.get("text", "") for cell in done.cells for output in cell.get("outputs", []))
    assert "does not hold here: no pairs appear in two parts of a split" not in said  # looked at before the split is changed
    assert (tmp_path / "results" / "metrics.json").exists()


def test_results_are_written_before_the_model_is_kept():
    order = [cell.id for cell in read_notebook(TEXT_NOTEBOOK).cells]
    assert order.index("write-json") < order.index("keep")


def test_standard_error_is_back_after_the_silent_imports():
    """Run twice, the cell still leaves standard error as it was; and an import that fails is told."""
    source = next(cell.source for cell in read_notebook(TEXT_NOTEBOOK).cells if cell.id == "quiet")
    twice = f"{source}\n{source}\nos.write(2, b'still there')"
    failing = source.replace('import_module("keras")', 'import_module("no_such_module")')
    for code, told in ((twice, "still there"), (failing, "No module named 'no_such_module'")):
        assert told in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stderr


def test_a_batch_holds_texts_of_like_length_and_an_epoch_every_text_once():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 40, 300)  # one text may have no word at all
    numbers = np.where(np.arange(40) < words[:, None], rng.integers(1, 99, (300, 40)), 0)
    batches = nb.batches(numbers, np.arange(300), 32, seed=1)
    epochs = []
    for _ in range(2):
        drawn = list(batches.as_numpy_iterator())
        assert len(drawn) == len(batches)
        assert sorted(np.concatenate([texts for _, texts in drawn])) == list(range(300))
        for shown, texts in drawn:
            assert shown.shape[1] == max(words[texts].max(), 1) and (shown == numbers[texts, : shown.shape[1]]).all()
            assert len(texts) <= 32 and np.ptp(words[texts]) <= 12
        epochs.append([list(texts) for _, texts in drawn])
    assert epochs[0] != epochs[1]


def test_texts_that_happen_to_start_with_equal_lengths_are_trained_on(monkeypatch):
    """Batches of equal width first, then others: Keras must not take the first width for the width of all."""
    monkeypatch.setattr(nb, "EPOCHS", 2)
    texts = [" ".join(["one"] * count) for count in [3] * 90 + [9] * 30]
    table = pd.DataFrame({"text": texts, "genre": ["a", "b"] * 60, "split": "train"})
    table.loc[100:, "split"] = ["validation", "test"] * 10
    outcomes = [nb.fit_net(table, seed)["test"].shape for seed in range(3)]
    assert outcomes == [(10, 2)] * 3
