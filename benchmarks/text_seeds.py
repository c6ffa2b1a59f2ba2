"""Notebook 2 over many fresh corpora: every model of the notebook, and the ladder of its nets; with 95% intervals and paired
differences.

usage: python -m benchmarks.text_seeds [COUNT] [--cluster ...]        (default 20: corpora 100 to 119, or five of them)
"""

import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import quantiles, slug, write_evidence
from benchmarks.text_models import PIPELINES
from benchmarks.text_trials import best_rival, corpus_of, score_all, tune, write_table
from owndata.measures import difference_interval, share_interval
from Text_Classification_LSTM.rivals import RIVALS
from tools.notebooks import TEXT_NOTEBOOK

FIRST = 100  # no setting was ever chosen on these corpora
EVERYWHERE = {"LSTM", "LSTM, attention", *RIVALS}  # what the notebook trains, too
ORDER_AWARE = "weighted clauses, logistic regression"
SIDES = "mean", "low", "high"


def jobs_of(chosen, count, tiny):
    """(model, settings, corpus) of all fits: a quarter of the corpora for the models that the notebook does not train."""
    return [
        (name, settings, corpus_of(FIRST + number, tiny))
        for number in range(count)
        for name, settings in chosen.items()
        if 4 * number < count or name in EVERYWHERE
    ]


def for_the_notebook(scores):
    """results/models.csv: a row a model, the best first. Seconds are medians, of one thread to a fit."""
    models = scores.groupby("model")
    table = pd.DataFrame(
        {name: share_interval(group, 0) for name, group in models["accuracy"]},
        index=["accuracy", "low", "high"],
    ).T.rename_axis("model")
    table["crossover"] = models["crossover"].mean()
    table["weights"] = models["size"].mean().round().astype("Int64")
    for cost in ("fit_seconds", "texts_a_second"):
        table[cost] = models[cost].median()
    table["corpora"] = models.size()
    return table.sort_values("accuracy", ascending=False, kind="stable")


def known(row):
    """{key: value} of a row, None for what is no number: a single corpus has no interval, a forest no weights."""
    return {key: None if pd.isna(value) else value for key, value in row.items()}


def differences(accuracy, name):
    """{other model: (mean, low, high)} of its lead in accuracy (corpora, models), on the corpora that both have."""
    others = accuracy.columns.drop(name)
    return {
        other: dict(zip(SIDES, difference_interval((accuracy[name] - accuracy[other]).dropna(), 0)))
        for other in others
    }


def roles_of(means):
    """{role: model}, by what the models reach on validation texts."""
    lstms = [name for name in means.index if name.startswith("LSTM") and "both" not in name]
    return {
        "best_lstm": best_rival(means, lstms),
        "best_rival": best_rival(means, PIPELINES),
        "best_bag": best_rival(means, [*PIPELINES.keys() - {ORDER_AWARE}, "order-free net"]),
        "order_aware_rival": ORDER_AWARE,
        "gru": best_rival(means, [name for name in means.index if name.startswith("GRU")]),
        "convolution": best_rival(
            means, [name for name in means.index if name.startswith("convolution")]
        ),
    }


def figures_of(scores, table):
    """The figures of all models by their names in evidence.json, and those of the roles."""
    means = scores.groupby("model").mean(numeric_only=True).loc[table.index]
    accuracy = scores.pivot(index="seed", columns="model", values="accuracy")
    roles = roles_of(means)
    gaps = differences(accuracy, roles["best_lstm"])
    figures = {
        "ladder": {
            name: known(row) for name, row in table.drop(columns="texts_a_second").iterrows()
        },
        "differences_to_best_lstm": {name: known(gap) for name, gap in gaps.items()},
        "lstm_macro_f1": means.loc["LSTM", "macro_f1"],
        "lstm_plain_accuracy": means.loc["LSTM", "plain"],
        "lstm_crossover_accuracy": means.loc["LSTM", "crossover"],
    }
    for name, row in table.iterrows():
        columns = ["accuracy", "crossover", "fit_seconds", "texts_a_second"]
        figures |= {slug(name, column): row[column] for column in columns}
    for role, name in {"lstm": "LSTM", "best_lstm": roles["best_lstm"]}.items():
        ends = known(table.loc[name, ["low", "high"]])
        figures |= {f"{role}_accuracy_{end}": value for end, value in ends.items()}
        figures[f"{role}_accuracy_worst"] = accuracy[name].min()
    for role, name in roles.items():
        figures |= {role: name, f"{role}_accuracy": means.loc[name, "accuracy"]}
        figures[f"{role}_crossover_accuracy"] = means.loc[name, "crossover"]
    for gap, role in {
        "difference": "best_rival",
        "difference_to_order_aware": "order_aware_rival",
        "difference_to_bag": "best_bag",
    }.items():
        figures |= {
            f"{gap}_{side}": value
            for side, value in figures["differences_to_best_lstm"][roles[role]].items()
        }
    return figures


def main(count, write, tiny=False, **options):
    chosen = tune(tiny=tiny, **options)
    print(*chosen.items(), sep="\n")
    scores = score_all(jobs_of(chosen, count, tiny), "models x corpora", tiny=tiny, **options)
    assert scores.drop(columns="size").notna().all(axis=None), "a score is missing"
    table = for_the_notebook(scores)
    print(table.round(4).to_string())
    write_table(table, "models.csv", write)
    figures = figures_of(scores, table)
    print(pd.DataFrame(figures["differences_to_best_lstm"]).T.round(4).to_string())
    measures = ["accuracy", "macro_f1", "log_loss", "plain", "crossover"]
    figures["quantiles"] = {
        name: quantiles(group[measures]) for name, group in scores.groupby("model")
    }
    write_evidence(TEXT_NOTEBOOK, "text_seeds", count, write, seeds=count, **figures)


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 20)
    main(count, write, **options)
