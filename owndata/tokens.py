"""Words of any script, and their stems."""

from functools import cache

import regex
from nltk.stem import SnowballStemmer

LETTERS = r"\p{L}\p{M}\p{N}"  # letters, the marks on them, digits
JOINERS = "'\u200c\u200d-"  # one may stand inside a word (two are invisible: Persian, Hindi)
WORD = regex.compile(rf"[{LETTERS}]+(?:[{JOINERS}][{LETTERS}]+)*")
STEMMER = SnowballStemmer("english")
FREQUENT = {language: set(words.split()) for language, words in {
    "english": "the and of to is it was for that this with you", "arabic": "في من على أن إلى ما لا",
    "german": "der die und das ist nicht ein den mit ich", "russian": "и в не на что с это как",
    "french": "le la les des et est un une que pas dans", "dutch": "de het een en van is niet ik",
    "spanish": "el la los de que y un una es no en por", "finnish": "ja on ei se että oli mutta",
    "italian": "il la di che e un una è non per sono", "swedish": "och att det en på är av inte",
    "portuguese": "o a os de que e um uma é não", "danish": "og at det en på er af ikke",
    "romanian": "și de la în nu este un o cu", "norwegian": "og at det en på er av ikke",
    "hungarian": "a az és hogy nem egy is van"}.items()}


def tokenise(text):
    """The words of a text, in lower case."""
    # \u2019 is the typographic apostrophe; each word is made lower case by itself, since in Greek
    # a letter depends on what follows it
    return [word.lower() for word in WORD.findall(text.replace("\u2019", "'"))]


@cache
def stem(word):
    """The word without its ending."""
    return STEMMER.stem(word)


def preprocess(text):
    """The stems of a text's words, with blanks between them."""
    return " ".join(map(stem, tokenise(text)))


def same_text(texts):
    """A number for each text, equal where texts differ at most in case, blanks, punctuation."""
    return texts.map(lambda text: " ".join(tokenise(text))).factorize()[0]


def guess_language(texts):
    """The language whose most frequent words the texts hold, or "" if they hold few of any."""
    words = [word for text in texts[:2000] for word in tokenise(text)]
    share = {name: sum(word in few for word in words) for name, few in FREQUENT.items()}
    best = max(share, key=share.get)
    return best if share[best] > 0.08 * len(words) else ""
