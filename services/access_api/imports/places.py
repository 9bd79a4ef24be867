"""Where the lines of a file are: the commune that a code means today, and the point, when the file gives one that can be."""

import re
from collections.abc import Mapping
from math import cos, hypot, radians
from typing import NamedTuple

from services.access_api.communes import queries
from services.access_api.coordinates import MICRO, Located
from services.access_api.imports.lambert import is_mainland, to_degrees
from services.kernel.base.file_reports import Report
from services.kernel.base.spreadsheets import SHOWN, damage
from services.kernel.data.database import Database

FARTHEST = 30
"""Kilometres from the centre of its commune beyond which a place is not in it: the widest communes of the region measure some 30 across."""
DEGREE = 111.2
"""Kilometres of a degree of latitude."""

_degrees = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9]{1,15})?").fullmatch
_metres = re.compile(r"[0-9]{1,8}(?:[.,][0-9]{1,9})?").fullmatch
_projection = re.compile(r"EPSG:[0-9]+|UTM|LAMBERT[-_ ]?93", re.IGNORECASE).search


class Point(NamedTuple):
    """A place, in millionths of a degree."""

    lat_e6: int
    lon_e6: int

    def kilometres_from(self, other: "Point") -> float:
        """How far another place is, by a plane around the two: right to a hundredth over the region."""
        north = (self.lat_e6 - other.lat_e6) / MICRO
        east = (self.lon_e6 - other.lon_e6) / MICRO * cos(radians(self.lat_e6 / MICRO))
        return hypot(north, east) * DEGREE


class Communes(NamedTuple):
    """The communes: the department and the name of each, what former codes have become, and the centres that are known."""

    departments: Mapping[str, str]
    names: Mapping[str, str]
    now: Mapping[str, str]
    centres: Mapping[str, Point]

    def settle(self, line: int, code: str, department: str, report: Report) -> str | None:
        """The commune of today of a line, with a note where the code is a former one; none, once refused, when it is unknown."""
        commune = code if code in self.departments else self.now.get(code, code)
        if commune != code:
            report.warn(line, "code_insee_commune", f"{code} est un ancien code : {commune} est retenu")
        if commune not in self.departments:
            report.refuse(line, "code_insee_commune", f"« {commune[:SHOWN]} » : {damage(commune) or 'la commune est inconnue'}")
            return None
        if self.departments[commune] != department:
            said = f"la commune {commune} n'est pas dans le département « {department[:SHOWN]} »"
            report.refuse(line, "code_departement", said)
            return None
        return commune

    def point(self, line: int, cells: tuple[str, str], commune: str, report: Report) -> Point | None:
        """The place of a line that gives latitude and longitude; none where it gives none, or, with a note, one that cannot be."""
        latitude, longitude = cells
        if not latitude and not longitude:
            return None
        if not (_degrees(latitude) and _degrees(longitude) and abs(_number(latitude)) <= 90 and abs(_number(longitude)) <= 180):
            report.warn(
                line, "latitude", f"« {latitude[:SHOWN]}, {longitude[:SHOWN]} » : degrés décimaux attendus ; le lieu est laissé vide"
            )
            return None
        return self.checked(line, "latitude", point_of(latitude, longitude), commune, report)

    def checked(self, line: int, field: str, point: Point, commune: str, report: Report) -> Point | None:
        """A place that is near its commune, of today or before; none, with a note, where it is too far from its centre."""
        centre = self.centres.get(self.now.get(commune, commune))
        if centre is not None and (away := point.kilometres_from(centre)) > FARTHEST:
            report.warn(line, field, f"le lieu est à {away:.0f} km du centre de la commune {commune} : il est laissé vide")
            return None
        return point


async def read_communes(db: Database) -> Communes:
    """The communes that lines are checked against."""
    communes = await db.fetch(queries.communes())
    former = await db.fetch(queries.all_former())
    return Communes(
        {commune.code: commune.department.value for commune in communes},
        {commune.code: commune.name for commune in communes},
        {old.code_old: old.code_now for old in former},
        {commune.code: centre for commune in communes if (centre := place_of(commune))},
    )


def place_of(place: Located) -> Point | None:
    """The place of a row, if it has one."""
    return None if place.lat_e6 is None or place.lon_e6 is None else Point(place.lat_e6, place.lon_e6)


def from_plane(x: str, y: str, source: str) -> Point | str:
    """The place of a `geolocalisation` line of the FINESS extraction, or why it has none.

    `source` names the projection among other things: Lambert-93 for the mainland, UTM zones overseas. Where it names none, as some
    lines do, coordinates are those of Lambert-93 when they lie in mainland France.
    """
    named = _projection(source)
    if named and named[0].upper() != "EPSG:2154" and not named[0].upper().startswith("LAMBERT"):
        return f"une autre projection que Lambert-93 (« {source[:100]} »)"
    if not (_metres(x) and _metres(y)):
        return f"« {x[:SHOWN]}, {y[:SHOWN]} » : mètres attendus"
    east, north = _number(x), _number(y)
    if not is_mainland(east, north):
        return f"« {x[:SHOWN]}, {y[:SHOWN]} » n'est pas en métropole (Lambert-93)"
    return _point(*to_degrees(east, north))


def point_of(latitude: str, longitude: str) -> Point:
    """The place that two cells give in degrees, which were checked."""
    return _point(_number(latitude), _number(longitude))


def _point(latitude: float, longitude: float) -> Point:
    return Point(round(latitude * MICRO), round(longitude * MICRO))


def _number(text: str) -> float:
    return float(text.replace(",", "."))
