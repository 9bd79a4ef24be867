"""What each column says of persons: the tag that the register, exports and row-level security go by.

A column says its own tag, or its table says one for all of its columns. A text that anybody may write is tagged by what is asked for: that
people name somebody in it all the same is for the register to say.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from sqlalchemy import Column, Table

_KEY = "privacy"


class Privacy(IntEnum):
    """From the least to the most guarded."""

    public = 0
    """Anyone may know it: open registers, published references."""
    internal = 1
    """For those who work in the plan; it says nothing of a person."""
    personal = 2
    """Of a person who is named, or can be found out: a code, a pseudonym, the author of a change."""
    sensitive = 3
    """Of a person, and of a special category (health, origin, opinions: GDPR, article 9), or a national number."""


def tag(privacy: Privacy) -> dict[str, Any]:
    """The `info` of a column or of a table."""
    return {_KEY: privacy}


PUBLIC, INTERNAL, PERSONAL = (tag(privacy) for privacy in (Privacy.public, Privacy.internal, Privacy.personal))
"""For `info=` of a table or a column that is written out."""


def privacy_of(column: Column[Any]) -> Privacy | None:
    """The tag of a column; None: nobody said it."""
    own: Privacy | None = column.info.get(_KEY)
    return own if own is not None else column.table.info.get(_KEY)


def tags_of(table: Table) -> Mapping[str, Privacy | None]:
    """The tag of each column of a table."""
    return {column.name: privacy_of(column) for column in table.columns}
