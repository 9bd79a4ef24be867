"""The real files: totals of each department, reckoned apart from the importer."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from services.contracts.codes import Department
from services.kernel.data.database import Databases
from services.observatory_api.context.series import ContextCode, Measure
from tests.observatory_api.context.context_files import counts, notes, read, run, values, written
from tests.support.open_data import lines_of, real_file

WORKFORCE = "effectifs_sae_2022_2023_pays_de_la_loire.csv"
ESTABLISHMENTS = "etablissements_sante_sae2023_pays_de_la_loire.csv"
HOMES = "ehpad_cnsa_2023_pays_de_la_loire.csv"
COURSES = "formations_parcoursup_sante_social_pays_de_la_loire.csv"


def by_department(counted: Iterable[str]) -> list[int | None]:
    """How often each department comes: none for one that never does."""
    found = Counter(counted)
    return [found.get(department) for department in Department]


async def test_the_workforce(databases: Databases) -> None:
    path = real_file(WORKFORCE)
    assert counts(await run(databases, path)) == {"C02 2022": (4, 0, 0), "C02 2023": (4, 0, 0)}
    assert counts(await run(databases, path)) == {"C02 2022": (0, 0, 4), "C02 2023": (0, 0, 4)}
    found = {(row.year, row.measure, row.category): values(row) for row in await read(databases, ContextCode.workforce)}
    columns: dict[tuple[Measure, str], tuple[str, Callable[[Decimal], int]]] = {
        (Measure.fte_hundredths, "non_medical"): ("etp_total_non_medical", lambda total: int(total * 100)),
        (Measure.fte_hundredths, "salaried_medical"): ("etp_medical_salarie", lambda total: int(total * 100)),
        (Measure.headcount, "non_medical"): ("effectif_total_non_medical", int),
        (Measure.headcount, "salaried_medical"): ("effectif_medical_salarie", int),
    }
    lines = lines_of(path)
    for year in (2022, 2023):
        for (measure, category), (column, unit) in columns.items():
            said = [line for line in lines if line["annee"] == str(year) and line[column]]
            totals = {line["code_departement"]: Decimal() for line in said}
            for line in said:
                totals[line["code_departement"]] += Decimal(line[column])
            assert found[year, measure, category] == [unit(totals[each]) if each in totals else None for each in Department]
    assert found[2023, Measure.fte_hundredths, "non_medical"] == [2_061_519, 1_283_871, 435_605, 860_107, None]
    assert found[2023, Measure.headcount, "salaried_medical"] == [2291, 1454, 394, 758, None]


async def test_the_establishments(databases: Databases) -> None:
    path = real_file(ESTABLISHMENTS)
    assert counts(await run(databases, path, year=2023)) == {"C03 2023": (4, 0, 0)}
    lines = lines_of(path)
    found = await read(databases, ContextCode.establishments)
    for row in found:
        there = Counter(line["code_departement"] for line in lines if line["categorie_finess"] == row.category)
        assert values(row) == [there[department] if department != "85" else None for department in Department]
    assert len(found) == len({line["categorie_finess"] for line in lines}) == 17
    totals = [sum(each for each in column if each) for column in zip(*map(values, found), strict=True)]
    assert totals[:4] == by_department(line["code_departement"] for line in lines)[:4] == [66, 46, 19, 31]


async def test_the_homes(databases: Databases) -> None:
    path = real_file(HOMES)
    report = await run(databases, path, year=2023)
    assert [line for line, _ in notes(report)] == [196]
    (row,) = await read(databases, ContextCode.care_homes)
    assert values(row) == by_department(line["code_departement"] for line in lines_of(path)) == [161, 100, 50, 69, None]


async def test_the_courses(databases: Databases) -> None:
    path = real_file(COURSES)
    await run(databases, path, year=2025)
    (row,) = await read(databases, ContextCode.courses)
    lines = lines_of(path)
    distinct = {
        (line["code_departement"], line["code_uai"], line["etablissement"], line["formation"], line["code_insee_commune"]) for line in lines
    }
    assert values(row) == by_department(each for each, *_ in distinct) == [18, 15, 6, 8, None]
    assert [each.lines for each in row.departments] == by_department(line["code_departement"] for line in lines)


@pytest.mark.parametrize(("name", "year"), [(WORKFORCE, None), (ESTABLISHMENTS, 2023), (HOMES, 2023), (COURSES, 2025)])
async def test_a_second_run_in_another_encoding_changes_nothing(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, name: str, year: int | None
) -> None:
    path = real_file(name)
    first = await run(databases, path, year=year)
    other = written(tmp_path_factory.mktemp("windows") / name, lines_of(path), encoding="cp1252", delimiter=";")
    again = await run(databases, other, year=year)
    assert (again.refused, again.written, again.encoding) == (False, 0, "windows-1252" if name == HOMES else again.encoding)
    assert (first.written, again.lines) == (sum(each.created for each in first.counts.values()), first.lines)
