"""The next values of your own series: notebook 1's LSTM and its rivals, the best on the validation part first.

usage: python forecast.py FILE --horizon 24 [--column NAME] [--series NAME] [--out FOLDER] [--all] ...

FILE is read as the notebook reads it, and a line says what was assumed; --help lists what can be set. Writes into FOLDER
(default: named after the file, beside it): future.csv, the forecasts with intervals, and times continued if the file has times;
errors.csv, the error by horizon on the test part; forecast.png. The definitions are those of the notebook, but where that has
one LOOKBACK, this script tries a season's too.
"""

import argparse
import math
import os
import sys
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path

if not all(map(find_spec, "charset_normalizer ipywidgets joblib nbformat seaborn threadpoolctl tqdm".split())):
    sys.exit("Packages are missing: first run `make setup-lstm` here, then use .venv/bin/python forecast.py ...")
if not sys.stderr.isatty():
    os.environ["TQDM_DISABLE"] = "1"  # no bars in a log

import matplotlib.dates
import numpy as np
import pandas as pd

from notebook_code import LSTM_NOTEBOOK, in_options, load_definitions

STEPS = 1_500_000  # windows that a training sees, all epochs together
OPTIONS = {  # of text, by the notebook's names for them, in the order of read_series
    "VALUE_COLUMN": ("--column", "the column of values: its name, or its number from 1"),
    "TIME_COLUMN": ("--time", 'the column of times, or two: "date, hour"'),
    "SERIES": ("--series", "if the file holds several series: a cell that names yours"),
    "SEPARATOR": ("--separator", "what stands between columns, such as ';' or tab"),
    "ENCODING": ("--encoding", "such as cp1252"),
    "DECIMAL": ("--decimal", "the decimal mark: . or ,"),
    "OUTPUT_DIR": ("--out", "the folder for the results"),
}


def ways(nb, value, ends):
    """Whether differences are to be forecast: False, True or both are to be tried.

    A network hardly forecasts beyond the targets that it was trained on: where most values are there, differences alone.
    """
    train = value[: ends[0]]
    if np.ptp(np.diff(train)) <= 1e-15 * abs(train).max():
        return (False,)  # a straight line: its differences do not change
    return (True,) if nb.outside_range(value) > 0.5 else (False, True)


def settings(nb, train, season, differences=(False, True)):
    """(lookback, difference, season read beside each value or 0) to try, for a training part of so many values."""
    lookbacks = {min(nb.LOOKBACK, max(2, train // 8))} | ({season} if nb.LOOKBACK < season <= min(60, train // 8) else set())
    found = list(product(sorted(lookbacks), differences, (0,)))
    beside = max(lookbacks) < season <= train // 3
    return found + [(min(lookbacks), difference, season) for difference in differences if beside]


def inputs(windows, lookback, season):
    """X (N, lookback, 1), or (N, lookback, 2) with the values a season before the next ones, from windows (N, T, 1)."""
    recent = windows[:, -lookback:]
    return np.concatenate([recent, windows[:, :lookback]], axis=2) if season else recent


def ahead(nb, data, origins, step, horizon):
    """Forecasts (N, horizon) from the values before each of the `origins` (N,), in the series' own units."""
    lost, (low, high) = int(data["difference"]), data["scale"]
    series = (np.diff(data["value"], n=lost) - low) / (high - low)
    T = data["train"][0].shape[1]
    windows = np.stack([series[origin - lost - T : origin - lost] for origin in origins])[:, :, None]
    steps = low + (high - low) * nb.recursive(step, windows, horizon).astype(float)
    return data["value"][origins - 1][:, None] + np.cumsum(steps, axis=1) if lost else steps


def methods(nb, value, season, horizon, ends):
    """{name: a function from origins (N,) to forecasts (N, horizon)}, each with its settings chosen on the validation part;
    {name: its root mean squared error there}; the setting of the LSTM.
    """
    validation = np.arange(ends[0], ends[1] - horizon + 1)

    def error(method):
        return np.mean((method(validation) - future(value, validation, horizon)) ** 2)

    def repeated(period, origins):
        back = period * (1 + np.arange(horizon) // period)
        return value[origins[:, None] + np.arange(horizon) - back]

    def autoregression(difference):
        data = nb.prepare(value, settings(nb, ends[0], 1)[0][0], difference)
        _, weights, longer = nb.choose_lag(data, season)
        return partial(ahead, nb, longer, step=partial(nb.predict_ar, weights), horizon=horizon)

    def read(setting):
        lookback, difference, beside = setting
        data = nb.prepare(value, lookback + max(beside - 1, 0), difference)  # windows that reach a season back
        return data, data | {part: (inputs(data[part][0], lookback, beside), *data[part][1:]) for part in nb.PARTS}

    def lstm(setting):
        lookback, difference, beside = setting
        data, seen = read(setting)
        params, _ = nb.train(seen, nb.SEED, input_noise=0.02)
        step = lambda windows: nb.predict(params, inputs(windows, lookback, beside).astype(np.float32))  # noqa: E731
        method = partial(ahead, nb, data, step=step, horizon=horizon)
        more = f", values {beside} steps earlier beside them" if beside else ""
        way = "differences" if difference else "values"
        print(f"  lookback {lookback}, {way}{more}: {nb.as_text(math.sqrt(error(method)))}")
        return method

    found = {"persistence": partial(repeated, 1)} | ({"seasonal naive": partial(repeated, season)} if season > 1 else {})
    differences = ways(nb, value, ends)
    found["AR"] = min(map(autoregression, sorted({False, *differences})), key=error)
    tried = settings(nb, ends[0], season, differences)
    seconds = sum(nb.training_seconds(read(setting)[1]) for setting in tried)
    print(f"training the LSTM with {len(tried)} setting{'s' * (len(tried) > 1)}; this may take about {nb.as_duration(seconds)}")
    print(f"root mean squared error on the validation part, over all of {horizon} steps ahead:")
    trained = {setting: lstm(setting) for setting in tried}
    chosen = min(tried, key=lambda setting: error(trained[setting]))
    found["LSTM"] = trained[chosen]
    return found, {name: math.sqrt(error(method)) for name, method in found.items()}, chosen


def future(value, origins, horizon):
    """The values (N, horizon) from each of the origins (N,) on."""
    return value[origins[:, None] + np.arange(horizon)]


def widths(nb, errors):
    """Half-widths (horizon,) of conformal intervals from errors (N, horizon) of rolling origins; infinite if N is too small."""
    return np.array([nb.half_width(column) for column in errors.T])


def continued(index, horizon):
    """The next `horizon` times after an index of times, in its own rhythm; None if it has no times."""
    if not isinstance(index, pd.DatetimeIndex):
        return None
    rhythm = pd.DatetimeIndex(index[-100:], freq="infer").freq if len(index) > 2 else None
    step = pd.Series(index).diff().median()
    if rhythm is None and step == pd.Timedelta("1D") and (index[-100:].day_of_week < 5).all():
        rhythm = pd.offsets.BDay()
        print("the last values are of working days, with gaps at weekends and holidays; the forecasts are of working days too")
    if rhythm is not None:
        return pd.date_range(index[-1], periods=horizon + 1, freq=rhythm)[1:]
    print(f"the times have no even rhythm; their median step, {str(step).removesuffix(' 00:00:00')}, goes on")
    return index[-1] + step * np.arange(1, horizon + 1)


def as_dates(times, index):
    """Times as text: days alone where the index (n,) has days alone, minutes where it has no seconds; else places."""
    if not isinstance(index, pd.DatetimeIndex):
        return "place " + times.astype(str)
    both = index.append(times)
    clock = "" if (both == both.normalize()).all() else " %H:%M" if (both == both.floor("min")).all() else " %H:%M:%S"
    return times.strftime("%Y-%m-%d" + clock)


def decimals(value):
    """One decimal more than most of the values have, and none below a ten-thousandth of their spread."""
    most = max(0, 4 - math.floor(math.log10(np.std(value))))
    return next((k + 1 for k in range(most) if np.isclose(np.round(value, k), value, rtol=1e-12, atol=0).mean() > 0.9), most)


def other_columns(nb, series, path, separator, encoding):
    """The names of the file's other columns of numbers; none where its rows hold the series."""
    table, _ = nb.read_table(path, separator, encoding)
    rest = table.drop(columns=[series.name, *str(series.index.name).split(", ")], errors="ignore")
    return [name for name in rest if series.name in table and nb.as_numbers(rest[name], ".").notna().mean() > 0.5]


def doubts(nb, series):
    """What may be wrong with a series, in sentences."""
    value = series.to_numpy(float)
    if (distinct := len(np.unique(value))) < 5:
        yield f"only {distinct} distinct values: is this a series?"
    steps = abs(np.diff(value))
    k = steps.argmax()
    others = steps[abs(np.arange(len(steps)) - k) > 1]  # an outlier makes two steps, one beside the other
    if 0 < 20 * np.median(steps) < steps[k] > max(2 * others.max(), abs(value[k : k + 2]).min() / 2):
        place = as_dates(series.index[[k + 1]], series.index)[0]
        yield f"the largest step is from {nb.as_text(value[k])} to {nb.as_text(value[k + 1])} at {place}: is it real?"


def verdicts(nb, value, errors, names, chosen, ends):
    """What the errors (N, horizon) by (method, part) say of the methods `names`, the first of them preferred, in sentences."""
    horizon, said = errors["LSTM", "test"].shape[1], {"persistence": "the last value", "seasonal naive": "the value a season ago"}
    naive = [name for name in said if (name, "test") in errors]
    overall = {name: math.sqrt(np.mean(errors[name, "test"] ** 2)) for name in {*names, *naive}}
    best = min(naive, key=overall.get)
    if overall[names[0]] > overall[best]:
        yield (f"On the test part, all steps ahead together, {names[0]} is worse than {best}: root mean squared error"
               f" {nb.as_text(overall[names[0]])} against {nb.as_text(overall[best])}.")  # fmt: skip
    one = {name: errors[name, "test"][:, 0] for name in ("LSTM", *naive)}
    square = {name: np.mean(error**2) for name, error in one.items()}
    best = min(naive, key=square.get)
    if square["LSTM"] > 0.95 * square[best] and np.mean((one["LSTM"] - one[best]) ** 2) < square[best] / 4:
        yield (f"One step ahead the LSTM's curve is a lagged copy of the series:"
               f" it has learned to repeat {said[best]}; it adds next to nothing to {best}.")  # fmt: skip
    elif square["LSTM"] > square[best]:
        yield f"One step ahead the LSTM is worse than repeating {said[best]}."
    # forecasts that overlap err alike: as many count as lie side by side, (horizon + 1) / 2 steps long on average
    sizes = [max(9, 2 * len(errors["LSTM", part]) // (horizon + 1)) for part in ("calibration", "test")]
    if not np.isfinite(widths(nb, errors["LSTM", "both"])).all():
        yield "There are too few values after the validation part for intervals at this horizon."
    elif not np.isfinite(widths(nb, errors["LSTM", "calibration"])).all():
        yield "The calibration part is too short to check the intervals."
    else:
        for name in names:
            inside = np.mean(abs(errors[name, "test"]) <= widths(nb, errors[name, "calibration"]))
            doubt = ", less than chance explains: do not rely on them" if inside < nb.coverage_band(*sizes)[0] else ""
            yield (f"{name}: intervals made on the calibration part aim at {nb.LEVEL:.0%};"
                   f" they cover {inside:.0%} of the test part{doubt}.")  # fmt: skip
    if (outside := nb.outside_range(value)) > 0.05:
        way, only = "differences" if chosen[1] else "values", len(ways(nb, value, ends)) == 1
        yield (f"{outside:.0%} of the validation values lie outside the range of the training part, where a network forecasts"
               f" badly. {'So the LSTM was trained on' if only else 'The LSTM was trained both ways, and validation chose'}"
               f" {way}{'.' if chosen[1] or not only else ', for this is a straight line.'}")  # fmt: skip


def columns(nb, name):
    """The columns of the table of forecasts that belong to a method: its forecasts, and their intervals' ends."""
    return name, f"{name} low {nb.LEVEL:.0%}", f"{name} high {nb.LEVEL:.0%}"


def draw(nb, path, series, season, table, names, times):
    """The last seasons, the forecasts and their intervals."""
    import matplotlib.pyplot as plt

    value = series.to_numpy(float)
    shown = min(len(value), max(3 * season, 3 * len(table), 50))
    past = series.index[-shown:] if times is not None else np.arange(len(value) - shown, len(value))
    later = times if times is not None else np.arange(len(value), len(value) + len(table))
    later = [past[-1], *later]
    figure, axis = plt.subplots(figsize=(9, 3.6), layout="constrained")
    axis.plot(past, value[-shown:], color="black", lw=1, label="the series")
    for name, color in zip(names, ("tab:blue", "tab:orange")):
        middle, low, high = ([value[-1], *table[column]] for column in columns(nb, name))
        axis.plot(later, middle, color=color, label=name)
        axis.fill_between(later, low, high, color=color, alpha=0.15, lw=0)
    if times is not None:
        axis.xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(axis.xaxis.get_major_locator()))
    axis.legend()
    axis.set_title(f"The last values and the forecasts, with {nb.LEVEL:.0%} intervals for each horizon", loc="left")
    axis.set(xlabel=series.index.name if times is not None else "place in the series", ylabel=series.name)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def run(nb, series, source, horizon, out):
    """Forecast a pd.Series, and write the three files into the folder `out`."""
    value = series.to_numpy(float)
    ends = [round(share * len(value)) for share in nb.PARTS.values()]
    shortest = min(ends[1] - ends[0], ends[2] - ends[1], len(value) - ends[2])
    if len(value) < 36 or np.ptp(value[: ends[0]]) == 0:
        raise ValueError(f"{source} has {len(value)} values: give at least 36, that change.")
    if horizon > shortest:
        raise ValueError(f"{source} has {len(value)} values, enough for {shortest} steps ahead: lower --horizon to that.")
    for doubt in doubts(nb, series):
        print(doubt)
    times = continued(series.index, horizon)
    last = f" (to {as_dates(series.index[[ends[0] - 1]], series.index)[0]})" if times is not None else ""
    print(f"parts: {ends[0]} values to learn from{last}, {ends[1] - ends[0]} to choose settings (validation),"
          f" {ends[2] - ends[1]} for intervals (calibration), the last {len(value) - ends[2]} to test")  # fmt: skip
    season = nb.find_season(value[: ends[0]])
    print(f"season: {season} steps" if season > 1 else "no season found")
    nb.EPOCHS = max(20, min(nb.EPOCHS, STEPS // ends[0]))
    if len(value) > 2000:
        nb.BATCH_SIZE *= min(len(value) // 1000, 10)
    nb.LOOKBACK = min(nb.LOOKBACK, max(2, ends[0] // 8))
    found, validation, chosen = methods(nb, value, season, horizon, ends)
    best_rival = min(found.keys() - {"LSTM"}, key=validation.get)
    names = sorted(["LSTM", best_rival], key=validation.get)
    origins = {part: np.arange(start, end - horizon + 1) for part, start, end in
               [("calibration", ends[1], ends[2]), ("test", ends[2], len(value)), ("both", ends[1], len(value))]}  # fmt: skip
    errors = {(name, part): found[name](at) - future(value, at, horizon) for name in found for part, at in origins.items()}
    rmse = pd.DataFrame({name: np.sqrt(np.mean(errors[name, "test"] ** 2, axis=0)) for name in found})
    rmse.index = pd.RangeIndex(1, horizon + 1, name="steps ahead")
    table = pd.DataFrame(index=rmse.index)
    for name in names:
        half, forecast = widths(nb, errors[name, "both"]), found[name](np.array([len(value)]))[0]
        for column, shift in zip(columns(nb, name), (0, -half, half)):
            table[column] = forecast + shift
    table = table.replace([-np.inf, np.inf], np.nan).round(decimals(value))
    if times is not None:
        table.insert(0, "time", as_dates(times, series.index))
    print(f"\nOn the validation part {names[0]} is ahead: root mean squared error "
          f"{nb.as_text(validation[names[0]])}, {names[1]} {nb.as_text(validation[names[1]])}.")  # fmt: skip
    print("Root mean squared error on the test part, by steps ahead:")
    print(rmse.iloc[sorted({0, horizon // 4, horizon // 2, horizon - 1})].map(nb.as_text).to_string())
    print("(persistence repeats the last value, seasonal naive the value a season ago; AR is linear autoregression)"
          if season > 1 else "(persistence repeats the last value; AR is linear autoregression)")  # fmt: skip
    for verdict in verdicts(nb, value, errors, names, chosen, ends):
        print(verdict)
    out.mkdir(parents=True, exist_ok=True)
    own = str(Path(source).resolve())
    nb.write_whole(out / "made_from.txt", lambda path: path.write_text(own, encoding="utf-8", newline="\n"))
    nb.write_whole(out / "future.csv", lambda path: table.to_csv(path, lineterminator="\n"))
    rmse = rmse.round(decimals(value) + 1).add_suffix(": test RMSE")
    nb.write_whole(out / "errors.csv", lambda path: rmse.to_csv(path, lineterminator="\n"))
    nb.write_whole(out / "forecast.png", lambda path: draw(nb, path, series, season, table, names, times))
    print(f"\nwritten: {out}: future.csv errors.csv forecast.png")


if __name__ == "__main__":
    matplotlib.use("Agg")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--horizon", type=int, default=10, help="how many values ahead (default 10)")
    for option, told in OPTIONS.values():
        parser.add_argument(option, default="", help=told)
    parser.add_argument("--all", action="store_true", help="use all values, not only the newest 5000")
    given = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # a log shows at once what is done
    nb = load_definitions(LSTM_NOTEBOOK)
    *how, out = (getattr(given, option[2:]) for option, _ in OPTIONS.values())
    try:
        series = nb.read_series(given.file, *how)
        if not given.column and (others := other_columns(nb, series, given.file, given.separator, given.encoding)):
            print(f"--column takes another: {nb.shorten(', '.join(others), 200)}")
        if len(series) > nb.MOST_VALUES and not given.all:
            print(f"the newest {nb.MOST_VALUES} of them are used; --all takes all")
            series = series.iloc[-nb.MOST_VALUES :]
        run(nb, series, given.file, given.horizon, Path(out) if out else nb.folder_of(given.file))
    except (ValueError, OSError) as error:  # it names parameters of the notebook
        sys.exit(in_options(str(error), {name: option for name, (option, _) in OPTIONS.items()}))
