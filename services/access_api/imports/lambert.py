"""From plane coordinates of a Lambert conformal conic projection to degrees: the exact inverse of IGN's note NT/G 71 (ALG0002, ALG0004).

RGF93, the datum of Lambert-93, is WGS 84 to within a metre.
"""

from math import atan, atan2, degrees, exp, hypot, log, pi, radians, sin
from typing import NamedTuple

ENOUGH = 1e-11
"""Radians: less than a tenth of a millimetre on the ground."""


class Conic(NamedTuple):
    """A projection: eccentricity of its ellipsoid, exponent, constant (m), coordinates of the pole (m), central meridian (radians)."""

    e: float
    n: float
    c: float
    x_pole: float
    y_pole: float
    meridian: float


LAMBERT_93 = Conic(0.0818191910428158, 0.7256077650532670, 11_754_255.426096, 700_000.0, 12_655_612.049876, radians(3))
"""EPSG:2154, by the constants that IGN publishes for it."""
MAINLAND = (0.0, 1_300_000.0), (6_000_000.0, 7_200_000.0)
"""Between which eastings and northings (m) mainland France lies in it."""


def is_mainland(x: float, y: float) -> bool:
    """Whether a place in Lambert-93 is of mainland France, or not far."""
    (west, east), (south, north) = MAINLAND
    return west < x < east and south < y < north


def to_degrees(x: float, y: float, conic: Conic = LAMBERT_93) -> tuple[float, float]:
    """Latitude and longitude, in degrees, of a place in metres east and north."""
    latitude, longitude = to_radians(x, y, conic)
    return degrees(latitude), degrees(longitude)


def to_radians(x: float, y: float, conic: Conic) -> tuple[float, float]:
    """The same in radians (ALG0004)."""
    east, south = x - conic.x_pole, conic.y_pole - y
    isometric = -log(hypot(east, south) / conic.c) / conic.n
    return _latitude(isometric, conic.e), conic.meridian + atan2(east, south) / conic.n


def _latitude(isometric: float, e: float) -> float:
    """The latitude of an isometric latitude, in radians (ALG0002)."""
    grown = exp(isometric)
    latitude, before = 2 * atan(grown) - pi / 2, pi
    while abs(latitude - before) > ENOUGH:
        before, sine = latitude, e * sin(latitude)
        latitude = 2 * atan(((1 + sine) / (1 - sine)) ** (e / 2) * grown) - pi / 2
    return latitude
