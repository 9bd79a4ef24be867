"""Searches in folded names: their columns, what their indexes are on, and the conditions that these serve.

Words are compared as they were folded: neither a dictionary nor a parser of PostgreSQL, nor an extension, has a say.
"""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Index, Text, cast, func, literal_column, select, text, type_coerce
from sqlalchemy.dialects.postgresql import TSQUERY

FOLDED = Text(collation="C")
"""The type of a column of folded names: every PostgreSQL sorts it alike."""

WORDS_OF_FOLDED = "string_to_array(folded, ' ')"
"""The words of the column `folded`, in SQL."""


def words_index(name: str, words: str = WORDS_OF_FOLDED) -> Index:
    """The index for searches in words: `words` is the SQL of an array of text without null or empty elements.

    What is written is indexed at once. PostgreSQL would rather keep it aside until a vacuum, and read all of it at each search: after an
    import that took 60 ms instead of 1, and the services' roles may not vacuum.
    """
    return Index(name, text(_vector(words)), postgresql_using="gin", postgresql_with={"fastupdate": "off"})


def begin_words(terms: Any, words: str = WORDS_OF_FOLDED, *, instead: ColumnElement[str] | None = None) -> ColumnElement[bool]:
    """The condition that each of the `terms` (`kernel.base.folding`) that are bound begins one of the words; no term: none is found.

    `instead` is the SQL of tsqueries that each will do in place of a term, which it finds under `TERM`; or null, which adds none.
    """
    term = func.unnest(type_coerce(terms, ARRAY(Text))).column_valued(TERM)
    alternatives: Any = "(" + cast(term, Text)
    if instead is not None:
        alternatives = alternatives + func.coalesce("|" + instead, "")
    asked = select(cast(func.string_agg(alternatives + ")", "&"), TSQUERY)).scalar_subquery()
    return _found(words, asked)


TERM = "term"


def begins_word(term: ColumnElement[str], words: str = WORDS_OF_FOLDED) -> ColumnElement[bool]:
    """The condition that a term begins one of the words."""
    return _found(words, cast(term, TSQUERY))


def _found(words: str, asked: ColumnElement[Any]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = literal_column(_vector(words)).bool_op("@@")(asked)
    return found


def _vector(words: str) -> str:
    return f"array_to_tsvector({words})"
