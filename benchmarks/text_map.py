"""The decision map: who wins at which share of crossover texts and with how many training texts?

usage: python -m benchmarks.text_map [SEEDS] [--cluster ...]        (default 2 corpora to a cell)
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.evidence import place, slug, write_evidence
from benchmarks.sweep import arguments
from benchmarks.text_trials import TINY_SIZES, best_rival, score_all, tune
from notebook_code import TEXT_NOTEBOOK

SHARES = [0.0, 0.1, 0.25, 0.5, 1.0]
SIZES = [100, 300, 1000, 1800]
RIVALS = ["TF-IDF, logistic regression", "embeddings, logistic regression", "1-3-grams, linear SVM", "order-free net"]


def draw(margins, shares, sizes, path):
    """The margins (shares, sizes) of the LSTM over the best rival, in points of accuracy, as a coloured table."""
    figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
    axis.imshow(margins, cmap="RdBu_r", vmin=-40, vmax=40, aspect="auto", origin="lower")
    for row, column in itertools.product(range(len(shares)), range(len(sizes))):
        margin = margins[row, column]
        winner = "LSTM" if margin > 0 else "rival" if margin < 0 else "tie"
        color = "white" if abs(margin) > 28 else "black"
        axis.text(column, row, f"{winner}\n{margin:+.1f}", ha="center", va="center", color=color, fontsize=10)
    axis.set(
        xticks=range(len(sizes)),
        xticklabels=sizes,
        xlabel="training texts",
        yticks=range(len(shares)),
        yticklabels=[f"{share:.0%}" for share in shares],
        ylabel="share of crossover texts",
        title="The LSTM pays where texts are many and order often decides\n(its lead over the best rival, in points of accuracy)",
    )
    axis.grid(False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count, write, tiny=False, **options):
    shares, sizes, test = (SHARES[-2:], SIZES[:1], TINY_SIZES["test"]) if tiny else (SHARES, SIZES, 600)
    chosen = tune(["LSTM", *RIVALS], tiny=tiny, **options)
    cells = list(itertools.product(range(len(shares)), range(len(sizes)), range(count)))
    cells.sort(key=lambda cell: -sizes[cell[1]])
    jobs = []
    for row, column, seed in cells:
        size = sizes[column]
        parts = {"train": size, "validation": max(size // 3, 30), "test": test, "crossover": shares[row]}
        jobs += [(name, chosen[name], {"seed": seed} | parts) for name in chosen]
    scores = score_all(jobs, "decision map", tiny=tiny, **options)
    scores[["row", "column"]] = [cell[:2] for cell in cells for _ in chosen]
    means = scores.groupby(["row", "column", "model"])[["validation", "accuracy"]].mean()
    margins, figures = np.zeros((len(shares), len(sizes))), {}
    for row, column in itertools.product(range(len(shares)), range(len(sizes))):
        cell = means.loc[row, column]
        rival = best_rival(cell, RIVALS)
        margins[row, column] = 100 * (cell.loc["LSTM", "accuracy"] - cell.loc[rival, "accuracy"])
        cell_name = f"map {100 * shares[row]:.0f} percent {sizes[column]} texts"
        figures[slug(cell_name, "lstm")] = cell.loc["LSTM", "accuracy"]
        figures[slug(cell_name, "rival")] = cell.loc[rival, "accuracy"]
    print(np.round(margins[::-1], 1))
    draw(margins, shares, sizes, place(TEXT_NOTEBOOK, "decision_map.png", write))
    write_evidence(TEXT_NOTEBOOK, "text_map", count, write, map_seeds=count, **figures)


if __name__ == "__main__":
    plt.switch_backend("Agg")
    count, write, options = arguments(__doc__, 2)
    main(count, write, **options)
