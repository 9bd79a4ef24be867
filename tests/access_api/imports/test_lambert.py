"""Plane coordinates become degrees exactly: by IGN's own examples, by its constants, and by points that PROJ has projected."""

from math import degrees

import pytest

from services.access_api.imports.lambert import LAMBERT_93, MAINLAND, Conic, to_degrees, to_radians
from services.access_api.imports.places import Point, from_plane

LAMBERT_1 = Conic(0.0824832568, 0.760405966, 11_603_796.9767, 600_000.0, 5_657_616.674, 0.04079234433)
"""The projection of IGN's example of ALG0004 (NT/G 71, page 8)."""

PROJECTED = {
    "44109": ((356_071.745, 6_691_203.328), (47.23196, -1.54821)),
    "44184": ((303_357.001, 6_699_857.247), (47.28029, -2.25101)),
    "49007": ((432_250.352, 6_714_507.015), (47.47665, -0.55622)),
    "53130": ((419_576.514, 6_780_094.860), (48.06104, -0.76582)),
    "72181": ((491_176.236, 6_769_066.391), (47.98866, 0.2)),
    "85113": ((291_833.895, 6_637_118.026), (46.70974, -2.34694)),
    "85191": ((363_175.633, 6_628_017.925), (46.66761, -1.40787)),
}
"""Centres of communes (IGN, in degrees), projected by PROJ 9 to EPSG:2154, in millimetres."""


def test_ign_s_example_of_the_inverse_projection() -> None:
    latitude, longitude = to_radians(1_029_705.083, 272_723.849, LAMBERT_1)
    assert latitude == pytest.approx(0.87266462567, abs=1e-11)
    assert longitude == pytest.approx(0.14551209925, abs=1e-11)


def test_the_origin_of_lambert_93_is_where_it_is_defined() -> None:
    assert to_degrees(700_000, 6_600_000) == pytest.approx((46.5, 3), abs=1e-9)


@pytest.mark.parametrize("commune", PROJECTED)
def test_centres_of_communes_come_back_to_a_hundredth_of_a_millionth_of_a_degree(commune: str) -> None:
    place, centre = PROJECTED[commune]
    assert to_degrees(*place) == pytest.approx(centre, abs=2e-8)  # half a millimetre is 5e-9 to 7e-9 degrees
    assert from_plane(str(place[0]), str(place[1]), "") == Point(*(round(each * 1_000_000) for each in centre))


@pytest.mark.parametrize("east", MAINLAND[0])
@pytest.mark.parametrize("north", MAINLAND[1])
def test_the_corners_of_the_mainland_are_found(east: float, north: float) -> None:
    latitude, longitude = to_radians(east, north, LAMBERT_93)
    assert 40 < degrees(latitude) < 53
    assert -8 < degrees(longitude) < 12


@pytest.mark.parametrize(
    "source",
    [
        "1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93 (Métropole)",
        "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93",
        "1,ATLASANTE,100,IGN,BD_ADRESSE",
        "",
    ],
)
def test_f6_the_projection_is_lambert_93_where_the_source_says_so_or_nothing(source: str) -> None:
    assert from_plane("870262.2", "6571540,8", source) == Point(46_222_286, 5_209_181)


@pytest.mark.parametrize(
    ("east", "north", "source", "said"),
    [
        ("657242.9", "1795384.4", "2,ATLASANTE,96,BAN,EPSG:5490 RGAF09/UTM Zone 20N (Antilles)", "EPSG:5490"),
        ("524819.9", "6587194.7", "2,ATLASANTE,100,BDADRESSE,EPSG:4471 RGM04/UTM zone 38S (Mayotte)", "autre projection"),
        ("310325.5", "6698754.1", "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,UTM_N20", "UTM_N20"),
        ("657242.9", "1795384.4", "", "n'est pas en métropole"),
        ("6698754.1", "310325.5", "LAMBERT_93", "n'est pas en métropole"),
        ("3,1E+05", "6698754.1", "LAMBERT_93", "mètres attendus"),
        ("-2.21", "47.27", "LAMBERT_93", "mètres attendus"),
        ("310325.5", "", "LAMBERT_93", "mètres attendus"),
    ],
)
def test_f6_other_projections_and_other_places_are_none_and_say_why(east: str, north: str, source: str, said: str) -> None:
    found = from_plane(east, north, source)
    assert isinstance(found, str)
    assert said in found
