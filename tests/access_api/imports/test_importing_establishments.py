"""A file of establishments is imported whole or not at all, and once."""

from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlmodel import col, func, select

from services.access_api.imports.establishments import import_establishments
from services.access_api.organisations.schemas import OrganisationRead
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.schemas import SiteRead
from services.access_api.sites.tables import Site
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases
from tests.support.access import an_organisation, establishment, finess, move, siren, write_csv

pytestmark = pytest.mark.usefixtures("communes")

COUNTS = """
SELECT (SELECT count(*) FROM site), (SELECT count(*) FROM organisation), (SELECT count(*) FROM outbox), (SELECT count(*) FROM delivery)
"""


async def run(databases: Databases, path: Path, *, rehearsal: bool = False) -> Report:
    async with databases.open("access", "worker", rehearsal=rehearsal) as db:
        return await import_establishments(db, path)


async def counted(databases: Databases) -> tuple[int, ...]:
    """Sites, organisations, events, deliveries."""
    async with databases.open("access") as db:
        connection = await db.connection()
        return tuple(await connection.fetchrow(COUNTS))


def said(report: Report) -> list[tuple[int, str, bool]]:
    return [(problem.line, problem.field, problem.blocking) for problem in report.problems]


async def test_establishments_become_sites_of_organisations(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(1), establishment(2), establishment(3, 2, categorie_finess="500", raison_sociale_complementaire="Les Ormes")]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert (report.refused, report.problems, report.lines, report.written) == (False, [], 3, 5)
    # five events; a site's and an organisation's go to observatory, internships and recruitment, an organisation's to actions too
    assert await counted(databases) == (3, 2, 5, 17)
    async with databases.open("access") as db:
        sites = await db.fetch(select(Site).order_by(col(Site.finess_et)))
        organisations = await db.fetch(select(Organisation))
    assert [site.name for site in sites] == ["CH N° 1", "CH N° 2", "CH N° 3 – Les Ormes"]
    assert [site.sector for site in sites] == ["sanitary", "sanitary", "medico_social"]
    assert all(site.document == SiteRead.model_validate(site).model_dump_json() for site in sites)
    assert all(each.document == OrganisationRead.model_validate(each).model_dump_json() for each in organisations)
    assert {each.siren for each in organisations} == {rows[0]["siren"], rows[2]["siren"]}


async def test_a_second_run_writes_nothing(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(number, number // 2) for number in range(1, 8)]
    await run(databases, write_csv(tmp_path / "e.csv", rows))
    before = await counted(databases)
    report = await run(databases, write_csv(tmp_path / "again.csv", rows[::-1], delimiter=";"))
    assert (report.written, report.of("site").unchanged, report.of("organisation").unchanged) == (0, 7, 4)
    assert await counted(databases) == before


async def test_only_what_differs_is_written(databases: Databases, tmp_path: Path) -> None:
    await run(databases, write_csv(tmp_path / "e.csv", [establishment(1), establishment(2)]))
    before = await counted(databases)
    rows = [establishment(1), establishment(2, adresse="12, RUE DU PORT", statut_juridique_code="14")]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert (report.of("site").changed, report.of("organisation").changed) == (1, 0)
    assert (await counted(databases))[2] == before[2] + 1
    async with databases.open("access") as db:
        site = await db.one(select(Site).where(Site.finess_et == finess(2)))
    assert (site.version, site.address) == (2, "12, RUE DU PORT")


async def test_a_rehearsal_reports_the_same_and_writes_nothing(databases: Databases, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "e.csv", [establishment(1), establishment(2, siren="000000000", siret="")])
    before = await counted(databases)
    rehearsed = await run(databases, path, rehearsal=True)
    assert await counted(databases) == before
    assert await run(databases, path) == rehearsed
    assert rehearsed.written == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("finess", "440000010"),
        ("finess", ""),
        ("finess_ej", "A40000016"),
        ("raison_sociale", " "),
        ("raison_sociale", "C" * 201),
        ("raison_sociale", "C" * 10_001),
        ("raison_sociale", "CH\0"),
        ("adresse", "rue\u202eeur"),
        ("adresse", "A" * 201),
        ("siren", "26440026"),
        ("siret", "2644002680045"),
        ("code_insee_commune", "44999"),
        ("code_departement", "49"),
        ("code_postal", "4460"),
        ("code_postal", "٤٤٦٠٠"),
        ("categorie_finess", "3-5"),
        ("statut_juridique_code", "1" * 11),
        ("libelle_categorie", "L" * 201),
    ],
)
async def test_a_wrong_cell_is_named_and_nothing_is_imported(databases: Databases, tmp_path: Path, field: str, value: str) -> None:
    path = write_csv(tmp_path / "e.csv", [establishment(1), {**establishment(2), field: value}, establishment(3)])
    report = await run(databases, path)
    assert said(report) == [(3, field, True)]
    assert (report.refused, report.written, report.lines) == (True, 0, 3)
    assert await counted(databases) == (0, 0, 0, 0)


async def test_every_wrong_line_is_told(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(number, finess_ej=finess(900_001) if number % 10 else "440000010") for number in range(1, 501)]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert [line for line, _, _ in said(report)] == [number + 1 for number in range(10, 501, 10)]


async def test_a_finess_given_twice_is_refused(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(1), establishment(2), establishment(1, finess=f" {finess(1)}")]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert said(report) == [(4, "finess", True)]
    assert "ligne 2" in report.problems[0].message


async def test_a_former_commune_is_replaced_with_a_warning(databases: Databases, tmp_path: Path) -> None:
    report = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1, code_insee_commune="44004")]))
    assert said(report) == [(2, "code_insee_commune", False)]
    async with databases.open("access") as db:
        assert (await db.one(select(Site))).commune_code == "44163"


async def test_zeros_and_a_second_siren_are_told_and_imported(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(1), establishment(2, siren=siren(6), siret=""), establishment(3, siren="000000000", siret="0" * 14)]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert said(report) == [(3, "siren", False), (4, "siren", False), (4, "siret", False)]
    assert report.written == 4


async def test_coordinates_of_a_file_that_has_them_are_kept(databases: Databases, tmp_path: Path) -> None:
    places = [
        ("47.27506", "-2.21793"),
        ("47,27506", "-2,21793"),
        ("", ""),
        ("47.27506", ""),
        ("-2.21793", "47.27506"),
        ("91", "181"),
        ("4,7E+01", "1"),
    ]
    rows = [{**establishment(number), "latitude": one, "longitude": two} for number, (one, two) in enumerate(places, 1)]
    path = tmp_path / "e.csv"
    path.write_text("\n".join(";".join(cells) for cells in [list(rows[0]), *(list(row.values()) for row in rows)]), "utf-8")
    report = await run(databases, path)
    assert said(report) == [(line, "latitude", False) for line in (5, 6, 7, 8)]
    assert "km du centre de la commune 44184" in report.problems[1].message
    assert (report.located, report.placed, report.of("site").created) == (2, 2, 7)
    async with databases.open("access") as db:
        sites = await db.fetch(select(Site).order_by(col(Site.finess_et)))
    assert [(site.latitude, site.longitude) for site in sites] == [(47.27506, -2.21793)] * 2 + [(None, None)] * 5
    again = await run(databases, path)
    assert (again.written, again.located, again.placed) == (0, 2, 0)


async def test_lines_that_nobody_has_completed_yet_are_counted_and_passed_over(databases: Databases, tmp_path: Path) -> None:
    empty = {"finess": "", "finess_ej": " ", "siret": "", "siren": ""}
    rows = [establishment(1), {**establishment(2), **empty}, establishment(3), {**establishment(4), **empty}]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert (report.problems, report.lines, report.unfinished, report.of("site").created) == ([], 4, 2, 2)
    report = await run(databases, write_csv(tmp_path / "e.csv", [{**establishment(2), "finess": ""}]))
    assert said(report) == [(2, "finess", True)]


async def test_spaces_around_cells_are_dropped(databases: Databases, tmp_path: Path) -> None:
    row = {field: f" {value} " for field, value in establishment(1).items()}
    await run(databases, write_csv(tmp_path / "e.csv", [row]))
    report = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1)]))
    assert (report.problems, report.written) == ([], 0)


async def test_an_organisation_known_by_its_siren_receives_its_finess(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    row = establishment(1)
    known = await an_organisation(steering, name="Notre hôpital", siren=row["siren"], roles=["partner"])
    report = await run(databases, write_csv(tmp_path / "e.csv", [row]))
    found = (await steering.get(f"/access/v1/organisations/{known['id']}")).json()
    assert report.of("organisation").changed == 1
    assert (found["finess_ej"], found["name"], found["roles"]) == (row["finess_ej"], "Notre hôpital", ["partner"])


async def test_a_closed_organisation_keeps_its_sites_and_gets_no_new_one(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await run(databases, write_csv(tmp_path / "e.csv", [establishment(1)]))
    organisation = (await steering.get("/access/v1/organisations")).json()["items"][0]
    await move(steering, "organisations", organisation, "close", reason="Fusion")
    again = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1)]))
    assert (again.refused, again.written) == (False, 0)
    report = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1), establishment(2)]))
    assert said(report) == [(3, "finess_ej", True)]


async def test_many_lines_are_written_in_chunks(databases: Databases, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "e.csv", [establishment(number, number // 3) for number in range(1, 4_101)])
    progress: list[int] = []
    async with databases.open("access", "worker") as db:
        await import_establishments(db, path, progress=progress.append)
    assert progress == [2_000, 4_000, 4_100]
    sites, organisations, events, _ = await counted(databases)
    assert (sites, organisations, events) == (4_100, 1_367, 5_467)


async def test_real_establishments_are_imported_twice_and_written_once(databases: Databases, real_establishments: Path) -> None:
    first = await run(databases, real_establishments)
    assert (first.refused, first.of("site").created, first.of("organisation").created) == (False, 162, 96)
    before = await counted(databases)
    assert before[:3] == (162, 96, 258)
    second = await run(databases, real_establishments)
    assert second.written == 0
    assert await counted(databases) == before
    async with databases.open("access") as db:
        sirets = await db.fetch(select(col(Site.siret), func.count()).where(col(Site.siret).is_not(None)).group_by(col(Site.siret)))
        assert await db.fetch(select(Site.id).where(col(Site.sector).is_(None), Site.category_code != "999")) == []
    assert max(number for _, number in sirets) == 3


async def test_history_cannot_be_rewritten_by_the_service(databases: Databases, steering: httpx.AsyncClient) -> None:
    await an_organisation(steering)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with databases.open("access") as db:
            await (await db.connection()).execute("DELETE FROM organisation_version")


async def test_a_file_without_a_line_is_refused(databases: Databases, tmp_path: Path) -> None:
    report = await run(databases, write_csv(tmp_path / "e.csv", []))
    assert (report.refused, said(report)) == (True, [(0, "", True)])
