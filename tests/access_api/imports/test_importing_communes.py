"""The communes come from a file, whole or not at all, and once."""

from pathlib import Path

import pytest
from sqlmodel import col, func, select

from services.access_api.communes.schemas import CommuneDocument
from services.access_api.communes.tables import Commune, CommuneOld
from services.access_api.imports.communes import COMMUNES, FORMER, import_communes
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases

HEADER = COMMUNES.read_text("utf-8").splitlines()[0]
LINE = "44184,Saint-Nazaire,44,Loire-Atlantique,443,Saint-Nazaire,244400644,CA Saint-Nazaire Agglomération,CA,214401846,44600,73000"


async def run(databases: Databases, path: Path = COMMUNES, former: Path | None = FORMER) -> Report:
    async with databases.open("access", "worker") as db:
        return await import_communes(db, path, former)


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "communes.csv"
    path.write_text("\n".join([HEADER, *lines]), "utf-8")
    return path


async def test_the_region_has_1228_communes_and_they_are_imported_once(databases: Databases) -> None:
    first, second = await run(databases), await run(databases)
    assert (first.problems, first.of("communes").created, first.of("anciens codes").created) == ([], 1228, 364)
    assert (second.written, second.of("communes").unchanged) == (0, 1228)
    async with databases.open("access") as db:
        rows = await db.fetch(select(Commune))
        island = await db.one(select(Commune).where(Commune.code == "85113"))
        codes = await db.fetch(select(func.count()).select_from(CommuneOld).where(col(CommuneOld.code_old) == col(CommuneOld.code_now)))
    assert all(row.document == CommuneDocument.model_validate(row).model_dump_json() for row in rows)
    assert (island.name, island.epci_siren) == ("L'Île-d'Yeu", None)
    assert {row.code for row in rows if row.lat_e6 is None} == {"85165", "85212"}
    assert codes == [80], "the former communes whose code today's has kept, and whose name it has not"


async def test_a_changed_commune_takes_a_new_version(databases: Databases, tmp_path: Path) -> None:
    await run(databases, written(tmp_path, LINE), None)
    report = await run(databases, written(tmp_path, LINE.replace("73000", "73001")), None)
    assert report.of("communes").changed == 1
    async with databases.open("access") as db:
        commune = await db.one(select(Commune))
    assert (commune.population, commune.version) == (73001, 2)


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("44184,", "4418,", "code_insee"),
        (",44,", ",75,", "code_departement"),
        ("44600", "4460", "codes_postaux"),
        ("73000", "-1", "population"),
        ("244400644", "244400645", "siren_epci"),
        (",Saint-Nazaire,44,", ",,44,", "nom"),
    ],
)
async def test_a_wrong_cell_is_named_and_nothing_is_imported(
    databases: Databases, tmp_path: Path, before: str, after: str, field: str
) -> None:
    other = LINE.replace("44184", "44185")
    report = await run(databases, written(tmp_path, other, LINE.replace(before, after, 1)), None)
    assert [(problem.line, problem.field) for problem in report.problems] == [(3, field)]
    async with databases.open("access") as db:
        assert await db.fetch(select(Commune)) == []


@pytest.mark.parametrize(
    ("line", "field"), [("4418,47.1,-1.2", "code_insee"), ("44184,quarante,-1.2", "latitude"), ('44184,47.1,"-1,2"', "longitude")]
)
async def test_a_centre_that_is_none_is_named_and_nothing_is_imported(databases: Databases, tmp_path: Path, line: str, field: str) -> None:
    centres = tmp_path / "centres.csv"
    centres.write_text(f"code_insee,latitude,longitude\n{line}\n", "utf-8")
    async with databases.open("access", "worker") as db:
        report = await import_communes(db, written(tmp_path, LINE), None, centres)
        assert [(problem.line, problem.field) for problem in report.problems] == [(2, field)]
        assert (report.written, await db.fetch(select(Commune))) == (0, [])


async def test_a_former_code_of_an_unknown_commune_is_refused(databases: Databases, tmp_path: Path) -> None:
    former = tmp_path / "former.csv"
    former.write_text("code_insee_ancien,nom_ancien,code_insee_actuel\n44004,Anetz,44163\n", "utf-8")
    report = await run(databases, written(tmp_path, LINE), former)
    assert [(problem.line, problem.field) for problem in report.problems] == [(2, "code_insee_actuel")]
    assert report.written == 0
