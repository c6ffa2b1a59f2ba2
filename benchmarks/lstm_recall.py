"""Notebook 1's recall task: an LSTM and a plain RNN, each with a start that keeps a memory and with an ordinary one.

usage: python -m benchmarks.lstm_recall [SEEDS] [--cluster ...]        (default 5: seeds 0 to 4)

Each net chooses its learning rate among five on seed 1000, which is not reported, by its error after 6,000 steps. An error is the
mean over the last hundred batches; 1/3 is that of whoever always answers 0. The errors spread over orders of magnitude, so
the figures are the median over seeds, the lowest and the highest: with five seeds a 94% interval for the median.
"""

import numpy as np
import pandas as pd

from benchmarks.command import arguments
from benchmarks.evidence import slug, write_evidence
from benchmarks.sweep import sweep
from LSTM_from_scratch.lstm import STARTS, train_recall
from tools.notebooks import LSTM_NOTEBOOK

RATES, CHOOSING_SEED = (0.01, 0.003, 0.001, 0.0003, 0.0001), 1000
LENGTHS = (1500, 6000)


def one_fit(net, rate, seed, lengths):
    """The error at the end of each length of training, of one fit that runs to the longest."""
    _, losses, _, _ = train_recall(net, rate, max(lengths), seed)
    return [float(np.mean(losses[max(length - 100, 0) : length])) for length in lengths]


def main(count, write, tiny=False, **options):
    lengths, rates = ((10, 20), RATES[:2]) if tiny else (LENGTHS, RATES)
    nets = list(STARTS)
    jobs = [(net, rate, CHOOSING_SEED, lengths) for net in nets for rate in rates]
    tried = pd.DataFrame(sweep(one_fit, jobs, "rates", tiny=tiny, **options), columns=lengths)
    tried = tried.assign(net=[net for net, *_ in jobs], rate=[rate for _, rate, *_ in jobs])
    print(
        tried.pivot(index="net", columns="rate", values=list(lengths))
        .loc[nets]
        .round(4)
        .to_string()
    )
    chosen = tried.loc[tried.groupby("net")[lengths[-1]].idxmin()].set_index("net")["rate"]
    jobs = [(net, float(chosen[net]), seed, lengths) for net in nets for seed in range(count)]
    found = pd.DataFrame(sweep(one_fit, jobs, "seeds", tiny=tiny, **options), columns=lengths)
    found["net"] = [net for net, *_ in jobs]
    table = found.groupby("net")[list(lengths)].agg(["median", "min", "max"]).loc[nets]
    print(table.round(4).to_string())
    figures = {"recall_seeds": count, "recall_steps": lengths[-1], "recall_rates": len(rates)}
    for net in nets:
        figures[slug("recall", net, "rate")] = float(chosen[net])
        for length, name in zip(lengths, ("_early", "")):
            for key in ("median", "min", "max"):
                figures[slug("recall", net, "error", key) + name] = table.loc[net, (length, key)]
    write_evidence(
        LSTM_NOTEBOOK, "lstm_recall", count, write, recall_early_steps=lengths[0], **figures
    )


if __name__ == "__main__":
    count, write, options = arguments(__doc__, 5)
    main(count, write, **options)
