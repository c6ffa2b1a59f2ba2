"""Notebook 2 over many fresh corpora: every model of the notebook, and the ladder of its nets; with 95% intervals and paired
differences.

usage: python -m benchmarks.text_seeds [COUNT] [--cluster ...]        (default 20: corpora 100 to 119, or five of them)
"""

from benchmarks.command import arguments
from benchmarks.evidence import quantiles, slug, write_evidence
from benchmarks.text_trials import best_rival, corpus_of, score_all, tune
from Text_Classification_LSTM.rivals import RIVALS, difference_interval, share_interval
from tools.notebooks import TEXT_NOTEBOOK

FIRST = 100  # no setting was ever chosen on these corpora
EVERYWHERE = ["LSTM", "LSTM, attention"]  # and those classical models that are no trees
ORDER_AWARE = "weighted clauses, logistic regression"


def known(values):
    """The values, None for one that is no number: a single corpus has no interval."""
    return [None if value != value else value for value in values]


def main(count, write, tiny=False, **options):
    chosen = tune(tiny=tiny, **options)
    print(*chosen.items(), sep="\n")
    everywhere = EVERYWHERE + [
        name for name in RIVALS if "forest" not in name and "boosting" not in name
    ]
    jobs = [(name, chosen[name], corpus_of(FIRST + number, tiny)) for number in range(count)
            for name in chosen if 4 * number < count or name in everywhere]  # fmt: skip
    scores = score_all(jobs, "models x corpora", tiny=tiny, **options)
    measures = ["accuracy", "macro_f1", "log_loss", "plain", "crossover"]
    assert scores.drop(columns="size").notna().all(axis=None), "a score is missing"
    means = scores.groupby("model").mean(numeric_only=True).sort_values("accuracy", ascending=False)
    median = scores.groupby("model")[
        ["fit_seconds", "texts_a_second"]
    ].median()  # one thread to a fit
    accuracy = scores.pivot(index="seed", columns="model", values="accuracy")
    table = {}
    for name, row in means.iterrows():
        _, low, high = known(share_interval(accuracy[name].dropna()))
        table[name] = {"accuracy": row["accuracy"], "low": low, "high": high, "crossover": row["crossover"],
                       "weights": None if row["size"] != row["size"] else round(row["size"]),
                       "fit_seconds": median.loc[name, "fit_seconds"], "corpora": int(accuracy[name].count())}  # fmt: skip
        print(
            f"{name:40}",
            *(f"{key} {value:.4g}" for key, value in table[name].items() if value is not None),
        )
    one_direction = [name for name in means.index if name.startswith("LSTM") and "both" not in name]
    lstm, rival = best_rival(means, one_direction), best_rival(means, list(RIVALS))
    bag = best_rival(means, [*RIVALS.keys() - {ORDER_AWARE}, "order-free net"])
    families = {
        family: best_rival(means, [name for name in means.index if name.startswith(family)])
        for family in ("GRU", "convolution")
    }
    gaps = {
        name: difference_interval((accuracy[lstm] - accuracy[name]).dropna())
        for name in means.index
        if name != lstm
    }
    for name, (mean, low, high) in gaps.items():
        print(f"{lstm} - {name:35} {mean:+.4f}  95% {low:+.4f} to {high:+.4f}")
    _, low, high = share_interval(accuracy["LSTM"])
    figures = {
        slug(name, score): means.loc[name, score]
        for name in means.index
        for score in ("accuracy", "crossover")
    }
    figures |= {
        slug(name, cost): median.loc[name, cost] for name in median.index for cost in median
    }
    figures |= {
        "seeds": count,
        "lstm_accuracy_low": low,
        "lstm_accuracy_high": high,
        "lstm_accuracy_worst": accuracy["LSTM"].min(),
        "lstm_macro_f1": means.loc["LSTM", "macro_f1"],
        "lstm_plain_accuracy": means.loc["LSTM", "plain"],
        "lstm_crossover_accuracy": means.loc["LSTM", "crossover"],
        "best_lstm_accuracy_low": table[lstm]["low"],
        "best_lstm_accuracy_high": table[lstm]["high"],
        "best_lstm_accuracy_worst": accuracy[lstm].min(),
        "ladder": table,
        "differences_to_best_lstm": {
            name: dict(zip(("mean", "low", "high"), known(gap))) for name, gap in gaps.items()
        },
        "quantiles": {name: quantiles(group[measures]) for name, group in scores.groupby("model")},
    }
    best = {
        "best_lstm": lstm,
        "best_rival": rival,
        "best_bag": bag,
        "order_aware_rival": ORDER_AWARE,
    }
    for role, name in (best | {family.lower(): name for family, name in families.items()}).items():
        figures |= {role: name, f"{role}_accuracy": means.loc[name, "accuracy"]}
        figures[f"{role}_crossover_accuracy"] = means.loc[name, "crossover"]
    for role, name in (
        ("difference", rival),
        ("difference_to_order_aware", ORDER_AWARE),
        ("difference_to_bag", bag),
    ):
        figures |= {
            f"{role}_{side}": value
            for side, value in zip(("mean", "low", "high"), known(gaps[name]))
        }
    write_evidence(TEXT_NOTEBOOK, "text_seeds", count, write, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 20)
    main(count, write, **options)
