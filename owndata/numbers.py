"""Text cells as numbers."""

import numpy as np
import pandas as pd

from owndata.header import QUOTES




def as_numbers(cells, decimal="."):
    """Text cells (n,) as float64 (n,), NaN where one is none; `decimal` is the decimal mark."""
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    form = (rf"^(<?)\s*([$€£¥]?)\s*([-+]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{point}\d*)?"
            r"(?:[eE][-+]?\d+)?)(\s?%|[kKMB]?)$")
    cells = cells.str.strip(QUOTES).str.replace("\u2212", "-")
    cells = cells.str.replace(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", regex=True)  # 1 000 or 1'000
    below, money, number, unit = (part for _, part in cells.str.extract(form).items())
    number = number.str.replace(group, "", regex=True).str.replace(",", ".")
    number += unit.str.upper().map({"K": "e3", "M": "e6", "B": "e9"}).fillna("")
    value = pd.to_numeric(number, errors="coerce") / np.where(below == "<", 2, 1)
    for sign in (money != "", unit.str.endswith("%")):  # beside all the numbers or beside none
        value = value if sign[value.notna()].all() else value.mask(sign)
    return value.where(value.abs() < 1e100).astype(float)


def decimal_mark(cells):
    """The decimal mark, "." or ",", that more of the cells (n,) must have; "" if none tells."""
    certain = r"(?:^\D*0?|\d{4}|[\s'’.]\d{3}),\d+\D*$|,(?!\d{3}\D*$)\d+\D*$|\.\d{3}\.\d{3}"
    comma = cells.str.contains(certain).sum()
    point = cells.str.translate(str.maketrans(",.", ".,")).str.contains(certain).sum()
    return "," if comma > point else "." if point else ""
