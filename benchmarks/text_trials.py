"""What the benchmarks of notebook 2 share: tables ready for every model, the notebook's tuning, and many fits side by side."""

import os
import re

os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

import pandas as pd  # noqa: E402
from joblib import Parallel, delayed  # noqa: E402
from tqdm import tqdm  # noqa: E402

from notebook_code import TEXT_NOTEBOOK, load_definitions  # noqa: E402


def slug(*words):
    """The words as one key: lower case, underscores."""
    return re.sub(r"\W+", "_", " ".join(map(str, words)).lower()).strip("_")


def prepare(table):
    """The table with the columns that the rivals read."""
    nb = load_definitions(TEXT_NOTEBOOK)
    return table.assign(stems=table["text"].map(nb.preprocess), clause_bags=table["text"].map(nb.clause_bags))


def fit(name, settings, table, seed):
    """One model on one table, by the notebook's own code: its outcome without the weights."""
    outcome = load_definitions(TEXT_NOTEBOOK).fit_model(name, settings, table, seed)
    return {key: value for key, value in outcome.items() if key != "weights"}


def fit_all(jobs, label):
    """fit(*job) for each job, on all cores; the slow ones should come first."""
    outcomes = Parallel(n_jobs=-1, return_as="generator")(delayed(fit)(*job) for job in jobs)
    return list(tqdm(outcomes, total=len(jobs), desc=label))


def tune(names=None):
    """{model: settings} as the notebook chooses them: on the validation texts of the committed corpus (seed 0)."""
    nb = load_definitions(TEXT_NOTEBOOK)
    table = prepare(nb.make_corpus(0))
    jobs = [(name, settings, table, 0) for name in names or nb.GRIDS for settings in nb.GRIDS[name]]
    return nb.choose(jobs, fit_all(jobs, "tuning"))


def score_all(jobs, label):
    """A table of scores and of cost (seconds to fit, texts read in a second), one row a job."""
    nb = load_definitions(TEXT_NOTEBOOK)
    outcomes = fit_all(jobs, label)
    rows = []
    for (name, _, table, seed), outcome in zip(jobs, outcomes, strict=True):
        fit_seconds, read_seconds = outcome["seconds"]
        read = len(table) - len(nb.part_of(table, "train"))
        cost = {"fit_seconds": fit_seconds, "texts_a_second": read / read_seconds}
        rows.append({"model": name, "seed": seed} | nb.score(table, outcome) | cost)
    return pd.DataFrame(rows)
