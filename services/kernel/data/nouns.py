"""A noun: the triple of table, document and state that `save` takes."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.contracts.envelope import State
from services.kernel.base.declarations import file_of
from services.kernel.data.records import Record, table_of


class Resource(BaseModel):
    """What every resource shows: its identifier, its version (also its ETag), when it was made and last changed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: UUID = Field(description="Identifiant (UUIDv7).")
    version: int = Field(description="Version, égale à l'ETag.", examples=[1])
    created_at: datetime = Field(description="Création (UTC).")
    updated_at: datetime = Field(description="Dernier changement (UTC).")


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun's triple: the table it lives in, the document it shows, the state that its events carry.

    A `personal` noun is about a person: its events name it by a pseudonym (DESIGN §5).
    """

    table: type[Record]
    document: type[BaseModel]
    state: type[State] | None = None
    document_schema: int = 1
    personal: bool = False

    def __post_init__(self) -> None:
        for shape in filter(None, (self.document, self.state)):
            if unborne := sorted(name for name in shape.model_fields if not hasattr(self.table, name)):
                raise TypeError(f"{file_of(shape)} : {shape.__name__} montre {', '.join(unborne)}, que {self.table.__name__} n'a pas.")
        NOUNS[self.table] = self

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The table's columns, in order."""
        return tuple(column.name for column in table_of(self.table).columns)

    @cached_property
    def has_status(self) -> bool:
        """Whether rows have a status, whose dated history `save` keeps."""
        return self.table.status_field in self.columns


NOUNS: dict[type[Record], Noun] = {}
"""Every noun by its table class; filled as the services' schemas are imported."""
