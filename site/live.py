"""The live page: the notebooks' trained networks in the reader's browser. `build.py` calls `build`."""

import base64
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parent.parent))  # this runs as `python site/build.py`

import notebook_code  # noqa: E402
from notebook_code import LSTM_NOTEBOOK, ROOT, TEXT_NOTEBOOK  # noqa: E402

INDEX = """<h2><a href="live.html">Play with the trained networks</a></h2>
<p>Type a sentence and watch one LSTM read it; drag the dots of a wave and watch another forecast it, in your browser.</p>
"""


def packed(array, kind):
    """An array as nets.js unpacks it; kind: float16 or float32."""
    values = np.asarray(array, np.dtype(kind).newbyteorder("<"))
    assert np.isfinite(values).all()
    return {"shape": values.shape, "type": kind, "base64": base64.b64encode(values.tobytes()).decode("ascii")}


def picked(notebook, *names):
    """A module of the cells that define these names, so that a notebook's libraries need not be loaded."""
    defines = re.compile(rf"^(?:def )?(?:{'|'.join(names)})(?: =|\()", re.M)
    cells = [cell for cell in notebook_code.definition_cells(notebook) if defines.search(cell[1])]
    return notebook_code.build("picked", cells)


def texts():
    """The network that reads: its weights and words, the patterns by which clauses are swapped, lines of the test part."""
    folder = (ROOT / TEXT_NOTEBOOK).parent
    with np.load(folder / "results" / "lstm_attention.npz", allow_pickle=False) as file:
        kept = dict(file)
    nb = picked(TEXT_NOTEBOOK, "options", "PATTERNS", "OPENERS")
    table = pd.read_csv(folder / "text_data.csv")
    test = table[table["split"] == "test"].drop_duplicates("pair")  # of twins one: the page makes the other
    return {
        "words": str(kept.pop("words")),
        "genres": kept.pop("genres").tolist(),
        "weights": {name: packed(array, "float16") for name, array in kept.items()},
        "patterns": [pattern for _, patterns in nb.PATTERNS.values() for pattern in patterns],
        "openers": nb.OPENERS,
        "trained": int((table["split"] == "train").sum()),
        "lines": test.sample(60, random_state=0)[["text", "genre"]].to_numpy().tolist(),
    }


def series():
    """The network that forecasts, both autoregressions as the notebook fits them, and the scaling of all three."""
    folder = (ROOT / LSTM_NOTEBOOK).parent
    nb = notebook_code.load_definitions(LSTM_NOTEBOOK)
    params, kept = nb.load_model(folder / "results" / "lstm_weights.npz")
    value = pd.read_csv(folder / "synthetic_data.csv")["value"].to_numpy()
    data = nb.prepare(value, int(kept["lookback"]))
    lag, longer, _ = nb.choose_lag(data, nb.find_season(value[data["train"][2]]))
    return {
        "weights": {name: packed(array, "float32") for name, array in params.items()},
        "low": float(kept["low"]),
        "high": float(kept["high"]),
        "ar": nb.choose_ar(data)[:, 0].tolist(),
        "ar_chosen": longer[:, 0].tolist(),
        "lag": int(lag),
        "sigma": nb.NOISE,
    }


def build(target):
    """Write the live page into the folder `target`; returns its entry in the site's index."""
    for part in (ROOT / "site" / "live").iterdir():
        shutil.copy(part, target)
    data = json.dumps({"texts": texts(), "series": series()}, separators=(",", ":"))
    (target / "data.js").write_text(f"const DATA = {data};\n", encoding="utf-8", newline="\n")
    return INDEX
