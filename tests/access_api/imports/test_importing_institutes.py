"""A file of courses brings institutes, known by their UAI, with a site in each commune; the courses themselves are not kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from services.access_api.imports.institutes import import_institutes
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.contracts.file_formats import COURSES
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases
from tests.support.access import a_site, an_organisation, move, spoilt_by_a_spreadsheet, windows_copy

pytestmark = pytest.mark.usefixtures("communes")


def course(uai: str = "0440105A", **given: str) -> dict[str, str]:
    """A line of a file of courses: an institute in Nantes."""
    return {
        "code_uai": uai,
        "etablissement": "IFSI CHU NANTES",
        "statut": "Public",
        "formation": "D.E Infirmier",
        "code_departement": "44",
        "code_insee_commune": "44109",
        "nom_commune": "Nantes",
        "latitude": "47.1983",
        "longitude": "-1.53137",
        **given,
    }


def write(path: Path, rows: Sequence[dict[str, str]], separator: str = ",", encoding: str = "utf-8") -> Path:
    lines = [separator.join(cells) for cells in (list(course()), *(list(row.values()) for row in rows))]
    path.write_text("\n".join(lines), encoding)
    return path


async def run(databases: Databases, path: Path) -> Report:
    async with databases.open("access", "worker") as db:
        return await import_institutes(db, path)


async def organisations(databases: Databases) -> list[Organisation]:
    async with databases.open("access") as db:
        return await db.fetch(select(Organisation).order_by(col(Organisation.uai)))


async def sites(databases: Databases) -> list[Site]:
    async with databases.open("access") as db:
        return await db.fetch(select(Site).order_by(col(Site.commune_code), col(Site.id)))


def said(report: Report) -> list[tuple[int, str, bool]]:
    return [(problem.line, problem.field, problem.blocking) for problem in report.problems]


async def test_institutes_come_in_once_by_their_uai(databases: Databases, tmp_path: Path) -> None:
    rows = [course(), course(formation="D.E Puericulture"), course("0491679J", etablissement="IFSI CH DE CHOLET", code_departement="49")]
    rows[2] |= {"code_insee_commune": "49099", "latitude": "47.0425", "longitude": "-0.89657"}
    report = await run(databases, write(tmp_path / "c.csv", rows))
    assert (report.problems, report.lines, report.located, report.placed) == ([], 3, 2, 2)
    nantes, cholet = await organisations(databases)
    assert (nantes.uai, nantes.name, nantes.official_name, nantes.roles) == (
        "0440105A",
        "IFSI CHU Nantes",
        "IFSI CHU NANTES",
        ["institute"],
    )
    assert (cholet.name, cholet.department, cholet.siren, cholet.parent_id) == ("IFSI CH de Cholet", "49", None, None)
    first, second = await sites(databases)
    assert (first.organisation_id, first.name, first.department, first.latitude) == (nantes.id, "IFSI CHU Nantes", "44", 47.1983)
    assert (second.commune_code, second.finess_et, second.category_code) == ("49099", None, None)
    again = await run(databases, write(tmp_path / "again.csv", rows[::-1]))
    assert (again.written, again.placed, again.of("organisation").unchanged, again.of("site").unchanged) == (0, 0, 2, 2)


async def test_an_institute_has_a_site_in_each_commune_that_it_teaches_in(databases: Databases, tmp_path: Path) -> None:
    reze = {"code_insee_commune": "44143", "latitude": "47.1888", "longitude": "-1.56632"}
    rows = [
        course("0442179E", **reze),
        course("0442179E", latitude="47.2", longitude="-1.56667"),
        course("0442179E", latitude="", longitude=""),
    ]
    report = await run(databases, write(tmp_path / "c.csv", rows))
    assert (report.of("organisation").created, report.of("site").created, report.located) == (1, 2, 2)
    assert [(site.commune_code, site.latitude) for site in await sites(databases)] == [("44109", 47.2), ("44143", 47.1888)]


async def test_of_several_places_in_one_commune_the_most_frequent_is_kept_and_far_ones_are_told(
    databases: Databases, tmp_path: Path
) -> None:
    near = [course(latitude=latitude) for latitude in ("47.1983", "47.1984", "47.1984")]
    for rows in (near, near[::-1]):
        report = await run(databases, write(tmp_path / "c.csv", rows))
        assert report.problems == []
    assert [site.latitude for site in await sites(databases)] == [47.1984]
    report = await run(databases, write(tmp_path / "c.csv", [*near, course(latitude="47.24638")]))
    assert (said(report), report.written) == ([(2, "latitude", False)], 0)
    assert "à 5 km l'un de l'autre" in report.problems[0].message


async def test_an_organisation_known_by_its_uai_is_matched_and_what_people_typed_stays(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    parent = await an_organisation(steering, name="CHU de Nantes")
    known = await an_organisation(steering, name="Notre institut", uai="0440105A", roles=["partner"], parent_id=parent["id"])
    site = await a_site(steering, known, name="Nos murs", commune_code="44109")
    report = Report()
    for turn in range(2):
        report = await run(databases, write(tmp_path / "c.csv", [course()]))
        assert (said(report), report.written) == ([(2, "code_uai", False)], 1 - turn)
    assert "n'a pas le rôle d'institut" in report.problems[0].message
    (found,) = [each for each in await organisations(databases) if each.uai]
    assert (found.name, found.roles, str(found.parent_id), found.version) == ("Notre institut", ["partner"], parent["id"], 1)
    assert [(each.name, each.latitude, str(each.id)) for each in await sites(databases)] == [("Nos murs", 47.1983, site["id"])]


async def test_which_of_several_sites_in_the_commune_is_meant_is_not_guessed_and_a_known_place_stays(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    two = await an_organisation(steering, uai="0440105A", roles=["institute"])
    for name in ("Nord", "Sud"):
        await a_site(steering, two, name=name, commune_code="44109")
    one = await an_organisation(steering, uai="0442658A", roles=["institute"])
    await a_site(steering, one, commune_code="44109", latitude=47.2, longitude=-1.5)
    report = await run(databases, write(tmp_path / "c.csv", [course(), course("0442658A")]))
    assert (report.problems, report.written) == ([], 0)


async def test_a_closed_institute_stays_as_it_is(databases: Databases, steering: httpx.AsyncClient, tmp_path: Path) -> None:
    known = await an_organisation(steering, uai="0440105A", roles=["institute"])
    await move(steering, "organisations", known, "close", reason="Fusion")
    report = await run(databases, write(tmp_path / "c.csv", [course(), course("0442658A")]))
    assert (said(report), report.of("organisation").created, report.of("site").created) == ([(2, "code_uai", False)], 1, 1)


async def test_f1_a_code_whose_letter_is_wrong_is_left_out_and_stops_nothing(databases: Databases, tmp_path: Path) -> None:
    rows = [course("0440105B", etablissement="IFSI PRIVE"), course(), course("9999999A")]
    report = await run(databases, write(tmp_path / "c.csv", rows))
    assert (said(report), report.written) == ([(2, "code_uai", False), (4, "code_uai", False)], 2)
    assert all(word in report.problems[0].message for word in ("0440105B", "IFSI PRIVE", "laissée de côté"))
    assert [each.uai for each in await organisations(databases)] == ["0440105A"]


async def test_f2_windows_and_semicolons_change_nothing(databases: Databases, tmp_path: Path) -> None:
    rows = [course(etablissement="Lycée Réaumur – L’Étoile")]
    await run(databases, write(tmp_path / "c.csv", rows))
    report = await run(databases, write(tmp_path / "w.csv", rows, ";", "cp1252"))
    assert (report.written, report.encoding, [problem.blocking for problem in report.problems]) == (0, "windows-1252", [False])


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("code_uai", "440105A", "il manque sans doute un zéro au début"),
        ("code_uai", "4,4E+05", "le tableur a changé ce nombre : mettez la colonne au format Texte"),
        ("code_uai", "", "n'est pas un code UAI"),
        ("code_insee_commune", "4,4109E+04", "le tableur a changé ce nombre"),
        ("code_insee_commune", "44999", "la commune est inconnue"),
        ("code_departement", "49", "n'est pas dans le département"),
        ("etablissement", "", "nom de 1 à 200 caractères attendu"),
    ],
)
async def test_f3_what_is_spoilt_is_shown_with_the_cause(databases: Databases, tmp_path: Path, field: str, value: str, cause: str) -> None:
    report = await run(databases, write(tmp_path / "c.csv", [course("0442658A"), course() | {field: value}], ";"))
    assert (said(report), report.written) == ([(3, field, True)], 0)
    assert cause in report.problems[0].message


async def test_f3_spaces_lower_case_and_decimal_commas_are_no_damage(databases: Databases, tmp_path: Path) -> None:
    await run(databases, write(tmp_path / "c.csv", [course()]))
    report = await run(databases, write(tmp_path / "d.csv", [course(" 0440105a", latitude="47,1983", longitude="-1,53137")], ";"))
    assert (report.problems, report.written) == ([], 0)


async def test_f4_another_file_is_named(databases: Databases, tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("nom,code_departement,code_insee_commune,nom_commune,latitude,longitude\nx,44,44109,Nantes,,\n", "utf-8")
    report = await run(databases, path)
    assert (said(report), report.lines) == ([(1, "", True)], 1)
    assert "`plam import homes` le prend" in report.problems[0].message


async def test_f5_f7_other_regions_are_passed_over_and_former_communes_mapped(databases: Databases, tmp_path: Path) -> None:
    rows = [course(code_insee_commune="35238", code_departement="35"), course(code_insee_commune="44004", latitude="", longitude="")]
    rows.append(course("0850068M", code_insee_commune="85060", code_departement="85", latitude="", longitude=""))
    report = await run(databases, write(tmp_path / "c.csv", rows))
    assert (said(report), report.elsewhere) == ([(3, "code_insee_commune", False), (4, "code_insee_commune", False)], 1)
    assert [site.commune_code for site in await sites(databases)] == ["44163", "85194"]


async def test_f9_a_name_follows_the_file_until_somebody_corrects_it(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await run(databases, write(tmp_path / "c.csv", [course()]))
    report = await run(databases, write(tmp_path / "d.csv", [course(etablissement="INSTITUT DU CHU DE NANTES")]))
    assert (report.of("organisation").changed, report.of("site").changed) == (1, 1)
    (found,) = await organisations(databases)
    given: dict[str, Any] = {"json": {"name": "Institut du CHU"}, "headers": {"If-Match": '"2"'}}
    assert (await steering.patch(f"/access/v1/organisations/{found.id}", **given)).status_code == 200
    await run(databases, write(tmp_path / "c.csv", [course()]))
    (found,), (site,) = await organisations(databases), await sites(databases)
    assert (found.name, found.official_name, site.name) == ("Institut du CHU", "INSTITUT DU CHU DE NANTES", "IFSI CHU Nantes")


async def test_several_names_of_one_uai_are_told(databases: Databases, tmp_path: Path) -> None:
    rows = [course(etablissement="ALPHA"), course(), course()]
    report = await run(databases, write(tmp_path / "c.csv", rows))
    assert said(report) == [(2, "etablissement", False)]
    assert [each.name for each in await organisations(databases)] == ["IFSI CHU Nantes"]


async def test_a_file_without_a_line_is_refused(databases: Databases, tmp_path: Path) -> None:
    assert said(await run(databases, write(tmp_path / "c.csv", []))) == [(0, "", True)]


@pytest.mark.parametrize("kind", ["itself", "windows", "spreadsheet"])
async def test_the_real_file_comes_in_once(databases: Databases, open_data: Path, tmp_path: Path, kind: str) -> None:
    path = open_data / "formations_parcoursup_sante_social_pays_de_la_loire.csv"
    if not path.is_file():
        pytest.skip(f"PLAM_OPEN_DATA has no {path.name}")
    first = await run(databases, path)
    assert (first.refused, first.of("organisation").created, first.of("site").created, first.placed) == (False, 36, 37, 37)
    assert said(first) == [(43, "latitude", False)]  # the university of Nantes
    if kind == "spreadsheet":
        report = await run(databases, spoilt_by_a_spreadsheet(path, tmp_path / "s.csv", COURSES.columns[0]))
        assert (report.written, {problem.message.partition(", ")[2] for problem in report.problems if problem.blocking}) == (
            0,
            {"il manque sans doute un zéro au début : mettez la colonne au format Texte"},
        )
    else:
        report = await run(databases, windows_copy(path, tmp_path / "w.csv") if kind == "windows" else path)
        assert (report.refused, report.written, report.of("organisation").unchanged, report.of("site").unchanged) == (False, 0, 36, 37)
