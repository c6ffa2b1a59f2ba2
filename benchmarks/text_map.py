"""The decision map: who is ahead at which share of crossover texts and with how many training texts?

usage: python -m benchmarks.text_map [COUNT] [--cluster ...]        (default 5: corpora 200 to 204 to a cell)

The LSTM is the best of notebook 2, the mean of three starts on each corpus; the rival that of all its rivals which is right
most often on validation texts. A side is ahead if the interval of the difference says so.
"""

from itertools import product

import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.sweep import sweep
from benchmarks.text_models import PIPELINES, fit_model
from benchmarks.text_trials import TINY_SIZES, best_rival, judge, make_table, tune, write_table
from owndata.measures import difference_interval
from tools.notebooks import TEXT_NOTEBOOK

FIRST, STARTS = 200, 3
SHARES = [0.0, 0.1, 0.25, 0.5, 1.0]
SIZES = [100, 300, 1000]
LSTM = "LSTM, attention"
RIVALS = [*PIPELINES, "order-free net"]
FEW = ["TF-IDF, logistic regression", "weighted clauses, logistic regression"]  # to try it


def corpus_with(share, size, seed, tiny):
    """The arguments of `make_table` for a corpus of a cell."""
    parts = {"train": size, "validation": max(size // 3, 30), "crossover": share}
    return {"seed": seed} | parts | ({"test": TINY_SIZES["test"]} if tiny else {})


def start_scores(name, settings, corpus, start):
    """The accuracies of one model on validation and on test texts, trained from one start."""
    table = make_table(**corpus)
    outcome = fit_model(name, settings, table, corpus["seed"] + 1000 * start)
    return {
        "validation": judge(table, "validation", outcome.validation)["accuracy"],
        "accuracy": judge(table, "test", outcome.test)["accuracy"],
    }


def judge_cell(cell):
    """What a cell of the map shows, from a table of its runs: model, seed, validation, accuracy."""
    means = cell.groupby(["model", "seed"])[["validation", "accuracy"]].mean()
    rival = best_rival(
        means.groupby("model").mean(), [name for name in cell["model"].unique() if name != LSTM]
    )
    lstm, other = means.loc[LSTM, "accuracy"], means.loc[rival, "accuracy"]
    _, low, high = difference_interval(lstm - other, 0)
    winner = "LSTM" if low > 0 else "rival" if high < 0 else "level"
    winner = "nobody" if max(lstm.mean(), other.mean()) <= 0.5 else winner
    return {"lstm": lstm.mean(), "rival": other.mean(), "rival_name": rival, "winner": winner}


def runs_of(names, count, tiny):
    """A table of all runs: crossover, texts, seed, model, start. Those of the largest corpora are first."""
    shares, sizes = (SHARES[-2:], SIZES[:1]) if tiny else (SHARES, SIZES)
    return pd.DataFrame(
        [
            (share, size, FIRST + number, name, start)
            for size, share, number in product(reversed(sizes), shares, range(count))
            for name in names
            for start in range(STARTS if name == LSTM else 1)
        ],
        columns=["crossover", "texts", "seed", "model", "start"],
    )


def main(count, write, tiny=False, **options):
    chosen = tune([LSTM, *(FEW if tiny else RIVALS)], tiny=tiny, **options)
    runs = runs_of(chosen, count, tiny)
    jobs = [
        (name, chosen[name], corpus_with(share, size, seed, tiny), start)
        for share, size, seed, name, start in runs.itertuples(index=False)
    ]
    found = pd.DataFrame(sweep(start_scores, jobs, "decision map", tiny=tiny, **options))
    cells = runs.join(found).groupby(["crossover", "texts"])
    judged = {place: judge_cell(cell) for place, cell in cells}
    table = pd.DataFrame.from_dict(judged, orient="index").rename_axis(["crossover", "texts"])
    print(table.to_string())
    write_table(table.rename(columns={"winner": "ahead"}), "map.csv", write)
    figures = {
        slug(f"map {100 * share:.0f} percent {size} texts {key}"): value
        for (share, size), row in table.iterrows()
        for key, value in row.items()
    }
    write_evidence(
        TEXT_NOTEBOOK, "text_map", count, write, map_seeds=count, map_starts=STARTS, **figures
    )


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
