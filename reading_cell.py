"""Reading own files: the imports go to the notebooks' first cell; `reading` is one folded cell, the same in both."""

import bz2
import csv
import gzip
import html
import lzma
import re
import zipfile
import zlib
from collections import Counter
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pandas as pd
from charset_normalizer import from_bytes

# %% reading
TIMES = """date datetime timestamp time ds t observation_date time_period period month year week day yr mo
    quarter hour hr datum zeit jahr monat fecha mes año data mese anno mois année дата год 日期 时间 月份 年""".split()
PARTS = ["year yr jahr año ano anno année 年 год", "month mo mnth monat mes mese mois 月 месяц",
         "day dy tag dia día giorno jour 日", "hour hr stunde hora ora heure 小时"]
VALUES = """value values y target ot close closing_price price last obs_value average mean sales demand load
    cnt count total passengers wert valor valeur valore значение 值 数值""".split()
TEXTS = """text review review_text reviewtext review_body tweet full_text comment content message body sentence
    utterance question phrase post article document description headline title news v2 sms texto mensaje
    contenido comentario texte avis nachricht inhalt titel testo metin текст 内容 文本 评论""".split()
LABELS = """genre label labels sentiment class category target polarity v1 topic intent rating stars score type
    spam toxic liked tag emotion is_sarcastic klasse kategorie thema etiqueta clase categoria categoría
    étiquette classe catégorie durum etiket метка класс 标签 类别""".split()
MISSING = "|?|.|..|...|-|--|---|—|–|:|*|***|na|n/a|#n/a|n.a.|<na>|nan|null|none".split("|")
MONTHS = """jan jän ene gen янв/feb fév fev фев/mar mär mrt мар/apr abr avr апр/may mai mag mei май мая/
    jun juin giu июн/jul juil lug июл/aug ago aoû авг/sep set сен/oct okt ott out окт/nov ноя/
    dec dez dic déc дек"""
MONTHS = {word: line.split()[0] for line in MONTHS.split("/") for word in line.split()}
FORMATS = """%Y-%m-%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d %Y-%m-%d-%H %d-%b-%Y %b-%d-%Y
    %d-%b-%y %Y-%b-%d %b-%Y %Y-%b %b-%y %Y-%m %m-%Y %Y%m%d %Y%m %Y %G-w%V-%u""".split()
ORDINARY = r"(?:[\d\W_]|(?<=\d)(?:[tzkmbqw]|[ap]m)(?=\W|\d|$)|(?:" + "|".join(MONTHS) + r")[a-z]{0,6})*"
SIGNS = {"\t": "tabs", ";": "semicolons", "|": "pipes", ",": "commas", " ": "blanks"}
DIALECTS = [{}, {"escapechar": "\\"}, {"quotechar": "'"}, {"quoting": csv.QUOTE_NONE}]
CODES = "cp1252 cp1250 cp1251 cp1253 cp1254 cp1256 gb18030 big5 shift_jis euc_jp cp949".split()
PACKERS = {b"\x1f\x8b": gzip, b"BZh": bz2, b"\xfd7zXZ": lzma}
UNREADABLE = (OSError, EOFError, ValueError, LookupError, RuntimeError, csv.Error, zlib.error, lzma.LZMAError,
              zipfile.BadZipFile)
QUOTES = " \t'\"“”„«»‘’"


def open_text(path, encoding):
    """The text of a file, unpacked and decoded, and its encoding."""
    data = Path(path).read_bytes()
    for mark, packer in PACKERS.items():
        data = packer.decompress(data) if data.startswith(mark) else data
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            if "[Content_Types].xml" in archive.namelist():
                raise ValueError("it is a spreadsheet: save it as CSV")
            data = archive.read(max(archive.infolist(), key=lambda file: file.file_size))
    starts = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb": "utf-8-sig"}
    zeros = {(True, False): "utf-16-be", (False, True): "utf-16-le"}
    zero = tuple(data[start:2000:2].count(0) > len(data[:2000]) // 5 for start in (0, 1))
    code = encoding or starts.get(data[:2]) or zeros.get(zero, "utf-8")
    text = data.decode(code, "strict" if encoding else "replace")
    if code == "utf-8" and text.count("\ufffd") > len(re.findall("[^\0-\x7f]", text)) / 10:
        odd = b"\n".join(line for line in data.splitlines() if not line.isascii())[:50_000]
        foreign = r"[^\W\da-z_]{2}|(?<=[a-z])[^\w\s‘’“”–—…-](?=[a-z])|[ðýþžš]"  # rare in Western languages
        foreign = re.findall(foreign + "|\ufffd", odd.decode("cp1252", "replace").lower())
        best = from_bytes(odd, cp_isolation=CODES).best() if len(foreign) > len(re.sub(rb"[\0-\x7f]", b"", odd)) / 10 else None
        code = best.encoding if best else "cp1252"
        text = data.decode(code, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd"), code


def cut(text, mark, strict, **dialect):
    """(the share of rows with the usual number of cells, two or more; the number of rows; the rows; the mark)."""
    lines = (line.strip() for line in StringIO(text)) if mark == " " else StringIO(text)
    try:
        rows = list(csv.reader(lines, delimiter=mark, strict=strict, skipinitialspace=True, **dialect))
    except csv.Error:
        return -1, 0, [], mark
    widths = [len(row) for row in rows if any(row)]
    usual, count = max(Counter(width for width in widths if width > 1).items(), key=lambda item: item[1], default=(0, 0))
    above = widths.index(usual) if count else 0  # a preamble
    return count / max(1, len(widths) - (above if above < count else 0)), len(rows), rows, mark


def cut_best(text, separator, ragged):
    """The rows of the text, as lists of cells, cut at the mark and with the quotes that make them most alike; the mark."""
    head = text if len(text) < 200_000 else text[:200_000].rpartition("\n")[0]
    tries = [cut(head, mark, False, **dialect) for mark in separator or "\t;|," for dialect in DIALECTS]
    best = max(tries, key=lambda found: found[:2])
    if best[0] < 0.5 and not separator:
        best = max([best, cut(head, " ", False)], key=lambda found: found[0])
    lines = text.split("\n")
    decimals = all(re.fullmatch(r"\s*([-+]?\d+,\d+)?\s*", line) for line in lines[1:]) and "," not in lines[0]
    if (best[0] < (0.9 if ragged else 0.5) or decimals) and not separator:
        return [[line] for line in lines], ""
    whole = [cut(text, best[3], True)]
    if whole[0][0] < 0.99 or whole[0][1] < len(lines) - 1:  # quotes that are not for cells, or cells of several lines
        whole += [cut(text, best[3], True, **dialect) for dialect in DIALECTS[1:]] + [cut(text, best[3], False)]
    return max(whole, key=lambda found: found[:2])[2:]


def bounds(table):
    """The places of the first row of data (above it: a header and more) and after the last (below it: remarks)."""
    size = len(table)
    places = np.unique([*range(min(200, size)), *np.linspace(0, size - 1, 300).astype(int), *range(max(0, size - 50), size)])
    sample = table.iloc[places]
    gone = sample.apply(lambda cells: cells.str.strip().str.lower().isin(MISSING))
    data = sample.apply(lambda cells: cells.str.strip(QUOTES).str.lower().str.fullmatch(ORDINARY)
                        & cells.str.contains(r"\d")) & ~gone
    low = len(sample) // 3
    typed = data.columns[data[low:].sum() > np.maximum(0.7 * (~gone[low:]).sum(), 0.2 * (len(sample) - low))]
    if len(typed):
        some = data[typed].any(axis=1)
        first = int((some & (data | gone)[typed].all(axis=1)).to_numpy().argmax())
        years = pd.to_numeric(table.iloc[first], errors="coerce")
        years = years[years.between(1500, 2200)].diff().iloc[1:]
        first += int(len(years) > 2 and years.abs().eq(1).all() and not data.iloc[first, 0])
        remark = ~some & sample.apply(lambda cells: cells.str.contains(r"\w\W*\s\w")).any(axis=1)
        return first, size - int(remark.to_numpy()[:first:-1].cumprod().sum())
    filled = (table != "").sum(axis=1).to_numpy()
    first = int((filled >= np.median(filled)).argmax())
    row, below = table.iloc[first].str.strip(), table.iloc[first + 1:]
    row = row[~row.str.startswith("__label__")]
    known = any(rank(cell, words) < 1000 and len(cell) < 40 for cell in row for words in (TEXTS, LABELS))
    again = any((below[name] == row[name]).any() for name in row.index if row[name]) or row.empty
    return first + int(known or (not again and row.str.len().max() < 40)), size


def read_table(path, separator="", encoding="", ragged=0.0):
    """The table in a file, all of it text, its index the row in the file; and [what was assumed].

    Raises ValueError, in one sentence, if the file is none, or if more than the share `ragged` of its rows is too long.
    """
    csv.field_size_limit(2**31 - 1)
    try:
        text, code = open_text(path, encoding)
        if len(re.findall("[\x01-\x08\x0e-\x19\ufffd]", text[:10_000])) > len(text[:10_000]) / 50:
            raise ValueError("it is no text in any usual encoding")
        rows, mark = cut_best(text, {"tab": "\t", "\\t": "\t", "blanks": " "}.get(separator, separator), ragged)
    except UNREADABLE as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{path} cannot be read ({reason}): give the path of a text file with columns, as CSV.") from None
    widest = max(map(len, rows))
    table = pd.DataFrame([row + [""] * (widest - len(row)) for row in rows], index=range(1, len(rows) + 1))
    filled = pd.DataFrame({name: cells.str.strip() != "" for name, cells in table.items()})
    table = table.loc[filled.any(axis=1)]
    if table.empty:
        raise ValueError(f"{path} is empty: add the data.")
    first, last = bounds(table)
    top, body, below = table.iloc[:first], table.iloc[first:last], table.iloc[last:]
    if body.empty:
        raise ValueError(f"{path} has a header but no rows: add the data below the header.")
    said = [f"{SIGNS.get(mark, repr(mark))}" if mark else "one column", code.replace("cp125", "Windows-125")]
    width, names = body.shape[1], [str(k + 1) for k in range(body.shape[1])]
    if first:
        named = top.apply(lambda row: len(set(row.str.strip()) - {""}), axis=1).to_numpy()
        named = named * ~(top[0].str.startswith("#") & (mark == " ")).to_numpy()
        pick = first - 1 - int(named[::-1].argmax())
        header = top.iloc[pick].str.strip().tolist() if named[pick] else names
        width = len(rows[top.index[pick] - 1]) if named[pick] else width
        if width == body.shape[1] - 1 and pd.to_numeric(body[0], errors="coerce").diff()[1:].eq(1).all():
            header, width = ["", *header[:-1]], width + 1
        names = [name if name and name not in header[:k] else f"{name} ({k + 1})".strip() for k, name in enumerate(header)]
        said += [f"{pick} lines above the header left out"] * (pick > 0) + [f"{first - 1 - pick} below"] * (pick < first - 1)
    said += ["no header: columns by number"] if not first or not named[pick] else []
    said += [f"{len(below)} lines below left out ({' '.join(below.iloc[0])[:30].strip()!r})"] if len(below) else []
    long = filled.loc[body.index, width:].any(axis=1)
    if long.mean() > ragged:
        raise ValueError(f"{path} has {width} columns but {long.sum()} rows with more cells, first row {long.idxmax()}:"
                         " name every column, put quotes around cells that hold the separator, or set SEPARATOR.")
    said += [f"{long.sum()} rows with too many cells left out"] * bool(long.any())
    keep = [k for k in range(width) if filled.loc[body.index, k].any()]
    return body.loc[~long, keep].set_axis([names[k] for k in keep], axis=1), said


def rank(name, words):
    """The place of a column's name in a list of usual words; 100 more if one of its parts is; 1000 if none is."""
    plain = re.sub(r"[\W_]+", "_", name.lower()).strip("_")
    parts = [100 + words.index(part) for part in plain.split("_") if part in words]
    return words.index(plain) if plain in words else min(parts, default=1000)


def pick(table, name, parameter, path):
    """The column that a parameter names, in any case, or by its number from 1. Raises ValueError if there is none."""
    names = {column.casefold(): column for column in table} | {column: column for column in table}
    names = {str(k): column for k, column in enumerate(table, 1)} | names
    if str(name).strip().casefold() in names:
        return names.get(str(name), names[str(name).strip().casefold()])
    raise ValueError(f"{path} has no column {name}: set {parameter} to one of {listed(table)}.")


def listed(names, most=10):
    """The names in words, not more than `most`."""
    names = list(map(str, names))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def digits(cells):
    """Text cells without quotes and without blanks or apostrophes between thousands; a typographic minus as usual."""
    cells = cells.str.strip(QUOTES).str.replace("\u2212", "-")
    return cells.str.replace(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", regex=True)


def numbers(cells, decimal="."):
    """Text cells (n,) as float64 (n,), NaN where one is none; `decimal` is the mark before the decimals."""
    part = digits(cells).str.extract(r"^(<?)\s*([$€£¥₹]?)\s*([-+]?[.,\d]+(?:[eE][-+]?\d+)?)\s*(%|[kKMB]?)$")
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    form = rf"[-+]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{point}\d*)?(?:[eE].*)?"
    fits = part[2].str.fullmatch(form).eq(True) & part[2].str.contains(r"\d").eq(True)
    plain = part[2].where(fits).str.replace(group, "", regex=True).str.replace(",", ".")
    plain += part[3].str.upper().map({"K": "e3", "M": "e6", "B": "e9"}).fillna("")
    value = plain.astype(float) / np.where(part[0] == "<", 2, 1)
    for sign in (part[1] != "", part[3] == "%"):  # a unit stands beside all numbers or beside none
        value = value if sign[fits].all() else value.mask(sign)
    return value.where(value.abs() < 1e100)


def times(cells):
    """Text cells (n,) as times (n,), NaT where one is none, by the order of day and month that fits all of them best."""
    text = cells.str.strip(QUOTES).str.lower()
    best = pd.to_datetime(cells.str.strip(QUOTES), errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    if best.notna().all():
        return best
    clock = r"[\st,]+(\d\d?:\d\d|\d\d\.\d\d(?=\.\d\d))([:.]\d\d[.\d]*)?\s*([ap])?\.?m?\.?\s*(?:z|utc|gmt)?"
    part = text.str.extract(rf"^(.*?)(?:{clock})?$")
    day = part[0].str.replace(r"(\d{4})\W*q([1-4])|q([1-4])\W*(\d{4})", lambda found: (
        f"{found[1] or found[4]}-{3 * int(found[2] or found[3]) - 2}"), regex=True)
    day = day.str.replace(r"[^\W\d_]+", lambda found: MONTHS.get(found[0][:4]) or MONTHS.get(found[0][:3]) or (
        "-" if re.fullmatch("st|nd|rd|th|de|of|m|年|月|日|(mon|tue|wed|thu|fri|sat|sun)[a-z]*", found[0])
        else found[0]), regex=True)
    day = day.str.replace(r"\W+", "-", regex=True).str.strip("-").str.replace(r"(\d{4})-?w-?(\d+)", r"\1-w\2-1", regex=True)
    clock = (part[1] + part[2].fillna(":00")).fillna("0:00:00")
    clock = clock.mask(~clock.str.contains(":"), clock.str.replace(".", ":"))
    clock = pd.to_timedelta(clock, errors="coerce")
    half = part[3].map({"a": 0, "p": 12}) - clock.dt.components.hours // 12 * 12
    clock += pd.to_timedelta(half.fillna(0), unit="h")
    tries = [pd.to_datetime(day, errors="coerce", format=form) for form in FORMATS]
    most = max(found.count() for found in tries)
    return best if best.count() >= most else max((found + clock for found in tries if found.count() == most), key=evenness)


def evenness(stamps):
    """The share of steps between times in order that are within a fifth of their median."""
    steps = np.diff(np.unique(stamps.dropna())).astype(float)
    return float((abs(steps - np.median(steps)) < 0.2 * np.median(steps)).mean()) if len(steps) else 0.0


def in_a_row(names):
    """Whether names of columns count up or are times in order: such columns are the values of one series a row."""
    names = pd.Series(names).str.replace(r"\s*\[.*\]|\s+$", "", regex=True)
    part = names.str.extract(r"^(\D*)(\d+)$")
    if part[0].nunique() == 1 and part[1].notna().all():
        return bool(part[1].astype(float).diff()[1:].abs().eq(1).all())
    stamps = times(names)
    return bool(stamps.notna().all() and (stamps.is_monotonic_increasing or stamps.is_monotonic_decreasing))


def one_series(table, series, path):
    """Of several series, one a row or under one another, the one that `series` names, with one value a row."""
    names, head, start = list(table), table.iloc[:300], 0
    if len(names) > 6 and re.search(r"\d", names[-1]):
        start = next((k for k in range(min(12, len(names) - 5)) if in_a_row(names[k:]) and (
            numbers(head[names[k]]).notna() | head[names[k]].str.lower().isin(MISSING)).all()), 0)
        start = 0 if any(times(head[name]).notna().mean() > 0.8 for name in names[:start]) else start
    if start or (len(table) == 1 and len(names) > 6):
        lead = table.iloc[:, :start].apply(lambda cells: cells.str.strip())
        lead["all"] = lead.agg(", ".join, axis=1) if start else ""
        hits = lead.apply(lambda cells: cells.str.casefold() == series.strip().casefold()).any(axis=1)
        hits |= len(table) == 1 and not series
        if hits.sum() != 1:
            found = f"{hits.sum()} rows fit {series}" if series else f"there are {len(table)} series, one a row"
            label = next((lead[name] for name in lead if lead[name].is_unique), lead["all"])
            raise ValueError(f"{path}: {found}: set SERIES to one of {listed(label)}.")
        row = table[hits].iloc[0, start:]
        stamp = pd.Series(row.index).str.replace(r"\s*\[.*\]", "", regex=True)
        return pd.DataFrame({"time": stamp.to_numpy(), series or "value": row.to_numpy()}, range(1, len(row) + 1))
    for part in [] if not series else [series] if (table == series).any(axis=None) else series.split(","):
        column, _, cell = part.rpartition("=")
        columns = [pick(table, column, "SERIES", path)] if column else list(table)
        hits = [table[name].str.strip().str.casefold() == cell.strip().casefold() for name in columns]
        table = table[next((hit for hit in hits if hit.any()), hits[0])]
        if table.empty:
            raise ValueError(f"{path} has no cell {part.strip()}: set SERIES to a cell of the column with the series' names.")
    return table


def find_times(table, time, path):
    """The times (n,) of the rows and the columns they stand in, by usual names or what reads as times; else None, []."""
    head, used, best = table.iloc[:300], [], None
    number = {name: numbers(head[name]).notna().mean() > 0.8 for name in table}
    usual = [name for name in table if rank(name, TIMES) < 1000]
    parts = [next((name for name in table if rank(name, words.split()) < 100 and number[name]), None) for words in PARTS]
    if [head[name].str.fullmatch(form).all() for name, form in zip(table, (r"1[5-9]\d\d|20\d\d", r"0?[1-9]|1[012]"))] == [True] * 2:
        parts = list(table)[:2]
    hours = [name for name in usual if number[name] and rank(name, PARTS[3].split()) < 100]
    names = [name for name in usual if name not in hours] + [name for name in table if name not in usual and not number[name]]
    if time:
        names, hours = [pick(table, name, "TIME_COLUMN", path) for name in ([time] if time in table else time.split(","))], []
    elif all(parts[:2]):
        parts = parts[:(*parts, None).index(None)]
        best = times(head[parts].agg(" ".join, axis=1))
        used = parts if best.notna().mean() > 0.8 else []
    for name in names + hours:
        found = times(head[[*used, name]].agg(" ".join, axis=1))
        plain = number[name] and not used and (name.lower() == "t" or name in hours or found.isna().any())
        if not plain and found.notna().mean() > 0.8 and (not used or found.nunique() > best.nunique()):
            used, best = [*used, name], found
    if used:
        return times(table[used].agg(" ".join, axis=1)), used
    for name in sorted(names, key=lambda name: rank(name, TIMES)):
        stamps = numbers(table[name])
        if stamps.notna().mean() > 0.8 and (time or rank(name, TIMES) < 100 and stamps.nunique() > len(stamps) / 2):
            return stamps, [name]
    if time:
        raise ValueError(f"{path}, column {time}: {table[names[0]].iloc[0]!r} is no time: set TIME_COLUMN to another.")
    return None, []


def decimal_mark(cells):
    """The decimal mark, "." or ",", that more of the text cells (n,) must have; "" if they tell nothing."""
    certain = (r"[-+]?(?:(?:\d+|\d{1,3}(?:\.\d{3})+),(?:\d\d?|\d{4,})|(?:0|\d{4,})?,\d+|"
               r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,})")
    cells = digits(cells).str.strip(" $€£¥%kKMB<")
    comma = cells.str.fullmatch(certain).sum()
    point = cells.str.translate(str.maketrans(",.", ".,")).str.fullmatch(certain).sum()
    return "," if comma > point else "." if point else ""


def choose_value(table, used, value, path):
    """The column to forecast: `value`, else by its name, else the only one with numbers. Raises ValueError if unclear."""
    if value:
        return pick(table, value, "VALUE_COLUMN", path)
    head = table.iloc[np.unique(np.linspace(0, len(table) - 1, 300).astype(int))]
    found = {}
    for name, cells in head.drop(columns=used).items():
        gone = cells.str.strip().str.lower().isin(MISSING)
        number = max((numbers(cells[~gone], mark) for mark in ".,"), key=lambda number: number.count())
        if number.count() > 0.5 * len(number):
            found[name] = number
    counted = [name for name in found if len(found[name]) == len(table) and found[name].diff()[1:].eq(1).all()]
    names = [name for name in found if name not in counted] or list(found)
    best = min(names, key=lambda name: rank(name, VALUES), default="")
    if not names:
        raise ValueError(f"{path} has no column of numbers (it has {listed(table)}): give a file that has one.")
    if len(names) > 1 and rank(best, VALUES) == 1000:
        raise ValueError(f"{path} has {len(names)} columns of numbers: set VALUE_COLUMN to one of {listed(names)}.")
    return best


def read_series(path, value="", time="", series="", separator="", encoding="", decimal="", longest_gap=7):
    """The series in a file: a Series of float64 values (n,) in order of time; its index is the times, or 0 to n - 1.

    `value`, `time` (or "date, hour") name columns or number them from 1, and `series` names one series of several: a cell
    in the column that keeps them apart, or in the row of the series. "" lets the file decide, and one line says how.
    A tenth of the values, `longest_gap` in a row, may be missing: they are interpolated. Raises ValueError, in one sentence.
    """
    table, said = read_table(path, separator, encoding)
    table = one_series(table, str(series), path)
    stamps, used = find_times(table, str(time), path)
    rest, troubles = table.drop(columns=used), []
    name = choose_value(table, used, value, path)
    cells, words = table[name], table[used].agg(" ".join, axis=1) if used else table[name]
    gone = cells.str.strip().str.lower().isin(MISSING)
    decimal = decimal or decimal_mark(cells) or decimal_mark(rest.iloc[:300].stack())
    number = numbers(cells, decimal or ".")
    foot = stamps.isna() & ~words.str.contains(r"\d") if used else gone & False  # such as a total
    foot = foot[::-1].cummin()[::-1]
    marked = cells[cells.str.contains(r"\d[.,]") & ~gone & ~foot].str.strip(QUOTES)
    if not decimal and len(marked) and marked.str.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}").all() and "commas" not in said:
        if (len(marked) == (~gone & ~foot).sum()) == marked.str.contains(",").all():
            troubles += [f"cells such as {marked.iloc[0]!r} may be thousands or decimals (set DECIMAL)"]
    bad, below = number.isna() & ~gone & ~foot, cells.str.contains("<") & number.notna()
    lost = stamps.isna() & ~foot if used else bad & False
    for rows, what, cell in ((bad, "cells are no numbers", cells), (lost, "times are not understood", words)):
        troubles += [f"{rows.sum()} {what} (row {rows.idxmax()}: {cell[rows.idxmax()][:50]!r})"] if rows.any() else []
    said += [f"{foot.sum()} more ({words[foot.idxmax()].strip()[:30]!r})"] if foot.any() else []
    said += [f"{below.sum()} cells such as {cells[below.idxmax()]!r} halved"] if below.any() else []
    said += ["decimal commas"] if decimal == "," else []
    stamps = (stamps if used else pd.Series(range(len(cells)), cells.index))[~foot]
    number = number.mask(bad, 0.0)[~foot]
    if used and not stamps.is_monotonic_increasing:
        steps = stamps.diff().dropna()
        back = int((steps < steps * 0).sum())
        said += ["newest first, turned round" if stamps.is_monotonic_decreasing else f"{back} steps back in time, sorted"]
        order = stamps.sort_values(kind="stable").index
        stamps, number, gone = stamps[order], number[order], gone[order]
    twice = int(stamps.duplicated().sum())
    if twice > len(stamps) / 10:
        keys = [key for key in rest if key != name and 1 < table[key].nunique() < len(table) / 2
                and not table.assign(time=stamps).duplicated(["time", key]).any()]
        fix = f"set SERIES to one cell of {keys[0]}, such as {listed(table[keys[0]].unique())}" if keys else "keep one row a time"
        troubles += [f"{twice} rows repeat a time ({fix})"]
    elif twice:
        said += [f"{twice} rows repeat a time, values of one time averaged"]
        number = number.groupby(stamps.to_numpy()).mean()
        stamps = number.index.to_series()
    value = number.to_numpy()
    here = np.flatnonzero(~np.isnan(value))
    value, stamps = (part[here[0]:here[-1] + 1] if len(here) else part[:0] for part in (value, stamps))
    if len(value) < len(number):
        said += [f"{len(number) - len(value)} rows without a value at the ends left out"]
    holes = np.isnan(value)
    if holes.any():
        runs = np.diff(np.flatnonzero(np.diff(holes.astype(int), prepend=0, append=0)))[::2]
        count = f"{np.isnan(number).sum()} of {len(number)} values are missing, at most {runs.max()} in a row"
        if holes.mean() > 0.1 or runs.max() > longest_gap:
            troubles += [f"{count}, and a tenth or {longest_gap} in a row may be"]
        said += [f"{count}, interpolated"]
        value = np.interp(np.arange(len(value)), np.flatnonzero(~holes), value[~holes])
    if troubles or len(value) == 0:
        troubles = "; ".join(troubles or ["there is no value"])
        raise ValueError(f"{path}, column {name}: {troubles}: fix or delete these rows, or choose another column.")
    if used:
        steps = stamps.diff().dropna()
        wide = int((steps > steps.median() * 1.5).sum())
        said += [f"{wide} gaps in time, the longest {steps.max()}: rows taken as evenly spaced"] if wide else []
    when = f"time {' and '.join(used)} from {stamps.iloc[0]} to {stamps.iloc[-1]}" if used else "rows in their order"
    print(f"{path}: read as {', '.join(said)}; {when}; {len(value)} values of {name}.")
    return pd.Series(value, pd.Index(stamps, name=" ".join(used) or None), name=name)


def clean(text):
    """A text with entities as characters, without tags, links and handles, its words one blank apart."""
    text = html.unescape(re.sub(r"(?<![&\w])(#\d{2,5}|quot|amp|lt|gt|nbsp);", r"&\1;", text))
    tag = r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s+[\w-]+\s*=[^<>]*)?\s*/?>"
    return " ".join(re.sub(rf"{tag}|https?://\S+|www\.\S+|(?<![\w.])@\w+", " ", text).split())


def split_labels(lines):
    """Lines (n,) of a label and a text, or a text and a label, as two columns; None if few labels do not come back."""
    for before, mark in ((True, " "), (True, ","), (False, ","), (False, " ")):
        part = lines.str.strip().str.partition(mark) if before else lines.str.strip().str.rpartition(mark)
        label = part[0 if before else 2]
        if (part[1] != "").mean() > 0.8 and 1 < label.nunique() <= min(100, len(lines) / 3):
            return pd.DataFrame({"text": part[2 if before else 0].str.strip(QUOTES), "label": label.str.strip(QUOTES)})
    return None


def read_texts(path, text="", label="", separator="", encoding="", labelled=True, fewest=2):
    """The texts in a file and their labels: a table with the columns text and genre, of at least two genres.

    `text` (or "title, body", to join them) and `label` name columns or number them from 1; "" lets the file decide, and one
    line says how. Left out, with their counts, are rows without a word or a label, equal texts with two labels, and genres
    of fewer than `fewest` different texts. Not `labelled`: every genre is "". Raises ValueError, in one sentence.
    """
    table, said = read_table(path, separator, encoding, ragged=0.1)
    if table.shape[1] == 1 and labelled:
        table = split_labels(table.iloc[:, 0])
        if table is None:
            raise ValueError(f"{path} has one column: put texts and labels in two columns, or set SEPARATOR.")
    cells = {name: column.str.strip() for name, column in table.items()}
    kinds = {name: column[column != ""].nunique() for name, column in cells.items()}
    length = {name: column.str.len().mean() for name, column in cells.items()}
    words = [name for name, column in cells.items() if column[:999].str.contains(r"[^\W\d_]").mean() > 0.5
             and not column[:999].str.match("https?:").mean() > 0.5 and length[name] > max(length.values()) / 10]
    if not words:
        raise ValueError(f"{path} has no column of texts (it has {listed(table)}): set TEXT_COLUMN.")
    texts = [min(words, key=lambda name: (rank(name, TEXTS), -length[name]))]
    if text:
        texts = [pick(table, name, "TEXT_COLUMN", path) for name in ([text] if text in table else str(text).split(","))]
    few = [name for name in table if name not in texts and 1 < kinds[name] <= min(200, len(table) / 2)]
    if label:
        few = [pick(table, label, "LABEL_COLUMN", path)]
    elif labelled and not few:
        raise ValueError(f"{path} has no column of labels that come back (it has {listed(table)}): set LABEL_COLUMN.")
    genre = min(few, key=lambda name: (rank(name, LABELS), numbers(table[name]).notna().mean() > 0.5)) if labelled else None
    data = pd.DataFrame({"text": table[texts].agg(" ".join, axis=1).map(clean), "genre": cells[genre] if labelled else ""})
    key = data["genre"].str.normalize("NFKC").str.split().str.join(" ").str.removeprefix("__label__")
    spelling = key.groupby(key.str.casefold()).agg(lambda names: names.value_counts().index[0])
    joined = sorted(set(key) - set(spelling))
    data["genre"] = key.str.casefold().map(spelling)
    data["same"] = data["text"].str.lower()
    empty, rare = ["", "nan", "null", "n/a", "?"], f"of genres with fewer than {fewest} different texts"
    checks = {"without a word": lambda: ~data["text"].str.contains(r"[^\W_]")}
    checks |= {} if not labelled else {
        "without a label": lambda: data["genre"].str.lower().isin(empty),
        "of equal texts with two labels": lambda: data.groupby("same")["genre"].transform("nunique") > 1,
        rare: lambda: data.groupby("genre")["same"].transform("nunique") < fewest}
    left = []
    for what, check in checks.items():
        rows = check()
        names = f" ({listed(data['genre'][rows].unique())})" if what == rare else ""
        left += [f"{rows.sum()} {what}{names}"] if rows.any() else []
        data = data[~rows]
    sizes = data["genre"].value_counts()
    said = f"read as {', '.join(said)}; text {' and '.join(texts)}" + (f", label {genre}" if labelled else "")
    said += f"; rows left out: {', '.join(left)}" if left else ""
    said += f"; labels joined that differ in case or blanks: {listed(joined)}" if joined else ""
    if len(sizes) < 1 + labelled:
        kept = f"only {len(data)} texts of {len(sizes)} genres are left"
        raise ValueError(f"{path}: {kept} ({said}): add texts, or set TEXT_COLUMN and LABEL_COLUMN to other columns.")
    sizes = listed([f"{name} {size}" for name, size in sizes.items()]) if labelled else "no labels"
    print(f"{path}: {said}; {len(data)} texts: {sizes}.")
    return data[["text", "genre"]].reset_index(drop=True)
