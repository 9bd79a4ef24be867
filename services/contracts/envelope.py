"""The words every event is made of: the envelope (CloudEvents 1.0) and the base of the states that it carries."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Contract(BaseModel):
    """A shape that services share: immutable, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class StatusChange(Contract):
    """Une étape de l'historique daté : le statut pris, et quand."""

    status: str = Field(description="Statut pris.")
    at: datetime = Field(description="Instant (UTC).")


class State(Contract):
    """The whole public state of one entity, at one version. Never personal data.

    `kind` is the entity's stable name and `number` the number of the shape; together they are the event's
    `dataschema`, for example `milestone-state/2`. `history` is there because only the last version is sure to arrive.
    """

    kind: ClassVar[str]
    number: ClassVar[int]

    id: UUID
    version: int
    history: tuple[StatusChange, ...] = ()

    @classmethod
    def schema_name(cls) -> str:
        """The event's `dataschema`: `<kind>-state/<number>`."""
        return f"{cls.kind}-state/{cls.number}"


class Event(Contract):
    """An event on the wire: CloudEvents 1.0 attributes in JSON, with two extensions.

    `entityversion` is the version of the entity (consumers apply by it); `correlationid` ties a figure to the
    request that moved it. `data` is a state in the shape that `dataschema` names.
    """

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: str = "application/json"
    dataschema: str
    entityversion: int
    correlationid: str = ""
    data: dict[str, Any]
