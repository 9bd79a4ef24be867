"""What the API takes and gives of a unit's weekly capacity."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.internships_api.weeks import Monday, check_period
from services.kernel.base.fields import count

MOST_WEEKS = 106
MOST_TENTHS = 10_000
"""A thousand full-time seats a week: no unit is that large."""


class CapacityWrite(BaseModel):
    """La capacité d'un terrain sur une suite de semaines."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"from_week": "2027-01-04", "to_week": "2027-07-05", "capacity_tenths": 40}]}
    )

    from_week: Monday = Field(description="Première semaine, par son lundi.")
    to_week: Monday = Field(description=f"Fin, exclue, par son lundi ; au plus {MOST_WEEKS} semaines.")
    capacity_tenths: count(0, MOST_TENTHS) = Field(  # type: ignore[valid-type]  # a type made by a function
        description="Capacité de chaque semaine, en dixièmes de place à temps plein : 40 pour 4 places.", examples=[40]
    )

    @model_validator(mode="after")
    def _is_a_period(self) -> "CapacityWrite":
        check_period(self.from_week, self.to_week, MOST_WEEKS)
        return self


class CapacityQuery(BaseModel):
    """Les semaines demandées."""

    model_config = ConfigDict(extra="forbid")

    from_week: Monday | None = Field(
        None, alias="from", description="Première semaine, par son lundi ; celle d'aujourd'hui si elle n'est pas dite."
    )
    to_week: Monday | None = Field(
        None, alias="to", description=f"Fin, exclue, par son lundi ; au plus {MOST_WEEKS} semaines, 52 si elle n'est pas dite."
    )


class CapacityRead(BaseModel):
    """Une semaine d'un terrain, en dixièmes de place à temps plein : 0 ≤ prises ≤ offertes ≤ capacité."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [{"week": "2027-01-04", "capacity_tenths": 40, "offered_tenths": 30, "taken_tenths": 10}]},
    )

    week: date = Field(description="Semaine, par son lundi.")
    capacity_tenths: int = Field(description="Capacité d'accueil, en dixièmes de place.")
    offered_tenths: int = Field(description="Part offerte par les offres publiées, en dixièmes de place.")
    taken_tenths: int = Field(description="Part prise par les stages confirmés, en dixièmes de place.")


class CapacityList(BaseModel):
    """Les semaines d'un terrain dont la capacité a été dite, dans l'ordre ; les autres n'en ont pas."""

    items: list[CapacityRead] = Field(description="Les semaines.")
