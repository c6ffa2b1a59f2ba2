"""The decision map: who wins at which share of crossover texts and with how many training texts?

usage: python -m benchmarks.text_map [SEEDS] [--cluster ...]        (default 2 corpora to a cell)
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.evidence import write_evidence
from benchmarks.sweep import arguments
from benchmarks.text_trials import score_all, slug, tune
from notebook_code import ROOT, TEXT_NOTEBOOK

SHARES = [0.0, 0.1, 0.25, 0.5, 1.0]
SIZES = [100, 300, 1000, 1800]
RIVALS = ["TF-IDF, logistic regression", "embeddings, logistic regression", "1-3-grams, linear SVM", "order-free net"]


def draw(margins, path):
    """The margins (shares, sizes) of the LSTM over the best rival, in points of accuracy, as a coloured table."""
    figure, axis = plt.subplots(figsize=(7, 4.2), layout="constrained")
    axis.imshow(margins, cmap="RdBu_r", vmin=-40, vmax=40, aspect="auto", origin="lower")
    for row, column in itertools.product(range(len(SHARES)), range(len(SIZES))):
        margin = margins[row, column]
        winner = "LSTM" if margin > 0 else "rival" if margin < 0 else "tie"
        color = "white" if abs(margin) > 28 else "black"
        axis.text(column, row, f"{winner}\n{margin:+.1f}", ha="center", va="center", color=color, fontsize=10)
    axis.set(
        xticks=range(len(SIZES)),
        xticklabels=SIZES,
        xlabel="training texts",
        yticks=range(len(SHARES)),
        yticklabels=[f"{share:.0%}" for share in SHARES],
        ylabel="share of crossover texts",
        title="The LSTM pays where texts are many and order often decides\n(its lead over the best rival, in points of accuracy)",
    )
    axis.grid(False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count, **options):
    chosen = tune(["LSTM", *RIVALS], **options)
    cells = list(itertools.product(range(len(SHARES)), range(len(SIZES)), range(count)))
    cells.sort(key=lambda cell: -SIZES[cell[1]])
    jobs = []
    for row, column, seed in cells:
        size = SIZES[column]
        parts = {"train": size, "validation": max(size // 3, 30), "test": 600, "crossover": SHARES[row]}
        jobs += [(name, chosen[name], {"seed": seed} | parts) for name in chosen]
    scores = score_all(jobs, "decision map", **options)
    scores[["row", "column"]] = [cell[:2] for cell in cells for _ in chosen]
    means = scores.groupby(["row", "column", "model"])[["validation", "accuracy"]].mean()
    margins, figures = np.zeros((len(SHARES), len(SIZES))), {}
    for row, column in itertools.product(range(len(SHARES)), range(len(SIZES))):
        cell = means.loc[row, column]
        rival = cell.loc[RIVALS, "validation"].idxmax()
        margins[row, column] = 100 * (cell.loc["LSTM", "accuracy"] - cell.loc[rival, "accuracy"])
        place = f"map {100 * SHARES[row]:.0f} percent {SIZES[column]} texts"
        figures |= {slug(place, "lstm"): cell.loc["LSTM", "accuracy"], slug(place, "rival"): cell.loc[rival, "accuracy"]}
    print(np.round(margins[::-1], 1))
    draw(margins, ROOT / "Text_Classification_LSTM" / "results" / "decision_map.png")
    write_evidence(TEXT_NOTEBOOK, map_seeds=count, **figures)


if __name__ == "__main__":
    plt.switch_backend("Agg")
    count, options = arguments(__doc__, 2)
    main(count, **options)
