"""The wide search of notebook 2: the LSTM's state, learning rate and dropout, judged on validation texts.

usage: python -m benchmarks.text_search [SEED] [--cluster ...]        (default 0: the committed corpus; eighteen fits)
"""

from itertools import product

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import write_evidence
from benchmarks.sweep import sweep
from benchmarks.text_trials import corpus_of, make_table, training, validation
from Text_Classification_LSTM.rivals import judge
from tools.notebooks import TEXT_NOTEBOOK

OURS = 64  # units, in the notebook
UNITS, RATES, DROPOUTS = (128, 64, 32), (0.001, 0.002, 0.004), (0.3, 0.5)  # the slow ones first


def main(seed, write, tiny=False, **options):
    corpus = corpus_of(seed, tiny)
    settings = product(UNITS, RATES[:1], DROPOUTS[:1]) if tiny else product(UNITS, RATES, DROPOUTS)
    grid = [
        {"units": units, "learning_rate": rate, "dropout": dropout}
        for units, rate, dropout in settings
    ]
    jobs = [("LSTM", one, corpus, training(tiny)) for one in grid]
    outcomes = sweep(validation, jobs, "search", tiny=tiny, **options)
    found, table = pd.DataFrame(grid), make_table(**corpus)
    found[["accuracy", "log_loss"]] = [
        judge(table, "validation", {"validation": np.array(outcome)}) for outcome in outcomes
    ]
    print(found.sort_values("log_loss").round(3).to_string(index=False))
    best = found.loc[found["log_loss"].idxmin()]
    ours = found[found["units"] == OURS]["log_loss"].min()
    write_evidence(TEXT_NOTEBOOK, "text_search", len(found), write,
                   search_fits=len(found), search_best_units=int(best["units"]),
                   search_best_rate=float(best["learning_rate"]), search_best_dropout=float(best["dropout"]),
                   search_log_loss_best=float(best["log_loss"]), search_log_loss_64_units=float(ours))  # fmt: skip


if __name__ == "__main__":
    seed, write, options = arguments(__doc__, 0, "seed")
    main(seed, write, **options)
