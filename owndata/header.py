"""The header, what stands above and below the data."""

import csv
from itertools import zip_longest

import numpy as np
import pandas as pd

from owndata.decode import open_text
from owndata.rows import cut_rows

MISSING = "|?|.|..|...|-|--|—|–|*|**|***|na|n/a|#n/a|n.a.|<na>|nan|null|none".split("|")
DATA = (r"(?=.*\d)(?:[\d\W_]|(?<=\d)(?:[tzekmbqw]|[ap]m)(?=[\W\d]|$)|(?:jan|jän|ene|feb|fév|mar|"
        r"mär|a[pbv]r|ma[iy]|jun|jui|jul|aug|ago|aoû|sep|o[ck]t|nov|d[eéi][cz])[^\W\d_]{0,6})*")
QUOTES = " \t'\"“”„«»‘’"
SIGNS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma", " ": "blank"}


def data_bounds(table):
    """The places of the first row of data, below the header, and of the first remark below it."""
    ends = pd.concat([table[:200], table[200:][-50:]]).map(lambda c: c.strip(QUOTES).lower())
    kinds = ends.apply(lambda c: c.str.fullmatch(DATA) * (1 + c.str.contains(r"\d[-/:]\d")))
    kinds = kinds.mask(ends.isin(MISSING), -1)  # nothing
    usual = (late := kinds[len(kinds) // 3:]).mode().iloc[0]  # 0 words, 1 numbers, 2 times
    typed = (usual > 0) & ((late == usual).sum() > 0.7 * (late >= 0).sum())
    if not typed.any():  # the first row is a header if its cells are short and seldom come back
        first = int((ends != "").sum(axis=1).pipe(lambda n: n >= n.median()).argmax())
        again = (ends[first + 1:] == ends.iloc[first].replace("", "\n")).any().mean() > 0.3
        return first + int(ends.iloc[first].str.len().max() < 40 and not again), len(table)
    some = (kinds > 0).loc[:, typed].any(axis=1).to_numpy()
    first = int((some & ((kinds < 0) | (kinds == usual)).loc[:, typed].all(axis=1)).argmax())
    steps = pd.to_numeric(row := ends.iloc[first], errors="coerce").dropna().diff()[1:].abs()
    first += int(len(steps) > 2 and all(steps == 1) and kinds.iat[first, 0] < 1 + (row[0] == "0"))
    return first, len(table) - int((~some)[:first:-1].cumprod().sum())


def read_table(path, separator="", encoding="", ragged=0.0):  # share of rows too long, at most
    """A file's table, all text, its index the rows there; [what was assumed]. Raises ValueError."""
    csv.field_size_limit(2**31 - 1)
    try:
        text, code = open_text(path, encoding)
        rows, mark = cut_rows(text, separator, 0.9 if ragged else 0.5)
    except Exception as error:  # files, packers, codecs and csv have exceptions of their own
        fix = "give the path of a CSV file" + ", or set ENCODING" * (not isinstance(error, OSError))
        fix = "download it first" if ":/" in str(path)[2:] else fix
        raise ValueError(f"{path} cannot be read ({str(error).rstrip('.')}): {fix}.") from None
    columns = dict(enumerate(zip_longest(*rows, fillvalue="")))
    table = pd.DataFrame(columns, range(1, len(rows) + 1)).replace("", np.nan).dropna(how="all")
    first, last = data_bounds(table.fillna("")) if len(table) else (0, 0)
    top, body, below = table[:first], table[first:last], table[last:]
    if body.empty:
        raise ValueError(f"{path} has no rows below its header: add the data.")
    header = top.nunique(axis=1).clip(upper=body.count(axis=1).max())[::-1].idxmax() if first else 0
    names = rows[header - 1] if first else [str(k + 1) for k in table]  # the last as full as below
    names = [name if name and name not in names[:k] else f"{name} ({k + 1})".strip()
             for k, name in enumerate(names)]
    long = body.iloc[:, len(names):].notna().any(axis=1)
    if long.mean() > ragged:
        fault = f"{len(names)} columns but {long.sum()} rows of more cells (row {long.idxmax()})"
        raise ValueError(f"{path} has {fault}: set SEPARATOR, or quote cells that hold it.")
    said = [f"{SIGNS.get(mark, 'line')}-separated {code}{'' if first else ', no header'}"]
    said += [f"lines left out: {len(lines)} ({' '.join(lines.iloc[0].dropna())[:30]!r})"
             for lines in (top[top.index != header], below, body[long]) if len(lines)]
    body = body.loc[~long].iloc[:, :len(names)].set_axis(names, axis=1)
    return body.dropna(axis=1, how="all").fillna(""), said
