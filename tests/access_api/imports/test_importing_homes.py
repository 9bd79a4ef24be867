"""A file of care homes adds places to the sites that its lines surely are; a person completes the rest."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from services.access_api.imports.establishments import import_establishments
from services.access_api.imports.homes import REST, import_homes, words_of, write_rest
from services.access_api.sites.tables import Site
from services.contracts.file_formats import HOMES
from services.kernel.base.file_reports import Report
from services.kernel.base.folding import fold
from services.kernel.data.database import Databases
from tests.support.access import a_site, an_organisation, finess, move, siren, siret, spoilt_by_a_spreadsheet, windows_copy

pytestmark = pytest.mark.usefixtures("communes")

NAZAIRE = (47.27506, -2.21793)


def home(name: str = "EHPAD LES TILLEULS", **given: str) -> dict[str, str]:
    """A line of a file of homes: one in Saint-Nazaire."""
    return {
        "nom": name,
        "code_departement": "44",
        "code_insee_commune": "44184",
        "nom_commune": "Saint-Nazaire",
        "latitude": str(NAZAIRE[0]),
        "longitude": str(NAZAIRE[1]),
        **given,
    }


def write(path: Path, rows: Sequence[dict[str, str]], separator: str = ",", encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(separator.join(cells) for cells in (HOMES.columns, *(row.values() for row in rows))), encoding)
    return path


async def run(databases: Databases, path: Path) -> Report:
    async with databases.open("access", "worker") as db:
        return await import_homes(db, path)


async def sites(databases: Databases) -> list[Site]:
    async with databases.open("access") as db:
        return await db.fetch(select(Site).order_by(col(Site.id)))


def said(report: Report) -> list[tuple[int, str, bool]]:
    return [(problem.line, problem.field, problem.blocking) for problem in report.problems]


def doubts(report: Report) -> list[tuple[str, str]]:
    """Of each line of the rest its name, and why it is in it."""
    name, why = REST.index("raison_sociale"), REST.index("motif")
    return [(cells[name], cells[why]) for cells in report.rest]


async def a_home(steering: httpx.AsyncClient, name: str, **given: Any) -> dict[str, Any]:
    """An open site of an employer, in Saint-Nazaire and of the category of homes."""
    return await a_site(steering, await an_organisation(steering), name=name, **{"category_code": "500", **given})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("EHPAD LES TILLEULS", "Résidence Les Tilleuls"),
        ("EHPAD STE ANNE", "Maison de retraite Sainte-Anne de Saint-Nazaire"),
        ("EHPAD L’ÉTOILE – CŒUR DE VIE", "EHPAD COEUR DE VIE L'ETOILE"),
        ("EHPAD SAINT NAZAIRE", "Résidence de Saint-Nazaire"),
        ("EHPAD LES 3 MOULINS", "EHPAD 3 MOULINS"),
    ],
)
def test_names_of_one_home_have_the_same_words(one: str, other: str) -> None:
    assert words_of(fold(one), "Saint-Nazaire") == words_of(fold(other), "Saint-Nazaire") != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("EHPAD CH DE SAVENAY", "EHPAD SAVENAY"),
        ("EHPAD CH CHATEAUBRIANT - MAPA", "EHPAD CH CHATEAUBRIANT - BERE"),
        ("EHPAD LES TILLEULS", "EHPAD LE TILLEUL"),
        ("EHPAD LES TILLEULS", "USLD LES TILLEULS"),
    ],
)
def test_names_that_are_only_alike_have_not(one: str, other: str) -> None:
    assert words_of(fold(one), "Châteaubriant") != words_of(fold(other), "Châteaubriant")


async def test_a_sure_match_adds_what_the_site_lacks_once(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    await a_home(steering, "Résidence Les Tilleuls", finess_et=finess(1), address="1 rue du Port")
    await a_home(steering, "MAISON DE RETRAITE STE ANNE", category_code=None, sector=None)
    path = write(tmp_path / "h.csv", [home(), home("EHPAD SAINTE-ANNE", latitude="47.2", longitude="-2.2")])
    report = await run(databases, path)
    assert (report.problems, report.rest, report.of("site").changed, report.located, report.placed) == ([], [], 2, 2, 2)
    one, two = await sites(databases)
    assert ((one.latitude, one.longitude), one.name, one.address, one.category_label) == (
        NAZAIRE,
        "Résidence Les Tilleuls",
        "1 rue du Port",
        None,
    )
    assert (two.latitude, two.category_code, two.sector, two.name) == (47.2, "500", "medico_social", "MAISON DE RETRAITE STE ANNE")
    again = await run(databases, path)
    assert (again.written, again.rest, again.of("site").unchanged, again.placed) == (0, [], 2, 0)


async def test_a_known_place_stays_and_a_name_far_from_it_is_in_doubt(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await a_home(steering, "Les Tilleuls", latitude=47.276, longitude=-2.218, finess_et=finess(1))
    await a_home(steering, "Les Ormes", latitude=47.276, longitude=-2.3, finess_et=finess(2))
    report = await run(databases, write(tmp_path / "h.csv", [home(), home("EHPAD LES ORMES")]))
    assert (report.written, report.located, report.placed) == (0, 1, 0)
    assert doubts(report) == [("EHPAD LES ORMES", f"le site {finess(2)} a ce nom, à 6 km de là")]


async def test_what_is_not_sure_is_left_to_a_person(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    for number, name in ((1, "Les Tilleuls"), (2, "EHPAD TILLEULS"), (3, "Les Ormes")):
        await a_home(steering, name, finess_et=finess(number))
    await a_home(steering, "Les Pins", category_code="355")
    await a_home(steering, "Les Cèdres", commune_code="44109")
    await move(steering, "sites", await a_home(steering, "Les Chênes"), "close", reason="Travaux")
    await a_site(steering, await an_organisation(steering, roles=["institute"]), name="Les Charmes")
    lines = [home(), home("EHPAD LES ORMES", latitude="47.28"), home("RESIDENCE ORMES"), home("EHPAD LES PINS"), home("EHPAD LES CEDRES")]
    lines += [home("EHPAD LES CHENES"), home("EHPAD LES CHARMES"), home("EHPAD DE LA RESIDENCE")]
    report = await run(databases, write(tmp_path / "h.csv", lines))
    nobody = "aucun site ouvert de ce nom dans la commune"
    assert doubts(report) == [
        ("EHPAD LES TILLEULS", f"2 sites de ce nom dans la commune : {finess(1)}, {finess(2)}"),
        ("EHPAD LES ORMES", f"2 lignes de ce nom dans la commune, pour {finess(3)}"),
        ("RESIDENCE ORMES", f"2 lignes de ce nom dans la commune, pour {finess(3)}"),
        *((f"EHPAD LES {name}", nobody) for name in ("PINS", "CEDRES", "CHENES", "CHARMES")),
        ("EHPAD DE LA RESIDENCE", "son nom n'a aucun mot qui le distingue"),
    ]
    assert (report.refused, report.written, {site.version for site in await sites(databases)} - {2}) == (False, 0, {1})


async def test_the_rest_is_completed_and_imported_as_establishments_little_by_little(databases: Databases, tmp_path: Path) -> None:
    path = write(tmp_path / "h.csv", [home(), home("EHPAD LES ORMES", latitude="47.28"), home("EHPAD LES PINS", latitude="", longitude="")])
    report = await run(databases, path)
    rest = tmp_path / "rest.csv"
    write_rest(rest, report.rest)
    with pytest.raises(FileExistsError):
        write_rest(rest, report.rest)
    for done in (2, 3):
        with rest.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file, delimiter=";"))
        for number, line in enumerate(lines[:done], 1):
            line.update({"finess": finess(number), "finess_ej": finess(900_001), "siret": siret(siren(7), number)})
        lines[1]["raison_sociale"] = "MAISON LES FRENES"  # the register's name is another
        with rest.open("w", encoding="cp1252", newline="") as file:
            writer = csv.DictWriter(file, REST, delimiter=";")
            writer.writeheader()
            writer.writerows(lines)
        async with databases.open("access", "worker") as db:
            found = await import_establishments(db, rest)
        assert (found.refused, found.unfinished, found.of("site").total) == (False, 3 - done, done)
        again = await run(databases, path)
        assert (again.written, len(again.rest)) == (0, 3 - done)
        rest.write_text(rest.read_text("cp1252"), "utf-8-sig")
    assert [(site.name, site.latitude, site.category_code, site.sector) for site in await sites(databases)] == [
        ("EHPAD Les Tilleuls", NAZAIRE[0], "500", "medico_social"),
        ("Maison Les Frenes", 47.28, "500", "medico_social"),
        ("EHPAD Les Pins", None, "500", "medico_social"),
    ]


async def test_a_line_that_comes_twice_is_taken_once(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    await a_home(steering, "Les Tilleuls")
    report = await run(databases, write(tmp_path / "h.csv", [home(), home("EHPAD Les Tilleuls")]))
    assert (said(report), report.of("site").changed, report.rest) == ([(3, "nom", False)], 1, [])
    assert "ligne 2" in report.problems[0].message


async def test_f2_windows_and_semicolons_change_nothing(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    await a_home(steering, "L'Étoile – Cœur de vie")
    rows = [home("EHPAD L’ÉTOILE – CŒUR DE VIE", nom_commune="Paimbœuf")]
    assert (await run(databases, write(tmp_path / "h.csv", rows))).written == 1
    report = await run(databases, write(tmp_path / "w.csv", rows, ";", "cp1252"))
    assert (report.written, report.rest, report.encoding, len(report.problems)) == (0, [], "windows-1252", 1)


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("code_insee_commune", "4,4184E+04", "le tableur a changé ce nombre : mettez la colonne au format Texte"),
        ("code_insee_commune", "44999", "la commune est inconnue"),
        ("code_departement", "49", "n'est pas dans le département"),
        ("nom", "", "nom de 1 à 200 caractères attendu"),
        ("latitude", "4,7E+01", "degrés décimaux attendus ; le lieu est laissé vide"),
        ("latitude", "4727506", "degrés décimaux attendus ; le lieu est laissé vide"),
    ],
)
async def test_f3_what_is_spoilt_is_shown_with_the_cause(databases: Databases, tmp_path: Path, field: str, value: str, cause: str) -> None:
    report = await run(databases, write(tmp_path / "h.csv", [home(), home("EHPAD LES ORMES") | {field: value}], ";"))
    assert (said(report), report.written) == ([(3, field, field != "latitude")], 0)
    assert cause in report.problems[0].message


async def test_f5_f7_other_regions_are_passed_over_and_former_communes_mapped(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await a_home(steering, "Les Tilleuls", commune_code="85194")
    former = home(code_insee_commune="85060", code_departement="85", nom_commune="Château-d'Olonne", latitude="", longitude="")
    report = await run(databases, write(tmp_path / "h.csv", [home(code_insee_commune="35238", code_departement="35"), former]))
    assert (said(report), report.elsewhere, report.rest) == ([(3, "code_insee_commune", False)], 1, [])


async def test_a_file_without_a_line_is_refused(databases: Databases, tmp_path: Path) -> None:
    assert said(await run(databases, write(tmp_path / "h.csv", []))) == [(0, "", True)]


@pytest.mark.parametrize("kind", ["windows", "spreadsheet"])
async def test_the_real_file_is_matched_once_its_rest_is_completed(
    databases: Databases, open_data: Path, tmp_path: Path, kind: str
) -> None:
    path = open_data / "ehpad_cnsa_2023_pays_de_la_loire.csv"
    if not path.is_file():
        pytest.skip(f"PLAM_OPEN_DATA has no {path.name}")
    report = await run(databases, path)
    assert (said(report), report.written, len(report.rest)) == ([(196, "nom", False)], 0, 379)
    rows = [dict(zip(REST, cells, strict=True)) for cells in report.rest]
    for number, row in enumerate(rows):
        entity = 50_000 + number // 3
        row |= {"finess": finess(number), "finess_ej": finess(entity), "siret": siret(siren(entity), number)}
    completed = tmp_path / "rest.csv"
    write_rest(completed, [tuple(row.values()) for row in rows])
    async with databases.open("access", "worker") as db:
        found = await import_establishments(db, completed)
    assert (found.problems, found.of("site").created, found.placed) == ([], 379, 379)
    if kind == "windows":
        again = await run(databases, windows_copy(path, tmp_path / "w.csv"))
        assert (again.refused, again.written, again.rest, again.of("site").unchanged) == (False, 0, [], 379)
    else:
        again = await run(databases, spoilt_by_a_spreadsheet(path, tmp_path / "s.csv", "code_insee_commune"))
        assert (again.written, sum(problem.blocking for problem in again.problems)) == (0, 380)
        assert all("le tableur a changé ce nombre" in problem.message for problem in again.problems if problem.blocking)
