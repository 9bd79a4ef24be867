"""Names as people type them: without accents, case, hyphens or ligatures, so that a search finds « Saint-Nazaire » from "saint naz"."""

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints
from sqlalchemy import Text, text
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, func

LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
FOLDED = Text(collation="C")
"""The type of a column of folded names: every PostgreSQL sorts it alike."""

_between_words = re.compile(r"[^a-z0-9]+")


def fold(name: str) -> str:
    """Words in ASCII lower case, one space between them."""
    if not name.isascii():
        decomposed = unicodedata.normalize("NFD", name.lower().translate(LIGATURES))
        name = "".join(character for character in decomposed if not unicodedata.combining(character))
    return _between_words.sub(" ", name.lower()).strip()


def _prefixes(value: str) -> str:
    return " & ".join(f"{word}:*" for word in fold(value).split())


SearchWords = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_prefixes)]
"""A filter on the beginnings of words, in any order; once validated it is a tsquery."""

VECTOR = "to_tsvector('simple'::regconfig, folded)"
"""What the search's index is on."""


def begins_words(folded: Any, value: Any) -> ColumnElement[bool]:
    """The condition that a folded name has words beginning as a `SearchWords` says."""
    simple = text("'simple'::regconfig")
    matches: ColumnElement[bool] = func.to_tsvector(simple, col(folded)).bool_op("@@")(func.to_tsquery(simple, value))
    return matches
