"""Notebook 2 on a CSV file of your own (columns text and genre): the table of all models, and evidence under a name.

usage: python -m benchmarks.text_own FILE.csv NAME [--write]        (for example short_news.csv short_news)
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import papermill
from nbclient.exceptions import DeadKernelError

from benchmarks.evidence import slug, write_evidence
from notebook_code import ROOT, TEXT_NOTEBOOK

TINY = {"QUICK": True, "N_SEEDS": 2, "EPOCHS": 1}


def run(path, parameters):
    """The metrics.json of a run of the notebook on a file."""
    with tempfile.TemporaryDirectory() as folder:
        parameters = {
            "DATA_CSV": str(Path(path).resolve()),
            "OUTPUT_DIR": folder,
            "MOST_MINUTES": 0,
        } | parameters
        try:
            papermill.execute_notebook(
                ROOT / TEXT_NOTEBOOK, None, parameters, cwd=folder, progress_bar=False
            )
        except papermill.PapermillExecutionError as error:
            sys.exit(f"{path}: the notebook ended with {error.ename}: {error.evalue}")
        except DeadKernelError:
            sys.exit(f"{path}: the notebook's kernel died (of want of memory?): try fewer texts.")
        return json.loads((Path(folder) / "results" / "metrics.json").read_text(encoding="utf-8"))


def main(path, name, write, tiny):
    os.environ["TQDM_DISABLE"] = "1"
    metrics = run(path, TINY if tiny else {})
    columns = ("accuracy", "low", "high", "macro_f1")
    wanted = {
        key: value
        for key, value in metrics.items()
        if key.rpartition(": ")[2] in columns and ": " in key
    }
    for key, value in wanted.items():
        print(f"{key:50} {value:.3f}")
    gaps = [
        f"{gap}_{side}"
        for gap in ("difference", "difference_lstm_and_bag")
        for side in ("mean", "low", "high")
    ]
    wanted |= {key: metrics[key] for key in ("best_lstm", "best_rival", "texts", *gaps)}
    figures = {slug(name, key): value for key, value in wanted.items()}
    write_evidence(TEXT_NOTEBOOK, f"text_own:{slug(name)}", None, write and not tiny, **figures)


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
        "--write", action="store_true", help="put the figures into the committed evidence.json"
    )
    given = parser.parse_args()
    main(given.file, given.name, given.write, given.tiny)
