"""Notebook 2 on a CSV file of your own (columns text and genre): the table of all models, and evidence under a name.

usage: python -m benchmarks.text_own FILE.csv NAME        (for example news_headlines.csv headlines)
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import papermill

from benchmarks.evidence import write_evidence
from benchmarks.text_trials import slug
from notebook_code import ROOT, TEXT_NOTEBOOK


def main(path, name):
    os.environ["TQDM_DISABLE"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        parameters = {"DATA_CSV": str(Path(path).resolve()), "OUTPUT_DIR": folder}
        papermill.execute_notebook(ROOT / TEXT_NOTEBOOK, None, parameters, cwd=folder, progress_bar=False)
        metrics = json.loads((Path(folder) / "results" / "metrics.json").read_text())
    columns = ("accuracy", "low", "high", "macro_f1")
    wanted = {key: value for key, value in metrics.items() if key.rpartition(": ")[2] in columns and ": " in key}
    for key, value in wanted.items():
        print(f"{key:50} {value:.3f}")
    wanted |= {key: metrics[key] for key in ("best_rival", "difference_mean", "difference_low", "difference_high", "texts")}
    write_evidence(TEXT_NOTEBOOK, **{slug(name, key): value for key, value in wanted.items()})


if __name__ == "__main__":
    main(*sys.argv[1:3])
