"""The command line: which command, its options, and errors in one sentence."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from owndata.errors import Unclear

COMMANDS = {  # the module of each, of which only the one named is loaded
    "show": "owndata.commands.show",
    "clean": "owndata.commands.clean",
    "forecast": "owndata.commands.forecast",
    "classify": "owndata.commands.classify",
    "label": "owndata.commands.label",
}
TOLD = {
    "show": "how a file is read: a sentence, its first and last rows, a plot",
    "clean": "the file as a plain CSV in UTF-8: time,value or text,genre",
    "forecast": "the next values of a series, with intervals",
    "classify": "models for texts and their labels, the best of them kept",
    "label": "labels for further texts, by a kept model",
}
OPTIONS = {  # what errors call the parameters; others are called as they are
    "value": "--value",
    "time": "--time",
    "series": "--series",
    "separator": "--separator",
    "encoding": "--encoding",
    "decimal": "--decimal",
    "text": "--text",
    "label": "--genre",
    "labelled": "--no-labels",
    "language": "--language",
    "model": "--model",
    "kind": "--kind",
    "out": "--out",
    "plot": "--plot",
    "horizon": "--horizon",
}
PRIVATE = "Nothing leaves this machine, and no file of yours is written to."


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words (default: those of the terminal) ask for: the exit status.

    0: done. 1: a file or folder is unclear or cannot be used, told in one sentence on stderr. 2:
    the words are no right usage (SystemExit, from argparse). 130: stopped from the keyboard. 141:
    what reads the output wants no more of it, as `head` does; nothing is said.
    """
    words = list(sys.argv[1:] if words is None else words)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a log shows at once what is done, in any code page
            stream.reconfigure(line_buffering=True, errors="replace")
    try:
        run(words)
    except Unclear as error:
        print(error.sentence(OPTIONS), file=sys.stderr)
        return 1
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # or Python would complain as it ends
        return 141
    except OSError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        return 130
    return 0


def run(words: Sequence[str]) -> None:
    """Run the command that the words ask for, or print the help if they name none."""
    parser = make_parser(words)
    given = parser.parse_args(words)
    if given.command:
        given.run(given)
    else:
        parser.print_help()


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command line; of the commands only the one named first has its options."""
    parser = argparse.ArgumentParser(
        prog="python -m owndata",
        description=f"Your own series and texts. {PRIVATE}",
        epilog="python -m owndata COMMAND --help lists the options of a command.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    named = next((word for word in words if not word.startswith("-")), "")
    for name, place in COMMANDS.items():
        command = commands.add_parser(name, help=TOLD[name], add_help=name == named)
        if name == named:
            module = import_module(place)
            command.description = f"{module.DESCRIPTION} {PRIVATE}"
            command.set_defaults(run=module.run)
            module.add_options(command)
    return parser
