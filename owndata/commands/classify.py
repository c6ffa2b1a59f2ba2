"""classify FILE: models compared on a reader's own texts, the best one kept."""

import argparse
import shutil
from functools import partial
from pathlib import Path

from owndata.commands import add_texts_options, texts_of
from owndata.commands.label import PREDICTIONS, add_out, label, texts_to_label
from owndata.errors import Unclear
from owndata.files import check_writable, folder_for, mark, write_whole
from owndata.texts import Texts
from owndata.words.reading import how_read, rows_as_read

DESCRIPTION = (
    "Compare models on your own texts and their labels; the best then learns from all of them."
    " Into report.csv go all scores with their intervals, into the folder kept_model the model, and"
    " into predictions.csv the rows of NEW with labels. An interrupted run is resumed when the same"
    " command is given again."
)
REPORT = "report.csv"
UNFINISHED = "unfinished"  # in the folder of results: the fits of an interrupted run


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the files, how they are read, how they are compared, and where results go."""
    add = parser.add_argument
    add("file", metavar="FILE", help="a table of texts and their labels")
    add("--label", metavar="NEW", default="", help="a file of texts to label")
    add_texts_options(parser)
    language = 'the language of the texts, for stemming ("none": do not stem)'
    add("--language", default="", help=language)
    full = "try every model on five splits (slow); by default, a few models on two"
    add("--full", action="store_true", help=full)
    add_out(parser)


def run(given: argparse.Namespace) -> None:
    """Compare, keep and label. Raises Unclear."""
    folder = folder_for(given.file, given.out)
    names = [REPORT, PREDICTIONS] if given.label else [REPORT]
    check_writable(folder, names, [UNFINISHED])
    texts = labelled_texts(given)
    print(how_read(texts))
    print(rows_as_read(texts), flush=True)
    new = texts_to_label(given.label, given) if given.label else None  # before the long work
    try:
        kept = compare_and_keep(texts, given, folder)
    except KeyboardInterrupt:
        raise SystemExit(
            "interrupted: the same command resumes with the fits that are done."
        ) from None
    if new is not None:
        label(kept, new, folder)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)


def labelled_texts(given: argparse.Namespace) -> Texts:
    """The texts of given.file and their labels, which a comparison cannot do without."""
    try:
        return texts_of(given)
    except Unclear as error:
        if error.option != "labelled":
            raise
        mend = "put labels into a second column, or set {option}"
        raise Unclear(error.path, error.fault, "separator", mend=mend) from None


def compare_and_keep(texts: Texts, given: argparse.Namespace, folder: Path) -> "Kept":  # noqa: F821
    """Write report.csv and kept_model into the folder, and say what was found."""
    from owndata import classify  # on demand, for it loads for seconds
    from owndata.keep import check_place, train
    from owndata.words import classify as words

    check_place(folder)
    plan = classify.make_plan(texts, full=given.full, language=given.language)
    print(words.plan(plan), flush=True)
    mark(folder, given.file)
    work = classify.Work(folder=folder / UNFINISHED, tell=tell)
    found = classify.run(plan, work)
    print(words.comparison(found))
    save = partial(found.scores.to_csv, lineterminator="\n")
    write_whole(folder / REPORT, save, given.file)
    print(f"All scores are in {folder / REPORT}.")
    print(words.learns(found), flush=True)
    kept = train(found, work)
    kept.save(folder)
    print(words.kept(kept), flush=True)
    return kept


def tell(stage: "Stage") -> None:  # noqa: F821
    """Say what begins."""
    from owndata.words import classify as words

    print(words.stage(stage), flush=True)
