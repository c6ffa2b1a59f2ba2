"""Which of a reader's texts are compared, and which of them are learned from and which tested."""

import itertools

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from owndata.measures import part_of
from owndata.tokens import same_text

FEWEST = 10  # different texts that a genre needs: they are split into three parts
SIDES = "test", "validation"


def without_rare(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """The table without genres of fewer than FEWEST different texts; {such a genre: its texts}."""
    same = pd.Series(same_text(table["text"]), table.index)
    different = same.groupby(table["genre"]).transform("nunique")
    rare = table.loc[different < FEWEST, "genre"].value_counts().to_dict()
    return table[different >= FEWEST].reset_index(drop=True), rare


def draw_texts(table: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """About `most` different texts, drawn at random, with FEWEST or more of each genre."""
    table = table[~pd.Series(same_text(table["text"]), table.index).duplicated()]
    mixed = table.sample(frac=1, random_state=seed)
    place, sizes = mixed.groupby("genre").cumcount(), mixed["genre"].value_counts()
    wanted = (mixed["genre"].map(sizes) * most / len(mixed)).round()
    return mixed[place < np.maximum(wanted, FEWEST)].sort_index().reset_index(drop=True)


def draw_split(table: pd.DataFrame, seed: int, fold: int = 0) -> pd.DataFrame:
    """The table with pair (equal texts share one) and split (60% train, 20% each other).

    The test part is the fold of that number, 0 to 3, of five; the validation part the next one.
    """
    table = table.assign(pair=same_text(table["text"]), split="train")
    texts = table.drop_duplicates("pair")
    folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(texts, texts["genre"])
    chosen = itertools.islice(folds, fold, fold + len(SIDES))
    for split, (_, rows) in zip(SIDES, chosen, strict=True):
        table.loc[table["pair"].isin(texts["pair"].iloc[rows]), "split"] = split
    return table


def repeat_rare(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the training texts of small genres repeated, rows of one index.

    A genre a ninth as large as the largest comes three times: the root of nine. So all models give
    it more weight than its size, and less than would make all genres equal.
    """
    train = table["split"] == "train"
    sizes = part_of(table, "train")["genre"].value_counts()
    times = table["genre"].map(np.sqrt(sizes.max() / sizes).round())
    return table.loc[table.index.repeat(times.where(train, 1).astype(int))]


def apart(table: pd.DataFrame, count: int, seed: int) -> list[pd.DataFrame]:
    """`count` splits, 2 at most, that share no test text and no validation text."""
    return [repeat_rare(draw_split(table, seed, fold=2 * number)) for number in range(count)]


def at_random(table: pd.DataFrame, count: int, seed: int) -> list[pd.DataFrame]:
    """`count` splits, each drawn from all texts: their test parts overlap."""
    return [repeat_rare(draw_split(table, seed + number)) for number in range(count)]


def is_unequal(table: pd.DataFrame) -> bool:
    """Whether the largest genre has more than three times the texts of the smallest."""
    sizes = table["genre"].value_counts()
    return bool(sizes.max() > 3 * sizes.min())
