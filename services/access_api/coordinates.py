"""Where a place is: degrees for callers (WGS 84), whole millionths of a degree in tables, so that what is given comes back as it was."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlalchemy import CheckConstraint, Integer
from sqlmodel import SQLModel

from services.kernel.data.columns import public

MICRO = 1_000_000


def micro_degrees(degrees: float | None) -> int | None:
    """Whole millionths of a degree: eleven centimetres at most."""
    return None if degrees is None else round(degrees * MICRO)


def _rounded(degrees: float) -> float:
    return round(degrees, 6)


Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False, examples=[47.27506]), AfterValidator(_rounded)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False, examples=[-2.21793]), AfterValidator(_rounded)]


class Located(SQLModel):
    """The columns of a place: both or none, as `located` demands."""

    lat_e6: int | None = public(Integer, default=None)
    lon_e6: int | None = public(Integer, default=None)

    @property
    def latitude(self) -> float | None:
        """Degrees north."""
        return None if self.lat_e6 is None else self.lat_e6 / MICRO

    @latitude.setter
    def latitude(self, degrees: float | None) -> None:
        self.lat_e6 = micro_degrees(degrees)

    @property
    def longitude(self) -> float | None:
        """Degrees east of Greenwich."""
        return None if self.lon_e6 is None else self.lon_e6 / MICRO

    @longitude.setter
    def longitude(self, degrees: float | None) -> None:
        self.lon_e6 = micro_degrees(degrees)


def located() -> tuple[CheckConstraint, ...]:
    """The CHECKs of a table of places."""
    return (
        CheckConstraint("lat_e6 BETWEEN -90000000 AND 90000000", "lat_e6"),
        CheckConstraint("lon_e6 BETWEEN -180000000 AND 180000000", "lon_e6"),
        CheckConstraint("(lat_e6 IS NULL) = (lon_e6 IS NULL)", "located"),
    )


def check_both_or_none(place: Any) -> None:
    """Raises `ValueError` for a latitude without a longitude, or the other way round."""
    if (place.latitude is None) != (place.longitude is None):
        raise ValueError("la latitude et la longitude vont ensemble")
