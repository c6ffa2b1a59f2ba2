"""`python -m owndata classify FILE`: models compared on a reader's own texts, the best one kept."""

import argparse
import shutil
from pathlib import Path

from owndata.commands.label import PREDICTIONS, add_reading_options, label, read
from owndata.files import check_writable, folder_for, mark, write_whole

DESCRIPTION = """\
Models compared on your own texts and their labels; the best learns from all of them and is kept.
Writes report.csv, all scores with their intervals; kept_model, a folder; and predictions.csv, the
rows of NEW with labels, if you give one. A run that is cut goes on when it is started again. Your
file is not changed, and nothing leaves this machine."""
REPORT = "report.csv"
UNFINISHED = "unfinished"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a table of texts and their labels")
    parser.add_argument("--label", metavar="NEW", default="", help="a file of texts to label")
    parser.add_argument("--genre", default="", help="the column of the labels, if it is not found")
    add_reading_options(parser)
    parser.add_argument("--language", default="", help='whose endings are cut off, or "none"')
    parser.add_argument(
        "--full",
        action="store_true",
        help="all models and settings on five splits, which takes long, instead of a few on two",
    )


def run(given: argparse.Namespace) -> None:
    from owndata.words import reading

    folder = folder_for(given.file, given.out)
    check_writable(folder, [REPORT, PREDICTIONS] if given.label else [REPORT])
    texts = read_labelled(given)
    print(reading.sentence(texts.reading), reading.rows_as_read(texts), sep="\n", flush=True)
    new = read(given.label, given) if given.label else None  # better known now than after the work
    kept = compare_and_keep(texts, given, folder)
    if new is not None:
        label(kept, new, folder)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)


def read_labelled(given: argparse.Namespace):
    """The texts of FILE and their labels."""
    from owndata import read_texts

    return read_texts(given.file, given.text, given.genre, given.separator, given.encoding)


def compare_and_keep(texts, given: argparse.Namespace, folder: Path):
    """Do the work and write report.csv and kept_model: the Kept."""
    from owndata import classify
    from owndata.keep import check_place, train
    from owndata.words import classify as words

    check_place(folder)
    work = classify.Work(
        folder=folder / UNFINISHED, tell=lambda stage: print(words.stage(stage), flush=True)
    )
    plan = classify.make_plan(texts, full=given.full, language=given.language)
    print(words.plan(plan), flush=True)
    mark(folder, given.file)
    found = classify.run(plan, work)
    print(words.comparison(found))
    write_whole(
        folder / REPORT, lambda new: found.scores.to_csv(new, lineterminator="\n"), given.file
    )
    print(f"All scores are in {folder / REPORT}.")
    print(words.learns(found), flush=True)
    kept = train(found, work)
    kept.save(folder)
    print(words.kept(kept), flush=True)
    return kept
