"""The later chapters of notebook 2: controls, sizes, saliency, calibration, what is kept."""

import copy
import inspect
import io
import json
import os
import re
import subprocess
import sys

import keras
import nbformat
import numpy as np
import pandas as pd
import papermill
import pytest
from conftest import REDUCED
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from Text_Classification_LSTM import corpus, networks, rivals
from tools.export import modules
from tools.notebooks import ROOT, TEXT_NOTEBOOK, parameters, read_notebook


@pytest.fixture(scope="module")
def drawn():
    table = corpus.make_corpus(11, train=240, validation=80, test=80)
    return table.assign(
        stems=table["text"].map(corpus.preprocess),
        clause_bags=table["text"].map(rivals.clause_bags),
    )


def test_shuffling_keeps_the_words_and_loses_the_order(drawn):
    shuffled = corpus.shuffle_words(drawn, 0)
    assert (
        shuffled["text"].map(str.split).map(sorted).equals(drawn["text"].map(str.split).map(sorted))
    )
    assert (shuffled["text"] != drawn["text"]).mean() > 0.99


def test_cutting_the_connectives_leaves_the_clauses_in_their_order(drawn):
    cut = corpus.cut_connectives(drawn)
    for before, after, clauses in zip(drawn["text"], cut["text"], drawn["clauses"], strict=True):
        assert sorted(after.split(". ")) == sorted(clauses)
        places = [before.lower().index(clause.lower()) for clause in after.split(". ")]
        assert places == sorted(places)


def test_a_pattern_is_what_is_left_without_the_clauses(drawn):
    for row in drawn[drawn["kind"] == "crossover"].head(40).itertuples():
        inside = corpus.pattern_words(row)
        assert len(inside) == len(row.text.split())
        assert (~inside).sum() == sum(len(clause.split()) for clause in row.clauses)


def test_first_and_last_clause_are_marked():
    bags = rivals.clause_bags("Although the bank paid, the team won.").split()
    assert bags[:2] == ["although_first", "the_first"] and bags[-1] == "won_last"
    assert (
        rivals.clause_bags("") == ""
        and rivals.clause_bags("Ten points") == "ten_first point_first ten_last point_last"
    )


@given(
    st.just(corpus.make_corpus(11, train=240, validation=80, test=80)),
    st.integers(0, 1000),
    st.sampled_from([30, 60, 120, 240]),
)
def test_a_subset_keeps_pairs_whole_and_the_test_part(table, seed, size):
    part = corpus.subset(table, size, seed)
    assert corpus.part_of(part, "test").equals(corpus.part_of(table, "test"))
    assert size - 1 <= len(corpus.part_of(part, "train")) <= size
    assert len(corpus.part_of(part, "validation")) <= max(size // 3, 30)
    sizes = part[part["kind"] == "crossover"].groupby("pair").size()
    assert (sizes == 2).all()
    assert corpus.genre_names(part) == corpus.genre_names(table)


@pytest.mark.parametrize(
    "lstm, expected",
    [
        ([0.1, 0.2, 0.9], 300),
        ([0.9, 0.9, 0.9], 100),
        ([0.9, 0.1, 0.1], None),
        ([0.9, 0.1, 0.9], 300),
        ([0, 0.6, 0.6], 200),
    ],
)
def test_the_crossing_is_where_the_lstm_stays_ahead(lstm, expected):
    sizes = [100, 200, 300]
    assert rivals.crossing(pd.Series(lstm, sizes), pd.Series([0.5, 0.5, 0.5], sizes)) == expected


def test_twins_are_the_same_to_the_order_free_net(drawn):
    inputs, vectoriser = networks.make_inputs(drawn, "mean of words")
    test = corpus.part_of(drawn, "test").reset_index(drop=True)
    twins = test[test["kind"] == "crossover"].sort_values("pair").index
    numbers = inputs["test"][0][twins]
    np.testing.assert_array_equal(numbers[::2], numbers[1::2])
    ordered, _ = networks.make_inputs(drawn, "last")
    assert (ordered["test"][0][twins][::2] != ordered["test"][0][twins][1::2]).any(axis=1).all()


@pytest.mark.parametrize("reader", networks.READERS)
def test_every_reader_ignores_padding(reader):
    keras.utils.set_random_seed(0)
    net = networks.make_net(4, reader)
    short = np.array([[5, 9, 2]])
    padded = np.pad(short, ((0, 0), (0, 20)))
    np.testing.assert_allclose(
        net.predict(short, verbose=0), net.predict(padded, verbose=0), atol=1e-6
    )


def test_word_vectors_have_one_scale():
    rng = np.random.default_rng(0)
    vectors = networks.word_vectors(rng.integers(1, 400, size=(300, 20)))
    assert vectors.shape == (5000, 100)
    assert (
        np.sqrt((vectors[1:400] ** 2).mean()) == pytest.approx(0.3, rel=0.02)
        and (vectors[400:] == 0).all()
    )


def test_saliency_is_the_fall_of_the_log_odds_when_a_word_is_left_out():
    def predict(texts):
        share = np.array([0.2 + 0.3 * text.split().count("goal") for text in texts])
        return np.column_stack([1 - share, share])

    words, values = networks.saliency("goal or no goal", predict)
    assert words == ["goal", "or", "no", "goal"]
    fall = np.log(0.8 / 0.2)
    np.testing.assert_allclose(values, [fall, 0, 0, fall], atol=1e-12)


def test_saliency_compares_with_what_the_net_reads():
    """Of a long text, the words that are listed; what is no word, such as a dash, is not."""

    def predict(texts):
        found = np.array(["goal" in corpus.tokenise(text)[: networks.MAX_WORDS] for text in texts])
        return np.column_stack([0.5 + 0.4 * found, 0.5 - 0.4 * found])

    words, values = networks.saliency(" ".join(["word —"] * 110 + ["goal"]), predict)
    assert words == ["word"] * 110 + ["goal"] and values[-1] > 2 and (values[:-1] == 0).all()
    words, values = networks.saliency("word " * 300 + "goal", predict)
    assert len(words) == networks.MAX_WORDS and (values == 0).all()


@given(st.integers(0, 10**6))
def test_the_calibration_error_is_that_of_its_definition(seed):
    rng = np.random.default_rng(seed)
    probabilities, truth = rng.dirichlet(np.ones(4), 200), rng.integers(0, 4, 200)
    _, ece = rivals.reliability(probabilities, truth)
    sure, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    edges = np.linspace(0, 1, 16)
    expected = 0
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        inside = (sure >= low) & (sure < high)
        if inside.any():
            expected += inside.mean() * abs(hit[inside].mean() - sure[inside].mean())
    assert ece == pytest.approx(expected)


def test_a_sure_and_right_model_is_calibrated():
    table, ece = rivals.reliability(np.eye(3)[[0, 1, 2]], np.array([0, 1, 2]))
    assert ece == 0 and list(table["texts"]) == [3]


def test_temperature_finds_what_made_the_model_too_sure(drawn):
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 4))
    truth = np.array([rng.choice(4, p=softmax(row)) for row in logits])
    names = np.array(corpus.genre_names(drawn))
    table = pd.DataFrame({"genre": names[truth], "split": "validation"})
    too_sure = {"validation": softmax(2 * logits, axis=1)}
    assert rivals.best_temperature(table, too_sure) == pytest.approx(2, rel=0.1)
    cooled = rivals.cool(too_sure["validation"], 2)
    np.testing.assert_allclose(cooled, softmax(logits, axis=1), atol=1e-6)


def test_choice_is_by_validation_log_loss_and_the_svm_by_accuracy(drawn):
    truth = np.eye(4)[
        np.searchsorted(corpus.genre_names(drawn), corpus.part_of(drawn, "validation")["genre"])
    ]
    good, better = 0.7 * truth + 0.075 * (1 - truth) / 0.75, 0.9 * truth + 0.1 / 3 * (1 - truth)
    wrong = np.roll(better, 1, axis=1)
    jobs = [
        (name, {"place": place}, drawn, 0) for name in ("net", "linear SVM") for place in range(3)
    ]
    outcomes = [{"validation": values} for values in (wrong, good, better)] * 2
    assert rivals.choose(jobs, outcomes) == {"net": {"place": 2}, "linear SVM": {"place": 1}}


def test_errors_are_the_most_confident_mistakes(drawn):
    rng = np.random.default_rng(0)
    outcome = {"test": rng.dirichlet(np.ones(4), 80)}
    table = rivals.errors(drawn, outcome, 5)
    assert len(table) == 5 and (table["genre"] != table["guess"]).all()
    assert table["p_guess"].is_monotonic_decreasing and (table["p_guess"] > table["p_right"]).all()


@pytest.mark.run
def test_the_kept_model_gives_the_same_probabilities_in_a_fresh_process(drawn, tmp_path):
    """To capitals, quotes and marks too."""
    keras.utils.set_random_seed(0)
    vectoriser, net = (
        networks.make_vectoriser([*corpus.part_of(drawn, "train")["text"], "österreich বিদ্যালয়"]),
        networks.make_net(4),
    )
    model = keras.Sequential([keras.layers.Input((), dtype="string"), vectoriser, *net.layers])
    model.save(tmp_path / "kept.keras")
    texts = [
        *drawn["text"].head(5),
        "",
        "Größe 東京",
        "word " * 10_000,
        "“ÖSTERREICH”",
        "österreich",
        "বিদ্যালয়।",
        "বিদ্যালয়",
    ]
    expected = model.predict(keras.ops.convert_to_tensor(texts, dtype="string"), verbose=0)
    np.testing.assert_array_equal(expected[-4], expected[-3])
    np.testing.assert_array_equal(expected[-2], expected[-1])
    code = (
        "import json, sys, keras, Text_Classification_LSTM.networks\n"
        "model = keras.saving.load_model(sys.argv[1])\n"
        "texts = keras.ops.convert_to_tensor(json.loads(sys.argv[2]), dtype='string')\n"
        "print(json.dumps(model.predict(texts, verbose=0).tolist()))"
    )
    run = [sys.executable, "-c", code, str(tmp_path / "kept.keras"), json.dumps(texts)]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(found, expected, atol=1e-6)


IN_A_NEW_SESSION = """
import json, sys
from Text_Classification_LSTM.networks import label_texts
table = label_texts(sys.argv[1], json.loads(sys.argv[2]))
print(table.to_json(orient="split"))
"""


def label_in_a_new_session(path, texts):
    """The table by `label_texts` in a process of its own, which imports the module alone."""
    run = [sys.executable, "-W", "error::UserWarning:keras", "-c", IN_A_NEW_SESSION]
    run += [str(path), json.dumps(texts)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(run, check=True, **options)
    return pd.read_json(io.StringIO(done.stdout.splitlines()[-1]), orient="split")


@pytest.mark.parametrize("readers", [["attention"], ["last", "both directions"]])
@pytest.mark.run
def test_a_kept_net_holds_its_labels_temperature_and_threshold(readers, drawn, tmp_path):
    keras.utils.set_random_seed(0)
    vectoriser, nets = (
        networks.make_vectoriser(drawn["text"]),
        [networks.make_net(4, reader) for reader in readers],
    )
    names = ["Öl", "b", "c d", "e"]
    networks.with_labels(vectoriser, nets, names, 1.5, 0.999).save(tmp_path / "kept_model.keras")
    texts = [*drawn["text"].head(3), ""]
    table = label_in_a_new_session(tmp_path / "kept_model.keras", texts)
    means = np.mean(
        [net.predict(networks.word_numbers(vectoriser, texts), verbose=0) for net in nets], axis=0
    )
    np.testing.assert_allclose(table[names], rivals.cool(means, 1.5), atol=1e-5)
    assert list(table["text"]) == texts and set(table["label"]) == {
        "unsure"
    }  # none is as sure as 0.999
    networks.with_labels(vectoriser, nets, names, 1.5, 0.0).save(tmp_path / "kept_model.keras")
    table = networks.label_texts(tmp_path / "kept_model.keras", [*texts, "Qwertz uiop!"])
    assert (
        table["label"].isin(names).tolist() == [True] * 3 + [False] * 2
    )  # two hold no word that it knows


AS_A_KERNEL = """
import runpy, sys
kernel = runpy.run_path(sys.argv[1], run_name="__main__")
assert kernel["Attention"].__module__ == "__main__"
vectoriser = kernel["make_vectoriser"](["the bank paid", "the team won"])
nets = [kernel["make_net"](2, reader) for reader in ("attention", "convolution, attention")]
kernel["with_labels"](vectoriser, nets, ["a", "b"], 1.0, 0.0).save("kept.keras")
print(kernel["label_texts"]("kept.keras", ["the team won"]).to_json(orient="split"))
"""


@pytest.mark.run
def test_what_a_kernel_saves_is_loaded_by_a_script_that_imports_the_module(tmp_path):
    """In the kernel the classes are of __main__; they are registered under a package's name."""
    module = (ROOT / TEXT_NOTEBOOK).with_name("networks.py")
    run = [sys.executable, "-c", AS_A_KERNEL, str(module)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(run, check=True, **options)
    saved = pd.read_json(io.StringIO(done.stdout.splitlines()[-1]), orient="split")
    found = label_in_a_new_session(tmp_path / "kept.keras", ["the team won"])
    np.testing.assert_allclose(found[["a", "b"]], saved[["a", "b"]], atol=1e-6)


def test_names_under_which_keras_finds_our_classes_are_unique():
    """Of two classes registered under one name, the later takes the place of the other."""
    files = [*ROOT.glob("owndata/**/*.py"), *ROOT.glob("Text_Classification_LSTM/*.py")]
    mark = r"@keras\.saving\.register_keras_serializable\((.*?)\)\s*(?:class|def) (\w+)"
    found = [pair for file in files for pair in re.findall(mark, file.read_text("utf-8"))]
    assert {package for package, _ in found} == {'"lstm_projects"', '"owndata"'}
    assert len(set(found)) == len(found)
    names = {name for package, name in found if package == '"lstm_projects"'}
    assert {"only_words", "Attention", "Convolution", "Labels"} <= names


def test_the_defaults_of_training_are_the_notebooks_parameters():
    given = inspect.signature(networks.fit_net).parameters
    defaults = {name: given[name].default for name in given}
    shipped = parameters(TEXT_NOTEBOOK)
    for name, setting in {
        "most_epochs": "EPOCHS",
        "batch_size": "BATCH_SIZE",
        "patience": "PATIENCE",
        "vocabulary_size": "VOCABULARY_SIZE",
        "dimension": "EMBEDDING_DIM",
    }.items():
        assert defaults[name] == shipped[setting], name
    given = inspect.signature(networks.make_net).parameters
    assert given["units"].default == shipped["LSTM_UNITS"]
    assert given["dimension"].default == shipped["EMBEDDING_DIM"]
    assert given["vocabulary_size"].default == shipped["VOCABULARY_SIZE"]


def test_with_the_mask_padding_changes_nothing():
    """And without it, it does."""
    table = corpus.make_corpus(3, train=64, validation=32, test=4)
    (_, moved), (_, still) = (
        networks.train_padded(table, masked, 1, 0) for masked in (False, True)
    )
    assert still < 1e-5 < moved


def test_reading_along_ends_with_the_answer_to_the_whole_text(drawn):
    vectoriser, net = networks.make_vectoriser(drawn["text"]), networks.make_net(4)
    words, answers = networks.read_along("The bank, although it", net, vectoriser)
    assert words == ["the", "bank", "although", "it"] and answers.shape == (4, 4)
    predict = networks.texts_to_probabilities(net, vectoriser)
    np.testing.assert_allclose(
        answers[[1, 3]], predict(["the bank", "the bank although it"]), atol=1e-6
    )


UNLESS = 'PATTERNS = {\n    "unless": (4, ["unless {B}, {M}.", "{M}, unless {B}."]),'
HEADING = "PATTERNS = {  # connective: (how often, its patterns); "
HEADING += "{M} is the main clause, {B} the background"
ATTENTION = "[Attention(keras.layers.LSTM(units, return_sequences=True))]"
BACKWARDS = "[keras.layers.LSTM(units, go_backwards=True)]"
MEDIAN = '.agg(["median", "max"])'
FIRST = '{"learning_rate": 0.002, "dropout": 0.3},'
EDITS = {  # exercise: (cell, before, after): the changes that the exercises ask for
    1: ("convolution", "[keras.layers.LSTM(units)]", BACKWARDS),
    2: ("generator", HEADING, UNLESS),
    3: ("overlap-show", f"{MEDIAN}.T.round(2)", f"{MEDIAN}\ntrials[0] = data = careless"),
    4: ("convolution", ATTENTION, ATTENTION.replace("LSTM", "SimpleRNN")),
    5: ("generator", "crossover=0.6", "crossover=0.1"),
    6: ("grid", FIRST, FIRST.replace("{", '{"reader": "both directions", ')),
    7: ("make-rivals", "ngram_range=(1, 3)", "ngram_range=(1, 5)"),
}


def edited(exercises):
    """The notebook with the changes of these exercises. Each is possible at one place alone."""
    notebook = copy.deepcopy(read_notebook(TEXT_NOTEBOOK))
    for place, before, after in (EDITS[number] for number in exercises):
        cell = next(cell for cell in notebook.cells if cell.id == place)
        assert cell.source.count(before) == 1
        cell.source = cell.source.replace(before, after)
    return notebook


HOLDS = {  # (module, exercises that change it): what then holds
    ("corpus", (2, 5)): """
assert (table["connective"] == "unless").any() and (table["kind"] == "crossover").mean() == 0.1
""",
    ("rivals", (7,)): """
assert fit_rival("1-3-grams, linear SVM", {}, table, 0)["test"].shape == (40, 4)
""",
    ("networks", (1, 4, 6)): """
for settings in ({}, {"reader": "attention"}, GRID[0]):
    assert fit_net(table, 0, most_epochs=1, **settings)["test"].shape == (40, 4)
""",
}
DRAWN = """
table = make_corpus(0, train=120, validation=40, test=40)
table = table.assign(stems=table["text"].map(preprocess))
"""


@pytest.mark.parametrize("module, exercises", HOLDS)
@pytest.mark.run
def test_exercises_change_the_definitions_as_told(module, exercises, tmp_path):
    """The changed definitions still train and draw."""
    folder = tmp_path / "Text_Classification_LSTM"
    folder.mkdir()
    for file, text in modules(ROOT / TEXT_NOTEBOOK, edited(exercises)).items():
        (folder / file.name).write_text(text, encoding="utf-8")
    lines = [f"from Text_Classification_LSTM.{name} import *" for name in ("corpus", module)]
    code = "\n".join([*lines, DRAWN, HOLDS[module, exercises]])
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", code], **options)
    assert done.returncode == 0, done.stderr


@pytest.mark.run
def test_exercises_run_to_the_end_with_checks_off(tmp_path):
    """Changes of grammar, split, readers and rivals at once, on the notebook at reduced size."""
    nbformat.write(edited([1, 2, 3, 4, 7]), tmp_path / "exercise.ipynb")
    options = {"cwd": tmp_path, "kernel_name": "python3", "progress_bar": False}
    settings = REDUCED[TEXT_NOTEBOOK] | {"CHECKS": False}
    done = papermill.execute_notebook(tmp_path / "exercise.ipynb", None, settings, **options)
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    said = "".join(output.get("text", "") for output in outputs)
    # looked at before the split is changed
    assert "does not hold here: no pairs appear in two parts of a split" not in said
    assert (tmp_path / "results" / "metrics.json").exists()


def test_results_are_written_before_the_model_is_kept():
    order = [cell.id for cell in read_notebook(TEXT_NOTEBOOK).cells]
    assert order.index("write-json") < order.index("keep")


def test_a_batch_holds_texts_of_like_length_and_an_epoch_every_text_once():
    rng = np.random.default_rng(0)
    words = rng.integers(0, 40, 300)  # one text may have no word at all
    numbers = np.where(np.arange(40) < words[:, None], rng.integers(1, 99, (300, 40)), 0)
    batches = networks.batches(numbers, np.arange(300), 32, seed=1)
    epochs = []
    for _ in range(2):
        drawn = list(batches.as_numpy_iterator())
        assert len(drawn) == len(batches)
        assert sorted(np.concatenate([texts for _, texts in drawn])) == list(range(300))
        for shown, texts in drawn:
            assert (
                shown.shape[1] == max(words[texts].max(), 1)
                and (shown == numbers[texts, : shown.shape[1]]).all()
            )
            assert len(texts) <= 32 and np.ptp(words[texts]) <= 12
        epochs.append([list(texts) for _, texts in drawn])
    assert epochs[0] != epochs[1]


@pytest.mark.run
def test_texts_that_happen_to_start_with_equal_lengths_are_trained_on():
    """Batches of equal width first, then others: the first width is not that of all to Keras."""
    texts = [" ".join(["one"] * count) for count in [3] * 90 + [9] * 30]
    table = pd.DataFrame({"text": texts, "genre": ["a", "b"] * 60, "split": "train"})
    table.loc[100:, "split"] = ["validation", "test"] * 10
    outcomes = [networks.fit_net(table, seed, most_epochs=2)["test"].shape for seed in range(3)]
    assert outcomes == [(10, 2)] * 3
