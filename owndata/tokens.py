"""Words of texts in any script, and their stems by language."""

from collections.abc import Iterable
from functools import cache
from typing import Protocol

import pandas as pd
import regex

LETTERS = r"\p{L}\p{M}\p{N}"  # letters, the marks on them, digits
JOINERS = "'\u200c\u200d-"  # one may stand inside a word (two are invisible: Persian, Hindi)
WORD = regex.compile(rf"[{LETTERS}]+(?:[{JOINERS}][{LETTERS}]+)*")
NO_LANGUAGE = "none"  # its words are not stemmed
LANGUAGES = (  # whose endings the Snowball stemmers know
    "arabic",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "hungarian",
    "italian",
    "norwegian",
    "porter",
    "portuguese",
    "romanian",
    "russian",
    "spanish",
    "swedish",
)
FREQUENT = {  # words by which a language is guessed
    "english": "the and of to is it was for that this with you",
    "arabic": "في من على أن إلى ما لا",
    "german": "der die und das ist nicht ein den mit ich",
    "russian": "и в не на что с это как",
    "french": "le la les des et est un une que pas dans",
    "dutch": "de het een en van is niet ik",
    "spanish": "el la los de que y un una es no en por",
    "finnish": "ja on ei se että oli mutta",
    "italian": "il la di che e un una è non per sono",
    "swedish": "och att det en på är av inte",
    "portuguese": "o a os de que e um uma é não",
    "danish": "og at det en på er af ikke",
    "romanian": "și de la în nu este un o cu",
    "norwegian": "og at det en på er av ikke",
    "hungarian": "a az és hogy nem egy is van",
}
TEXTS_GUESSED_FROM = 2000
FEWEST_FREQUENT = 0.08  # the share of words that must be frequent ones of a language


class Stemmer(Protocol):
    """What cuts the endings off words."""

    def stem(self, word: str) -> str: ...


def tokenise(text: str) -> list[str]:
    """The words of a text, in lower case."""
    # \u2019 is the typographic apostrophe; each word is made lower case by itself, since in Greek
    # a letter depends on what follows it
    return [word.lower() for word in WORD.findall(text.replace("\u2019", "'"))]


@cache
def stemmer_of(language: str) -> Stemmer:
    """The stemmer of a language, one of LANGUAGES. Raises ValueError for another."""
    if language not in LANGUAGES:
        known = ", ".join((NO_LANGUAGE, *LANGUAGES))
        raise ValueError(f"there are no stems in {language!r}: set language to one of {known}.")
    from nltk.stem.snowball import SnowballStemmer  # on demand: it loads for seconds

    return SnowballStemmer(language)


@cache
def stem(word: str, language: str) -> str:
    """A word, in lower case, without its ending; as it is for the language "none"."""
    if language == NO_LANGUAGE:
        return word
    return stemmer_of(language).stem(word)


def same_text(texts: pd.Series) -> pd.Series:
    """A number for each text (n,), equal where they differ at most in case, blanks, punctuation."""
    return texts.map(lambda text: " ".join(tokenise(text))).factorize()[0]


def guess_language(texts: Iterable[str]) -> str:
    """The language whose frequent words the texts hold; "none" if they hold few of any."""
    words = [word for text in list(texts)[:TEXTS_GUESSED_FROM] for word in tokenise(text)]
    share = {
        language: sum(word in frequent for word in words)
        for language, frequent in ((name, set(line.split())) for name, line in FREQUENT.items())
    }
    best = max(share, key=share.get)
    return best if share[best] > FEWEST_FREQUENT * len(words) else NO_LANGUAGE
