"""The decision map: who wins at which share of crossover texts and with how many training texts?

usage: python -m benchmarks.text_map [SEEDS]        (default 2 corpora to a cell)
"""

import itertools
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from benchmarks.evidence import write_evidence  # noqa: E402
from benchmarks.text_trials import prepare, score_all, slug, tune  # noqa: E402
from notebook_code import ROOT, TEXT_NOTEBOOK, load_definitions  # noqa: E402

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
        title="LSTM minus best rival, in points of accuracy",
    )
    axis.grid(False)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count):
    nb = load_definitions(TEXT_NOTEBOOK)
    chosen = tune(["LSTM", *RIVALS])
    cells = list(itertools.product(range(len(SHARES)), range(len(SIZES)), range(count)))
    tables = {}
    for row, column, seed in cells:
        size = SIZES[column]
        corpus = nb.make_corpus(seed, train=size, validation=max(size // 3, 30), test=600, crossover=SHARES[row])
        tables[row, column, seed] = prepare(corpus)
    order = sorted(cells, key=lambda cell: -SIZES[cell[1]])
    jobs = [(name, chosen[name], tables[cell], cell[2]) for name in chosen for cell in order]
    scores = score_all(jobs, "decision map")
    scores[["row", "column"]] = [cell[:2] for _ in chosen for cell in order]
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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
