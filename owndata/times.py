"""Text cells as times, and the columns that hold them."""

import numpy as np
import pandas as pd

from owndata.columns import pick, rank
from owndata.header import QUOTES
from owndata.numbers import as_numbers

TIMES = """date datetime timestamp time ds t observation_date time_period period month year week day
    quarter hour datum zeit jahr monat fecha mes año data mese anno mois année 日期 时间 月份 年""".split()
CALENDAR = {"year": "year yr jahr año anno année 年", "month": "month mo mnth monat mes mese mois 月",
            "quarter": "quarter qtr quartal", "day": "day dy tag dia día giorno jour 日",
            "hour": "hour hr stunde hora ora heure"}
MONTHS = """jan jän ene gen/feb fév/mar mär mrt/apr abr avr/may mai mag/jun juin giu/jul juil lug/
    aug ago aoû/sep set/oct okt ott/nov/dec dez dic déc"""
WORDS = dict.fromkeys("st nd rd th de of m 年 月 日 mon tue wed thu fri sat sun".split(), "-")
MONTHS = WORDS | {word: line.split()[0] for line in MONTHS.split("/") for word in line.split()}
FORMATS = """%Y-%m-%d %d-%m-%Y %m-%d-%Y %d-%m-%y %m-%d-%y %y-%m-%d %d-%b-%Y %b-%d-%Y %d-%b-%y
    %Y-%b-%d %b-%Y %Y-%b %b-%y %Y-%m %m-%Y %Y%m%d %Y%m %Y %G-w%V-%u""".split()
CLOCK = (r"^(.*?)(?:[\st,]+(\d\d?[:.]\d\d(?:[:.]\d\d)?(?:\.\d+)?)"
         r"\s*([ap])?\.?m?\.?\s*(?:z|utc|gmt)?)?$")


def side_by_side(table, names):
    """The cells of the columns, one blank between them."""
    return table[names[0]].str.cat(table[names[1:]], sep=" ")


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
    for form, new in ((r"q([1-4])\W*(\d{4})", r"\2q\1"),
                      (r"(\d{4})\W*q([1-4])", lambda q: f"{q[1]}-{3 * int(q[2]) - 2}"),
                      (r"[^\W\d_]+", lambda w: MONTHS.get(w[0][:4]) or MONTHS.get(w[0][:3], w[0])),
                      (r"\W+", "-"), ("^-|-$", ""),
                      (r"(\d{4})-?w-?(\d+)", r"\1-w\2-1")):
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
    parts = {part: name for part, words in CALENDAR.items() for name in number[::-1]
             if rank(name, words.split()) < 100}
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
    usual = [name for name in table if rank(name, TIMES) < 1000
             or head[name].str.fullmatch(r"\W*(19|20)\d\d[01]\d[0-3]\d\W*").all()]
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
            stamps, used = stamps + pd.to_timedelta(as_numbers(table[hour]), "h"), [*used, hour]
        return stamps, used
    for name in sorted(names, key=lambda name: rank(name, TIMES)):
        stamps = as_numbers(table[name])
        many = rank(name, TIMES) < 100 and stamps.nunique() > len(stamps) / 2
        if stamps.notna().mean() > 0.8 and (time or many):
            return stamps, [name]
    if time:
        raise ValueError(f"{path}, column {time}, holds no times: set TIME_COLUMN to another.")
    return pd.Series(np.arange(len(table)), table.index), []
