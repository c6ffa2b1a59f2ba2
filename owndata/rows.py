"""Text as rows of cells."""

import csv
import re
from collections import Counter
from io import StringIO
from itertools import groupby
from operator import itemgetter

DIALECTS = [{}, {"escapechar": "\\"}, {"quotechar": "'"}, {"quoting": 3}, {"strict": False}]


def cut_rows(text, separator, least):
    """The rows of a text, cut where most come out as wide, and the mark; else its lines."""
    def cut(text, mark, dialect):
        lines = (line.strip() for line in StringIO(text)) if mark == " " else StringIO(text)
        options = {"delimiter": mark, "strict": True, "skipinitialspace": True} | dialect
        try:
            rows = [[cell.strip() for cell in row] for row in csv.reader(lines, **options)]
        except csv.Error:  # a stray quote
            return (-1, 0), [], mark
        widths = [len(row) for row in rows if any(row)]
        late = Counter(widths[len(widths) // 3:])  # below a preamble
        usual = max((width for width in late if width > 1), key=late.get, default=0)
        run = max((len([*run]) for width, run in groupby(widths) if width == usual), default=0)
        return (late[usual] / max(1, late.total()), run), rows, mark
    dialects = DIALECTS if re.search(r"[\"'\\]", text) else [{}]
    marks, score, head = separator.replace("tab", "\t") or "\t;,|", itemgetter(0), text[:200_000]
    (share, _), _, mark = max((cut(head, mark, d) for mark in marks for d in dialects), key=score)
    if share < 0.5 and not separator:
        (share, _), _, mark = cut(head, " ", {})
    if share < least and not separator:
        return [[line.strip()] for line in text.split("\n")], ""
    return max((cut(text, mark, dialect) for dialect in dialects), key=score)[1:]
