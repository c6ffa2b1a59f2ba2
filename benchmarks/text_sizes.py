"""Notebook 2 with fewer training texts: both LSTMs, the weighted clauses and three models that count words.

usage: python -m benchmarks.text_sizes [COUNT] [--cluster ...]        (default 5: corpora 100 to 104)
"""

from itertools import product

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.text_seeds import FIRST, ORDER_AWARE, SIDES
from benchmarks.text_trials import TINY_SIZES, corpus_of, score_all, tune, write_table
from owndata.measures import difference_interval
from tools.notebooks import TEXT_NOTEBOOK

SIZES = [100, 160, 300, 600, 1000, 1800]
BEST = "LSTM, attention"
BAGS = ["1-3-grams, linear SVM", "TF-IDF, logistic regression", "embeddings, logistic regression"]
MODELS = ["LSTM", BEST, ORDER_AWARE, *BAGS]


def corpus_with(size, seed, tiny):
    """The arguments of `make_table` for a corpus with so many training texts; the largest is the usual one."""
    if size == max(SIZES):
        return corpus_of(seed)
    parts = {"train": size, "validation": max(size // 3, 30)}
    return corpus_of(seed, **parts | ({"test": TINY_SIZES["test"]} if tiny else {}))


def crossing(ours, others):
    """The smallest size from which our accuracy stays above the others'; None if there is none."""
    for size in ours.index:
        if (ours.loc[size:] > others.loc[size:]).all():
            return int(size)
    return None


def figures_at(size, accuracy):
    """The figures of one size, from the accuracies (corpora, models): means, and what the best LSTM leads by."""
    means = accuracy.mean()
    figures = {slug("at", size, name, "accuracy"): means[name] for name in MODELS}
    figures[f"at_{size}_best_lstm_accuracy"] = means[BEST]
    figures[f"at_{size}_order_aware_rival_accuracy"] = means[ORDER_AWARE]
    for other, key in {ORDER_AWARE: "order_aware", **{bag: slug(bag) for bag in BAGS}}.items():
        gap = difference_interval(accuracy[BEST] - accuracy[other], 0)
        figures |= {
            slug("at", size, "difference to", key, side): value for side, value in zip(SIDES, gap)
        }
    return figures


def main(count, write, tiny=False, **options):
    sizes = SIZES[:2] if tiny else SIZES
    chosen = tune(MODELS, tiny=tiny, **options)
    runs = list(product(reversed(sizes), range(count), MODELS))
    jobs = [
        (name, chosen[name], corpus_with(size, FIRST + number, tiny)) for size, number, name in runs
    ]
    scores = score_all(jobs, "models x sizes", tiny=tiny, **options)
    scores["texts"] = [size for size, _, _ in runs]
    accuracy = scores.pivot(index=["texts", "seed"], columns="model", values="accuracy")[MODELS]
    curve = accuracy.groupby("texts").mean()
    print(curve.round(3).to_string())
    write_table(curve.stack().rename("accuracy").reset_index(), "sizes.csv", write, index=False)
    figures = {}
    for size in sizes:
        figures |= figures_at(size, accuracy.loc[size])
    figures["crossing_texts"] = crossing(curve[BEST], curve[ORDER_AWARE])
    figures["crossing_texts_bags"] = crossing(curve[BEST], curve[BAGS].max(axis=1))
    write_evidence(TEXT_NOTEBOOK, "text_sizes", count, write, size_seeds=count, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
