"""Text cells to numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from owndata.header import QUOTES

CODES = """USD EUR GBP JPY CHF CAD AUD NZD CNY RMB HKD SGD INR KRW SEK NOK DKK PLN CZK HUF RON BGN
    TRY RUB UAH BRL MXN ARS CLP COP ZAR NGN EGP ILS AED SAR THB IDR MYR PHP VND kr zł Kč"""
CURRENCY = rf"[$€£¥₹]|{'|'.join(CODES.split())}"
TOO_LARGE = 1e100  # no number from here on
POWERS = {"K": "e3", "M": "e6", "B": "e9"}
SWAPPED = str.maketrans(",.", ".,")
# Numbers that can have only one decimal mark, the comma: 0,5 or 1234,5 or 1.234,5 or 1.234.567.
COMMA = r"(?:^\D*0?|\d{4}|[\s'’.]\d{3}),\d+\D*$|,(?!\d{3}\D*$)\d+\D*$|\.\d{3}\.\d{3}"
EITHER = r"[-+]?[1-9]\d{0,2}[.,]\d{3}"  # 1,234 or 1.234: a thousand, or a decimal


@dataclass(frozen=True, eq=False)
class Parts:
    """Cells (n,) taken apart, each a Series of text, "" or NaN where a cell has none."""

    below: pd.Series
    money: pd.Series
    number: pd.Series
    unit: pd.Series
    currency: pd.Series


def take_apart(cells: pd.Series, decimal: str) -> Parts:
    """Cells such as "<1", "$5", "7.9K", "5 %", "1,000.5 USD" in parts; NaN for other cells."""
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    number = rf"[-+]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d*)(?:{point}\d*)?(?:[eE][-+]?\d+)?"
    form = rf"^(<?)\s*({CURRENCY}|)\s*({number})(\s?%|[kKMB]?)(?:\s?({CURRENCY}))?$"
    cells = cells.str.strip(QUOTES).str.replace("\u2212", "-")
    cells = cells.str.replace(r"(?<=\d)[\s'’](?=\d{3}(?!\d))", "", regex=True)  # 1 000 or 1'000
    parts = Parts(*(part for _, part in cells.str.extract(form).items()))
    plain = parts.number.str.replace(group, "", regex=True).str.replace(",", ".")
    return Parts(parts.below, parts.money, plain, parts.unit, parts.currency.fillna(""))


def as_numbers(cells: pd.Series, decimal: str = ".") -> pd.Series:
    """Text cells (n,) as float64 (n,), NaN where one is none; `decimal` is the decimal mark.

    K, M and B multiply, "<1" is halved. A currency or a percent sign stands beside all the numbers,
    or the numbers beside which it stands are none.
    """
    parts = take_apart(cells, decimal)
    powers = parts.unit.str.upper().map(POWERS).fillna("")
    value = pd.to_numeric(parts.number + powers, errors="coerce")
    value = value / np.where(parts.below == "<", 2, 1)
    for sign in (parts.money, parts.unit.where(parts.unit.str.endswith("%"), ""), parts.currency):
        value = only_alike(value, sign)
    return value.where(value.abs() < TOO_LARGE).astype(float)


def only_alike(value: pd.Series, sign: pd.Series) -> pd.Series:
    """The numbers, NaN where a sign stands beside them, unless the same one stands beside all."""
    signs = sign[value.notna()].str.strip()
    if signs.nunique() <= 1:
        return value
    return value.mask(sign != "")


def decimal_mark(cells: pd.Series) -> str:
    """The decimal mark, "." or ",", that more of the cells (n,) must have; "" if none tells."""
    comma = cells.str.contains(COMMA).sum()
    point = cells.str.translate(SWAPPED).str.contains(COMMA).sum()
    if comma == point:
        return ""
    return "," if comma > point else "."


def is_either(cells: pd.Series) -> bool:
    """Whether cells that hold numbers may all be thousands or decimals, such as 1,234.

    All with three digits behind a point are decimals, some with three behind a comma thousands; it
    is open where all have the comma, or only some the point.
    """
    marked = cells[cells.str.contains(r"\d[.,]")]
    if marked.empty or not marked.str.fullmatch(EITHER).all():
        return False
    are_all_marked = len(marked) == len(cells)
    if "," in marked.iloc[0]:
        return are_all_marked
    return not are_all_marked
