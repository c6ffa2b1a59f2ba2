"""Your own series and texts: read, looked at, forecast and classified on your machine.

A series, from a file of any usual kind, and its next values:

    from owndata import read_series, forecast
    series = read_series("lamps.csv")
    result = forecast(series, horizon=12)

Texts and their labels; models compared:

    from owndata import read_texts, compare
    texts = read_texts("reviews.csv")
    result = compare(texts)

A model that was kept, and labels for further texts:

    from owndata import Kept, read_texts
    kept = Kept.load("reviews")
    labels = kept.predict(read_texts("new.csv", labelled=False).table["text"])

print(series) and print(texts) tell how a file was read. What a file leaves unclear raises Unclear,
a ValueError that knows the parameter which settles it. In a terminal: python -m owndata --help.
Nothing leaves the machine, and no file of yours is written to.
"""

from importlib import import_module

PLACES = {  # the module of each public name, loaded when the name is first used
    "Unclear": "errors",
    "read_series": "series",
    "Series": "series",
    "read_texts": "texts",
    "Texts": "texts",
    "forecast": "forecasting",
    "compare": "classify",
    "Kept": "keep",
}
__all__ = list(PLACES)


def __getattr__(name: str) -> object:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{PLACES[name]}"), name)
    globals()[name] = found  # a module of the same name may stand there
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
