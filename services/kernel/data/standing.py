"""What stands on something else: who has had it, and when it was concealed. Columns that nouns of several services share."""

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import SQLModel

from services.kernel.data.columns import internal

NONE = {"server_default": "[]"}


class Owned(SQLModel):
    """The organisations that have had a row, `[{organisation_id, since}]`: empty until it changes hands."""

    owners: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)


class Concealable(SQLModel):
    """When a row was concealed, `[{from, until, why}]`: half-open, without an end while it lasts."""

    concealed: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)
