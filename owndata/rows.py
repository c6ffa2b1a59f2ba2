"""Text to rows: which mark stands between the cells, and what quotes them."""

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from io import StringIO
from itertools import groupby

MARKS = ("\t", ";", "|", ",")
BLANK = " "
NAMED = {"tab": "\t", r"\t": "\t", "semicolon": ";", "pipe": "|", "comma": ",", "blank": BLANK}
DIALECTS = (
    {},
    {"escapechar": "\\"},
    {"quotechar": "'"},
    {"quoting": csv.QUOTE_NONE},
    {"strict": False},
)
QUOTING = r"[\"'\\]"  # without such a character all dialects are alike
MOST_TRIED = 200_000  # characters by which a mark is chosen
FEWEST_TRIED = 20  # lines, though they be longer
LONGEST_CELL = 2**31 - 1  # characters; csv would refuse texts of more than 131,072
JOINT = "\x1f"  # stands for a separator of several characters, which csv does not take

csv.field_size_limit(LONGEST_CELL)  # of the whole process: csv has no limit of a reader's own


@dataclass(frozen=True)
class Cut:
    """A text cut into rows at a mark ("" if each line is a row of one cell).

    share: the share of its rows, below the first third, that are of the usual width, above 1.
    run: so many rows of that width come one after another.
    """

    mark: str
    rows: list[list[str]] = field(default_factory=list)
    share: float = -1.0
    run: int = 0

    def merit(self) -> tuple[float, int]:
        return self.share, self.run


def cut_rows(text: str, separator: str = "", least: float = 0.5, blanks: bool = True) -> Cut:
    """A text, cut at the `separator`, or else where most rows come out as wide.

    A mark of which less than `least` of the rows come out as wide is none: then each line is a row.
    Blanks are tried last, if `blanks`. `separator` may be a name such as "tab".
    """
    dialects = DIALECTS if re.search(QUOTING, text) else DIALECTS[:1]
    mark = NAMED.get(separator, separator)
    if len(mark) > 1:
        cut = best_cut(text.replace(mark, JOINT), [JOINT], dialects)
        return Cut(separator, cut.rows, cut.share, cut.run)
    if mark:
        return best_cut(text, [mark], dialects)
    mark = best_mark(head_of(text), dialects, least, blanks)
    if mark:
        return best_cut(text, [mark], dialects)
    return Cut("", [[line.strip()] for line in text.split("\n")])


def head_of(text: str) -> str:
    """The part of a text by which a mark is chosen: some lines at least, however long."""
    end = 0
    for _ in range(FEWEST_TRIED):
        end = text.find("\n", end) + 1 or len(text)
    return text[: max(end, MOST_TRIED)]


def best_mark(text: str, dialects: tuple[dict, ...], least: float, blanks: bool) -> str:
    """The mark that cuts a text best, "" if none does."""
    best = best_cut(text, MARKS, dialects)
    if best.share < 0.5 and blanks:
        best = cut_at(text, BLANK, {})
    return best.mark if best.share >= least else ""


def best_cut(text: str, marks: list[str] | tuple[str, ...], dialects: tuple[dict, ...]) -> Cut:
    """The best of the cuts at the marks, in the dialects."""
    cuts = [cut_at(text, mark, dialect) for mark in marks for dialect in dialects]
    return max(cuts, key=Cut.merit)


def cut_at(text: str, mark: str, dialect: dict) -> Cut:
    """A text cut at a mark in a dialect of csv; without rows if quotes are not closed."""
    lines = StringIO(text)
    if mark == BLANK:
        lines = (line.strip() for line in lines)
    options = {"delimiter": mark, "strict": True, "skipinitialspace": True} | dialect
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, **options)]
    except csv.Error:  # a stray quote
        return Cut(mark)
    if is_quote_plain(dialect) and most_hold_half_a_quote(rows):
        return Cut(mark)
    return Cut(mark, rows, *evenness(rows))


def is_quote_plain(dialect: dict) -> bool:
    """Whether a quotation mark is a character like others in this dialect of csv."""
    return dialect.get("quoting") == csv.QUOTE_NONE or "quotechar" in dialect


def most_hold_half_a_quote(rows: list[list[str]]) -> bool:
    """Whether most rows have a cell with an odd number of quotation marks.

    Then the marks quote, and what was taken for rows are lines of quoted cells.
    """
    halves = sum(any(cell.count('"') % 2 for cell in row) for row in rows)
    return 2 * halves > len(rows)


def evenness(rows: list[list[str]]) -> tuple[float, int]:
    """The share and the longest run of rows of the usual width, as in Cut."""
    widths = [len(row) for row in rows if any(row)]
    late = Counter(widths[len(widths) // 3 :])  # below a preamble
    usual = max((width for width in late if width > 1), key=late.get, default=0)
    runs = [len(list(run)) for width, run in groupby(widths) if width == usual]
    return late[usual] / max(1, late.total()), max(runs, default=0)
