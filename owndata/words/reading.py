"""How a file was read, in sentences, and its rows as read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from owndata.errors import listed

if TYPE_CHECKING:
    from owndata.header import LeftOut, Reading
    from owndata.series import OrderFacts, Series, SeriesReading
    from owndata.texts import Texts, TextsReading

SEPARATORS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma", " ": "blank"}
ENCODINGS = {"cp125": "Windows-125", "utf-": "UTF-"}
MOST_SHOWN = 60  # characters of a text, or of a line left out
SHOWN = 2  # rows at each end
BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 60  # characters of a line of blocks


def how_read(read: Series | Texts) -> str:
    """One sentence: how the file was read, what was assumed, what was left out."""
    from owndata.series import Series

    if isinstance(read, Series):
        return how_series_read(read)
    return how_texts_read(read)


def rows_as_read(read: Series | Texts) -> str:
    """The first and the last two rows as read, in columns: time and value, or text and label."""
    from owndata.series import Series

    rows = rows_of_series(read) if isinstance(read, Series) else rows_of_texts(read)
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(["as read:", *(f"  {line}" for line in lines)])


def cut_short(text: str, width: int = MOST_SHOWN) -> str:
    """A text on one line, of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 4]} ..."


def in_file(file: Reading, cell: str) -> Iterator[str]:
    """How the file was cut into a table, in phrases; `cell` says what a line may hold."""
    encoding = file.encoding
    for code, name in ENCODINGS.items():
        encoding = encoding.replace(code, name)
    if file.separator:
        mark = SEPARATORS.get(file.separator, f"{file.separator!r}")
        yield f"{mark}-separated {encoding}{' from JSON' if file.is_json else ''}"
    else:
        yield f"one {cell} per line, {encoding}"
    if not file.has_header:
        yield "no header"
    for lines in file.left_out:
        yield left_out(lines)


def left_out(lines: LeftOut) -> str:
    """Lines that are no data, in a phrase."""
    return f"lines left out: {lines.count} ({cut_short(lines.first, 30)!r})"


def how_series_read(series: Series) -> str:
    """How a series was read, in one sentence."""
    reading = series.reading
    said = [*in_file(reading.file, "value"), *in_rows(reading), *in_order(reading.order)]
    count = f"{len(series)} values of {series.name}"
    also = f" (also columns of numbers: {listed(reading.others)})" if reading.others else ""
    path = reading.file.path
    return f"{path}: read as {', '.join(said)}; {when(series)}; {count}{also}."


def in_rows(reading: SeriesReading) -> Iterator[str]:
    """What was done to rows and cells of a series, in phrases."""
    rows = reading.rows
    if rows.footer:
        yield left_out(rows.footer)
    if rows.totals:
        yield f"rows of a month 13 left out: {rows.totals}"
    if rows.halved:
        yield f"cells such as {rows.halved.first!r} halved: {rows.halved.count}"
    if reading.decimal == ",":
        yield "decimal commas"
    if rows.offset == "UTC":
        yield "times of several offsets turned into Greenwich's"
    elif rows.offset:
        yield f"{zone(rows.offset)} left out, times of the file's own clock"
    if rows.is_open:
        yield "a doubt: day and month could as well change places"
    if rows.is_start:
        yield "intervals by their starts"


def zone(offset: str) -> str:
    """An offset from Greenwich, or the name of a zone, in words."""
    return f"zone {offset}" if offset.isalpha() else f"offset {offset}"


def in_order(order: OrderFacts) -> Iterator[str]:
    """What was done to bring a series in order, in phrases."""
    if order.turned:
        yield "newest first, reversed"
    if order.steps_back:
        yield f"sorted, steps back in time: {order.steps_back}"
    if order.averaged:
        yield f"rows that repeat a time, averaged: {order.averaged}"
    if order.ends_cut:
        yield f"rows without a value at the ends left out: {order.ends_cut}"
    if order.filled:
        gone = order.filled
        most = f"at most {gone.run} in a row"
        yield f"missing values: {gone.count} of {gone.of}, {most}, interpolated"
    if order.gaps:
        longest = short_time(order.longest_gap)
        yield f"gaps in time, taken as even: {order.gaps}, the longest {longest}"
    for value, count in order.suspects.items():
        yield f"a doubt: {value:g} comes {count} times, far from all others (missing values?)"


def when(series: Series) -> str:
    """The times of a series in a phrase."""
    from owndata.timecolumns import Counted

    counted = series.reading.counted
    if counted is Counted.PLACES:
        return "no times found, rows in their order"
    names = " and ".join(series.reading.time_columns)
    first, last = short_time(series.times[0]), short_time(series.times[-1])
    if counted is Counted.MONTHS:
        return f"time {names}, months of counted years, from month {first} to {last}"
    return f"time {names} from {first} to {last}"


def short_time(time: object) -> str:
    """A time, or a span, as text, without a clock of midnight."""
    if isinstance(time, float) and time.is_integer():
        return str(int(time))
    return str(time).removesuffix(" 00:00:00")


def rows_of_series(series: Series) -> list[tuple[str, str]]:
    """Header, first rows and last rows of a series, as cells."""
    header = series.times.name or "place"
    places = shown_places(len(series))
    rows = [(short_time(series.times[k]), f"{series.values[k]:.10g}") for k in places]
    return with_dots([(str(header), series.name), *rows], len(series))


def shown_places(n: int) -> list[int]:
    """The places of the first and the last rows of n, each once."""
    return sorted({*range(min(SHOWN, n)), *range(max(n - SHOWN, 0), n)})


def with_dots(rows: list[tuple[str, ...]], n: int) -> list[tuple[str, ...]]:
    """The header and the rows of both ends, with dots between them if rows lie between."""
    if n <= 2 * SHOWN:
        return rows
    middle = 1 + SHOWN
    return [*rows[:middle], ("...",) + ("",) * (len(rows[0]) - 1), *rows[middle:]]


def blocks(values: np.ndarray, width: int = WIDTH) -> str:
    """The values (n,) as a line of blocks: means of as many parts as there are characters."""
    parts = np.array_split(values, min(width, len(values)))
    means = np.array([part.mean() for part in parts])
    low, spread = means.min(), np.ptp(means)
    if spread == 0:
        return BLOCKS[0] * len(means)
    levels = ((means - low) / spread * (len(BLOCKS) - 1)).round().astype(int)
    return "".join(BLOCKS[level] for level in levels)


def how_texts_read(texts: Texts) -> str:
    """How texts were read, in one sentence."""
    reading, n = texts.reading, len(texts.table)
    said = ", ".join(in_file(reading.file, "text"))
    said += f"; text {' and '.join(reading.text_columns)}"
    if not reading.label_column:
        return f"{reading.file.path}: read as {said}; {n} texts."
    said += f", label {reading.label_column}"
    more = "".join(f"; {phrase}" for phrase in in_labels(reading))
    sizes = texts.table["genre"].value_counts()
    counts = listed(f"{name} {size}" for name, size in sizes.items())
    return f"{reading.file.path}: read as {said}{more}; {n} texts: {counts}."


def in_labels(reading: TextsReading) -> Iterator[str]:
    """What was left out of texts and joined among labels, in phrases."""
    if reading.left_out:
        yield f"rows left out: {', '.join(map(dropped, reading.left_out))}"
    if reading.joined:
        yield f"labels joined that differ in case, blanks or form: {listed(reading.joined)}"
    if reading.several_labels:
        yield f"cells of several labels, each set taken as one label: {reading.several_labels}"
    if reading.other_labels:
        yield f"other columns that may be labels: {listed(reading.other_labels)}"
    if reading.is_unspaced:
        yield "characters taken as words"


def dropped(rows: object) -> str:
    """Rows of texts that were left out, in a phrase."""
    from owndata.texts import Reason

    words = {
        Reason.NO_WORD: "without a word",
        Reason.NO_LABEL: "without a label",
        Reason.TWO_LABELS: "of equal texts with two labels",
        Reason.RARE: f"of genres with fewer than {rows.fewest} different texts",
    }
    names = f" ({listed(rows.names)})" if rows.names else ""
    return f"{words[rows.reason]}{names}: {rows.count}"


def rows_of_texts(texts: Texts) -> list[tuple[str, ...]]:
    """Header, first rows and last rows of texts, as cells."""
    table, label = texts.table, texts.reading.label_column
    shown = table.iloc[shown_places(len(table))]
    text = " and ".join(texts.reading.text_columns)
    if not label:
        rows = [(cut_short(row.text),) for row in shown.itertuples()]
        return with_dots([(text,), *rows], len(table))
    rows = [(cut_short(row.text), cut_short(row.genre, 30)) for row in shown.itertuples()]
    return with_dots([(text, label), *rows], len(table))
