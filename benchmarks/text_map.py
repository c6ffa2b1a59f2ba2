"""The decision map: who wins at which share of crossover texts and with how many training texts?

usage: python -m benchmarks.text_map [COUNT] [--cluster ...]        (default 5: corpora 200 to 204 to a cell)

The LSTM is the best of notebook 2, the mean of three starts on each corpus; the rival that of all its rivals which is right
most often on validation texts. A side wins if the interval of the difference says so.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import place, slug, write_evidence
from benchmarks.sweep import sweep
from benchmarks.text_trials import TINY_SIZES, best_rival, make_table, training, tune
from Text_Classification_LSTM.networks import fit_model
from Text_Classification_LSTM.rivals import RIVALS, difference_interval, judge
from tools.notebooks import TEXT_NOTEBOOK

FIRST, STARTS = 200, 3
SHARES = [0.0, 0.1, 0.25, 0.5, 1.0]
SIZES = [100, 300, 1000]
LSTM = "LSTM, attention"


def start_scores(name, settings, corpus, start, training):
    """(share of right answers on validation texts, on test texts) of one model, trained from one start."""
    table = make_table(**corpus)
    outcome = fit_model(name, settings, table, corpus["seed"] + 1000 * start, **training)
    return [judge(table, split, outcome)[0] for split in ("validation", "test")]


def judge_cell(cell):
    """What a cell of the map shows, from a table of its runs: model, seed, validation, accuracy."""
    means = cell.groupby(["model", "seed"])[["validation", "accuracy"]].mean()
    rival = best_rival(
        means.groupby("model").mean(), [name for name in cell["model"].unique() if name != LSTM]
    )
    lstm, other = means.loc[LSTM, "accuracy"], means.loc[rival, "accuracy"]
    _, low, high = difference_interval(lstm - other)
    winner = "LSTM" if low > 0 else "rival" if high < 0 else "level"
    winner = "nobody" if max(lstm.mean(), other.mean()) <= 0.5 else winner
    return {"lstm": lstm.mean(), "rival": other.mean(), "rival_name": rival, "winner": winner}


def draw(cells, shares, sizes, path):
    """The cells as a coloured table: who wins, and both accuracies."""
    figure, axis = plt.subplots(figsize=(8, 4.6), layout="constrained")
    margins = [[100 * (cells[row, column]["lstm"] - cells[row, column]["rival"]) for column in range(len(sizes))]
               for row in range(len(shares))]  # fmt: skip
    unsure = [
        [cells[row, column]["winner"] in ("level", "nobody") for column in range(len(sizes))]
        for row in range(len(shares))
    ]
    axis.imshow(
        np.where(unsure, 0, margins),
        cmap="RdBu_r",
        vmin=-40,
        vmax=40,
        aspect="auto",
        origin="lower",
    )
    for (row, column), cell in cells.items():
        color = "white" if abs(margins[row][column]) > 28 and not unsure[row][column] else "black"
        said = {"nobody": "neither passes\nguessing", "level": "level"}.get(
            cell["winner"], cell["winner"]
        )
        numbers = f"LSTM {100 * cell['lstm']:.1f}\n{cell['rival_name'].partition(',')[0]} {100 * cell['rival']:.1f}"
        axis.text(
            column, row, f"{said}\n{numbers}", ha="center", va="center", color=color, fontsize=8
        )
    axis.set(xticks=range(len(sizes)), xticklabels=sizes, xlabel="training texts",
             yticks=range(len(shares)), yticklabels=[f"{share:.0%}" for share in shares],
             ylabel="share of crossover texts")  # fmt: skip
    axis.set_title("The best LSTM against the best rival of each cell: accuracy in %", loc="left")
    axis.grid(False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count, write, tiny=False, **options):
    shares, sizes, test = (
        (SHARES[-2:], SIZES[:1], TINY_SIZES["test"]) if tiny else (SHARES, SIZES, 600)
    )
    rivals = (
        ["TF-IDF, logistic regression", "weighted clauses, logistic regression"]
        if tiny
        else [*RIVALS, "order-free net"]
    )
    chosen = tune([LSTM, *rivals], tiny=tiny, **options)
    runs = []
    for size, row, number in itertools.product(reversed(sizes), range(len(shares)), range(count)):
        parts = {
            "train": size,
            "validation": max(size // 3, 30),
            "test": test,
            "crossover": shares[row],
        }
        corpus = {"seed": FIRST + number} | parts
        runs += [
            (row, sizes.index(size), name, corpus, start)
            for name in chosen
            for start in range(STARTS if name == LSTM else 1)
        ]
    jobs = [
        (name, chosen[name], corpus, start, training(tiny)) for _, _, name, corpus, start in runs
    ]
    found = sweep(start_scores, jobs, "decision map", tiny=tiny, **options)
    table = pd.DataFrame(found, columns=["validation", "accuracy"])
    table[["row", "column", "model"]] = [run[:3] for run in runs]
    table["seed"] = [corpus["seed"] for _, _, _, corpus, _ in runs]
    cells = {place_: judge_cell(cell) for place_, cell in table.groupby(["row", "column"])}
    figures = {}
    for (row, column), cell in cells.items():
        name = slug(f"map {100 * shares[row]:.0f} percent {sizes[column]} texts")
        figures |= {f"{name}_{key}": value for key, value in cell.items()}
        print(f"{name:30}", *cell.values())
    draw(cells, shares, sizes, place(TEXT_NOTEBOOK, "decision_map.png", write))
    write_evidence(
        TEXT_NOTEBOOK, "text_map", count, write, map_seeds=count, map_starts=STARTS, **figures
    )


if __name__ == "__main__":
    plt.switch_backend("Agg")
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
