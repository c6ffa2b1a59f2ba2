# ruff: noqa
import csv, gzip, html, re, zipfile
from collections import Counter
from io import StringIO
from itertools import zip_longest
from operator import itemgetter
from pathlib import Path
from textwrap import shorten
from charset_normalizer import from_bytes
import numpy as np
import pandas as pd


def listed(names):
    names = list(map(str, names))
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def side_by_side(table, names):
    first, *rest = (table[name] for name in names)
    return first.str.cat(rest, sep=" ") if rest else first


MISSING = "|?|.|..|...|-|--|—|–|*|na|n/a|#n/a|n.a.|<na>|nan|null|none".split("|")
DATA = (
    r"(?=.*\d)(?:[\d\W_]|(?<=\d)(?:[tzekmbqw]|[ap]m)(?=[\W\d]|$)|(?:jan|jän|ene|feb|fév|mar|"
    r"mär|a[pbv]r|ma[iy]|jun|jui|jul|aug|ago|aoû|sep|o[ck]t|nov|d[eéi][cz])[^\W\d_]{0,6})*"
)
QUOTES = " \t'\"“”„«»‘’"
SIGNS = {"\t": "tabs", ";": "semicolons", "|": "pipes", ",": "commas", " ": "blanks"}
DIALECTS = [{}, {"escapechar": "\\"}, {"quotechar": "'"}, {"quoting": 3}, {"strict": False}]
CODES = "cp1252 cp1250 cp1251 cp1253 cp1254 gb18030 big5 shift_jis euc_jp cp949".split()


def open_text(path, encoding):
    """The text of the file at `path`, unpacked and decoded, and its encoding."""
    data = Path(path).read_bytes()
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data = archive.read(max(archive.infolist(), key=lambda file: file.file_size))
    code = encoding or ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    text = data.decode(code, "strict" if encoding else "replace")
    if text.count("\ufffd") > len(re.findall("[^\0-\x7f]", text)) / 10:  # no UTF-8
        odd = b"".join(re.findall(rb".*[\x80-\xff].*\n?", data))[:50_000]
        pairs = re.findall(r"[^\W\da-z_]{2}|[‚ƒ]", odd.decode("cp1252", "replace").lower())
        foreign = len(pairs) > len(re.findall(rb"[\x80-\xff]", odd)) / 10
        best = from_bytes(odd, cp_isolation=CODES).best() if foreign else None
        code = best.encoding if best else "cp1252"
        text = data.decode(code, "replace")
    if "\0" in text[:999] or re.match(r"\s*(<[!?h]|\{|\[\s*\{)", text):
        raise ValueError("it is no text in rows and columns")
    return re.sub("\r\n?", "\n", text), code.replace("cp125", "Windows-125").removesuffix("-sig")


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
        late = Counter(widths[len(widths) // 3 :])  # below a preamble
        usual = max((width for width in late if width > 1), key=late.get, default=0)
        return (late[usual] / max(1, late.total()), widths.count(usual)), rows, mark

    dialects = DIALECTS if re.search(r"[\"'\\]", text) else [{}]
    marks, score, head = separator or "\t;,|", itemgetter(0), text[:200_000]
    (share, _), _, mark = max((cut(head, mark, d) for mark in marks for d in dialects), key=score)
    if share < 0.5 and not separator:
        (share, _), _, mark = cut(head, " ", {})
    if share < least and not separator:
        return [[line.strip()] for line in text.split("\n")], ""
    return max((cut(text, mark, dialect) for dialect in dialects), key=score)[1:]


def data_bounds(table):
    """The places of the first row of data, below the header, and of the first remark below it."""
    ends = pd.concat([table[:200], table[200:][-50:]]).map(lambda c: c.strip(QUOTES).lower())
    kinds = ends.apply(lambda c: c.str.fullmatch(DATA) * (1 + c.str.contains(r"\d[-/:]\d")))
    kinds = kinds.mask(ends.isin(MISSING), -1)
    late = kinds[len(kinds) // 3 :]
    usual = late.mode().iloc[0]  # -1 nothing, 0 words, 1 numbers, 2 times
    typed = (usual > 0) & ((late == usual).sum() > 0.7 * (late >= 0).sum())
    if not typed.any():  # the first row is a header if its cells are short and never come back
        filled = (ends != "").sum(axis=1).to_numpy()
        first = int((filled >= np.median(filled)).argmax())
        again = (ends[first + 1 :] == ends.iloc[first].replace("", "\n")).any(axis=None)
        return first + int(ends.iloc[first].str.len().max() < 40 and not again), len(table)
    some = (kinds > 0).loc[:, typed].any(axis=1).to_numpy()
    first = int((some & ((kinds < 0) | (kinds == usual)).loc[:, typed].all(axis=1)).argmax())
    steps = pd.to_numeric(ends.iloc[first], errors="coerce").dropna().diff()[1:].abs()
    first += int(len(steps) > 2 and steps.eq(1).all() and not kinds.iloc[first, 0])  # years
    return first, len(table) - int((~some)[:first:-1].cumprod().sum())


def read_table(path, separator="", encoding="", ragged=0.0):
    """The table in a file, all text, its index the rows there; and [what was assumed]. Raises
    ValueError if there is none, or if more than the share `ragged` of its rows is too long.
    """
    csv.field_size_limit(2**31 - 1)
    try:
        text, code = open_text(path, encoding)
        rows, mark = cut_rows(text, separator, 0.9 if ragged else 0.5)
    except Exception as error:  # files, packers, codecs and csv have exceptions of their own
        fix = "download it first" if ":/" in str(path)[2:] else "give the path of a CSV file"
        raise ValueError(f"{path} cannot be read ({str(error).rstrip('.')}): {fix}.") from None
    columns = dict(enumerate(zip_longest(*rows, fillvalue="")))
    table = pd.DataFrame(columns, range(1, len(rows) + 1)).replace("", np.nan).dropna(how="all")
    first, last = data_bounds(table.fillna("")) if len(table) else (0, 0)
    top, body, below = table[:first], table[first:last], table[last:]
    if body.empty:
        raise ValueError(f"{path} has no rows below its header: add the data.")
    header = top.nunique(axis=1)[::-1].idxmax() if first else 0  # the last of the fullest rows
    names = rows[header - 1] if first else [str(k + 1) for k in table]
    names = [name if name and name not in names[:k] else f"{name} ({k + 1})".strip() for k, name in enumerate(names)]
    long = body.iloc[:, len(names) :].notna().any(axis=1)
    if long.mean() > ragged:
        fault = f"{len(names)} columns but {long.sum()} rows of more cells (row {long.idxmax()})"
        raise ValueError(f"{path} has {fault}: set SEPARATOR, or quote cells that hold it.")
    said = [f"{SIGNS.get(mark, 'one column')} in {code}{'' if first else ', no header'}"]
    said += [
        f"lines left out: {len(lines)} ({' '.join(lines.iloc[0].dropna())[:30]!r})"
        for lines in (top[top.index != header], below, body[long])
        if len(lines)
    ]
    body = body.loc[~long].iloc[:, : len(names)].set_axis(names, axis=1)
    return body.dropna(axis=1, how="all").fillna(""), said


def rank(name, words):
    """The place of a name in a list of usual words, 100 more for a part of it, 1000 if none is."""
    parts = {name.lower(), *re.split(r"[\W_]+", name.lower())} & set(words)
    return min((words.index(part) + 100 * (part != name.lower()) for part in parts), default=1000)


def pick(table, names, parameter, path):
    """The columns that a parameter names or numbers from 1. Raises ValueError without one."""
    places = {str(k): n for k, n in enumerate(table, 1)} | {n.casefold(): n for n in table}
    found = str(names).casefold()
    found = [found] if found in places else [name.strip() for name in found.split(",")]
    if not places.keys() >= set(found):
        fix = f"set {parameter} to one of {shorten(', '.join(table), 200)}"
        raise ValueError(f"{path} has no column {names}: {fix}.")
    return [places[name] for name in found]


LONGEST_GAP = 7  # missing values in a row that are filled in
VALUES = """value values y target ot close closing_price price last obs_value average mean sales
    demand load cnt count total passengers wert valor valeur valore 值 数值""".split()
TIMES = """date datetime timestamp time ds t observation_date time_period period month year week day
    quarter hour datum zeit jahr monat fecha mes año data mese anno mois année 日期 时间 月份 年""".split()
CALENDAR = {
    "year": "year yr jahr año anno année 年",
    "month": "month mo mnth monat mes mese mois 月",
    "quarter": "quarter qtr quartal",
    "day": "day dy tag dia día giorno jour 日",
    "hour": "hour hr stunde hora ora heure",
}
MONTHS = """jan jän ene gen/feb fév/mar mär mrt/apr abr avr/may mai mag/jun juin giu/jul juil lug/
    aug ago aoû/sep set/oct okt ott/nov/dec dez dic déc"""
WORDS = dict.fromkeys("st nd rd th de of m 年 月 日 mon tue wed thu fri sat sun".split(), "-")
MONTHS = WORDS | {word: line.split()[0] for line in MONTHS.split("/") for word in line.split()}
FORMATS = """%Y-%m-%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d %d-%b-%Y %b-%d-%Y %d-%b-%y
    %Y-%b-%d %b-%Y %Y-%b %b-%y %Y-%m %m-%Y %Y%m%d %Y%m %Y %G-w%V-%u""".split()
CLOCK = (
    r"^(.*?)(?:[\st,]+(\d\d?[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?)"
    r"\s*([ap])?\.?m?\.?\s*(?:z|utc|gmt)?)?$"
)


def side_by_side(table, names):
    """The cells of the columns, one blank between them."""
    return table[names[0]].str.cat(table[names[1:]], sep=" ")


def as_numbers(cells, decimal="."):
    """Text cells (n,) as float64 (n,), NaN where one is none; `decimal` is the decimal mark."""
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    form = (
        rf"^(<?)\s*([$€£¥]?)\s*([-+]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{point}\d*)?"
        r"(?:e[-+]?\d+)?)\s*([%kmb]?)$"
    )
    cells = cells.str.strip(QUOTES).str.lower().str.replace("\u2212", "-")
    cells = cells.str.replace(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", regex=True)  # 1 000 or 1'000
    below, money, number, unit = (part for _, part in cells.str.extract(form).items())
    number = number.str.replace(group, "", regex=True).str.replace(",", ".")
    number += unit.replace({"%": "", "k": "e3", "m": "e6", "b": "e9"})
    value = pd.to_numeric(number, errors="coerce") / np.where(below == "<", 2, 1)
    for sign in (money != "", unit == "%"):  # it stands beside all numbers or beside none
        value = value if sign[value.notna()].all() else value.mask(sign)
    return value.where(value.abs() < 1e100).astype(float)


def decimal_mark(cells):
    """The decimal mark, "." or ",", that more of the cells (n,) must have; "" if none tells."""
    certain = r"(?:^\D*0?|\d{4}|[\s'’.]\d{3}),\d+\D*$|,(?!\d{3}\D*$)\d+\D*$|\.\d{3}\.\d{3}"
    comma = cells.str.contains(certain).sum()
    point = cells.str.translate(str.maketrans(",.", ".,")).str.contains(certain).sum()
    return "," if comma > point else "." if point else ""


def evenness(stamps):
    """The share of steps between times in order that are within a fifth of their median."""
    steps = np.diff(np.unique(stamps.dropna())).astype(float)
    return (abs(steps / np.median(steps) - 1) < 0.2).mean() if len(steps) else 0.0


def as_times(cells):
    """Text cells (n,) as times (n,), NaT where one is none; day and month in a fitting order."""
    text = cells.str.strip(QUOTES)
    iso = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)
    if iso.notna().all():
        return iso
    day, clock, half = (part for _, part in text.str.lower().str.extract(CLOCK).items())
    codes, days = pd.factorize(day.fillna(""))
    for form, new in (
        (r"q([1-4])\W*(\d{4})", r"\2q\1"),
        (r"(\d{4})\W*q([1-4])", lambda q: f"{q[1]}-{3 * int(q[2]) - 2}"),
        (r"[^\W\d_]+", lambda w: MONTHS.get(w[0][:4]) or MONTHS.get(w[0][:3], w[0])),
        (r"\W+", "-"),
        ("^-|-$", ""),
        (r"(\d{4})-?w-?(\d+)", r"\1-w\2-1"),
    ):
        days = days.str.replace(form, new, regex=True)
    tries = [pd.to_datetime(days, errors="coerce", format=form) for form in FORMATS]
    days = max(tries, key=lambda found: (found.notna().sum(), evenness(found))).to_numpy()[codes]
    clock = clock.str.replace(r"^(\d+)[:.](\d\d)[:.](\d\d)", r"\1:\2:\3", regex=True)
    clock = clock.str.replace(r"^(\d+):(\d\d)$", r"\1:\2:00", regex=True)
    clock = pd.to_timedelta(clock, errors="coerce").fillna(pd.Timedelta(0))
    noon = half.map({"a": 0, "p": 12}) - clock.dt.components.hours // 12 * 12
    best = pd.Series(days, cells.index) + clock + pd.to_timedelta(noon.fillna(0), unit="h")
    return iso if iso.count() >= best.count() else best


def find_times(table, time, path):
    """The times (n,) of the rows and [their columns], by usual names or as cells read as times.

    0 to n - 1 and [] if there are none. Raises ValueError if `time` names columns without times.
    """
    head, used, best = table[:300], [], None
    number = [name for name in table if as_numbers(head[name]).notna().mean() > 0.8]
    parts = {part: name for part, words in CALENDAR.items() for name in number[::-1] if rank(name, words.split()) < 100}
    forms = zip(table, (r"1[5-9]\d\d|20\d\d", r"0?[1-9]|1[012]", ".*"))  # as in 1749;01;96.7
    alike = all(head[name].str.fullmatch(form).all() for name, form in forms)
    if alike and len(table.columns) > 2 and "quarter" not in parts:
        parts = dict(zip(("year", "month"), table)) | parts
    if "year" in parts and {"month", "quarter"} & {*parts} and not time:
        frame = table[[*parts.values()]].apply(as_numbers).set_axis([*parts], axis=1)
        months = 3 * frame.pop("quarter") - 2 if "quarter" in parts else 1
        frame = frame.assign(month=frame.get("month", months), day=frame.get("day", 1))
        stamps = pd.to_datetime(frame, errors="coerce").where(frame["year"] > 999)
        if stamps.notna().mean() > 0.8:
            return stamps, [*parts.values()]
    usual = [name for name in table if rank(name, TIMES) < 1000]
    names = [*usual, *(name for name in table if name not in [*usual, *number])]
    names = pick(table, time, "TIME_COLUMN", path) if time else names
    for name in names:
        found = as_times(side_by_side(head, [*used, name]))
        if name in number and (used or name.lower() == "t" or found.isna().any()):
            continue
        if found.notna().mean() > 0.8 and (not used or found.nunique() > best.nunique()):
            used, best = [*used, name], found
    if used:
        stamps, hour = as_times(side_by_side(table, used)), parts.get("hour")
        if hour and best.nunique() < len(best):
            hours = pd.to_timedelta(as_numbers(table[hour]), unit="h")
            stamps, used = stamps + hours, [*used, hour]
        return stamps, used
    for name in sorted(names, key=lambda name: rank(name, TIMES)):
        stamps = as_numbers(table[name])
        many = rank(name, TIMES) < 100 and stamps.nunique() > len(stamps) / 2
        if stamps.notna().mean() > 0.8 and (time or many):
            return stamps, [name]
    if time:
        raise ValueError(f"{path}, column {time}, holds no times: set TIME_COLUMN to another.")
    return pd.Series(np.arange(len(table)), table.index), []


def in_a_row(names):
    """Whether names of columns count up or are times in order: then a row holds a series."""
    names = pd.Series(names)
    if not names.str.contains(r"\d").all():
        return False
    counts = names.str.extract(r"(\d+)\D*$")[0].astype(float).diff()[1:]
    steps = as_times(names).diff()[1:] / pd.Timedelta("1s")
    return any(ordered.all() for ordered in (abs(counts) == 1, steps > 0, steps < 0))


def one_series(table, series, path):
    """Of several series, one a row or one below another, the one named `series`, a value a row."""
    names, known = list(table), table.apply(lambda cells: cells.str.casefold())
    start = next((k for k in range(1, min(12, len(names) - 5)) if in_a_row(names[k:])), 0)
    if start and all(as_times(table[name][:300]).isna().mean() > 0.2 for name in names[:start]):
        lead, known = table.iloc[:, :start], known.iloc[:, :start]
        hits = known.assign(all=known.agg(", ".join, axis=1)).eq(series.casefold()).any(axis=1)
        if hits.sum() != 1:
            label = next((lead[name] for name in lead if lead[name].is_unique), lead[names[0]])
            fault = f"has a series a row, and {hits.sum()} rows are called {series!r}"
            fix = f"set SERIES to one of {shorten(', '.join(label), 200)}"
            raise ValueError(f"{path} {fault}: {fix}.")
        row = table[hits].iloc[0, start:]
        columns = {"time": row.index.str.replace(r"\s*\[.*\]", "", regex=True), series: [*row]}
        return pd.DataFrame(columns, range(1, len(row) + 1))
    for cell in [series] if known.eq(series.casefold()).any(axis=None) else series.split(","):
        same = known.loc[table.index] == cell.strip().casefold()
        table = table[same[same.sum().idxmax()]] if series else table
        if table.empty:
            raise ValueError(f"{path} has no cell {cell.strip()}: set SERIES to one that it has.")
    return table


def choose_value(table, path):
    """The column to forecast: by its name, or the only one with numbers, else ValueError."""
    found = {}
    for name, cells in table[:: len(table) // 300 + 1].items():
        cells = cells[~cells.str.lower().isin(MISSING)]
        number = max((as_numbers(cells, mark) for mark in ".,"), key=lambda number: number.count())
        if number.count() > 0.5 * len(number):
            found[name] = number.diff()[1:].nunique() == 1  # the numbers of the rows
    names = [name for name, counts in found.items() if not counts] or list(found)
    best = min(names, key=lambda name: rank(name, VALUES), default="")
    if not names or (len(names) > 1 and rank(best, VALUES) == 1000):
        fix = f"set VALUE_COLUMN to one of {shorten(', '.join(names), 200)}" if names else "add one"
        raise ValueError(f"{path} has {len(names) or 'no'} columns of numbers: {fix}.")
    return best


def in_order(number, table):
    """Values (n,) in the order of time, one a time, without holes; [what was done]; [faults]."""
    said, troubles, steps = [], [], number.index.diff()[1:]
    if back := int((steps < steps * 0).sum()):
        turned = number.index.is_monotonic_decreasing
        said += ["newest first, turned round" if turned else f"sorted, steps back in time: {back}"]
    twice = number.index.duplicated().sum()
    if twice > len(number) / 10:
        fix = [
            f"set SERIES to a cell of {key}: {shorten(', '.join(cells.unique()), 200)}"
            for key, cells in table.items()
            if 1 < cells.nunique() < len(table) / 2 and not table.assign(time=number.index).duplicated([key, "time"]).any()
        ]
        troubles += [f"rows that repeat a time: {twice} ({[*fix, 'keep one row a time'][0]})"]
    elif twice:
        said += [f"rows that repeat a time, averaged: {twice}"]
    number = number.groupby(level=0).mean()
    inside = number.loc[number.first_valid_index() : number.last_valid_index()]
    if len(inside) < len(number):
        said += [f"rows without a value at the ends left out: {len(number) - len(inside)}"]
    holes = inside.isna()
    if holes.any():
        longest = holes.groupby((~holes).cumsum()).sum().max()
        fault = f"missing values: {holes.sum()} of {len(holes)}, at most {longest} in a row"
        few = holes.mean() <= 0.1 and longest <= LONGEST_GAP
        said += [f"{fault}, interpolated"]
        troubles += [] if few else [f"{fault} (a tenth, {LONGEST_GAP} in a row, can be filled in)"]
    return inside.interpolate(), said, troubles


def read_series(path, value="", time="", series="", separator="", encoding="", decimal=""):
    """The series in a file: a pandas Series of values (n,) by their times in order, or 0 to n - 1.

    `value` and `time` name columns or number them from 1, `series` is a cell that names one of
    several. What is "" the file decides, and a printed line tells how. Raises ValueError, in one
    sentence with all that is wrong.
    """
    table, said = read_table(path, separator, encoding)
    table, troubles = one_series(table, str(series), path), []
    stamps, used = find_times(table, str(time), path)
    rest = table.drop(columns=used)
    name = pick(table, value, "VALUE_COLUMN", path)[0] if value else choose_value(rest, path)
    cells, words = table[name], side_by_side(table, used or [name])
    gone = cells.str.lower().isin(MISSING)
    mark = decimal or decimal_mark(cells) or decimal_mark(rest[:300].stack())
    number = as_numbers(cells, mark or ".")
    total = (stamps.isna() & ~words.str.contains(r"\d"))[::-1].cummin()[::-1]  # below the table
    said += [f"lines left out: {total.sum()} ({words[total].iloc[0]!r})"] if total.any() else []
    marked = cells[cells.str.contains(r"\d[.,]") & ~gone]
    group = len(marked) and marked.str.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}").all()
    if group and not mark and said[0][:5] != "comma":
        if (len(marked) == (~gone).sum()) == ("," in marked.iloc[0]):
            troubles += [f"{marked.iloc[0]!r} may be a decimal or not (set DECIMAL to '.' or ',')"]
    for rows, what, shown in (
        (number.isna() & ~gone & ~total, "cells that are no numbers", cells),
        (stamps.isna() & ~total, "times that are unclear", words),
    ):
        first = f"row {rows.idxmax()}, {shown[rows.idxmax()][:50]!r}"
        troubles += [f"{what}: {rows.sum()} ({first})"] if rows.any() else []
    halved = cells[cells.str.startswith("<") & number.notna()]
    said += [f"cells such as {halved.iloc[0]!r} halved: {len(halved)}"] if len(halved) else []
    said += ["decimal commas"] if mark == "," else []
    keep = stamps.notna() & ~total
    number = number[keep].set_axis(pd.Index(stamps[keep], name=", ".join(used)))
    number, done, wrong = in_order(number, table[keep].drop(columns=name))
    if troubles + wrong or number.empty:
        fault = "; ".join(troubles + wrong or ["it holds no value"])
        raise ValueError(f"{path}, column {name}: {fault}: mend it, or choose another column.")
    steps = number.index.diff()[1:]
    wide = (steps > steps.to_series().median() * 1.5).sum()
    done += [f"gaps in time, taken as even: {wide}, the longest {steps.max()}"] if wide else []
    when = f"time {' and '.join(used)} from {number.index[0]} to {number.index[-1]}"
    when = when if used else "no times found, rows in their order"
    print(f"{path}: read as {', '.join(said + done)}; {when}; {len(number)} values of {name}.")
    return number.rename(name)


TEXTS = """text review review_text reviewtext review_body tweet full_text comment content message
    body sentence utterance question phrase post article document description headline title news v2
    sms texto mensaje contenido comentario texte avis nachricht inhalt titel testo metin текст 内容 文本
    评论""".split()
LABELS = """genre label labels sentiment class category target polarity v1 topic intent rating stars
    score type spam toxic liked tag emotion is_sarcastic klasse kategorie thema etiqueta clase
    categoria categoría étiquette classe catégorie durum etiket метка класс 标签 类别""".split()
TAG = r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s+[\w-]+\s*=[^<>]*)?\s*/?>"
LINK = r"https?://\S+|www\.\S+|(?<![\w.])@\w+"


def clean(text):
    """A text with entities as characters, without tags, links and handles, one blank apart."""
    text = html.unescape(re.sub(r"(?<![&\w])(#\d{2,5}|quot|amp|lt|gt|nbsp);", r"&\1;", text))
    return " ".join(re.sub(f"{TAG}|{LINK}", " ", text).split())


def split_labels(lines):
    """Lines (n,) of a label and a text, or the reverse, as two columns; None without labels."""
    for mark, first in ((" ", True), (",", True), (",", False), (" ", False)):
        line = lines.str.strip().str
        part = line.partition(mark) if first else line.rpartition(mark)
        table = part[[2, 0] if first else [0, 2]].set_axis(["text", "label"], axis=1)
        few = 1 < table["label"].nunique() <= min(100, len(lines) / 3)
        if few and (part[1] != "").mean() > 0.8:
            return table.apply(lambda cells: cells.str.strip(QUOTES))
    return None


def choose_columns(table, text, label, labelled, path):
    """([The columns of the text], the column of the labels or None), else ValueError."""
    head = table.iloc[:2000].apply(lambda cells: cells.str.strip())
    kinds = {name: cells[cells.str.strip() != ""].nunique() for name, cells in table.items()}
    length = head.apply(lambda cells: cells.str.len().mean())
    words = [
        name
        for name, cells in head.items()
        if length[name] > length.max() / 10 and cells.str.contains(r"[^\W\d_]").mean() > 0.5 > cells.str.match("https?:").mean()
    ]
    if text:
        words = pick(table, text, "TEXT_COLUMN", path)
    elif not words:
        fault = f"no column of texts (it has {listed(table)})"
        raise ValueError(f"{path} has {fault}: set TEXT_COLUMN.")
    else:
        words = [min(words, key=lambda name: (rank(name, TEXTS), -length[name]))]
    few = [name for name in table if 1 < kinds[name] <= min(200, len(table) / 2)]
    few = [name for name in few if name not in words]
    few = pick(table, label, "LABEL_COLUMN", path) if label else few
    if labelled and not few:
        fault = f"no column of labels that come back (it has {listed(table)})"
        raise ValueError(f"{path} has {fault}: set LABEL_COLUMN.")
    genre = min(few, key=lambda name: (rank(name, LABELS), kinds[name])) if labelled else None
    return words, genre


def read_texts(path, text="", label="", separator="", encoding="", labelled=True, fewest=2):
    """The texts in a file and their labels: a table with the columns text and genre.

    `text` (or "title, body", to join them) and `label` name columns or number them from 1; "" lets
    the file decide, and one printed line tells what it decided. Left out, with their counts: rows
    without a word or a label, equal texts with two labels, genres of fewer than `fewest` different
    texts. If not `labelled`, every genre is "". Raises ValueError, in one sentence.
    """
    table, said = read_table(path, separator, encoding, ragged=0.1)
    if table.shape[1] == 1 and labelled:
        table = split_labels(table.iloc[:, 0])
        if table is None:
            raise ValueError(f"{path} has one column: put labels into another, or set SEPARATOR.")
    texts, genre = choose_columns(table, text, label, labelled, path)
    names = table[genre] if labelled else pd.Series("", table.index)
    names = names.str.normalize("NFKC").str.split().str.join(" ").str.removeprefix("__label__")
    usual = names.groupby(names.str.casefold()).agg(lambda same: same.value_counts().index[0])
    joined = sorted(set(names) - set(usual))
    data = pd.DataFrame({"text": side_by_side(table, texts).map(clean)})
    data["genre"], data["same"] = names.str.casefold().map(usual), data["text"].str.lower()
    left = []

    def leave_out(rows, what):
        left.extend([f"{what}: {rows.sum()}"] if rows.any() else [])
        return data[~rows]

    data = leave_out(~data["text"].str.contains(r"[^\W_]"), "without a word")
    if labelled:
        empty = data["genre"].str.lower().isin(["", "nan", "null", "n/a", "?"])
        data = leave_out(empty, "without a label")
        twice = data.groupby("same")["genre"].transform("nunique") > 1
        data = leave_out(twice, "of equal texts with two labels")
        rare = data.groupby("genre")["same"].transform("nunique") < fewest
        names = listed(data["genre"][rare].unique())
        data = leave_out(rare, f"of genres with fewer than {fewest} different texts ({names})")
    sizes = data["genre"].value_counts()
    said = f"read as {', '.join(said)}; text {' and '.join(texts)}"
    said += f", label {genre}" if labelled else ""
    said += f"; rows left out: {', '.join(left)}" if left else ""
    said += f"; labels joined that differ in case or blanks: {listed(joined)}" if joined else ""
    if len(sizes) < 1 + labelled:
        kept = f"only {len(data)} texts of {len(sizes)} genres are left"
        fix = "add texts, or set TEXT_COLUMN and LABEL_COLUMN to other columns"
        raise ValueError(f"{path}: {kept} ({said}): {fix}.")
    counts = listed([f"{name} {size}" for name, size in sizes.items()]) if labelled else "no labels"
    print(f"{path}: {said}; {len(data)} texts: {counts}.")
    return data[["text", "genre"]].reset_index(drop=True)
