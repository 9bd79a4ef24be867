"""A noun: the triple of table, document and state that `save` takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from services.contracts.envelope import State
from services.kernel.base.declarations import file_of
from services.kernel.data.privacy import Privacy, tag, tags_of
from services.kernel.data.records import Record, table_of, versions_of
from services.kernel.data.walls import Wall, declare


class Resource(BaseModel):
    """What every resource shows: its identifier, its version (also its ETag), when it was made and last changed."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    id: UUID = Field(description="Identifiant (UUIDv7).")
    version: int = Field(description="Version, égale à l'ETag.", examples=[1])
    created_at: datetime = Field(description="Création (UTC).")
    updated_at: datetime = Field(description="Dernier changement (UTC).")


CREATED = "2026-09-30T09:30:00Z"
"""When what the examples show was made."""


def shown(identifier: str, **fields: JsonValue) -> JsonDict:
    """A noun's one example, as the API shows it: what every resource has, then its own fields."""
    return {"id": identifier, "version": 1, "created_at": CREATED, "updated_at": CREATED, **fields}


def part_of(example: JsonDict) -> Callable[[JsonDict], None]:
    """For the schema of what creates a noun: its example is the part that it has of the noun's, without what is empty there."""

    def add(schema: JsonDict) -> None:
        fields = schema["properties"]
        assert isinstance(fields, dict)
        schema["examples"] = [{name: example[name] for name in fields if example.get(name) not in (None, [])}]

    return add


@dataclass(frozen=True, eq=False)
class Noun:
    """A noun's triple: the table it lives in, the document it shows, the state that its events carry.

    A `personal` noun is about a person: its events name it by a pseudonym (DESIGN §5). One that is `identified` too is named by its own id,
    since who hears of it knows the person by that id: the observatory never does. It stands behind a `wall`, and so does a `confidential`
    one, which is for its parties alone.
    """

    table: type[Record]
    document: type[BaseModel]
    state: type[State] | None = None
    document_schema: int = 1
    personal: bool = False
    identified: bool = False
    confidential: bool = False
    wall: Wall | None = None

    def __post_init__(self) -> None:
        for shape in filter(None, (self.document, self.state)):
            if unborne := sorted(name for name in shape.model_fields if not hasattr(self.table, name)):
                raise TypeError(f"{file_of(shape)} : {shape.__name__} montre {', '.join(unborne)}, que {self.table.__name__} n'a pas.")
        if (self.wall is None) == (self.personal or self.confidential):
            where = f"{file_of(self.table)} : {self.table.__name__}"
            raise TypeError(f"{where} a un mur (wall) s'il est personal ou confidential, et sinon aucun.")
        self._check_privacy()
        if self.wall is not None:
            declare(table_of(self.table), self.wall, versions_of(self.table))
        NOUNS[self.table] = self

    def _check_privacy(self) -> None:
        """Each column says its tag, and nothing of a person leaves with an event; documents are as guarded as what they show."""
        table = table_of(self.table)
        tags = {name: privacy for name, privacy in tags_of(table).items() if privacy is not None}
        where = f"{file_of(self.table)} : {self.table.__name__}"
        if untagged := sorted(table.columns.keys() - tags.keys()):
            raise TypeError(f"{where} : {', '.join(untagged)} n'est ni public, ni internal, ni personal, ni sensitive.")
        if self.personal:  # all that is known of the row is known of the person
            for column in table.columns:
                column.info = tag(max(tags[column.name], Privacy.personal))
            tags = {name: max(privacy, Privacy.personal) for name, privacy in tags.items()}
        most = Privacy.personal if self.personal else Privacy.internal
        computed = sorted(name for name in (self.state.model_fields if self.state else ()) if name not in tags)
        if computed and max(tags[name] for name in tags if name not in Record.model_fields) > most:
            raise TypeError(f"{where} : l'état publié calcule {', '.join(computed)} d'une ligne dont une colonne est plus gardée que lui.")
        if told := sorted(name for name in (self.state.model_fields if self.state else ()) if tags.get(name, most) > most):
            raise TypeError(f"{where} : l'état publié montre {', '.join(told)}, qui est {tags[told[0]].name}.")
        shown = max(tags[name] for name in self.document.model_fields if name in tags)
        for kept in (table, versions_of(self.table)):
            kept.columns["document"].info = tag(shown)

    @property
    def pseudonymous(self) -> bool:
        """Whether events name the rows by a pseudonym."""
        return self.personal and not self.identified

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
