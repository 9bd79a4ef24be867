"""`plam import context`: each file gives its series, a department without a line has no data, what was shown can be said again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from services.access_api.imports.communes import COMMUNES
from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.observatory_api.context.imports import INHABITANTS
from services.observatory_api.context.series import ContextCode, Measure
from services.observatory_api.ledger.rebuild import Rebuilt, rebuild
from services.observatory_api.ledger.verify import arithmetic
from tests.observatory_api.context.context_files import (
    Line,
    counts,
    course,
    department,
    establishment,
    home,
    notes,
    read,
    refusals,
    run,
    values,
    workforce,
    written,
)
from tests.observatory_api.ledger_support import dashboard_bytes, record, rows
from tests.observatory_api.states import milestone, number
from tests.support.open_data import lines_of

BATCHES = "SELECT count(*) FROM batch"
KEPT = "SELECT (SELECT count(*) FROM context_series), (SELECT count(*) FROM context_value)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.csv"


def holding(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_the_inhabitants_that_are_shipped_are_those_of_the_communes_that_are_shipped() -> None:
    communes: dict[str, int] = {}
    for line in lines_of(COMMUNES):
        communes[line["code_departement"]] = communes.get(line["code_departement"], 0) + int(line["population"])
    assert {line["code"]: int(line["population"]) for line in lines_of(INHABITANTS)} == communes


async def test_the_inhabitants_are_loaded_once(databases: Databases) -> None:
    assert counts(await run(databases)) == {"C01 2023": (5, 0, 0)}
    assert counts(await run(databases)) == {"C01 2023": (0, 0, 5)}
    assert await rows(databases, BATCHES) == [(1,)]
    (row,) = await read(databases, ContextCode.inhabitants)
    assert values(row) == [1_487_570, 833_776, 305_468, 566_733, 713_609]
    assert (row.year, row.region) == (2023, sum(each for each in values(row) if each))
    assert {(each.source.vintage, each.source.licence) for each in row.departments if each.source} == {(2026, "Licence Ouverte 2.0")}


async def test_the_workforce_is_two_totals_in_persons_and_in_hundredths_of_full_time(databases: Databases, path: Path) -> None:
    lines = [
        workforce(1),
        workforce(2, etp_total_non_medical="1 200,07", etp_medical_salarie="", effectif_medical_salarie=""),
        workforce(3, "49", effectif_total_non_medical="0"),
        workforce(1, year="2022", etp_total_non_medical="3"),
    ]
    report = await run(databases, written(path, lines, delimiter=";", encoding="cp1252"))
    assert counts(report) == {"C02 2022": (1, 0, 0), "C02 2023": (2, 0, 0)}
    found = {(row.year, row.measure, row.category): row for row in await read(databases, ContextCode.workforce)}
    assert [year for year, _, _ in found] == [2023] * 4 + [2022] * 4
    staff = found[2023, Measure.fte_hundredths, "non_medical"]
    assert values(staff) == [9050 + 120_007, 9050, None, None, None]
    assert values(found[2023, Measure.headcount, "non_medical"]) == [200, 0, None, None, None]
    medical = found[2023, Measure.fte_hundredths, "salaried_medical"]
    assert values(medical) == [925, 925, None, None, None]
    said = [(each.reported, each.lines, each.note) for each in medical.departments[:3]]
    assert said == [
        (1, 2, None),
        (1, 1, None),
        (None, None, "pas de donnée"),
    ]
    assert values(found[2022, Measure.fte_hundredths, "non_medical"]) == [300, None, None, None, None]
    assert {row.region for row in found.values()} == {None}


async def test_what_no_line_says_is_no_data_and_never_zero(databases: Databases, path: Path) -> None:
    report = await run(databases, written(path, [workforce(1, etp_total_non_medical="", effectif_total_non_medical="0")]))
    assert any("0 lignes sur 1" in problem.message for problem in report.problems)
    found = {(row.measure, row.category): row.departments[0] for row in await read(databases, ContextCode.workforce)}
    assert found[Measure.headcount, "non_medical"].value == 0
    assert (Measure.fte_hundredths, "non_medical") not in found
    await run(databases, written(path, [workforce(1, etp_total_non_medical=""), workforce(2, "49")]))
    found = {(row.measure, row.category): row.departments[0] for row in await read(databases, ContextCode.workforce)}
    silent = found[Measure.fte_hundredths, "non_medical"]
    assert (silent.value, silent.note, silent.source is not None) == (None, "pas de donnée", True)


async def test_establishments_are_counted_by_category_and_a_category_may_have_none(databases: Databases, path: Path) -> None:
    hospital = {"categorie_finess": "101", "libelle_categorie": "Centre Hospitalier Régional (C.H.R.)"}
    lines = [
        establishment(1, **hospital),
        establishment(2),
        establishment(3),
        establishment(4, "53"),
        establishment(5, "53", categorie_finess="", libelle_categorie=""),
        establishment(6, "53", categorie_finess="999", libelle_categorie="?"),
    ]
    assert counts(await run(databases, written(path, lines), year=2023)) == {"C03 2023": (2, 0, 0)}
    found = await read(databases, ContextCode.establishments)
    assert {(row.category, row.label): values(row) for row in found} == {
        ("", "Sans catégorie"): [0, None, 1, None, None],
        ("101", "Centre Hospitalier Régional (C.H.R.)"): [1, None, 0, None, None],
        ("355", "Centre Hospitalier (C.H.)"): [2, None, 1, None, None],
        ("999", "Sans catégorie"): [0, None, 1, None, None],
    }


async def test_a_home_is_a_line_and_one_that_comes_again_is_noted(databases: Databases, path: Path) -> None:
    lines = [home("LES PINS"), home("LES PINS", latitude="47.2"), home("LES IFS", "72"), home("LES IFS", "72")]
    report = await run(databases, written(path, lines), year=2023)
    assert notes(report) == [(5, "la même que la ligne 4, sans numéro qui les distingue : compte aussi")]
    (row,) = await read(databases, ContextCode.care_homes)
    assert values(row) == [2, None, None, 2, None]


async def test_a_course_counts_once_however_many_lines_it_has(databases: Databases, path: Path) -> None:
    lines = [course("PASS"), course("PASS", latitude="47.2"), course("LAS"), course("PASS", code_uai="0440002N"), course("BTS", "49")]
    report = await run(databases, written(path, lines), year=2025)
    assert notes(report) == [(3, "déjà ligne 2 : compte une seule fois")]
    (row,) = await read(databases, ContextCode.courses)
    assert values(row) == [3, 1, None, None, None]
    assert (row.departments[0].reported, row.departments[0].lines) == (4, 4)


EVERY_FILE: Sequence[tuple[ContextCode, Sequence[Line], int | None]] = (
    (ContextCode.inhabitants, [department("44", "5"), department("85", "7")], 2022),
    (ContextCode.workforce, [workforce(1), workforce(1, year="2022")], None),
    (ContextCode.establishments, [establishment(1), establishment(2, "49")], 2023),
    (ContextCode.care_homes, [home("LES PINS"), home("LES IFS", "49")], 2023),
    (ContextCode.courses, [course("PASS"), course("LAS", "49")], 2025),
)
each_file = pytest.mark.parametrize(("code", "lines", "year"), EVERY_FILE, ids=[str(code) for code, _, _ in EVERY_FILE])


@each_file
async def test_a_second_run_changes_nothing_whatever_the_file_s_look(
    databases: Databases, path: Path, code: ContextCode, lines: Sequence[Line], year: int | None
) -> None:
    await run(databases, written(path, lines), year=year)
    first, kept = await read(databases, code), await rows(databases, KEPT)
    looks: Sequence[dict[str, Any]] = ({"encoding": "cp1252", "delimiter": ";"}, {"delimiter": "\t"}, {"encoding": "utf-8-sig"})
    for look in looks:
        report = await run(databases, written(path, lines, **look), year=year)
        assert (report.refused, report.written, len(report.counts) > 0) == (False, 0, True)
    assert await read(databases, code) == first
    assert await rows(databases, KEPT) == kept
    assert await rows(databases, BATCHES) == [(1,)]


@each_file
async def test_lines_of_other_regions_are_counted_and_passed_over(
    databases: Databases, path: Path, code: ContextCode, lines: Sequence[Line], year: int | None
) -> None:
    column = "code" if code is ContextCode.inhabitants else "code_departement"
    elsewhere = [{**lines[0], column: there} for there in ("35", "01", "2A", "974")]
    report = await run(databases, written(path, [*lines, *elsewhere]), year=year)
    assert (report.refused, report.elsewhere) == (False, 4)
    alone = await run(databases, written(path, elsewhere), year=year)
    assert (refusals(alone), alone.problems[0].message) == ([(0, "")], "le fichier n'a aucune ligne de la région")


@each_file
async def test_the_department_is_a_code_and_a_lost_zero_is_said(
    databases: Databases, path: Path, code: ContextCode, lines: Sequence[Line], year: int | None
) -> None:
    column = "code" if code is ContextCode.inhabitants else "code_departement"
    for cell, words in (("1", "il manque sans doute un zéro"), ("98", "forme ou clé fausse"), ("", "forme ou clé fausse")):
        report = await run(databases, written(path, [*lines, {**lines[0], column: cell}]), year=year)
        assert refusals(report) == [(len(lines) + 2, column)]
        assert words in report.problems[0].message
    assert await rows(databases, KEPT) == [(0, 0)]


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (workforce(2, etp_total_non_medical="2,04E+03"), "etp_total_non_medical", "le tableur a changé ce nombre"),
        (workforce(2, etp_medical_salarie="févr-52"), "etp_medical_salarie", "le tableur en a fait une date"),
        (workforce(2, etp_medical_salarie="9.255"), "etp_medical_salarie", "le tableur a changé ce nombre"),
        (workforce(2, etp_medical_salarie="-1"), "etp_medical_salarie", "nombre de deux décimales au plus attendu"),
        (workforce(2, effectif_medical_salarie="dix"), "effectif_medical_salarie", "nombre entier attendu"),
        (workforce(2, effectif_medical_salarie="999999999"), "effectif_medical_salarie", "nombre entier attendu"),
        (workforce(2, year="1789"), "annee", "une année de 1990"),
        (workforce(2, year="2199"), "annee", "une année de 1990"),
        (workforce(2, year=""), "annee", "une année de 1990"),
        (workforce(2, year="2023,0"), "annee", "le tableur a changé ce nombre"),
        (workforce(1), "finess", "est déjà ligne 2"),
    ],
    ids=repr,
)
async def test_a_cell_that_cannot_be_is_refused(databases: Databases, path: Path, line: Line, column: str, words: str) -> None:
    report = await run(databases, written(path, [workforce(1), line]))
    assert refusals(report) == [(3, column)]
    assert words in next(problem.message for problem in report.problems if problem.blocking)
    assert report.counts == {}
    assert await rows(databases, KEPT) == [(0, 0)]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (establishment(1), "finess"),
        (establishment(2, categorie_finess="3,55E+02"), "categorie_finess"),
        (establishment(2, categorie_finess="35-5"), "categorie_finess"),
        (establishment(2, libelle_categorie="x" * 201), "libelle_categorie"),
    ],
)
async def test_an_establishment_comes_once_and_its_category_is_a_code(databases: Databases, path: Path, line: Line, column: str) -> None:
    report = await run(databases, written(path, [establishment(1), line]), year=2023)
    assert refusals(report) == [(3, column)]


async def test_the_year_is_given_where_the_file_does_not_say_it(databases: Databases, path: Path) -> None:
    homes, staff = written(path, [home("LES PINS")]), written(path.with_name("staff.csv"), [workforce(1)])
    cases: Sequence[tuple[Path, dict[str, Any], str]] = (
        (homes, {}, "ajoutez --year"),
        (staff, {"year": 2023}, "retirez --year"),
        (homes, {"year": 1789}, "--year 1789 : une année de 1990"),
        (homes, {"year": clock.today().year + 1}, "une année de 1990"),
        (homes, {"year": 2023, "vintage": clock.today().year + 1}, "--vintage"),
        (homes, {"year": 2023, "vintage": 2022}, "--vintage 2022 : le fichier parle de 2023"),
    )
    for file, given, words in cases:
        report = await run(databases, file, **given)
        assert (report.refused, words in report.problems[0].message) == (True, True), report.problems
    assert await rows(databases, BATCHES) == [(0,)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (COMMUNES.read_bytes(), "reconnu comme « communes (code officiel géographique) » : `plam import communes` le prend"),
        (b"a,b\n1,2\n", "le format de ce fichier n'est pas reconnu ; les séries de contexte viennent de : départements, effectifs"),
        (b"code,nom,chef_lieu_insee,code_region\n44,Ici,44001,52\n", "il y manque la colonne population"),
        (b"PK\x03\x04", "classeur"),
        (b"", "le format de ce fichier n'est pas reconnu"),
    ],
    ids=["communes", "unknown", "wanting", "workbook", "empty"],
)
async def test_another_file_is_called_by_its_name(databases: Databases, path: Path, content: bytes, words: str) -> None:
    report = await run(databases, holding(path, content), year=2023)
    assert (report.refused, words in report.problems[0].message) == (True, True), report.problems
    assert "illisible" in (await run(databases, path.with_name("absent.csv"))).problems[0].message


async def test_a_rehearsal_counts_and_writes_nothing(databases: Databases) -> None:
    assert counts(await run(databases, rehearsal=True)) == {"C01 2023": (5, 0, 0)}
    assert await rows(databases, KEPT) == [(0, 0)]


# What stood


async def test_a_newer_vintage_replaces_and_what_was_shown_can_be_said_again(databases: Databases, path: Path) -> None:
    await run(databases, written(path, [department("44", "5"), department("85", "7")]), year=2022)
    (before,) = await read(databases, ContextCode.inhabitants)
    then = before.departments[0].source.recorded_at if before.departments[0].source else None
    report = await run(databases, written(path, [department("44", "6"), department("85", "7")]), year=2022, vintage=2025)
    assert counts(report) == {"C01 2022": (0, 2, 0)}
    (after,) = await read(databases, ContextCode.inhabitants)
    assert values(after) == [6, None, None, None, 7]
    assert [each.source.vintage for each in after.departments if each.source] == [2025, 2025]
    assert await read(databases, ContextCode.inhabitants, known_at=then) == [before]


async def test_an_older_vintage_does_not_replace_a_newer_one(databases: Databases, path: Path) -> None:
    await run(databases, written(path, [department("44", "5")]), year=2022, vintage=2025)
    before = await read(databases, ContextCode.inhabitants)
    report = await run(databases, written(path, [department("44", "6"), department("85", "1")]), year=2022, vintage=2024)
    assert (refusals(report), report.counts) == ([(0, "")], {})
    assert await read(databases, ContextCode.inhabitants) == before
    correction = await run(databases, written(path, [department("44", "6")]), year=2022, vintage=2025)
    assert counts(correction) == {"C01 2022": (0, 1, 0)}


async def test_a_file_of_another_department_or_year_leaves_the_others_alone(databases: Databases, path: Path) -> None:
    await run(databases, written(path, [establishment(1), establishment(2, categorie_finess="101")]), year=2023)
    await run(databases, written(path, [establishment(3, "85")]), year=2023)
    await run(databases, written(path, [establishment(1)]), year=2022)
    found = {(row.year, row.category): values(row) for row in await read(databases, ContextCode.establishments)}
    assert found == {
        (2023, "101"): [1, None, None, None, 0],
        (2023, "355"): [1, None, None, None, 1],
        (2022, "355"): [1, None, None, None, None],
    }


async def test_a_category_that_a_newer_file_has_not_is_gone(databases: Databases, path: Path) -> None:
    await run(databases, written(path, [establishment(1), establishment(2, categorie_finess="101")]), year=2023)
    await run(databases, written(path, [establishment(1)]), year=2023)
    assert [row.category for row in await read(databases, ContextCode.establishments)] == ["355"]


async def test_figures_know_nothing_of_it(databases: Databases) -> None:
    await record(databases, milestone(id=number(1)), milestone(id=number(2)))
    (stamp,) = (await rows(databases, "SELECT max(recorded_at) FROM batch"))[0]
    then = {"as_of": "2026-04-30", "known_at": stamp}
    before = await dashboard_bytes(databases, **then)
    await run(databases)
    assert await dashboard_bytes(databases, **then) == before
    assert await rows(databases, "SELECT reason, entries FROM batch ORDER BY id DESC LIMIT 1") == [("context", 0)]
    async with databases.open("observatory", "worker") as db:
        report = await arithmetic(db)
    assert (report.sound, report.differences) == (True, 0), report.examples
    kept = await rows(databases, KEPT)
    assert await rebuild(databases) == Rebuilt(facts=2, changed=0, entries=0, set_right=0)
    assert await rows(databases, KEPT) == kept
