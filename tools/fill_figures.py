"""Numbers in the Markdown files, filled in from what the notebooks and the benchmarks measured.

After a run it rewrites every number that has changed; with --check it names those that differ from
the committed results.

A number with a comment behind it, as 96.7%<!-- 2e lstm_accuracy -->, is the figure of that key: 1 and 2 are the notebooks'
metrics.json, 1e and 2e their evidence.json, 1p and 2p their parameters. The number keeps its form: digits, %, sign, comma.
"x 100" behind the key turns a share into points.
"""

import argparse
import json
import re
import subprocess
import sys
from functools import cache

from tools.notebooks import NOTEBOOKS, ROOT, parameters, write_whole

FILES = "README.md", "docs/EVIDENCE.md", "benchmarks/README.md"
MARKED = re.compile(r"([+-]?\d[\d,]*(?:\.\d+)?(?:e-\d+)?%?)<!-- ([12])([ep]?) (\w+)( x 100)? -->")


def committed(name, root=ROOT):
    """The text of a file as committed, whatever a run has made of it since; without git, as it is."""
    if (root / ".git").exists():
        shown = subprocess.run(["git", "show", f"HEAD:./{name}"], cwd=root, capture_output=True)
        if shown.returncode == 0:
            return shown.stdout.decode()
    return (root / name).read_text(encoding="utf-8")


def current(name):
    """The text of a file as it is."""
    return (ROOT / name).read_text(encoding="utf-8")


def figures(notebook, kind, read):
    """{key: figure} of a notebook: its metrics, with kind "e" its benchmarks' evidence, with "p" its parameters."""
    if kind == "p":
        return parameters(notebook)
    name = "evidence" if kind else "metrics"
    return json.loads(read(f"{notebook.partition('/')[0]}/results/{name}.json"))


def written(value, form):
    """The value with the digits, unit, sign and comma of `form`, a number that stands in a text."""
    if "e" in form:
        return f"{value:.0e}".replace("e-0", "e-")
    decimals = len(form.partition(".")[2].rstrip("%"))
    unit = "%" if form.endswith("%") else ""
    sign = "+" if form[0] in "+-" else ""
    return f"{value * (100 if unit else 1):{sign},.{decimals}f}{unit}"


def filled(text, read=current):
    """The text with every marked number as measured."""

    known = cache(lambda notebook, kind: figures(NOTEBOOKS[int(notebook) - 1], kind, read))

    def number(match):
        form, notebook, kind, key, points = match.groups()
        value = known(notebook, kind)[key]
        return written(value * (100 if points else 1), form) + match[0].removeprefix(form)

    return MARKED.sub(number, text)


def differences(name):
    """(stated, measured) lines of a committed file that differ."""
    text = committed(name)
    lines = zip(text.splitlines(), filled(text, committed).splitlines(), strict=True)
    return [pair for pair in lines if pair[0] != pair[1]]


def main(check=False):
    if not check:
        for name in FILES:
            write_whole(ROOT / name, filled(current(name)))
        return
    wrong = [(name, *pair) for name in FILES for pair in differences(name)]
    lines = [f"{name}: {stated}\nmeasured: {right}" for name, stated, right in wrong]
    if lines:
        sys.exit(
            "\n".join([*lines, "run python -m tools.fill_figures, and commit what it changes"])
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing, name what differs")
    main(parser.parse_args().check)
