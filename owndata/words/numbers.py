"""Numbers as text."""

import math


def as_text(number: float, spread: float | None = None) -> str:
    """The number down to the third digit of `spread` (None: its own): 0.00872, 1.41 or 23,537."""
    size = abs(number) if spread is None else spread
    if not (0 < size < math.inf and math.isfinite(number)):
        return f"{number:g}"
    decimals = 2 - math.floor(math.log10(size))
    if decimals <= 12 and abs(number) < 1e12:
        decimals = max(decimals, 0)
        return f"{round(number, decimals) + 0.0:,.{decimals}f}"  # + 0.0 for no -0.00
    return f"{number:.{max(decimals + math.floor(math.log10(abs(number) or size)), 0)}e}"
