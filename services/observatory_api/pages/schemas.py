"""What can be asked of the page: the same as of the figures, as a form sends it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from services.contracts.codes import Department
from services.kernel.base.fields import Day, Instant


def _given(value: Any) -> Any:
    return None if value == "" else value  # a form sends its empty fields


def _written(value: Any) -> str:
    return "day" if len(str(value)) == len("AAAA-MM-JJ") else "instant"


DayOrInstant = Annotated[Annotated[Day, Tag("day")] | Annotated[Instant, Tag("instant")], Discriminator(_written)]


class PageQuery(BaseModel):
    """Which day, which state of knowledge (an instant, or a day until its end), and which department."""

    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[Day | None, BeforeValidator(_given)] = Field(None, description="Jour auquel les chiffres se lisent, inclus.")
    known_at: Annotated[DayOrInstant | None, BeforeValidator(_given)] = Field(
        None, description="Ce que le registre savait : à un instant, ou à la fin d'un jour."
    )

    department: Annotated[Department | None, BeforeValidator(_given)] = Field(None, description="Département ; toute la région par défaut.")

    @property
    def instant(self) -> datetime | None:
        """The instant asked for, when it is not a day."""
        return self.known_at if isinstance(self.known_at, datetime) else None
