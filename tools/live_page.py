"""The live page: the notebooks' trained networks in the reader's browser. `tools.site` calls `build`."""

import base64
import json
import shutil

import numpy as np
import pandas as pd

from LSTM_from_scratch.lstm import load
from LSTM_from_scratch.series import choose_ar, choose_lag, prepare
from Text_Classification_LSTM.corpus import PATTERNS
from tools.notebooks import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK, parameters

READER = (ROOT / TEXT_NOTEBOOK).parent / "results" / "lstm_attention.npz"
INDEX = """<h2><a href="live.html">Play with the trained networks</a></h2>
<p>Type a sentence and watch one LSTM read it; drag the dots of a wave and watch another forecast it, in your browser.</p>
"""


def packed(array, kind):
    """An array as nets.js unpacks it; kind: float16 or float32."""
    values = np.asarray(array, np.dtype(kind).newbyteorder("<"))
    assert np.isfinite(values).all()
    return {
        "shape": values.shape,
        "type": kind,
        "base64": base64.b64encode(values.tobytes()).decode("ascii"),
    }


def texts(network):
    """The network that reads: its weights and words, the patterns by which clauses are swapped, lines of the test part."""
    folder = (ROOT / TEXT_NOTEBOOK).parent
    grammar = json.loads((folder / "grammar.json").read_text(encoding="utf-8"))
    with np.load(network, allow_pickle=False) as file:
        kept = dict(file)
    table = pd.read_csv(folder / "text_data.csv")
    test = table[table["split"] == "test"].drop_duplicates(
        "pair"
    )  # of twins one: the page makes the other
    return {
        "words": str(kept.pop("words")),
        "genres": kept.pop("genres").tolist(),
        "weights": {name: packed(array, "float16") for name, array in kept.items()},
        "patterns": [pattern for _, patterns in PATTERNS.values() for pattern in patterns],
        "openers": grammar["openers"],
        "trained": int((table["split"] == "train").sum()),
        "lines": test.sample(60, random_state=0)[["text", "genre"]].to_numpy().tolist(),
    }


def series():
    """The network that forecasts, both autoregressions as the notebook fits them, and the scaling of all three."""
    folder = (ROOT / LSTM_NOTEBOOK).parent
    params, kept = load(folder / "results" / "lstm_weights.npz")
    value = pd.read_csv(folder / "synthetic_data.csv")["value"].to_numpy()
    data = prepare(value, int(kept["lookback"]))
    long_ar = choose_lag(value)
    return {
        "weights": {name: packed(array, "float32") for name, array in params.items()},
        "low": float(kept["low"]),
        "high": float(kept["high"]),
        "ar": choose_ar(data.train, data.validation)[:, 0].tolist(),
        "ar_chosen": long_ar.weights[:, 0].tolist(),
        "lag": long_ar.lag,
        "sigma": parameters(LSTM_NOTEBOOK)["NOISE"],
    }


def build(target, network=READER):
    """Write the live page into the folder `target`; returns its entry in the site's index.

    network: the file, kept by notebook 2, of the network that reads.
    """
    for part in (ROOT / "site" / "live").iterdir():
        shutil.copy(part, target)
    data = json.dumps({"texts": texts(network), "series": series()}, separators=(",", ":"))
    (target / "data.js").write_text(f"const DATA = {data};\n", encoding="utf-8", newline="\n")
    return INDEX
