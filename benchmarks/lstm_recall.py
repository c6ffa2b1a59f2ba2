"""Notebook 1's recall task: an LSTM and a plain RNN, each with a start that keeps a memory and with an ordinary one.

usage: python -m benchmarks.lstm_recall [SEEDS] [--cluster ...]        (default 5: seeds 0 to 4)

Each net is trained for 600 and for 3,000 steps, and for each length chooses its learning rate among five on seed 1000, which is
not reported, by its error at the end. An error is the mean over the last hundred batches; 1/3 is that of whoever always answers 0.
The errors spread over orders of magnitude, so the figures are the median over seeds, the lowest and the highest: with five seeds a
94% interval for the median. They also go to results/recall.csv, whose rates the notebook takes.
"""

from itertools import product

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.lstm_trials import write_table
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import RECALL_NETS, train_recall
from tools.notebooks import LSTM_NOTEBOOK

RATES, CHOOSING_SEED = (0.01, 0.003, 0.001, 0.0003, 0.0001), 1000
LENGTHS = (600, 3000)


def one_fit(net, rate, seed, lengths):
    """The error at the end of each length of training, of one fit that runs to the longest."""
    _, _, losses = train_recall(net, rate, max(lengths), seed)
    return [float(np.mean(losses[max(length - 100, 0) : length])) for length in lengths]


def choose_rates(lengths, tiny=False, **options):
    """{(length, net): its learning rate}. A long fit begins as a short one does, so it serves all lengths."""
    rates = RATES[:2] if tiny else RATES
    jobs = [(net, rate, CHOOSING_SEED, lengths) for net in RECALL_NETS for rate in rates]
    errors = pd.DataFrame(sweep(one_fit, jobs, "rates", tiny=tiny, **options), columns=lengths)
    errors.index = pd.MultiIndex.from_tuples([(net, rate) for net, rate, *_ in jobs])
    print(errors.round(4).to_string())
    return {
        (length, net): float(errors.loc[net, length].idxmin())
        for length, net in product(lengths, RECALL_NETS)
    }


def measure(rates, count, tiny=False, **options):
    """results/recall.csv: the errors over seeds of each net at its rate, for each length of training."""
    seeds = range(count)
    jobs = [(net, rate, seed, [steps]) for (steps, net), rate in rates.items() for seed in seeds]
    found = sweep(one_fit, jobs, "seeds", tiny=tiny, **options)
    rows = [(net, steps, rate, error) for (net, rate, _, [steps]), [error] in zip(jobs, found)]
    table = pd.DataFrame(rows, columns=["net", "steps", "rate", "error"])
    errors = table.groupby(["net", "steps", "rate"], sort=False)["error"]
    return errors.agg(median="median", lowest="min", highest="max").reset_index()


def figures_of(table, early):
    """The same by key for evidence.json; "_early" stands behind the keys of the short training."""
    figures = {}
    for row in table.itertuples():
        end = "_early" if row.steps == early else ""
        figures[slug("recall", row.net, "rate") + end] = row.rate
        for key, error in (("median", row.median), ("min", row.lowest), ("max", row.highest)):
            figures[slug("recall", row.net, "error", key) + end] = error
    return figures


def main(count, write, tiny=False, **options):
    early, late = (10, 20) if tiny else LENGTHS
    rates = choose_rates((early, late), tiny=tiny, **options)
    table = measure(rates, count, tiny=tiny, **options)
    write_table(table, "recall.csv", write, index=False)
    write_evidence(
        LSTM_NOTEBOOK,
        "lstm_recall",
        count,
        write,
        recall_seeds=count,
        recall_rates=len(RATES),
        recall_early_steps=early,
        recall_steps=late,
        **figures_of(table, early),
    )


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
