"""Texts in files of every kind that people have: each with the texts and labels that must come out, or the one sentence.

`python -m pytest tests/test_reading_texts.py -s -k kind` prints the line or the sentence of each.
"""

import csv
import warnings

import pandas as pd
import pytest
from conftest import TEXT_NOTEBOOK, load_definitions
from reading_files import fuzz, rows, sentence, stored, tells

read_texts = load_definitions(TEXT_NOTEBOOK).read_texts
GOOD = [
    "The lamp is bright and kind to the eyes",
    "Quick delivery, and a warm light",
    "I would buy it again at once",
    "A fine thing indeed",
]
POOR = [
    "It broke on the second day",
    "The switch sticks; it hums",
    "Far too dear for so little light",
    "Never again, says my aunt",
]
TEXT = [f"{text}, no. {k}" for k in (1, 2) for text in GOOD + POOR]
GENRE = (["good"] * 4 + ["bad"] * 4) * 2
NUMBER = [{"good": 1, "bad": 0}[genre] for genre in GENRE]
BODY = [f"{text} and {text.lower()} and so on." for text in TEXT]


def table(columns, header=True, **options):
    """A file of the columns as pandas writes it."""
    return pd.DataFrame(columns).to_csv(index=False, header=header, **options)


WORDS = " ".join(["a word"] * 30)

TEXTS = {  # kind: content, parameters, texts, genres
    "plain": (table({"text": TEXT, "genre": GENRE}), {}, TEXT, GENRE),
    "quotes inside, doubled": (
        table({"text": [f'"{t}", he said' for t in TEXT], "genre": GENRE}),
        {},
        [f'"{t}", he said' for t in TEXT],
        GENRE,
    ),
    "quotes inside, with a backslash (Kaggle IMDB)": (
        table(
            {"id": [f'"{k}_8"' for k in range(16)], "sentiment": NUMBER, "review": ['"So \\"' + t + '\\" it is"' for t in TEXT]},
            sep="\t",
            quoting=csv.QUOTE_NONE,
        ),
        {},
        [f'So "{t}" it is' for t in TEXT],
        list(map(str, NUMBER)),
    ),
    "several lines in a text": (table({"text": [t.replace(" ", "\n", 1) for t in TEXT], "genre": GENRE}), {}, TEXT, GENRE),
    "semicolons, single quotes (German news, GNAD)": ("".join(f"{g};'{t}'\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, GENRE),
    "JSON, records": (
        pd.DataFrame({"genre": GENRE, "text": TEXT}).to_json(orient="records", indent=1),
        {},
        TEXT,
        GENRE,
    ),
    "JSON lines": (
        pd.DataFrame({"text": TEXT, "genre": GENRE}).to_json(orient="records", lines=True),
        {},
        TEXT,
        GENRE,
    ),
    "SMS spam (Kaggle), a few broken characters": (
        "".join(f'{g},"{t} \x89\xdb\xd2 \xe5\xa3 {WORDS}"\n' for g, t in zip(GENRE, TEXT)).encode("latin-1"),
        {},
        [f"{t} ‰ÛÒ å£ {WORDS}" for t in TEXT],
        GENRE,
    ),
    "SMS spam (UCI)": ("".join(f"{g}\t{t}\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, GENRE),
    "SMS spam (UCI), open quotes": (
        "".join(f'{g}\t"{t}\n' if k % 3 == 0 else f"{g}\t{t}\n" for k, (g, t) in enumerate(zip(GENRE, TEXT))),
        {},
        [f'"{t}' if k % 3 == 0 else t for k, t in enumerate(TEXT)],
        GENRE,
    ),
    "SMS spam (Kaggle)": (
        ("v1,v2,,,\r\n" + "".join(f'{g},"{t} £{k}",,,\r\n' for k, (g, t) in enumerate(zip(GENRE, TEXT)))).encode("cp1252"),
        {},
        [f"{t} £{k}" for k, t in enumerate(TEXT)],
        GENRE,
    ),
    "AG News (Kaggle)": (
        table({"Class Index": NUMBER, "Title": GOOD * 4, "Description": TEXT}),
        {},
        TEXT,
        list(map(str, NUMBER)),
    ),
    "AG News, no header": (
        table({"a": NUMBER, "b": [f"On {t[:9]}" for t in TEXT], "c": BODY}, header=False, quoting=csv.QUOTE_ALL),
        {},
        BODY,
        list(map(str, NUMBER)),
    ),
    "AG News, title and body joined": (
        table({"Class Index": NUMBER, "Title": GOOD * 4, "Description": TEXT}),
        {"text": "Title, Description"},
        [f"{a} {b}" for a, b in zip(GOOD * 4, TEXT)],
        list(map(str, NUMBER)),
    ),
    "AG News, entities cut short": (
        table({"text": [t + " John #39;s &lt;b&gt;own&lt;/b&gt; quot;way" for t in TEXT], "label": NUMBER}),
        {},
        [t + " John 's own \"way" for t in TEXT],
        list(map(str, NUMBER)),
    ),
    "20 newsgroups": (
        table({"": range(16), "content": BODY, "target": NUMBER, "target_names": GENRE}),
        {"label": "target_names"},
        BODY,
        GENRE,
    ),
    "IMDB (Kaggle)": (
        table({"review": [t.replace(", ", "<br /><br />") for t in TEXT], "sentiment": GENRE}),
        {},
        [t.replace(", ", " ") for t in TEXT],
        GENRE,
    ),
    "Amazon reviews": (
        table(
            {"Id": range(16), "ProductId": ["B001"] * 16, "UserId": range(16), "Score": NUMBER, "Summary": GOOD * 4, "Text": BODY}
        ),
        {},
        BODY,
        list(map(str, NUMBER)),
    ),
    "Amazon reviews, fastText": ("".join(f"__label__{g} {t}\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, GENRE),
    "sentiment140": (
        table(
            {
                "a": [4 * n for n in NUMBER],
                "b": range(1467810369, 1467810385),
                "c": ["Mon Apr 06 22:19:45 PDT 2009"] * 16,
                "d": ["NO_QUERY"] * 16,
                "e": [f"user{k}" for k in range(16)],
                "f": [f"@switchfoot http://twitpic.com/2y1zl - {t}" for t in TEXT],
            },
            header=False,
            quoting=csv.QUOTE_ALL,
        ),
        {},
        [f"- {t}" for t in TEXT],
        [str(4 * n) for n in NUMBER],
    ),
    "airline tweets": (
        table(
            {
                "tweet_id": range(16),
                "airline_sentiment": GENRE,
                "airline_sentiment_confidence": [1.0, 0.5] * 8,
                "airline": ["Delta", "United"] * 8,
                "name": [f"n{k}" for k in range(16)],
                "text": [f"@VirginAmerica {t}" for t in TEXT],
                "tweet_created": ["2015"] * 16,
            }
        ),
        {},
        TEXT,
        GENRE,
    ),
    "financial phrases, no header, Latin-1": (
        "".join(f'{g},"{t} EUR 5 mn ä"\n' for g, t in zip(GENRE, TEXT)).encode("latin-1"),
        {},
        [f"{t} EUR 5 mn ä" for t in TEXT],
        GENRE,
    ),
    "BBC": (
        table({"category": GENRE, "filename": [f"{k:03}.txt" for k in range(16)], "title": GOOD * 4, "content": BODY}, sep="\t"),
        {},
        BODY,
        GENRE,
    ),
    "toxic comments": (
        table(
            {
                "id": [f"{k:x}f" for k in range(16)],
                "comment_text": TEXT,
                "toxic": NUMBER,
                "severe_toxic": [0] * 8 + [1] * 8,
                "threat": [0] * 16,
            }
        ),
        {},
        TEXT,
        list(map(str, NUMBER)),
    ),
    "TREC": ("".join(f"{g.upper()}:x {t}\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, [f"{g.upper()}:x" for g in GENRE]),
    "UCI sentences": ("".join(f"{t}  \t{n}\n" for t, n in zip(TEXT, NUMBER)), {}, TEXT, list(map(str, NUMBER))),
    "movie review phrases": (
        table({"PhraseId": range(16), "SentenceId": [k // 4 for k in range(16)], "Phrase": TEXT, "Sentiment": NUMBER}, sep="\t"),
        {},
        TEXT,
        list(map(str, NUMBER)),
    ),
    "Alexa": (
        table(
            {
                "rating": NUMBER,
                "date": ["31-Jul-18"] * 16,
                "variation": ["Black"] * 16,
                "verified_reviews": TEXT,
                "feedback": NUMBER,
            },
            sep="\t",
        ),
        {},
        TEXT,
        list(map(str, NUMBER)),
    ),
    "news categories": (
        table(
            {
                "category": GENRE,
                "headline": TEXT,
                "authors": ["A. B."] * 16,
                "link": [f"https://www.huffpost.com/entry/{k}/a-long-address-of-it" for k in range(16)],
                "short_description": GOOD * 4,
                "date": ["2022-09-23"] * 16,
            }
        ),
        {},
        TEXT,
        GENRE,
    ),
    "Korean films (NSMC)": (
        table(
            {
                "id": range(16),
                "document": [f"정말 재미있는 영화였다 {k} {'좋아' if n else '싫어'}" for k, n in enumerate(NUMBER)],
                "label": NUMBER,
            },
            sep="\t",
        ),
        {},
        [f"정말 재미있는 영화였다 {k} {'좋아' if n else '싫어'}" for k, n in enumerate(NUMBER)],
        list(map(str, NUMBER)),
    ),
    "Chinese hotels, GB 18030": (
        table({"label": NUMBER, "review": [f"房间很大很干净，服务很好{k}" for k in range(16)]}).encode("gb18030"),
        {},
        [f"房 间 很 大 很 干 净 ， 服 务 很 好 {k}" for k in range(16)],
        list(map(str, NUMBER)),
    ),
    "Japanese, Shift JIS": (
        table({"text": [f"部屋はとても広くて綺麗でした{k}" for k in range(16)], "label": GENRE}).encode("shift_jis"),
        {},
        [f"部 屋 は と て も 広 く て 綺 麗 で し た {k}" for k in range(16)],
        GENRE,
    ),
    "Russian, Windows-1251": (
        table({"текст": [f"хороший отель рядом с морем {k}" for k in range(16)], "класс": GENRE}, sep=";").encode("cp1251"),
        {},
        [f"хороший отель рядом с морем {k}" for k in range(16)],
        GENRE,
    ),
    "Spanish": (
        table({"comentario": [f"¿Qué tal? El niño está aquí {k}" for k in range(16)], "etiqueta": GENRE}).encode("cp1252"),
        {},
        [f"¿Qué tal? El niño está aquí {k}" for k in range(16)],
        GENRE,
    ),
    "names that say nothing": (table({"a1": GENRE, "b7": TEXT}), {}, TEXT, GENRE),
    "columns by number": (table({"x": GENRE, "y": TEXT, "z": ["u", "v"] * 8}), {"text": 2, "label": 3}, TEXT, ["u", "v"] * 8),
    "no label, broken last row": (table({"text": TEXT, "genre": GENRE}) + "A row that broke off,\n", {}, TEXT, GENRE),
    "no words": (table({"text": [*TEXT, ":)", "...", "\U0001f600"], "genre": [*GENRE, "good", "bad", "good"]}), {}, TEXT, GENRE),
    "equal texts with two labels": (
        table({"text": [*TEXT, "One more", "one  more"], "genre": [*GENRE, "good", "bad"]}),
        {},
        TEXT,
        GENRE,
    ),
    "rare labels": (table({"text": [*TEXT, "One more", "and another"], "genre": [*GENRE, "odd", "rare"]}), {}, TEXT, GENRE),
    "labels in several spellings": (
        table({"text": TEXT, "genre": [f" {g.upper()}" if k in (1, 6) else g for k, g in enumerate(GENRE)]}),
        {},
        TEXT,
        GENRE,
    ),
    "line ends of other kinds inside": (
        table({"text": [t.replace(" ", "\u2028", 1) + "\x85" for t in TEXT], "genre": GENRE}),
        {},
        TEXT,
        GENRE,
    ),
    "label first, commas in the text, no quotes": ("".join(f"{g},{t}\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, GENRE),
    "text first, commas in it, no quotes": ("".join(f"{t},{g}\n" for g, t in zip(GENRE, TEXT)), {}, TEXT, GENRE),
    "one broken UTF-8 byte": (
        table({"text": [f"{t} größer für Käufer" for t in TEXT], "genre": GENRE}).encode().replace(b"\xc3\xb6", b"\xff", 1),
        {},
        [f"{t} gr{'ö' if k else chr(0xFFFD)}ßer für Käufer" for k, t in enumerate(TEXT)],
        GENRE,
    ),
    "personalities, posts parted by pipes": (
        table({"type": GENRE, "posts": ["|||".join([t] * 3) for t in TEXT]}),
        {},
        ["|||".join([t] * 3) for t in TEXT],
        GENRE,
    ),
    "emotions, no header, semicolons": (
        "".join(f"{t.replace(';', ' ').replace('  ', ' ')};{g}\n" for t, g in zip(TEXT, GENRE)),
        {},
        [t.replace(";", " ").replace("  ", " ") for t in TEXT],
        GENRE,
    ),
    "hate speech, counts beside the class": (
        table({"": range(16), "count": [3] * 16, "hate_speech": [0, 1] * 8, "class": NUMBER, "tweet": TEXT}),
        {},
        TEXT,
        list(map(str, NUMBER)),
    ),
    "Polish, Windows-1250": (
        table({"text": [f"zażółć gęślą jaźń proszę bardzo {k}" for k in range(16)], "label": GENRE}).encode("cp1250"),
        {},
        [f"zażółć gęślą jaźń proszę bardzo {k}" for k in range(16)],
        GENRE,
    ),
    "without labels": (table({"id": range(16), "text": TEXT}), {"labelled": False}, TEXT, [""] * 16),
    "without labels, one column in quotes": (
        table({"text": [f"{t}, and so on" for t in TEXT]}),
        {"labelled": False},
        [f"{t}, and so on" for t in TEXT],
        [""] * 16,
    ),
    "without labels, a text a line": (
        "".join(f"{t}, and so on\n" for t in TEXT),
        {"labelled": False},
        [f"{t}, and so on" for t in TEXT],
        [""] * 16,
    ),
    "very long texts": (
        table({"text": [t + " word" * 40_000 for t in TEXT], "genre": GENRE}),
        {},
        [t + " word" * 40_000 for t in TEXT],
        GENRE,
    ),
    "hearts and comparisons are no tags": (
        table({"text": [f"{t} <3 and 1 < 2 > 0" for t in TEXT], "genre": GENRE}),
        {},
        [f"{t} <3 and 1 < 2 > 0" for t in TEXT],
        GENRE,
    ),
}
TEXTS |= {
    "Korean comments, a label that is a column's name": (
        table(
            {"comments": TEXT, "gender": [False, True] * 8, "bias": [True] * 16, "hate": ["hate", "none", "mild", "none"] * 4},
            sep="\t",
        ),
        {"label": "hate"},
        TEXT,
        ["hate", "none", "mild", "none"] * 4,
    ),
    "Arabic, Windows-1256": (
        table({"text": [f"اهنئ الدكتور احمد جمال الدين القيادي {k}" for k in range(16)], "polarity": NUMBER}).encode("cp1256"),
        {},
        [f"اهنئ الدكتور احمد جمال الدين القيادي {k}" for k in range(16)],
        list(map(str, NUMBER)),
    ),
    "the split is no label": (table({"split": ["train", "dev"] * 8, "mood": GENRE, "text": TEXT}), {}, TEXT, GENRE),
}
TEXTS_REFUSED = {
    "a column a genre": (
        table({"sentence": TEXT, "weather": NUMBER, "music": [1 - n for n in NUMBER]}),
        {},
        "several columns of labels that come back (weather, music): set LABEL_COLUMN",
    ),
    "one genre": (table({"text": TEXT, "genre": ["a"] * 16}), {}, "no column of labels"),
    "no labels": (table({"text": [t.replace(",", "") for t in BODY]}), {}, "has one column: put labels into another"),
    "no texts": (table({"x": range(16), "genre": NUMBER}), {}, "no column of texts"),
    "no such column": (
        table({"text": TEXT, "genre": GENRE}),
        {"label": "topic"},
        "no column topic: set LABEL_COLUMN to one of text, genre",
    ),
    "JSON by columns": (pd.DataFrame({"text": TEXT, "label": NUMBER}).to_json(), {}, "no text in rows and columns"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_kind_of_texts_gives_its_texts_and_genres(kind, tmp_path, capsys):
    content, parameters, texts, genres = TEXTS[kind]
    path = stored(tmp_path / "own.csv", content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read_texts(path, **parameters)
    line = capsys.readouterr().out
    print(line)
    assert line.startswith(f"{path}: ") and line.count("\n") == 1
    assert list(data) == ["text", "genre"] and data["text"].tolist() == texts and data["genre"].tolist() == genres


@pytest.mark.parametrize("kind", TEXTS_REFUSED)
def test_a_kind_of_texts_is_refused_in_one_sentence(kind, tmp_path):
    content, parameters, *parts = TEXTS_REFUSED[kind]
    path = stored(tmp_path / "own.csv", content)
    with pytest.raises(ValueError) as caught:
        read_texts(path, **parameters)
    message = sentence(caught.value)
    assert message.startswith(str(path)) and all(part in message for part in parts), message


WORDS = [t.replace(",", "").replace(";", "").replace("'", "") + " für Käufer" for t in TEXT]
FUZZED = [  # a file that can be cut at every mark, the mark, (its texts, its genres)
    (rows(WORDS, GENRE, header="text,genre"), ",", (WORDS, GENRE)),
    (rows(range(16), GENRE, WORDS, header="id;category;headline", mark=";"), ";", (WORDS, GENRE)),
    (rows(WORDS, NUMBER, header="Review\tLiked", mark="\t"), "\t", (WORDS, list(map(str, NUMBER)))),
]


def fuzzed(seeds, path, capsys):
    """{kind: [files read as they were, otherwise, refused]} of the seeds' files."""

    def check(found, right, kind, note):
        said = capsys.readouterr().out.splitlines()[-1]
        equal = found["text"].tolist() == right[0] and found["genre"].tolist() == right[1]
        assert found["genre"].nunique() > 1 and found["text"].str.contains(r"\w").all(), note
        if kind == "separators mixed" and not equal:
            tells(said, f"{note}: {found}")
        return equal

    return fuzz(read_texts, FUZZED, seeds, path, check)


def test_broken_files_give_texts_or_a_sentence(tmp_path, capsys):
    fuzzed(range(150), tmp_path / "own.csv", capsys)


@pytest.mark.verify
@pytest.mark.parametrize("block", range(5))
def test_a_thousand_broken_files_give_texts_or_a_sentence(block, tmp_path, capsys):
    counts = fuzzed(range(150 + 170 * block, 320 + 170 * block), tmp_path / "own.csv", capsys)
    print(pd.DataFrame(counts, ["as it was", "otherwise", "refused"]).T.to_string())
