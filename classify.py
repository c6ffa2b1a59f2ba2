"""Labels for your own texts: notebook 2's quick comparison of models, the best of them trained on all of your texts.

usage: python classify.py FILE [--label NEW] [--text COLUMN] [--genre COLUMN] [--out FOLDER]
       python classify.py --model KEPT --label NEW [--text COLUMN] [--out FOLDER]

Writes into FOLDER (default: named after the file, beside it): report.csv, all scores with their intervals; the kept model;
predictions.csv, the rows of NEW with a label for each. The definitions are those of the notebook. The splits share no test
text, so that the intervals can be made over the texts.
"""

import argparse
import io
import json
import os
import sys
import zipfile
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path

if not all(map(find_spec, "cloudpickle keras nbformat nltk seaborn sklearn tensorflow".split())):
    sys.exit("Packages are missing: first run `make setup` here, then use .venv/bin/python classify.py ...")

from notebook_code import TEXT_NOTEBOOK, in_options, load_definitions, pinned

if __name__ == "__main__":  # as the notebook does, and before NumPy is loaded
    os.environ.update(pinned() | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"})
    os.environ.update(OMP_NUM_THREADS="1", TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")

import cloudpickle  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy.stats import binomtest  # noqa: E402

OPTIONS = {"TEXT_COLUMN": "--text", "LABEL_COLUMN": "--genre", "SEPARATOR": "--separator", "ENCODING": "--encoding"}
OPTIONS |= {"OUTPUT_DIR": "--out", "DATA_CSV": "FILE"}  # what the notebook's errors call them


def find_kept(path):
    """The kept model at `path`, a file or the folder that it is in. Raises ValueError without one."""
    places = [path / f"kept_model.{end}" for end in ("json", "keras")] if path.is_dir() else [path]
    for place in filter(Path.is_file, places):
        if zipfile.is_zipfile(place) and place.suffix == ".keras":
            return place
        try:
            if place.suffix == ".json" and {"texts", "threshold"} <= json.loads(place.read_text("utf-8")).keys():
                return place
        except (ValueError, AttributeError):  # no JSON, or no object
            pass
    raise ValueError(f"{path} is no kept model: give kept_model.json or kept_model.keras, or the folder that holds it.")


def candidates(nb, table):
    """{model: the settings to try}, as in a quick run of the notebook."""
    short = nb.words_in(table) <= 50 * len(table)
    rivals = {name: nb.GRIDS[name] for name in nb.FEW if short or "weighted" not in name}
    return nb.quick_grids(nb.NET_GRIDS | {"LSTM variant": nb.VARIANTS} | rivals)


def compare(nb, trials):
    """{model: its settings}, chosen on the first trial; {model: its outcome on each trial}.

    On the way the tables of the trials get the columns that the rivals read.
    """
    for table in trials:
        table["stems"], table["clause_bags"] = table["text"].map(nb.preprocess), table["text"].map(nb.clause_bags)
    grids = candidates(nb, trials[0])
    jobs = [(name, settings, trials[0], nb.SEED) for name, grid in grids.items() for settings in grid]
    print(f"Comparing {len(grids)} models on {len(trials)} splits. On the first: {len(jobs)} trainings ...", flush=True)
    cloudpickle.register_pickle_by_value(nb)  # no worker can import it
    first = nb.run_jobs(nb.fit_model, jobs, "first split")
    chosen = nb.choose(jobs, first)
    outcomes = {job[0]: [outcome] for job, outcome in zip(jobs, first) if job[1] is chosen[job[0]]}
    jobs = [(name, chosen[name], table, nb.SEED + k) for name in grids for k, table in enumerate(trials) if k]
    print(f"On the other, with the settings that are best on the first: {len(jobs)} trainings ...", flush=True)
    for (name, *_), outcome in zip(jobs, nb.run_jobs(nb.fit_model, jobs, "further splits")):
        outcomes[name].append(outcome)
    return chosen, outcomes


def splits(nb, table, count):
    """`count` splits of a table, 2 at most: none has a test text or a validation text in common with another."""
    return [nb.draw_split(table, nb.SEED, fold=2 * number) for number in range(count)]


def text_interval(share, size):
    """(low, high): Wilson's 95% interval of a share of `size` texts."""
    return tuple(binomtest(round(share * size), size).proportion_ci(0.95, "wilson"))


def report(nb, trials, outcomes, unequal):
    """A row a model: the means over the trials, the accuracy with a 95% interval; the best on the validation texts first."""
    tested = sum(trial.loc[trial["split"] == "test", "pair"].nunique() for trial in trials)
    rows = {}
    for name, runs in outcomes.items():
        scores = pd.DataFrame([nb.score(trial, run) for trial, run in zip(trials, runs)])
        scores["validation_macro_f1"] = [nb.macro_f1(trial, run, "validation") for trial, run in zip(trials, runs)]
        rows[name] = scores.drop(columns=["plain", "crossover"]).mean()
        rows[name]["low"], rows[name]["high"] = text_interval(rows[name]["accuracy"], tested)
    found = pd.DataFrame(rows).T.rename(columns={"validation": "validation_accuracy"}).rename_axis("model").sort_index()
    found.loc[found.index.str.contains("SVM"), "log_loss"] = np.nan  # it has no probabilities
    order = "macro_f1" if unequal else "accuracy"
    return found.sort_values([f"validation_{order}"], ascending=False, kind="stable")


def keep(nb, name, settings, trials, outcomes, whole, language, out):
    """Train a model anew on all texts and keep it in `out`: its path."""
    temperature, threshold = nb.certainty(trials, outcomes[name])
    sure = np.concatenate([nb.cool(run["validation"], temperature).max(axis=1) for run in outcomes[name]])
    print(f'Below a probability of {nb.near_one(threshold)}, as for {(sure < threshold).mean():.0%} of the validation texts,'
          ' it answers "unsure".')  # fmt: skip
    learned = nb.repeat_rare(whole.assign(split="train"))
    labels = {"names": nb.genre_names(learned), "temperature": temperature, "threshold": threshold}
    if name in nb.RIVALS:
        recipe = {"model": name, "settings": settings, "seed": nb.SEED, "language": language} | labels
        nb.keep_recipe(out / "kept_model.json", recipe, learned)
        return out / "kept_model.json"
    best = int(np.argmin(outcomes[name][0]["history"]["val_loss"])) + 1  # nothing is left to stop it early
    table = pd.concat([learned, trials[0][trials[0]["split"] != "train"]]).reset_index(drop=True)
    (run,) = nb.run_jobs(nb.fit_model, [(name, {"epochs": best} | settings, table, nb.SEED)], "all texts")
    net = nb.rebuild(run, len(labels["names"]), **{"epochs": best} | settings)
    final = nb.with_labels(nb.make_vectoriser(learned["text"]), [net], *labels.values())
    nb.write_whole(out / "kept_model.keras", final.save)
    return out / "kept_model.keras"


def run(nb, file, out):
    """Compare models on a file, train the best on all of it, write report.csv and the model into `out`: the model's path."""
    few, whole, language = nb.read_own(file)
    nb.set_language(language)
    nb.QUICK, nb.N_SEEDS, nb.EPOCHS = True, 2, min(nb.EPOCHS, nb.quick_epochs(few))
    words = few["text"].map(lambda text: len(nb.tokenise(text)))
    nb.MAX_WORDS = min(nb.MAX_WORDS, max(int(words.quantile(0.98)), 5))
    print(f"{len(few):,} of {len(whole):,} texts are compared on {nb.N_SEEDS} splits; words are"
          f" {'not stemmed' if language == 'none' else f'stemmed as {language.capitalize()}'}; this may take about"
          f" {nb.minutes(few, 4 * nb.N_SEEDS, nb.EPOCHS)} min, longer while the machine is busy", flush=True)  # fmt: skip
    trials = [nb.repeat_rare(split) for split in splits(nb, few, nb.N_SEEDS)]
    (chosen, outcomes), unequal = compare(nb, trials), nb.is_unequal(few)
    table = report(nb, trials, outcomes, unequal)
    shown = ["accuracy", "low", "high"]
    shown = ["validation_macro_f1", "macro_f1", *shown] if unequal else ["validation_accuracy", *shown, "macro_f1"]
    tested = sum((trial["split"] == "test").sum() for trial in trials)
    print(f"\nOn {tested:,} test texts, each labelled by models that have not learned from it (low to high: a 95% interval):")
    print(table[shown].round(3).to_string())
    sizes = few["genre"].value_counts(normalize=True)
    print(f"{sizes.iloc[0]:.0%} of the texts are {sizes.index[0]}: always saying so is right as often.")
    print(f"The best is chosen by the {'macro-F1' if unequal else 'accuracy'} on the validation texts, which are others.")
    if warning := nb.one_sided(outcomes, nb.genre_names(few)):
        print(warning)
    nb.mark_folder(out, file)
    nb.write_whole(out / "report.csv", lambda new: table.to_csv(new, lineterminator="\n"))
    best = next(name for name in table.index if name != "majority class")
    slow = nb.minutes(whole, 1, nb.EPOCHS)
    slow = "" if best in nb.RIVALS or slow == 1 else f"; this may take about {slow} min"
    print(f"\n{best} now learns from all {len(whole):,} texts{slow} ...", flush=True)
    path = keep(nb, best, chosen[best], trials, outcomes, whole, language, out)
    path.with_suffix(".keras" if path.suffix == ".json" else ".json").unlink(missing_ok=True)  # of an earlier run
    private = "; it holds your texts: whoever gets it can read them" if path.suffix == ".json" else ""
    print(f"Kept in {path}{private}.")
    print(f"All scores are in {out / 'report.csv'} (no log loss for the SVM, which has no probabilities of its own).", flush=True)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE", nargs="?", help="a table of texts and their genres")
    parser.add_argument("--label", metavar="NEW", help="a file of texts to label")
    parser.add_argument("--model", metavar="KEPT", type=Path, help="a kept model, or its folder, instead of a FILE")
    parser.add_argument("--text", default="", help="the column of the texts, if it is not found (two: 'title, body')")
    parser.add_argument("--genre", default="", help="the column of the genres, if it is not found")
    parser.add_argument("--separator", default="", help="what stands between columns, such as ';' or tab, if it is not found")
    parser.add_argument("--encoding", default="", help="such as cp1252, if it is not found; all four are for FILE and NEW")
    parser.add_argument("--out", type=Path, help="the folder for the results")
    given = parser.parse_args()
    if bool(given.file) == bool(given.model) or given.model and not given.label:
        parser.error("give a FILE to learn from, or --model KEPT and --label NEW")
    named = Path(given.file or given.label)
    try:
        kept = given.model and find_kept(given.model)
        print("Loading TensorFlow and the definitions of the notebook ...", flush=True)
        nb = load_definitions(TEXT_NOTEBOOK)
        nb.TEXT_COLUMN, nb.LABEL_COLUMN, nb.DATA_CSV = given.text, given.genre, given.file or ""
        nb.SEPARATOR, nb.ENCODING = given.separator, given.encoding
        out = given.out or nb.folder_of(named, named.parent)
        if given.label and given.file:  # can it be read? better known now than after the training
            with redirect_stdout(io.StringIO()):  # label_file will say how it was read
                nb.read_texts(given.label, given.text, "", nb.SEPARATOR, nb.ENCODING, labelled=False)
        kept = kept or run(nb, given.file, out)
        if given.label:
            print(f"Labelling {given.label} ...", flush=True)
            nb.label_file(kept, given.label, out)
            nb.mark_folder(out, named)
    except (ValueError, OSError) as error:
        sys.exit(in_options(str(error), OPTIONS))
