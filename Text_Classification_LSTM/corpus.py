"""Written by tools/export.py from text_classification.ipynb, cells tagged export:corpus."""

import itertools
import random
import re

import pandas as pd


# fmt: off
PATTERNS = {  # connective: (how often, its two patterns); {M} is the news, {B} the background
    "although": (4, ["although {B}, {M}.", "{M}, although {B}."]),
    "even though": (4, ["even though {B}, {M}.", "{M}, even though {B}."]),
    "not that": (5, ["what counted was not that {B} but that {M}.",
                     "what counted was that {M}, not that {B}."]),
    "long after": (4, ["long after {B}, {M}.", "{M} long after {B}."]),
    "on the day": (4, ["on the day that {B}, {M}.", "{M} on the day that {B}."]),
    "despite": (4, ["despite reports that {B}, {M}.", "{M} despite reports that {B}."]),
    "front page": (4, [
        "one line went to the news that {B}. The front page went to the news that {M}.",
        "the front page went to the news that {M}. One line went to the news that {B}."]),
    "small story": (3, ["{B}. That was the small story. The big story was that {M}.",
                        "{M}. That was the big story. The small story was that {B}."]),
    "instead": (3, ["viewers hoped to hear that {B}. They were told instead that {M}.",
                    "viewers were told that {M}. They had hoped to hear instead that {B}."]),
    "asked about": (3, ["asked about rumours that {B}, a reporter said only that {M}.",
                        "a reporter said only that {M} when asked about rumours that {B}."]),
    "because": (3, ["because {B}, few noticed that {M}. Yet it was true.",
                    "few noticed that {M} because {B}. Yet it was true."]),
    "readers who": (3, ["readers who had learned that {B} were surprised that {M}.",
                        "that {M} was a surprise to readers who had learned that {B}."]),
    "nested although": (3, ["the evening paper wrote that, although {B}, {M}.",
                            "the evening paper wrote that {M}, although {B}."]),
    "nested sent": (2, ["a reporter sent to ask why {B} came back with the story that {M}.",
                        "the story that {M} reached a reporter sent to ask why {B}."]),
    "nested late": (2, [
        "having learned that {B}, editors still led, although it was late, with the news that {M}.",
        "editors still led, although it was late, with the news that {M}, having learned that {B}.",
    ]),
}
PLAIN = ["{0}.", "{0}, a reporter said.", "{0}, and {1}.", "{0}. {1}.", "{0}. {1}, and {2}."]
# fmt: on


def fill(text, rng):
    """The text with one word drawn for each {choice/of/words}."""
    return re.sub(r"\{([^{}]+)\}", lambda slot: rng.choice(slot[1].split("/")), text)


def name_actor(actor, adjectives, rng):
    """The actor with a determiner and often an adjective: "the bank", "some cautious traders"."""
    if actor.startswith("the "):  # the only one of its kind
        return actor
    named = f"{rng.choice(adjectives)} {actor}" if rng.random() < 0.5 else actor
    if actor.endswith(("s", "freshmen")):
        return f"{rng.choice(['the', 'some', 'many'])} {named}"
    article = "an" if named[0] in "aeio" else "a"  # "an exam board", but "a university"
    return f"{rng.choice(['the', article])} {named}"


def make_clauses(grammar, genre, topic, count, rng):
    """Clauses in lower case and the past tense, of different actors and actions."""
    lists = grammar["topics"][genre][topic]
    actors, actions = (rng.sample(lists[part], count) for part in ("who", "did what"))
    clauses = []
    for actor, action in zip(actors, actions):
        ending = rng.choice(["", rng.choice(lists["when or where"]), rng.choice(grammar["tails"])])
        named = name_actor(actor, grammar["adjectives"], rng)
        clauses.append(fill(f"{named} {action} {ending}".strip(), rng))
    return clauses


def draw_pattern(openers, rng):
    """A connective (the commoner the likelier) and one of its patterns, sometimes an opener."""
    often = [often for often, _ in PATTERNS.values()]
    connective = rng.choices(list(PATTERNS), often)[0]
    opener = f"{rng.choice(openers)} " if rng.random() < 0.25 else ""
    return connective, opener + rng.choice(PATTERNS[connective][1])


def capitals(text):
    """The text with a capital at the start of each sentence."""
    return re.sub(r"(^|[.] )([a-z])", lambda start: start[1] + start[2].upper(), text)


def make_twins(genres, draw, openers, rng):
    """Two texts: one pattern around clauses of two genres, and the same with both swapped."""
    connective, pattern = draw_pattern(openers, rng)
    first, second = ((genre, *draw(genre, 1)) for genre in genres)
    rows = []
    for (genre, topic, [news]), (_, other, [background]) in ((first, second), (second, first)):
        text = capitals(pattern.replace("{M}", news).replace("{B}", background))
        row = {"text": text, "genre": genre, "kind": "crossover", "topics": (topic, other)}
        rows.append(row | {"connective": connective, "clauses": (news, background)})
    return rows


def make_plain(genre, draw, openers, rng):
    """One text with clauses of one topic, half of the time in a pattern of the twins."""
    uses_connective = rng.random() < 0.5
    connective, pattern = draw_pattern(openers, rng) if uses_connective else ("", rng.choice(PLAIN))
    slots = re.findall(r"{\w}", pattern)
    topic, clauses = draw(genre, len(slots))
    for slot, clause in zip(slots, clauses):
        pattern = pattern.replace(slot, clause)
    row = {"text": capitals(pattern), "genre": genre, "kind": "plain", "topics": (topic,)}
    return row | {"connective": connective, "clauses": tuple(clauses)}


def make_corpus(seed, grammar, train=1800, validation=600, test=600, crossover=0.6):
    """A shuffled corpus: a DataFrame with the columns of text_data.csv, and what is behind a text.

    text, genre, kind, pair (of a plain text its own), split; then topics, connective, clauses.
    """
    rng, used, rows = random.Random(f"corpus {seed}"), set(), []

    def draw(genre, count):
        """A topic of the genre, and `count` clauses about it, none of them used before."""
        topic = rng.choice(list(grammar["topics"][genre]))
        clauses = make_clauses(grammar, genre, topic, count, rng)
        while used & set(clauses):
            clauses = make_clauses(grammar, genre, topic, count, rng)
        used.update(clauses)
        return topic, clauses

    genres = itertools.cycle(grammar["topics"])
    two_genres = itertools.cycle(itertools.combinations(grammar["topics"], 2))
    pair = itertools.count()
    for split, size in {"train": train, "validation": validation, "test": test}.items():
        twins = round(size * crossover / 2)
        made = [make_twins(next(two_genres), draw, grammar["openers"], rng) for _ in range(twins)]
        for _ in range(size - 2 * twins):
            made.append([make_plain(next(genres), draw, grammar["openers"], rng)])
        for together in made:
            number = next(pair)
            rows += [row | {"pair": number, "split": split} for row in together]
    rng.shuffle(rows)
    return pd.DataFrame(rows)


def part_of(table, split):
    """The rows of one part of the split: train, validation or test."""
    return table[table["split"] == split]


def shuffle_words(table, seed):
    """The corpus with the words of every text in random order."""
    rng = random.Random(seed)
    texts = [" ".join(rng.sample(words, len(words))) for words in table["text"].str.split()]
    return table.assign(text=texts)


def cut_connectives(table):
    """The corpus with every text cut down to its clauses, in their order."""
    texts = []
    for text, clauses in zip(table["text"].str.lower(), table["clauses"]):
        places = {clause: text.index(clause.lower()) for clause in clauses}
        texts.append(". ".join(sorted(clauses, key=places.get)))
    return table.assign(text=texts)
