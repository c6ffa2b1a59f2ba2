"""The full comparison of models on a file of texts of your own: evidence under a name, and its rows of results/real.csv.

usage: python -m benchmarks.text_own FILE.csv NAME [--write]        (for example short_news.csv short_news)
"""

import argparse
import sys
from dataclasses import replace

import pandas as pd

from benchmarks.evidence import place, slug, write_evidence
from owndata.classify import (
    LSTM_AND_BAG,
    Comparison,
    Work,
    best_lstm,
    best_rival,
    compare,
    make_plan,
    run,
)
from owndata.errors import Unclear
from owndata.models import FEW, NETWORKS
from owndata.networks import fit  # noqa: F401 workers run it: a part of what made the figures
from owndata.texts import Texts, read_texts
from owndata.words.classify import comparison
from tools.notebooks import TEXT_NOTEBOOK

COLUMNS = ["accuracy", "low", "high", "macro_f1"]


def try_out(texts: Texts) -> Comparison:
    """A comparison that only shows whether it runs: few models, one setting, one epoch."""
    plan = make_plan(texts, full=True, splits_wanted=2, most_epochs=1)
    grids = {name: plan.grids[name][:1] for name in (*FEW, *NETWORKS)}
    return run(replace(plan, grids=grids), Work())


def figures_of(found: Comparison) -> dict[str, object]:
    """The scores of all models, who is best, and by how much an LSTM is ahead of the best rival."""
    figures = {
        f"{name}: {column}": float(found.scores.loc[name, column])
        for name in found.scores.index
        for column in COLUMNS
    }
    names = list(found.scores.index)
    lstm, rival = best_lstm(names), best_rival(names)
    figures |= {"best_lstm": lstm, "best_rival": rival, "texts": len(found.plan.compared)}
    leads = {(lead.model, lead.rival): lead for lead in found.leads}
    for gap, model in {"difference": lstm, "difference_lstm_and_bag": LSTM_AND_BAG}.items():
        lead = leads[model, rival]
        figures |= {f"{gap}_{side}": getattr(lead, side) for side in ("mean", "low", "high")}
    return figures


def write_rows(found, name, write):
    """Put the scores of all models into real.csv, in the place of the rows that this set of texts has there."""
    rows = found.scores[COLUMNS].rename_axis("model").reset_index()
    rows.insert(0, "texts", name)
    path = place(TEXT_NOTEBOOK, "real.csv", write)
    if path.exists():
        known = pd.read_csv(path).groupby("texts", sort=False)
        rows = pd.concat((dict(iter(known)) | {name: rows}).values())
    rows.to_csv(path, float_format="%.6g", lineterminator="\n", index=False)


def main(path, name, write, tiny):
    try:
        texts = read_texts(path)
        found = try_out(texts) if tiny else compare(texts, full=True)
    except Unclear as error:
        sys.exit(str(error))
    print(comparison(found))
    write = write and not tiny
    write_rows(found, slug(name).replace("_", " "), write)
    figures = {slug(name, key): value for key, value in figures_of(found).items()}
    write_evidence(TEXT_NOTEBOOK, f"text_own:{slug(name)}", None, write, **figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", metavar="FILE.csv", help="with the columns text and genre")
    parser.add_argument("name", metavar="NAME", help="what its figures begin with")
    parser.add_argument(
        "--tiny", action="store_true", help="only try whether it runs: two splits, one epoch"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the figures into the committed results"
    )
    given = parser.parse_args()
    main(given.file, given.name, given.write, given.tiny)
