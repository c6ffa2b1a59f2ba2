"""Texts, and their labels, out of a file."""

import ast
import csv
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import pandas as pd
import regex

from owndata.columns import UNUSUAL, is_given, pick, pick_one, rank
from owndata.errors import Unclear, listed
from owndata.header import QUOTES, Reading, read_table
from owndata.tokens import same_text

TEXTS = """text review review_text reviewtext review_body tweet full_text comment content message
    body sentence utterance question phrase post article document description headline title news v2
    sms texto mensaje contenido comentario texte avis nachricht inhalt titel testo metin текст 内容
    文本 评论""".split()
LABELS = """genre label labels sentiment class category target polarity v1 topic intent rating stars
    score type spam toxic liked tag emotion is_sarcastic klasse kategorie thema etiqueta clase
    categoria categoría étiquette classe catégorie durum etiket метка класс 标签 类别""".split()
PARTS = ("split", "fold")  # columns that are no labels
TAG = r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s+[\w-]+\s*=[^<>]*)?\s*/?>"
LINK = r"https?://\S+|www\.\S+|(?<![\w.])@\w+"
ENTITY = r"(?<![&\w])(#\d{2,5}|quot|amp|lt|gt|nbsp);"  # that has lost its &
# Scripts without blanks between words, whose characters are taken as words.
UNSPACED = regex.compile(r"([\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}]\p{M}*)")
FASTTEXT = "__label__"  # before each label at the start of a line
NO_LABELS = ("", "nan", "null", "n/a", "?")
NUMBER = r"[-+]?\d+(?:\.\d+)?"
RAGGED = 0.1  # the share of rows with too many cells that may be left out
JUDGED = 2000  # rows by which columns of texts are found
MOST_LABELS = 200  # different ones in a column
NEAR = 3  # a column of at most so many times the labels of the best one may be meant instead
JOINTS = "#|;,"  # between several labels of a cell


class Reason(Enum):
    """Why rows of texts are left out."""

    NO_WORD = "no word"
    NO_LABEL = "no label"
    TWO_LABELS = "equal texts, two labels"
    RARE = "a rare label"


@dataclass(frozen=True)
class Dropped:
    """Rows that were left out: why, how many; of rare labels, their names and how many are few."""

    reason: Reason
    count: int
    names: tuple[str, ...] = ()
    fewest: int = 0


@dataclass(frozen=True, eq=False)
class TextsReading:
    """How texts were read from a table.

    file: the table. label_column: "" without labels. left_out: rows that were. joined: labels that
    were joined with others, from which they differ in case, blanks or form (1 and 1.0).
    other_labels: columns that may be labels too. several_labels: cells of several labels; each set
    of them is a label. is_unspaced: characters were taken as words.
    """

    file: Reading
    text_columns: tuple[str, ...]
    label_column: str = ""
    left_out: tuple[Dropped, ...] = ()
    joined: tuple[str, ...] = ()
    other_labels: tuple[str, ...] = ()
    several_labels: int = 0
    is_unspaced: bool = False


@dataclass(frozen=True, eq=False)
class Texts:
    """Texts and their labels: a table with the columns text and genre ("" without labels)."""

    table: pd.DataFrame
    reading: TextsReading

    def __len__(self) -> int:
        return len(self.table)

    def __str__(self) -> str:
        from owndata.words.reading import how_read, rows_as_read

        return f"{how_read(self)}\n{rows_as_read(self)}"


def read_texts(
    path: str | Path,
    text: str | int = "",
    label: str | int = "",
    separator: str = "",
    encoding: str = "",
    labelled: bool = True,
    fewest: int = 2,
) -> Texts:
    """The texts in a file of any usual kind, and their labels.

    text, label: columns, by name or numbered from 1 ("title, body" joins two of texts). separator:
    what stands between columns, as ";" or "tab". encoding: as "cp1252". With "" the file decides,
    and `reading` tells how. The file is never written to.

    Texts come without tags, links and handles. Left out and counted are rows without a word or a
    label, equal texts with two labels, and labels with fewer than `fewest` different texts. If not
    `labelled`, every row stays as it is, and genre is "".

    Raises Unclear, with the parameter that settles it, if the file cannot be read, or may be read
    in more than one way.
    """
    file = read_table(path, separator, encoding, RAGGED, blanks=False)
    if not labelled:
        return without_labels(file, text)
    table = file.table.reset_index(drop=True)
    several = 0
    if table.shape[1] == 1:
        table, several = labels_apart(table.iloc[:, 0], path)
    texts = text_columns(table, text, path)
    genre, others = label_column(table, label, texts, path)
    several += several_labels(table[genre])
    names, joined = one_spelling(table[genre])
    data = pd.DataFrame({"text": join_texts(table, texts).map(clean), "genre": names})
    data, left_out = leave_out(data, fewest)
    reading = TextsReading(file, tuple(texts), genre, left_out, joined, tuple(others), several)
    if data["genre"].nunique() < 2:
        raise too_few(data, reading)
    is_unspaced = any(map(UNSPACED.search, data["text"]))
    return Texts(data.reset_index(drop=True), replace(reading, is_unspaced=is_unspaced))


def clean(text: str) -> str:
    """A text without tags, links, handles; one blank between words, or characters in Chinese."""
    text = html.unescape(re.sub(ENTITY, r"&\1;", text))
    text = re.sub(f"{TAG}|{LINK}", " ", text)
    return " ".join(UNSPACED.sub(r" \1 ", text).split())


def join_texts(table: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    """The cells (n,) of columns of texts, joined by blanks."""
    return table[list(names)].agg(" ".join, axis=1)


def without_labels(file: Reading, text: str | int) -> Texts:
    """The texts of a table, a row each."""
    table = file.table.reset_index(drop=True)
    if table.shape[1] == 1:
        table, has_header = lines_of_texts(file, table)
        file = replace(file, has_header=has_header)
    texts = text_columns(table, text, file.path)
    data = pd.DataFrame({"text": join_texts(table, texts), "genre": ""})
    return Texts(data, TextsReading(file, tuple(texts)))


def lines_of_texts(file: Reading, table: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """A table of one column without the quotes around its texts; and whether it has a header.

    The first line of a .txt file is a text like the others, unless it is a usual name.
    """
    lines = table.iloc[:, 0]
    if lines.str.startswith('"').any():
        rows = [",".join(row) for row in csv.reader(lines + "\n")]
        if 2 * len(rows) > len(lines):  # else a stray quote has swallowed many
            table = pd.DataFrame({lines.name.strip(QUOTES): rows})
    name = table.columns[0]
    is_plain = ".txt" in Path(file.path).suffixes and file.has_header
    if is_plain and rank(name, TEXTS) == UNUSUAL:
        return pd.DataFrame({"1": [name, *table.iloc[:, 0]]}), False
    return table, file.has_header


def labels_apart(lines: pd.Series, path: str | Path) -> tuple[pd.DataFrame, int]:
    """Lines (n,) of labels and texts as a table of both; and how many have several labels.

    Raises Unclear if the lines have no labels.
    """
    if lines.str.startswith(FASTTEXT).mean() > 0.8:
        return fasttext(lines)
    table = split_labels(lines)
    if table is None:
        mend = "put labels into another, set {separator}, or say that it has none ({option})"
        raise Unclear(path, "it has one column", "labelled", mend=mend)
    return table, 0


def fasttext(lines: pd.Series) -> tuple[pd.DataFrame, int]:
    """Lines (n,) as fastText has them, the labels of each joined; and how many have several."""
    parts = lines.str.extract(rf"^((?:{FASTTEXT}\S+\s*)*)(.*)$")
    labels = parts[0].str.replace(FASTTEXT, "").str.split()
    joined = labels.map(" + ".join)
    return pd.DataFrame({"text": parts[1], "label": joined}), int((labels.map(len) > 1).sum())


def split_labels(lines: pd.Series) -> pd.DataFrame | None:
    """Lines (n,) of a label and a text, or the reverse, as two columns; None without labels."""
    for mark, is_first in ((" ", True), (",", True), (",", False), (" ", False)):
        parts = lines.str.partition(mark) if is_first else lines.str.rpartition(mark)
        order = [2, 0] if is_first else [0, 2]
        table = parts[order].set_axis(["text", "label"], axis=1)
        is_few = 1 < table["label"].nunique() <= min(100, len(lines) / 3)
        if is_few and (parts[1] != "").mean() > 0.8:
            return table.apply(lambda cells: cells.str.strip(QUOTES))
    return None


def text_columns(table: pd.DataFrame, asked: str | int, path: str | Path) -> list[str]:
    """The columns of the texts: those asked for, or the one with the most usual name, or longest.

    Raises Unclear, with the option "text", if there is none.
    """
    if is_given(asked):
        return pick(table, asked, "text", path)
    head = table[:JUDGED]
    length = head.apply(lambda cells: cells.str.len().mean())
    found = [name for name in head if is_wordy(head[name], length[name] / length.max())]
    if not found:
        raise Unclear(path, "it has no column of texts", "text", table)
    return [min(found, key=lambda name: (rank(name, TEXTS), -length[name]))]


def is_wordy(cells: pd.Series, length: float) -> bool:
    """Whether most cells (n,) hold words, no links; `length`: as a share of the longest."""
    has_words = cells.str.contains(r"[^\W\d_]").mean() > 0.5
    return has_words and length > 0.1 and cells.str.match("https?:").mean() < 0.5


def label_column(
    table: pd.DataFrame, asked: str | int, texts: Sequence[str], path: str | Path
) -> tuple[str, list[str]]:
    """The column of the labels, and others that may hold labels.

    It is the one asked for, or the one with the most usual name, or with the fewest labels. Raises
    Unclear, with the option "label", if there is none, or if several may be meant.
    """
    if is_given(asked):
        return pick_one(table, asked, "label", path), []
    kinds = kinds_of_labels(table, texts)
    if not kinds:
        fault = f"it has no column of labels that come back (it has {listed(table)})"
        raise Unclear(path, fault, "label")
    best = min(kinds, key=lambda name: (rank(name, LABELS), kinds[name]))
    near = [name for name in kinds if name == best or kinds[name] <= NEAR * kinds[best]]
    if rank(best, LABELS) == UNUSUAL and len(near) > 1:
        fault = f"it has several columns of labels that come back ({listed(near)})"
        raise Unclear(path, fault, "label", near)
    return best, [name for name in near if name != best]


def kinds_of_labels(table: pd.DataFrame, texts: Sequence[str]) -> dict[str, int]:
    """{column: how many labels} of the columns beside the texts whose cells come back."""
    most = min(MOST_LABELS, len(table) / 2)
    others = [name for name in table if name not in texts and name.lower() not in PARTS]
    kinds = {name: table[name][table[name] != ""].nunique() for name in others}
    return {name: count for name, count in kinds.items() if 1 < count <= most}


def several_labels(cells: pd.Series) -> int:
    """How many cells (n,) hold several labels: a list, or labels that also stand alone, joined."""
    lists = cells[cells.str.match(r"\[.*\]$")]
    if len(lists) > len(cells) / 2:
        return int(sum(len(items_of(cell)) > 1 for cell in lists))
    alone, count = set(cells), 0
    for joint in JOINTS:
        parts = cells[cells.str.contains(joint, regex=False)].str.split(joint)
        count += sum(any(part.strip() in alone for part in cell) for cell in parts)
    return int(count)


def items_of(cell: str) -> list[str]:
    """The labels of a cell that is a list, as ['a', 'b'], or [a, b]."""
    try:
        return [str(item) for item in ast.literal_eval(cell)]
    except (ValueError, SyntaxError):
        return [item.strip() for item in cell[1:-1].split(",") if item.strip()]


def one_spelling(cells: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Labels (n,) in the most frequent of the spellings that differ in case, blanks or form.

    Numbers are of one form if all labels are: 1.0 is 1. Also the spellings that were given up.
    """
    names = cells.str.removeprefix(FASTTEXT).str.normalize("NFKC").str.split().str.join(" ")
    given = names[names != ""]
    if len(given) and given.str.fullmatch(NUMBER).all():
        usual = names.str.replace(r"\.0+$", "", regex=True)
    else:
        key = names.str.casefold()
        usual = key.map(names.groupby(key).agg(lambda same: same.value_counts().index[0]))
    return usual, tuple(sorted(set(names) - set(usual)))


def leave_out(data: pd.DataFrame, fewest: int) -> tuple[pd.DataFrame, tuple[Dropped, ...]]:
    """The rows (text, genre) that can be learned from, and what was left out."""
    dropped = []

    def keep(rows: pd.Series, reason: Reason, names: tuple[str, ...] = ()) -> pd.DataFrame:
        if rows.any():
            dropped.append(Dropped(reason, int(rows.sum()), names, fewest))
        return data[~rows]

    data = keep(~data["text"].str.contains(r"[^\W_]"), Reason.NO_WORD)
    data = keep(data["genre"].str.lower().isin(NO_LABELS), Reason.NO_LABEL)
    labels = data.groupby(data["text"].str.lower())["genre"].transform("nunique")
    data = keep(labels > 1, Reason.TWO_LABELS)
    same = pd.Series(same_text(data["text"]), data.index)
    rare = same.groupby(data["genre"]).transform("nunique") < fewest
    data = keep(rare, Reason.RARE, tuple(data["genre"][rare].unique()))
    return data, tuple(dropped)


def too_few(data: pd.DataFrame, reading: TextsReading) -> Unclear:
    """The error of texts of fewer than two labels."""
    from owndata.words.reading import dropped

    sizes = data["genre"].nunique()
    left = ", ".join(map(dropped, reading.left_out))
    left = f"; rows left out: {left}" if left else ""
    columns = f"text {' and '.join(reading.text_columns)}, label {reading.label_column}{left}"
    fault = f"only {len(data)} texts of {sizes} genres are left ({columns})"
    mend = "add texts, or set {text} and {label} to other columns"
    return Unclear(reading.file.path, fault, "label", mend=mend)
