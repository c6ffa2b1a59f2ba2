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


MONTHS = """jan jän ene gen янв/feb fév fev фев/mar mär mrt мар/apr abr avr апр/may mai mag mei май
    мая/jun juin giu июн/jul juil lug июл/aug ago aoû авг/sep set сен/oct okt ott out окт/nov ноя/
    dec dez dic déc дек"""
MONTHS = {word: line.split()[0] for line in MONTHS.split("/") for word in line.split()}
MISSING = "|?|.|..|...|-|--|—|–|*|na|n/a|#n/a|n.a.|<na>|nan|null|none".split("|")
DATA = (
    r"(?=.*\d)(?:[\d\W_]|(?<=\d)(?:[tzkmbqw]|[ap]m)(?=[\W\d]|$)|(?:jan|jän|ene|feb|fév|mar|mär|"
    r"a[pbv]r|ma[iy]|jun|jui|jul|aug|ago|aoû|sep|o[ck]t|nov|d[eéi][cz])[^\W\d_]{0,6})*"
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


def bounds(table):
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
    first, last = bounds(table.fillna("")) if len(table) else (0, 0)
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


TIMES = """date datetime timestamp time ds t observation_date time_period period month year week day
    yr mo quarter hour hr datum zeit jahr monat fecha mes año data mese anno mois année дата год 日期
    时间 月份 年""".split()
PARTS = [
    "year yr jahr año ano anno année 年 год",
    "month mo mnth monat mes mese mois 月 месяц",
    "day dy tag dia día giorno jour 日",
    "hour hr stunde hora ora heure 小时",
]
FORMATS = """%Y-%m-%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d %Y-%m-%d-%H %d-%b-%Y %b-%d-%Y
    %d-%b-%y %Y-%b-%d %b-%Y %Y-%b %b-%y %Y-%m %m-%Y %Y%m%d %Y%m %Y %G-w%V-%u""".split()
FILLING = "st|nd|rd|th|de|of|m|年|月|日|(mon|tue|wed|thu|fri|sat|sun)[a-z]*"
CLOCK = (
    r"^(.*?)(?:[\st,]+(\d\d?:\d\d|\d\d\.\d\d(?=\.\d\d))([:.]\d\d[.\d]*)?"
    r"\s*([ap])?\.?m?\.?\s*(?:z|utc|gmt)?)?$"
)


def digits(cells):
    """Text cells without quotes and without blanks or apostrophes between thousands."""
    cells = cells.str.strip(QUOTES).str.replace("\u2212", "-")
    return cells.str.replace(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", regex=True)


def numbers(cells, decimal="."):
    """Text cells (n,) as float64 (n,), NaN where one is none; `decimal` is the decimal mark."""
    sign = r"^(<?)\s*([$€£¥₹]?)\s*([-+]?[.,\d]+(?:[eE][-+]?\d+)?)\s*(%|[kKMB]?)$"
    below, money, number, unit = (part for _, part in digits(cells).str.extract(sign).items())
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    form = rf"[-+]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{point}\d*)?(?:[eE].*)?"
    fits = number.str.fullmatch(form).eq(True) & number.str.contains(r"\d").eq(True)
    plain = number.where(fits).str.replace(group, "", regex=True).str.replace(",", ".")
    plain += unit.str.upper().map({"K": "e3", "M": "e6", "B": "e9"}).fillna("")
    value = plain.astype(float) / np.where(below == "<", 2, 1)
    for sign in (money != "", unit == "%"):  # it stands beside all numbers or beside none
        value = value if sign[fits].all() else value.mask(sign)
    return value.where(value.abs() < 1e100)


def evenness(stamps):
    """The share of steps between times in order that are within a fifth of their median."""
    steps = np.diff(np.unique(stamps.dropna())).astype(float)
    return (abs(steps / np.median(steps) - 1) < 0.2).mean() if len(steps) else 0.0


def month(found):
    """A matched word as a month in English; a hyphen if it says nothing."""
    word = MONTHS.get(found[0][:4]) or MONTHS.get(found[0][:3])
    return word or ("-" if re.fullmatch(FILLING, found[0]) else found[0])


def times(cells):
    """Text cells (n,) as times (n,), NaT where one is none; day and month in a fitting order."""
    text = cells.str.strip(QUOTES)
    iso = pd.to_datetime(text, errors="coerce", utc=True, format="ISO8601")
    iso = iso.dt.tz_localize(None)
    if iso.notna().all():
        return iso
    day, clock, seconds, half = (part for _, part in text.str.lower().str.extract(CLOCK).items())
    codes, days = pd.factorize(day.fillna(""))
    days = pd.Series(days)
    for form, new in (
        (r"q([1-4])\W*(\d{4})", r"\2q\1"),
        (r"(\d{4})\W*q([1-4])", lambda q: f"{q[1]}-{3 * int(q[2]) - 2}"),
        (r"[^\W\d_]+", month),
        (r"\W+", "-"),
        ("^-|-$", ""),
        (r"(\d{4})-?w-?(\d+)", r"\1-w\2-1"),
    ):
        days = days.str.replace(form, new, regex=True)
    tries = [pd.to_datetime(days, errors="coerce", format=form) for form in FORMATS]
    most = max(found.count() for found in tries)
    best = max((found for found in tries if found.count() == most), key=evenness)
    best = pd.Series(best.to_numpy()[codes], cells.index)
    if clock.notna().any():
        clock = (clock + seconds.fillna(":00")).fillna("0:00:00")
        clock = clock.where(clock.str.contains(":"), clock.str.replace(".", ":"))
        clock = pd.to_timedelta(clock, errors="coerce")
        noon = half.map({"a": 0, "p": 12}) - clock.dt.components.hours // 12 * 12
        best += clock + pd.to_timedelta(noon.fillna(0), unit="h")
    return iso if iso.count() >= best.count() else best


def find_times(table, time, path):
    """The times (n,) of the rows and [their columns], by usual names or as cells read as times.

    None and [] if there are none. Raises ValueError if the columns that `time` names hold none.
    """
    head, used, best = table.iloc[:300], [], None
    number = {name: numbers(head[name]).notna().mean() > 0.8 for name in table}
    usual = [name for name in table if rank(name, TIMES) < 1000]
    parts = [[name for name in table if number[name] and rank(name, words.split()) < 100] for words in PARTS]
    hours, parts = parts[3], [names[0] for names in parts if names] if all(parts[:2]) else []
    forms = zip(table, (r"1[5-9]\d\d|20\d\d", r"0?[1-9]|1[012]"))  # a year and a month
    if hours:  # 24:00 is a time of day, 24 alone is none
        table = table.assign(**{name: table[name].str.strip() + ":00" for name in hours})
        head = table.iloc[:300]
    if table.shape[1] > 2 and all(head[name].str.fullmatch(form).all() for name, form in forms):
        parts = parts or list(table)[:2]
    groups = [[name] for name in usual if name not in hours]
    groups += [[name] for name in table if name not in usual and not number[name]]
    groups = [parts, *groups, *([name] for name in hours)]
    if time:
        groups = [[name] for name in pick(table, time, "TIME_COLUMN", path)]
    for names in groups:
        if not names or set(names) & set(used):
            continue
        found = times(side_by_side(head, [*used, *names]))
        if not used and names != parts and number[names[0]]:  # years, or numbers of another kind
            if names[0].lower() == "t" or names[0] in hours or found.isna().any():
                continue
        if found.notna().mean() > 0.8 and (not used or found.nunique() > best.nunique()):
            used, best = [*used, *names], found
    if used:
        return times(side_by_side(table, used)), used
    for name in sorted(sum(groups, []), key=lambda name: rank(name, TIMES)):
        stamps = numbers(table[name])
        many = rank(name, TIMES) < 100 and stamps.nunique() > len(stamps) / 2
        if stamps.notna().mean() > 0.8 and (time or many):
            return stamps, [name]
    if time:
        fault = f"{table[groups[0][0]].iloc[0]!r} is no time"
        raise ValueError(f"{path}, column {time}: {fault}: set TIME_COLUMN to another column.")
    return None, []


VALUES = """value values y target ot close closing_price price last obs_value average mean sales
    demand load cnt count total passengers wert valor valeur valore значение 值 数值""".split()


def in_a_row(names):
    """Whether names of columns count up or are times in order: then a row holds a series."""
    names = pd.Series(names).str.replace(r"\s*\[.*\]|\s+$", "", regex=True)
    word, number = (part for _, part in names.str.extract(r"^(\D*)(\d+)$").items())
    if word.nunique() == 1 and number.notna().all():
        return bool(number.astype(float).diff()[1:].abs().eq(1).all())
    stamps = times(names)
    ordered = stamps.is_monotonic_increasing or stamps.is_monotonic_decreasing
    return bool(stamps.notna().all() and ordered)


def one_series(table, series, path):
    """Of several series, one a row or one below another, the one named `series`, a value a row."""
    names, head, start = list(table), table.iloc[:300], 0
    if len(names) > 6 and re.search(r"\d", names[-1]):
        for k in range(min(12, len(names) - 5)):
            cells = head[names[k]].str.strip().str.lower()
            if (numbers(cells).notna() | cells.isin(MISSING)).all() and in_a_row(names[k:]):
                dated = any(times(head[name]).notna().mean() > 0.8 for name in names[:k])
                start = 0 if dated else k
                break
    if start or (len(table) == 1 and len(names) > 6):
        lead = table.iloc[:, :start].apply(lambda cells: cells.str.strip())
        lead["all"] = lead.agg(", ".join, axis=1) if start else ""
        same = lead.apply(lambda cells: cells.str.casefold() == series.strip().casefold())
        hits = same.any(axis=1) | (len(table) == 1 and not series)
        if hits.sum() != 1:
            found = f"it has {len(table)} series, one a row"
            found = f"{hits.sum()} rows are called {series}" if series else found
            label = next((lead[name] for name in lead if lead[name].is_unique), lead["all"])
            raise ValueError(f"{path}: {found}: set SERIES to one of {listed(label)}.")
        row = table[hits].iloc[0, start:]
        stamps = pd.Series(row.index).str.replace(r"\s*\[.*\]", "", regex=True)
        columns = {"time": stamps.to_numpy()} if start else {}
        columns[series or "value"] = row.to_numpy()
        return pd.DataFrame(columns, range(1, len(row) + 1))
    months = [name for name in names if name.strip().lower()[:3] in MONTHS]
    english = [MONTHS[name.strip().lower()[:3]] for name in months]
    if english == list(dict.fromkeys(MONTHS.values())) and in_a_row(list(table.iloc[:, 0])):
        stamps = [f"{year}-{number}" for year in table.iloc[:, 0] for number in range(1, 13)]
        columns = {"month": stamps, "value": table[months].to_numpy().ravel()}
        return pd.DataFrame(columns, range(1, len(stamps) + 1))
    whole = [series] if series and (table == series).any(axis=None) else series.split(",")
    for part in whole if series else []:
        column, _, cell = part.rpartition("=")
        columns = pick(table, column, "SERIES", path) if column else list(table)
        cell = cell.strip().casefold()
        same = [table[name].str.strip().str.casefold() == cell for name in columns]
        table = table[next((rows for rows in same if rows.any()), same[0])]
        if table.empty:
            fix = "set SERIES to one that names a series"
            raise ValueError(f"{path} has no cell {part.strip()}: {fix}.")
    return table


def decimal_mark(cells):
    """The decimal mark, "." or ",", that more of the cells (n,) must have; "" if none tells."""
    certain = (
        r"[-+]?(?:(?:\d+|\d{1,3}(?:\.\d{3})+),(?:\d\d?|\d{4,})|(?:0|\d{4,})?,\d+|"
        r"\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,})"
    )
    cells = digits(cells).str.strip(" $€£¥%kKMB<")
    comma = cells.str.fullmatch(certain).sum()
    point = cells.str.translate(str.maketrans(",.", ".,")).str.fullmatch(certain).sum()
    return "," if comma > point else "." if point else ""


def choose_value(table, path):
    """The column to forecast: by its name, or the only one with numbers, else ValueError."""
    head = table.iloc[np.unique(np.linspace(0, len(table) - 1, 300).astype(int))]
    found = {}
    for name, cells in head.items():
        cells = cells[~cells.str.strip().str.lower().isin(MISSING)]
        number = max((numbers(cells, mark) for mark in ".,"), key=lambda number: number.count())
        if number.count() > 0.5 * len(number):
            found[name] = number
    names = (
        [
            name
            for name, number in found.items()  # not the numbers of the rows
            if len(number) < len(table) or not number.diff()[1:].eq(1).all()
        ]
        or list(found)
    )
    best = min(names, key=lambda name: rank(name, VALUES), default="")
    if not names:
        fault = f"no column of numbers (it has {listed(table)})"
        raise ValueError(f"{path} has {fault}: give a file that has one.")
    if len(names) > 1 and rank(best, VALUES) == 1000:
        fix = f"set VALUE_COLUMN to one of {listed(names)}"
        raise ValueError(f"{path} has {len(names)} columns of numbers: {fix}.")
    return best


def in_order(stamps, number, table, name):
    """Times and values (n,) in order, one value a time; [what was done]; [what cannot be done]."""
    steps = stamps.diff()[1:]
    said, back = [], int((steps < steps * 0).sum())
    if back:
        turned = stamps.is_monotonic_decreasing
        said += ["newest first, turned round" if turned else f"sorted, steps back in time: {back}"]
        stamps = stamps.sort_values(kind="stable")
        number = number[stamps.index]
    twice = int(stamps.duplicated().sum())
    if twice > len(stamps) / 10:
        keys = [
            key
            for key in table
            if key != name
            and 1 < table[key].nunique() < len(table) / 2
            and not pd.DataFrame({"key": table[key], "time": stamps}).duplicated().any()
        ]
        fix = "keep one row a time"
        if keys:
            fix = f"set SERIES to a cell of {keys[0]}: {listed(table[keys[0]].unique())}"
        return stamps, number, said, [f"rows that repeat a time: {twice} ({fix})"]
    if twice:
        said += [f"rows that repeat a time, averaged: {twice}"]
        number = number.groupby(stamps).mean()
        stamps = number.index.to_series()
    return stamps, number, said, []


def without_holes(number, longest_gap):
    """Values (n,) without the missing ones at the ends, others interpolated; the slice of (n,) that
    is left; [what was done]; [what cannot be done]."""
    there = np.flatnonzero(~np.isnan(number))
    inside = slice(there[0], there[-1] + 1) if len(there) else slice(0, 0)
    value, said = number[inside], []
    if len(value) < len(number):
        said += [f"rows without a value at the ends left out: {len(number) - len(value)}"]
    holes = np.isnan(value)
    if holes.any():
        longest = np.diff(np.flatnonzero(np.diff(holes, prepend=False, append=False)))[::2].max()
        missing = len(number) - len(there)
        fault = f"missing values: {missing} of {len(number)}, at most {longest} in a row"
        if holes.mean() > 0.1 or longest > longest_gap:
            fault += f" (a tenth, {longest_gap} in a row, can be filled in)"
            return value, inside, said, [fault]
        value = np.interp(np.arange(len(value)), np.flatnonzero(~holes), value[~holes])
        said += [f"{fault}, interpolated"]
    return value, inside, said, []


def read_series(path, value="", time="", series="", separator="", encoding="", decimal="", longest_gap=7):
    """The series in a file: a pandas Series of float64 values (n,), its index their times in order,
    or 0 to n - 1.

    `value` and `time` (or "date, hour") name columns or number them from 1; `series` is the name of
    one series of several, as a cell beside it has it. "" lets the file decide, and one printed line
    tells what it decided. A tenth of the values, `longest_gap` in a row, may be missing: they are
    interpolated. Raises ValueError, in one sentence with all that is wrong.
    """
    table, said = read_table(path, separator, encoding)
    table, troubles = one_series(table, str(series), path), []
    stamps, used = find_times(table, str(time), path)
    rest = table.drop(columns=used)
    name = pick(table, value, "VALUE_COLUMN", path)[0] if value else choose_value(rest, path)
    cells, words = table[name], side_by_side(table, used or [name])
    gone = cells.str.strip().str.lower().isin(MISSING)
    decimal = decimal or decimal_mark(cells) or decimal_mark(rest[:300].stack())
    number = numbers(cells, decimal or ".")
    for mark in (number.min(), number.max()):  # -999 and such, far from all others
        others = number[number != mark].dropna()
        nines = re.fullmatch(r"-99+(\.9+)?|999+(\.9+)?", f"{mark:g}") and others.nunique() > 2
        if nines and abs(others - mark).min() > np.ptp(others):
            said += [f"cells of {mark:g} taken as missing: {(number == mark).sum()}"]
            gone, number = gone | (number == mark), number.mask(number == mark)
    total = gone & False
    if used:  # a row below the table without a time
        total = (stamps.isna() & ~words.str.contains(r"\d"))[::-1].cummin()[::-1]
    if total.any():
        said += [f"lines below left out: {total.sum()} ({words[total].iloc[0].strip()[:30]!r})"]
    marked = cells[cells.str.contains(r"\d[.,]") & ~gone].str.strip(QUOTES)
    grouped = len(marked) and marked.str.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}").all()
    if grouped and not decimal and not said[0].startswith("comma"):  # 1,234 or 1.234
        if (len(marked) == (~gone).sum()) == marked.str.contains(",").all():
            troubles += [f"{marked.iloc[0]!r} may be a decimal or not (set DECIMAL to '.' or ',')"]
    bad, lost = number.isna() & ~gone & ~total, stamps.isna() & ~total if used else gone & False
    checks = (bad, "cells that are no numbers", cells), (lost, "times that are unclear", words)
    for rows, what, shown in checks:
        if rows.any():
            first = shown[rows].iloc[0][:50]
            troubles += [f"{what}: {rows.sum()} (row {rows.idxmax()}, {first!r})"]
    below = cells[cells.str.contains("<") & number.notna()]
    said += [f"cells such as {below.iloc[0].strip()!r} halved: {len(below)}"] if len(below) else []
    said += ["decimal commas"] if decimal == "," else []
    number = number.mask(bad, 0.0)[~total & ~lost]
    stamps = stamps[number.index] if used else pd.Series(np.arange(len(number)), number.index)
    stamps, number, done, wrong = in_order(stamps, number, table, name)
    filled, inside, more, holes = without_holes(number.to_numpy(), longest_gap)
    said, troubles, stamps = said + done + more, troubles + wrong + holes, stamps.iloc[inside]
    if troubles or not len(filled):
        fault = "; ".join(troubles or ["it holds no value"])
        fix = "fix or delete these rows, or choose another column"
        raise ValueError(f"{path}, column {name}: {fault}: {fix}.")
    steps = stamps.diff()[1:]
    wide = int((steps > steps.median() * 1.5).sum())
    said += [f"gaps in time, taken as even: {wide}, the longest {steps.max()}"] if wide else []
    when = f"time {' and '.join(used)} from {stamps.iloc[0]} to {stamps.iloc[-1]}"
    when = when if used else "rows in their order"
    print(f"{path}: read as {', '.join(said)}; {when}; {len(filled)} values of {name}.")
    return pd.Series(filled, pd.Index(stamps, name=" ".join(used) or None), name=name)


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
