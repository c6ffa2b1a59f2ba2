"""python -m owndata forecast FILE --horizon 24: the next values of a reader's own series."""

import argparse
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from owndata.commands import add_series_options, series_of
from owndata.errors import Unclear
from owndata.files import check_writable, folder_for, mark, write_whole

DESCRIPTION = """The next values of your own series: the LSTM of notebook 1 and its rivals, the best
on the validation part first.

Writes into a folder beside the file, named after it: future.csv, the forecasts with intervals, and
times that go on as the file's do; errors.csv, the error by steps ahead on the test part;
forecast.png, the series as it was read and the forecasts. The same command, given again, resumes
an interrupted run."""

OUTPUTS = ("future.csv", "errors.csv", "forecast.png")
UNFINISHED = "unfinished"  # in the folder of results: what an interrupted run had trained
NEWEST = 5000  # values of a longer series that are used


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the file, how it is read, how far to forecast, and where to."""
    parser.add_argument("file", metavar="FILE", help="a table of a series")
    told = "how many values ahead (default 10)"
    parser.add_argument("--horizon", type=int, default=10, metavar="N", help=told)
    add_series_options(parser)
    parser.add_argument("--out", metavar="FOLDER", default="", help="the folder for the results")
    told = f"use all values, not only the newest {NEWEST}"
    parser.add_argument("--all", action="store_true", help=told)


def run(given: argparse.Namespace) -> None:
    """Read the series, forecast it, write the results. Raises Unclear."""
    from owndata.plan import check_horizon

    check_horizon(given.horizon)
    series = read(given)
    folder = folder_for(given.file, given.out)
    check_writable(folder, OUTPUTS, [UNFINISHED])
    result = work(series, given, folder)
    write(result, folder)
    shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
    print(f"\nwritten: {folder}: {' '.join(OUTPUTS)}")


def read(given: argparse.Namespace):
    """The series in the file, and how it was read, said and shown."""
    from owndata.words.reading import how_read, rows_as_read

    series = series_of(given)
    print(how_read(series))
    print(rows_as_read(series), flush=True)
    if len(series) > NEWEST and not given.all:
        newest = {"values": series.values[-NEWEST:], "times": series.times[-NEWEST:]}
        series = replace(series, **newest)
        print(f"the newest {NEWEST} of them are used; --all takes all")
    return series


def work(series, given: argparse.Namespace, folder: Path):
    """The forecast of the series; the folder is marked as soon as the work begins."""
    from tqdm import tqdm

    from owndata.forecasting import Begun, forecast
    from owndata.plan import Plan
    from owndata.words import forecast as words

    def tell(fact: object) -> None:
        if isinstance(fact, Plan):
            print(*words.plan_sentences(fact), sep="\n", flush=True)
            mark(folder, given.file)
        else:
            print(words.sentence(fact), flush=True)
        if isinstance(fact, Begun):
            print(words.tried_heading(given.horizon), flush=True)

    bar = partial(tqdm, desc="epochs", leave=False, disable=None)  # none in a log
    try:
        return forecast(series, given.horizon, unfinished=folder / UNFINISHED, bar=bar, tell=tell)
    except KeyboardInterrupt:
        raise SystemExit("stopped: the same command resumes with what is trained") from None


def write(result, folder: Path) -> None:
    """Say the result, and write its three files, each whole or as it was.

    Raises Unclear if one cannot be written; the forecasts are then printed, so that none is lost.
    """
    from owndata.picture import draw
    from owndata.words.forecast import result_sentences

    print(*result_sentences(result), sep="\n")
    errors = result.errors.round(result.plan.decimals + 1).add_suffix(": test RMSE")
    tables = {"future.csv": result.future, "errors.csv": errors}
    try:
        for name, table in tables.items():
            write_whole(folder / name, partial(table.to_csv, lineterminator="\n"))
    except Unclear:
        print(result.future.to_csv(lineterminator="\n"))
        raise
    write_whole(folder / "forecast.png", partial(draw, result))
