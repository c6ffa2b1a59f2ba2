"""The command line that the scripts share."""

import argparse
import os
import signal
import sys

from benchmarks.sweep import STARTED_WITHOUT


def arguments(doc, default=None):
    """(count or files given, whether the figures are evidence, options of `sweep`), from the command
    line of a script with docstring `doc`. A script without a default takes files.

    Evidence is what the default count gives, or what --write says.
    """
    form = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=doc, formatter_class=form)
    if default is None:
        parser.add_argument("given", nargs="+", metavar="FILE")
    else:
        text = f"default: {default}"
        parser.add_argument(
            "given", nargs="?", metavar="count", type=int, default=default, help=text
        )
    for option, kind, text in (
        ("--cluster", str, "tcp://scheduler:8786, a Dask cluster; or local, one on this machine"),
        ("--processes", int, "processes on this machine (default: one a core)"),
        ("--anew", None, "compute also what an earlier sweep has kept"),
        ("--tiny", None, "only try whether it runs: little data, one epoch, few settings"),
        ("--write", None, "write evidence.json also with other numbers than the default"),
    ):
        how = {"type": kind} if kind else {"action": "store_true"}
        parser.add_argument(option, help=text, **how)
    parser.set_defaults(processes=-1)
    for stop in (signal.SIGTERM, signal.SIGINT):  # sys.exit ends the workers too
        signal.signal(stop, lambda *_: sys.exit("stopped; finished jobs are kept"))
    options = vars(parser.parse_args())
    if options["tiny"] and options["write"]:
        parser.error("what --tiny measures is no evidence: leave out --write")
    if STARTED_WITHOUT:  # start again, with what sweep.py has put into the environment
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    given, write = options.pop("given"), options.pop("write")
    return given, write or given == default and not options["tiny"], options
