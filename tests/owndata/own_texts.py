"""Small tables of texts for the tests of classify, keep and label."""

import numpy as np
import pandas as pd

WORDS = {
    "sea": "beach sun wave sand shell harbour gull tide".split(),
    "bank": "loan rate share credit fund deposit broker bond".split(),
    "kitchen": "oil salt pan egg flour oven spoon dough".split(),
}


def texts(sizes: dict[str, int], seed: int = 0, words: int = 6) -> pd.DataFrame:
    """A table of texts, each of words of its genre and a number; columns text, genre."""
    rng = np.random.default_rng(seed)
    rows = [
        (" ".join(["the", *rng.choice(WORDS[genre], words), str(number)]), genre)
        for genre, count in sizes.items()
        for number in range(count)
    ]
    return pd.DataFrame(rows, columns=["text", "genre"])
