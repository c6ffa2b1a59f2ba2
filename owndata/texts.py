"""Texts and their labels out of a table."""

import csv
import html
import re
from pathlib import Path
from textwrap import shorten

import pandas as pd
import regex

from owndata.columns import pick, rank
from owndata.header import QUOTES, read_table
from owndata.tokens import same_text

TEXTS = """text review review_text reviewtext review_body tweet full_text comment content message
    body sentence utterance question phrase post article document description headline title news v2
    sms texto mensaje contenido comentario texte avis nachricht inhalt titel testo metin текст 内容 文本
    评论""".split()
LABELS = """genre label labels sentiment class category target polarity v1 topic intent rating stars
    score type spam toxic liked tag emotion is_sarcastic klasse kategorie thema etiqueta clase
    categoria categoría étiquette classe catégorie durum etiket метка класс 标签 类别""".split()
TAG = r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s+[\w-]+\s*=[^<>]*)?\s*/?>"
LINK = r"https?://\S+|www\.\S+|(?<![\w.])@\w+"
ENTITY = r"(?<![&\w])(#\d{2,5}|quot|amp|lt|gt|nbsp);"  # that has lost its &
UNSPACED = regex.compile(r"([\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}]\p{M}*)")


def clean(text):
    """A text without tags, links, handles; one blank between words, or characters in Chinese."""
    text = re.sub(f"{TAG}|{LINK}", " ", html.unescape(re.sub(ENTITY, r"&\1;", text)))
    return " ".join(UNSPACED.sub(r" \1 ", text).split())


def listed(names):
    """The names in words, cut short if they are many."""
    return shorten(", ".join(map(str, names)), 200, placeholder=" ...")


def split_labels(lines):
    """Lines (n,) of a label and a text, or the reverse, as two columns; None without labels."""
    for mark, first in ((" ", True), (",", True), (",", False), (" ", False)):
        part = lines.str.partition(mark) if first else lines.str.rpartition(mark)
        table = part[[2, 0] if first else [0, 2]].set_axis(["text", "label"], axis=1)
        few = 1 < table["label"].nunique() <= min(100, len(lines) / 3)
        if few and (part[1] != "").mean() > 0.8:
            return table.apply(lambda cells: cells.str.strip(QUOTES))
    return None


def choose_columns(table, text, label, labelled, path):
    """([The columns of the text], the column of the labels or None), else ValueError."""
    head = table[:2000]
    length = head.apply(lambda cells: cells.str.len().mean())
    words = [name for name, cells in head.items() if length[name] > length.max() / 10
             and cells.str.contains(r"[^\W\d_]").mean() > 0.5 > cells.str.match("https?:").mean()]
    if not text and not words:
        raise ValueError(f"{path} has no column of texts (it has {listed(table)}):"
                         " set TEXT_COLUMN.")
    best = min(words, key=lambda name: (rank(name, TEXTS), -length[name]), default="")
    words = pick(table, text, "TEXT_COLUMN", path) if text else [best]
    if not labelled:
        return words, None
    kinds = {name: cells[cells != ""].nunique() for name, cells in table.items()}
    few = [name for name in table if name not in words and name.lower() not in ("split", "fold")
           and 1 < kinds[name] <= min(200, len(table) / 2)]
    few = pick(table, label, "LABEL_COLUMN", path) if label else few
    best = min(few, key=lambda name: (rank(name, LABELS), kinds[name]), default="")
    alike = [name for name in few if rank(name, LABELS) == rank(best, LABELS) == 1000
             and set(table[name]) == set(table[best])]
    if not few or len(alike) > 1:
        raise ValueError(f"{path} has {'several columns' if few else 'no column'} of labels that"
                         f" come back ({listed(alike or table)}): set LABEL_COLUMN.")
    return words, best


def read_texts(path, text="", label="", separator="", encoding="", labelled=True, fewest=2):
    """The texts in a file and their labels: a table with the columns text and genre.

    `text` ("title, body" joins two) and `label` name columns or number them from 1; "" lets the
    file decide, and a printed line tells how. Left out and counted: rows without a word or a label,
    equal texts with two labels, rare genres. If not `labelled`, every row stays. Raises ValueError.
    """
    table, said = read_table(path, separator, encoding, ragged=0.1)
    lines = (table := table.reset_index(drop=True)).iloc[:, 0]
    if not labelled and table.shape[1] == 1 and lines.str.startswith('"').any():  # quoted cells
        rows = [",".join(row) for row in csv.reader(lines + "\n")]
        if 2 * len(rows) > len(lines):  # else a stray quote has swallowed many
            table = pd.DataFrame({lines.name.strip(QUOTES): rows})
    plain = table.shape[1] == 1 and ".txt" in Path(path).suffixes and "header" not in said[0]
    if not labelled and plain and rank(table.columns[0], TEXTS) == 1000:  # no name, but a text
        table = pd.DataFrame({"1": [table.columns[0], *table.iloc[:, 0]]})
        said[0] += ", no header"
    if table.shape[1] == 1 and labelled:
        if (table := split_labels(lines)) is None:
            raise ValueError(f"{path} has one column: put labels into another, or set SEPARATOR.")
    texts, genre = choose_columns(table, text, label, labelled, path)
    said = f"read as {', '.join(said)}; text {' and '.join(texts)}"
    data = pd.DataFrame({"text": table[texts].agg(" ".join, axis=1), "genre": ""})
    if not labelled:
        print(f"{path}: {said}; {len(data)} texts.")
        return data
    names = table[genre].str.removeprefix("__label__").str.normalize("NFKC")
    names = names.str.split().str.join(" ")
    usual = names.groupby(names.str.casefold()).agg(lambda same: same.value_counts().index[0])
    data = pd.DataFrame({"text": data["text"].map(clean), "genre": names.str.casefold().map(usual)})
    joined, left = sorted(set(names) - set(usual)), []

    def leave_out(rows, what):
        left.extend([f"{what}: {rows.sum()}"] if rows.any() else [])
        return data[~rows]

    data = leave_out(~data["text"].str.contains(r"[^\W_]"), "without a word")
    data = leave_out(data.genre.str.lower().isin(" nan null n/a ?".split(" ")), "without a label")
    data = data.assign(same=same_text(data["text"]))
    twice = data.groupby(data["text"].str.lower())["genre"].transform("nunique") > 1
    data = leave_out(twice, "of equal texts with two labels")
    rare = data.groupby("genre")["same"].transform("nunique") < fewest
    names = listed(data["genre"][rare].unique())
    data = leave_out(rare, f"of genres with fewer than {fewest} different texts ({names})")
    said += f", label {genre}" + (f"; rows left out: {', '.join(left)}" if left else "")
    said += f"; labels joined that differ in case or blanks: {listed(joined)}" if joined else ""
    sizes = data["genre"].value_counts()
    if len(sizes) < 2:
        raise ValueError(f"{path}: only {len(data)} texts of {len(sizes)} genres are left ({said}):"
                         " add texts, or set TEXT_COLUMN and LABEL_COLUMN to other columns.")
    said += "; characters taken as words" if UNSPACED.search(data["text"].iloc[0]) else ""
    counts = listed([f"{name} {size}" for name, size in sizes.items()])
    print(f"{path}: {said}; {len(data)} texts: {counts}.")
    return data[["text", "genre"]].reset_index(drop=True)
