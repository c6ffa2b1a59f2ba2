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


def twins(pairs: int, seed: int = 0) -> pd.DataFrame:
    """A table of pairs of texts of the same words, whose order decides; columns of a split, too.

    The genre is that of the main clause, and not that of the one that begins with "although". Three
    in five pairs are training texts, one is for validation, and one is a test.
    """
    rng, rows = np.random.default_rng(seed), []
    for pair in range(pairs):
        sides = list(rng.permutation(list(WORDS))[:2])
        clause = {genre: " ".join(["the", *rng.choice(WORDS[genre], 3)]) for genre in sides}
        pattern = rng.choice(["although {1}, {0}.", "{0}, although {1}."])
        split = ["train", "train", "train", "validation", "test"][pair % 5]
        for main, other in (sides, sides[::-1]):
            text = pattern.format(clause[main], clause[other])
            rows.append({"text": text, "genre": main, "pair": pair, "split": split})
    return pd.DataFrame(rows)
