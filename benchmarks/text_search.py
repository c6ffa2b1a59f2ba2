"""The settings of notebook 2's two LSTMs, judged on the validation texts of corpora that are not reported.

usage: python -m benchmarks.text_search [COUNT] [--cluster ...]        (default 3: corpora 500 to 502; ten fits a corpus)
"""

import pandas as pd
from sklearn.model_selection import ParameterGrid

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.sweep import sweep
from benchmarks.text_trials import corpus_of, settings_of, validation
from tools.notebooks import TEXT_NOTEBOOK

FIRST = 500
GRIDS = {
    "LSTM": {"learning_rate": [0.004, 0.008], "dropout": [0.3, 0.5]},
    "LSTM, attention": {"learning_rate": [0.005, 0.01, 0.02], "epochs": [15, 20]},
}


def grid_of(name, tiny):
    """The settings that are tried; two, and one epoch, where the script is."""
    found = [settings_of(name)[0] | changes for changes in ParameterGrid(GRIDS[name])]
    return [settings | {"epochs": 1} for settings in found[:2]] if tiny else found


def search(name, count, tiny=False, **options):
    """The mean log loss and accuracy of each setting on validation texts, the best first."""
    grid = grid_of(name, tiny)
    jobs = [
        (name, settings, corpus_of(FIRST + number, tiny))
        for number in range(count)
        for settings in grid
    ]
    found = pd.DataFrame(sweep(validation, jobs, name, tiny=tiny, **options))
    means = found.groupby(found.index % len(grid)).mean()
    table = pd.DataFrame(grid).join(means).sort_values("log_loss")
    print(table.round(4).to_string(index=False))
    return table


def main(count, write, **options):
    tables = {name: search(name, count, **options) for name in GRIDS}
    best, attentive = (table.iloc[0] for table in tables.values())
    write_evidence(
        TEXT_NOTEBOOK,
        "text_search",
        count,
        write,
        search_fits=count * sum(map(len, tables.values())),
        search_best_rate=float(best["learning_rate"]),
        search_best_dropout=float(best["dropout"]),
        search_log_loss_best=float(best["log_loss"]),
        search_attention_best_rate=float(attentive["learning_rate"]),
        search_attention_best_epochs=int(attentive["epochs"]),
        search_attention_log_loss_best=float(attentive["log_loss"]),
    )


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 3)
    main(count, write, **options)
