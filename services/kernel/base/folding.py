"""Names as people type them: no accents, case, hyphens, apostrophes nor ligatures, « St » for « Saint ».

One function, for both sides: a stored folded column is written with it, and what people type is folded with it. PostgreSQL folds nothing,
it compares.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
"""Letters that Unicode does not decompose."""
ABBREVIATIONS = {"st": "saint", "ste": "sainte"}

_between_words = re.compile(r"[^a-z0-9]+")


def fold(name: str) -> str:
    """Words in ASCII lower case, abbreviations written out, one space between them. What is folded already stays."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in _words(name))


def _words(name: str) -> Iterator[str]:
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name).lower().translate(LETTERS)
        name = "".join(character for character in decomposed if not unicodedata.combining(character))
    return filter(None, _between_words.split(name.lower()))


def terms(typed: str) -> list[str]:
    """For each word that is typed, the tsquery of what a word of a folded name begins with.

    « st » may be an abbreviation, or the beginning of a word that is still being typed: either will do.
    """
    return ["|".join(f"{beginning}:*" for beginning in dict.fromkeys((word, fold(word)))) for word in dict.fromkeys(_words(typed))]


def begins_one(term: str, words: Iterable[str]) -> bool:
    """Whether one of some folded words begins as one of the `terms` says."""
    return any(word.startswith(tuple(term.replace(":*", "").split("|"))) for word in words)


SearchTerms = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(terms)]
"""A filter on the beginnings of words, in any order; once validated, the `terms` of what was typed."""
