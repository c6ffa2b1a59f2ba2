"""Notebook 2 with fewer training texts: both LSTMs, the weighted clauses and three models that count words.

usage: python -m benchmarks.text_sizes [COUNT] [--cluster ...]        (default 5: corpora 100 to 104)
"""

from itertools import product

import matplotlib.pyplot as plt

from benchmarks.command import arguments
from benchmarks.evidence import place, slug, write_evidence
from benchmarks.text_seeds import FIRST, ORDER_AWARE
from benchmarks.text_trials import TINY_SIZES, corpus_of, score_all, tune
from Text_Classification_LSTM.rivals import crossing, difference_interval
from tools.notebooks import TEXT_NOTEBOOK

SIZES = [100, 160, 300, 600, 1000, 1800]
BAGS = ["1-3-grams, linear SVM", "TF-IDF, logistic regression", "embeddings, logistic regression"]
NETS = ["LSTM", "LSTM, attention"]
COLORS = {"LSTM, attention": "C3", "LSTM": "C1", ORDER_AWARE: "C0"}


def draw(curve, path):
    """The mean accuracy (sizes, models) against the number of training texts."""
    figure, axis = plt.subplots(figsize=(9, 4.2), layout="constrained")
    for name in curve.columns:
        color = COLORS.get(name, "grey")
        axis.plot(
            curve.index,
            curve[name],
            "o-",
            color=color,
            lw=2.5 if name in COLORS else 1,
            ms=4,
            label=name,
        )
    axis.axhline(0.7, color="black", ls="--", lw=1, label="ceiling of the bags")
    axis.set(xscale="log", xlabel="training texts", ylabel="accuracy")
    axis.set_title("With words' vectors and attention, a few hundred texts do", loc="left")
    axis.set_xticks(curve.index, curve.index)
    axis.minorticks_off()
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=120, metadata={"Software": None})


def main(count, write, tiny=False, **options):
    names, sizes = NETS + [ORDER_AWARE] + BAGS, SIZES[:2] if tiny else SIZES
    chosen = tune(names, tiny=tiny, **options)
    fewer = {
        size: {"train": size, "validation": max(size // 3, 30)} for size in sizes if size < 1800
    }
    fewer = {
        size: parts | ({"test": TINY_SIZES["test"]} if tiny else {})
        for size, parts in fewer.items()
    }
    runs = list(product(reversed(sizes), range(count), names))
    jobs = [
        (name, chosen[name], corpus_of(FIRST + number) | fewer.get(size, {}))
        for size, number, name in runs
    ]
    scores = score_all(jobs, "models x sizes", tiny=tiny, **options).assign(
        texts=[size for size, _, _ in runs]
    )
    curve = scores.groupby(["texts", "model"])["accuracy"].mean().unstack()[names]
    print(curve.round(3).to_string())
    draw(curve, place(TEXT_NOTEBOOK, "sizes.png", write))
    figures = {
        slug("at", size, name, "accuracy"): curve.loc[size, name]
        for size in sizes
        for name in names
    }
    lstm, rival = "LSTM, attention", ORDER_AWARE
    for size in sizes:
        part = scores[scores["texts"] == size].pivot(
            index="seed", columns="model", values="accuracy"
        )
        figures |= {
            f"at_{size}_best_lstm_accuracy": curve.loc[size, lstm],
            f"at_{size}_order_aware_rival_accuracy": curve.loc[size, rival],
        }
        for other, key in ((rival, "order_aware"), *((bag, slug(bag)) for bag in BAGS)):
            gap = difference_interval(part[lstm] - part[other])
            figures |= {
                slug("at", size, "difference to", key, side): value
                for side, value in zip(("mean", "low", "high"), gap)
            }
    figures["crossing_texts"] = crossing(curve[lstm], curve[rival])
    figures["crossing_texts_bags"] = crossing(curve[lstm], curve[BAGS].max(axis=1))
    write_evidence(TEXT_NOTEBOOK, "text_sizes", count, write, size_seeds=count, **figures)


if __name__ == "__main__":
    plt.switch_backend("Agg")
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
