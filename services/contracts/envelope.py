"""The words every event is made of: the envelope (CloudEvents 1.0) and the base of the states that it carries.

All is bounded, so that no state, whoever wrote it, overflows what is reckoned with it: wider than what the services take, since a bound
that moves refuses events that are on their way.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

T = TypeVar("T")

Text = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]
"""Text without NUL, which PostgreSQL takes in no JSON."""
Day = Annotated[date, Field(ge=date(1800, 1, 1), le=date(2399, 12, 31))]
"""A calendar day."""
Instant = Annotated[AwareDatetime, Field(ge=datetime(1800, 1, 1, tzinfo=UTC), lt=datetime(2400, 1, 1, tzinfo=UTC))]
"""An instant, with its offset from UTC."""
Count = Annotated[int, Field(ge=0, le=1_000_000)]
"""How many; a year, too."""
Cents = Annotated[int, Field(ge=0, le=10_000_000_000_000)]
"""Money in integer cents of euro."""
Version = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""The version of an entity: one more at each write."""
Several = Annotated[tuple[T, ...], Field(max_length=1_000)]
"""Values of one kind."""


class Contract(BaseModel):
    """A shape that services share: immutable, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class StatusChange(Contract):
    """Une étape de l'historique daté : le statut pris, et quand."""

    status: Text = Field(description="Statut pris.")
    at: Instant = Field(description="Instant (UTC).")


class State(Contract):
    """The whole public state of one entity, at one version. Nothing of a person but an id or a pseudonym.

    `kind` is the entity's stable name and `number` the number of the shape; together they are the event's
    `dataschema`, for example `milestone-state/2`. `history` is there because only the last version is sure to arrive.
    """

    kind: ClassVar[str]
    number: ClassVar[int]

    id: UUID
    version: Version
    history: Annotated[tuple[StatusChange, ...], Field(max_length=10_000)] = ()

    @classmethod
    def schema_name(cls) -> str:
        """The event's `dataschema`: `<kind>-state/<number>`."""
        return f"{cls.kind}-state/{cls.number}"


class Event(Contract):
    """An event on the wire: CloudEvents 1.0 attributes in JSON, with two extensions.

    `entityversion` is the version of the entity (consumers apply by it); `correlationid` ties a figure to the
    request that moved it. `data` is a state in the shape that `dataschema` names.
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[str, Field(max_length=100)]
    type: Annotated[str, Field(max_length=200, pattern=r"^[a-z0-9_]+\.[a-z0-9_]+\.[a-z0-9_]+$")]
    subject: Annotated[str, Field(max_length=100)]
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, Field(max_length=100)]
    entityversion: Version
    correlationid: Annotated[str, Field(max_length=100)] = ""
    data: dict[str, Any]
