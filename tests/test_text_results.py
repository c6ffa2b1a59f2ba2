"""What notebook 2 has stored: its results and pictures, and the notebook's own form."""

import json
import math

import pytest
from conftest import ROOT, TEXT_NOTEBOOK, read_notebook

FOLDER = ROOT / "Text_Classification_LSTM"
METRICS = json.loads((FOLDER / "results" / "metrics.json").read_text())


def test_the_keys_are_there():
    keys = """
        lstm_accuracy lstm_accuracy_low lstm_accuracy_high lstm_macro_f1 lstm_plain_accuracy
        lstm_crossover_accuracy
        best_rival best_rival_accuracy best_rival_crossover_accuracy difference_mean difference_low difference_high
        bag_of_words_ceiling shuffled_accuracy crossing_texts ece texts vocabulary seeds""".split()
    assert set(keys) <= set(METRICS)
    assert all(isinstance(value, str | int | float) or key.endswith("log_loss") for key, value in METRICS.items())


def test_the_lstm_is_where_it_should_be():
    assert 0.92 <= METRICS["lstm_accuracy"] <= 0.99
    assert METRICS["lstm_accuracy_low"] < METRICS["lstm_accuracy"] < METRICS["lstm_accuracy_high"]
    assert METRICS["difference_low"] > 0
    assert METRICS["lstm_crossover_accuracy"] > 0.85 and METRICS["lstm_plain_accuracy"] > 0.97


def test_the_total_is_the_mixture_of_plain_and_crossover():
    mixture = 0.4 * METRICS["lstm_plain_accuracy"] + 0.6 * METRICS["lstm_crossover_accuracy"]
    assert METRICS["lstm_accuracy"] == pytest.approx(mixture)
    assert METRICS["bag_of_words_ceiling"] == pytest.approx(0.7)
    difference = METRICS["lstm_accuracy"] - METRICS["best_rival_accuracy"]
    assert METRICS["difference_mean"] == pytest.approx(difference)


def test_without_order_the_lstm_falls_back_to_the_bags():
    chance = 1.96 * math.sqrt(0.25 / 360)
    assert METRICS["shuffled_crossover_accuracy"] <= 0.5 + chance
    assert METRICS["connectives_cut_crossover_accuracy"] <= 0.5 + chance
    assert METRICS["shuffled_accuracy"] <= METRICS["bag_of_words_ceiling"] + 0.6 * chance


def test_the_lstm_needs_some_hundred_texts_and_is_calibrated():
    assert METRICS["crossing_texts"] in (300, 600, 1000, 1800)
    assert 0 < METRICS["ece"] < 0.05


def test_no_bag_is_above_its_ceiling():
    ordered = ("LSTM", "1-3-grams", "clause bags")
    bags = [key for key in METRICS if key.endswith(": crossover") and not key.startswith(ordered)]
    assert len(bags) >= 10 and all(METRICS[key] <= 0.5 for key in bags)


def test_the_corpus_is_that_of_the_description():
    assert METRICS["texts"] == 3000 and 800 <= METRICS["vocabulary"] <= 1500 and METRICS["seeds"] == 5
    assert not any(isinstance(value, float) and not math.isfinite(value) for value in METRICS.values())


@pytest.mark.parametrize(
    "name",
    [
        "metrics.png",
        "confusion_matrix.png",
        *(f"results/{name}.png" for name in ("training_curves", "learning_curve", "saliency", "word_by_word")),
        *(f"results/{name}.png" for name in ("word_map", "reliability", "your_sentence")),
    ],
)
def test_pictures_are_there(name):
    assert (FOLDER / name).read_bytes().startswith(b"\x89PNG") and (FOLDER / name).stat().st_size > 10_000


def test_the_notebook_is_stored_run_and_clean():
    cells = [cell for cell in read_notebook(TEXT_NOTEBOOK).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    assert not any(cell.outputs for cell in cells if "varies" in cell.metadata.get("tags", []))
