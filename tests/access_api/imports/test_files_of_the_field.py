"""Files as they come: numbers that repeat, spreadsheets' damage, other files than expected, other regions, the register itself."""

from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from services.access_api.imports.communes import COMMUNES, import_communes
from services.access_api.imports.establishments import import_establishments
from services.access_api.organisations.tables import Organisation
from services.access_api.sites.tables import Site
from services.contracts.file_formats import CENTRES, COURSES, ESTABLISHMENTS, HOMES, OTHERS, SECTIONS, WORKFORCE, Format
from services.kernel.base.file_reports import Report
from services.kernel.data.database import Databases
from tests.support.access import (
    an_organisation,
    establishment,
    finess,
    organisation_body,
    siren,
    siret,
    spoilt_by_a_spreadsheet,
    windows_copy,
    write_csv,
)

pytestmark = pytest.mark.usefixtures("communes")

MARK = "finess;etalab;94;2026-01-06"


async def run(databases: Databases, path: Path) -> Report:
    async with databases.open("access", "worker") as db:
        return await import_establishments(db, path)


async def organisations(databases: Databases) -> dict[str | None, Organisation]:
    """By FINESS of the legal entity."""
    async with databases.open("access") as db:
        return {row.finess_ej: row for row in await db.fetch(select(Organisation))}


async def sites(databases: Databases) -> list[Site]:
    async with databases.open("access") as db:
        return await db.fetch(select(Site).order_by(col(Site.finess_et)))


def said(report: Report) -> list[tuple[int, str, bool]]:
    return [(problem.line, problem.field, problem.blocking) for problem in report.problems]


def structure(number: int, entity: int = 1, **given: str) -> str:
    """A `structureet` line of the FINESS extraction."""
    cells = dict.fromkeys(SECTIONS["structureet"], "") | {
        "nofinesset": finess(number),
        "nofinessej": finess(900_000 + entity),
        "rs": f"EHPAD L'ETOILE {number}",
        "numvoie": "11",
        "typvoie": "R",
        "voie": "DU PORT",
        "commune": "184",
        "departement": "44",
        "ligneacheminement": "44606 ST NAZAIRE CEDEX",
        "categetab": "500",
        "libcategetab": "Etablissement pour personnes dependantes",
        "siret": siret(siren(40_000_000 + entity), number),
        **given,
    }
    return ";".join(["structureet", *cells.values()])


def legal_entity(entity: int = 1, **given: str) -> str:
    """A `structureej` line of the FINESS extraction."""
    cells = dict.fromkeys(SECTIONS["structureej"], "") | {
        "nofiness": finess(900_000 + entity),
        "rs": f"CCAS DE SAINT-NAZAIRE {entity}",
        "statutjuridique": "17",
        "libstatutjuridique": "Centre Communal d'Action Sociale",
        "siren": siren(40_000_000 + entity),
        **given,
    }
    return ";".join(["structureej", *cells.values()])


LAMBERT_93 = "1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93"


def located(number: int, east: str = "303357.001", north: str = "6699857.247", source: str = LAMBERT_93, department: str = "44") -> str:
    """A `geolocalisation` line of the FINESS extraction: the centre of Saint-Nazaire."""
    return f"geolocalisation;{finess(number, department)};{east};{north};{source};2026-01-05"


def extraction(path: Path, lines: Sequence[str], encoding: str = "latin-1") -> Path:
    path.write_bytes("\r\n".join([MARK, *lines, ""]).encode(encoding))
    return path


def real_lines(path: Path) -> list[str]:
    """The lines of a file of open data."""
    return path.read_text("utf-8").splitlines()


# F1


async def test_f1_a_siren_of_two_legal_entities_is_left_empty_with_a_note_on_both(databases: Databases, tmp_path: Path) -> None:
    rows = [
        establishment(1, 1, siren=siren(5), siret="", raison_sociale="CH UN"),
        establishment(2, 2, siren=siren(5), siret="", raison_sociale="CH DEUX"),
        establishment(3, 3),
    ]
    report = Report()
    for turn, line in ((rows, 3), (rows[::-1], 4)):
        report = await run(databases, write_csv(tmp_path / "e.csv", turn))
        assert said(report) == [(line, "siren", False)]
        assert all(word in report.problems[0].message for word in ("CH UN", "CH DEUX", finess(900_001), finess(900_002), siren(5)))
    assert (report.of("organisation").unchanged, report.of("site").unchanged) == (3, 3)
    found = await organisations(databases)
    assert [found[finess(900_000 + number)].siren for number in (1, 2, 3)] == [None, None, rows[2]["siren"]]


async def test_f1_of_two_sirens_of_one_legal_entity_none_is_chosen(databases: Databases, tmp_path: Path) -> None:
    rows = [establishment(1), establishment(2, siren=siren(6), siret=""), establishment(3, 2, siren=siren(6), siret="")]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert {(line, field, blocking) for line, field, blocking in said(report)} == {(3, "siren", False), (4, "siren", False)}
    found = await organisations(databases)
    assert [found[finess(900_000 + number)].siren for number in (1, 2)] == [None, None]


async def test_f1_a_siren_that_another_organisation_has_is_a_note(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    rows = [establishment(1), establishment(2, 2)]
    holder = await an_organisation(steering, name="Notre hôpital", siren=rows[0]["siren"], finess_ej=finess(7))
    report = Report()
    for _ in range(2):
        report = await run(databases, write_csv(tmp_path / "e.csv", rows))
        assert said(report) == [(2, "siren", False)]
        assert all(word in report.problems[0].message for word in ("Notre hôpital", holder["finess_ej"], rows[0]["finess_ej"], "CH N° 1"))
    assert report.written == 0
    found = await organisations(databases)
    assert [found[row["finess_ej"]].siren for row in rows] == [None, rows[1]["siren"]]


async def test_f1_a_siren_that_two_organisations_without_finess_have_is_nobodys(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    row = establishment(1)
    await an_organisation(steering, siren=row["siren"])
    twin = organisation_body(siren=row["siren"])
    assert (await steering.post("/access/v1/organisations?force=true", json=twin)).status_code == 201
    report = await run(databases, write_csv(tmp_path / "e.csv", [row]))
    assert (said(report), report.of("organisation").created) == ([(2, "siren", False)], 1)


@pytest.mark.parametrize(("field", "value"), [("siren", "264400269"), ("siret", "26440026800457")])
async def test_f1_a_number_whose_key_is_wrong_is_left_empty(databases: Databases, tmp_path: Path, field: str, value: str) -> None:
    rows = [establishment(1), {**establishment(2, 2), field: value}]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert (said(report), report.written) == ([(3, field, False)], 4)
    assert value in report.problems[0].message


# F2, F8


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-8-sig", "\t")])
async def test_f2_the_same_lines_in_another_encoding_and_separator_change_nothing(
    databases: Databases, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    rows = [establishment(1, raison_sociale="EHPAD L’ÉTOILE – CŒUR DE VIE"), establishment(2)]
    await run(databases, write_csv(tmp_path / "e.csv", rows))
    report = await run(databases, write_csv(tmp_path / "again.csv", rows, encoding=encoding, delimiter=delimiter))
    assert (report.refused, report.written, len(report.problems)) == (False, 0, 1)
    assert (await sites(databases))[0].official_name == "EHPAD L’ÉTOILE – CŒUR DE VIE"


async def test_f8_two_sites_of_one_siret_and_la_poste_go_in(databases: Databases, tmp_path: Path) -> None:
    shared = siret(siren(8), 1)
    rows = [
        establishment(1, 1, siren=siren(8), siret=shared),
        establishment(2, 1, siren=siren(8), siret=shared),
        establishment(3, 2, siren="356000000", siret="35600000049837"),
    ]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    assert (report.problems, report.of("site").created) == ([], 3)


# F3


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("siret", "2,68502E+13", "le tableur a changé ce nombre : mettez la colonne au format Texte"),
        ("siren", "2.64E+08", "le tableur a changé ce nombre : mettez la colonne au format Texte"),
        ("finess", "440000016,00", "le tableur a changé ce nombre : mettez la colonne au format Texte"),
        ("finess", "10000024", "il manque sans doute un zéro"),
        ("siren", "5322", "il manque sans doute 5 zéros"),
        ("siret", "532254307", "il manque sans doute 5 zéros"),
        ("code_postal", "1440", "il manque sans doute un zéro"),
        ("code_insee_commune", "4,42E+04", "le tableur a changé ce nombre"),
        ("categorie_finess", "12-mars", "le tableur en a fait une date : mettez la colonne au format Texte"),
        ("statut_juridique_code", "01/03/2026", "le tableur en a fait une date"),
    ],
)
async def test_f3_what_a_spreadsheet_spoilt_is_shown_with_the_cause(
    databases: Databases, tmp_path: Path, field: str, value: str, cause: str
) -> None:
    report = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1), {**establishment(2), field: value}]))
    assert (said(report), report.written) == ([(3, field, True)], 0)
    assert f"« {value} »" in report.problems[0].message
    assert cause in report.problems[0].message


async def test_f3_spaces_and_lower_case_are_no_damage(databases: Databases, tmp_path: Path) -> None:
    row = establishment(1)
    await run(databases, write_csv(tmp_path / "e.csv", [row]))
    number = row["siret"]
    spaced = {
        **row,
        "siret": f"{number[:3]}\u00a0{number[3:6]}\u202f{number[6:9]} {number[9:]}",
        "siren": f"{number[:3]} {number[3:6]} {number[6:9]}",
        "finess": f"{row['finess'][:2]} {row['finess'][2:]}",
        "code_postal": "44 600",
    }
    report = await run(databases, write_csv(tmp_path / "e.csv", [spaced]))
    assert (report.problems, report.written) == ([], 0)


# F4


@pytest.mark.parametrize("other", OTHERS, ids=lambda each: each.name)
async def test_f4_another_file_is_recognised_by_its_columns(databases: Databases, tmp_path: Path, other: Format) -> None:
    path = tmp_path / "other.csv"
    path.write_text("\n".join([",".join(other.columns), *[",".join("x" * len(other.columns))] * 3]), "utf-8")
    report = await run(databases, path)
    assert (said(report), report.lines) == ([(1, "", True)], 3)
    assert all(word in report.problems[0].message for word in (f"« {other.name} »", "finess_ej", other.taken))


def test_f4_what_takes_a_file_is_said() -> None:
    assert WORKFORCE.taken == "`plam import context` le prend"
    assert ESTABLISHMENTS.taken == "`plam import establishments` le prend, `plam import context` aussi"
    assert CENTRES.taken == "aucune commande ne le prend"


async def test_f4_a_file_for_another_command_names_the_command(databases: Databases, tmp_path: Path) -> None:
    report = await run(databases, COMMUNES)
    assert (said(report), report.lines) == ([(1, "", True)], 1228)
    assert "`plam import communes` le prend" in report.problems[0].message
    for each in (COURSES, HOMES):
        path = tmp_path / "other.csv"
        path.write_text("\n".join([",".join(each.columns), ",".join("x" * len(each.columns))]), "utf-8")
        report = await run(databases, path)
        assert f"« {each.name} »" in report.problems[0].message
        assert f"`{each.command}` le prend" in report.problems[0].message
    for path in (write_csv(tmp_path / "e.csv", [establishment(1)]), extraction(tmp_path / "f.csv", [structure(1)])):
        async with databases.open("access", "worker") as db:
            report = await import_communes(db, path, None)
        assert (said(report), report.lines) == ([(1, "", True)], 1)
        assert "`plam import establishments` le prend" in report.problems[0].message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ehpad_cnsa_2023_pays_de_la_loire.csv", "EHPAD (CNSA)"),
        ("effectifs_sae_2022_2023_pays_de_la_loire.csv", "effectifs des établissements de santé (SAE)"),
        ("formations_parcoursup_sante_social_pays_de_la_loire.csv", "formations (Parcoursup)"),
    ],
)
async def test_f4_real_files_are_recognised(databases: Databases, real_establishments: Path, name: str, words: str) -> None:
    path = real_establishments.with_name(name)
    if not path.is_file():
        pytest.skip(f"PLAM_OPEN_DATA has no {name}")
    report = await run(databases, path)
    assert (said(report), report.lines) == ([(1, "", True)], len(real_lines(path)) - 1)
    assert words in report.problems[0].message


# F5


async def test_f5_lines_of_other_regions_are_counted_and_passed_over(databases: Databases, tmp_path: Path) -> None:
    rows = [
        establishment(1),
        establishment(2, code_insee_commune="35238"),
        establishment(3, 2, finess="350000022", code_insee_commune="35238", code_departement="35", siren="1"),
        establishment(4, code_insee_commune="2a004", code_departement="2A"),
        establishment(5, code_insee_commune="97411", code_departement="974"),
    ]
    report = Report()
    for _ in range(2):
        report = await run(databases, write_csv(tmp_path / "e.csv", rows))
        assert (report.problems, report.refused, report.lines, report.elsewhere) == ([], False, 5, 4)
    assert (report.of("site").total, report.of("organisation").total) == (1, 1)


@pytest.mark.parametrize("code", ["99999", "00001", "4", "44999"])
async def test_f5_a_code_of_no_department_or_of_no_commune_is_refused(databases: Databases, tmp_path: Path, code: str) -> None:
    report = await run(databases, write_csv(tmp_path / "e.csv", [establishment(1, code_insee_commune=code)]))
    assert (said(report), report.elsewhere) == ([(2, "code_insee_commune", True)], 0)


async def test_f5_communes_of_other_regions_are_passed_over(databases: Databases, tmp_path: Path) -> None:
    header, line, *_ = COMMUNES.read_text("utf-8").splitlines()
    path = tmp_path / "communes.csv"
    path.write_text("\n".join([header, line, "35238" + line[5:]]), "utf-8")
    async with databases.open("access", "worker") as db:
        report = await import_communes(db, path, None)
    assert (report.problems, report.elsewhere, report.of("communes").unchanged) == ([], 1, 1)


# F6


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8"])
async def test_f6_the_extraction_of_the_register_is_read(databases: Databases, tmp_path: Path, encoding: str) -> None:
    lines = [structure(1), structure(2, rslongue="RÉSIDENCE LES TILLEULS"), structure(3, 2, departement="35", commune="238")]
    path = extraction(tmp_path / "f.csv", [*lines, located(1), located(2)], encoding)
    report = await run(databases, path)
    assert [blocking for _, _, blocking in said(report)] == [False] * (encoding != "utf-8")
    assert (report.lines, report.elsewhere, report.located, report.placed) == (5, 1, 2, 2)
    assert (report.of("site").created, report.of("organisation").created) == (2, 1)
    first, second = await sites(databases)
    assert (first.name, first.official_name, first.address) == ("EHPAD L'Etoile 1", "EHPAD L'ETOILE 1", "11 R DU PORT")
    assert (first.commune_code, first.postal_code, first.sector, second.name) == (
        "44184",
        "44606",
        "medico_social",
        "Résidence Les Tilleuls",
    )
    assert list(await organisations(databases)) == [finess(900_001)]
    assert (await run(databases, path)).written == 0


@pytest.mark.parametrize("first", [True, False])
async def test_f6_sites_stand_where_the_extraction_says(databases: Databases, tmp_path: Path, first: bool) -> None:
    lines, points = [structure(1), structure(2), structure(3)], [located(1), located(2, "303457,001")]
    path = extraction(tmp_path / "f.csv", [*points, *lines] if first else [*lines, *points])
    report = await run(databases, path)
    assert (report.problems, report.located, report.placed) == ([], 2, 2)
    one, two, three = await sites(databases)
    assert (one.latitude, one.longitude) == (47.28029, -2.25101)
    assert (two.latitude, two.longitude) == (47.28035, -2.24969)
    assert (three.latitude, three.longitude) == (None, None)
    again = await run(databases, path)
    assert (again.written, again.located, again.placed) == (0, 2, 0)
    moved = await run(databases, extraction(tmp_path / "g.csv", [structure(1), located(1, "303457.001"), structure(2)]))
    assert (moved.of("site").changed, moved.located, moved.placed) == (1, 1, 1)
    assert [(site.version, site.latitude) for site in (await sites(databases))[:2]] == [(2, 47.28035), (1, 47.28035)]


async def test_f6_a_place_that_cannot_be_is_left_empty_with_a_note(databases: Databases, tmp_path: Path) -> None:
    lines = [
        *(structure(number) for number in range(1, 6)),
        located(1, source="2,ATLASANTE,96,BAN,EPSG:5490 RGAF09/UTM Zone 20N (Antilles)"),
        located(2, "6699857.247", "303357.001"),
        located(3, "432250.352", "6714507.015"),
        located(4, "3,03357E+05"),
        located(5, "", ""),
        located(6),
        located(7, department="35"),
    ]
    report = await run(databases, extraction(tmp_path / "f.csv", lines))
    assert said(report) == [(0, "geolocalisation", False), *((line, "coordxet", False) for line in (7, 8, 9, 10))]
    assert "à 129 km du centre de la commune 44184" in report.problems[3].message
    assert report.problems[0].message.startswith("1 ligne(s)")
    assert (report.located, report.of("site").created) == (0, 5)
    assert {site.latitude for site in await sites(databases)} == {None}


async def test_f6_what_the_extraction_does_not_locate_keeps_its_place(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await run(databases, extraction(tmp_path / "f.csv", [structure(1)]))
    (site,) = await sites(databases)
    given = {"latitude": 47.28, "longitude": -2.2}
    assert (await steering.patch(f"/access/v1/sites/{site.id}", json=given, headers={"If-Match": '"1"'})).status_code == 200
    assert (await run(databases, extraction(tmp_path / "f.csv", [structure(1)]))).written == 0
    assert [(each.latitude, each.longitude) for each in await sites(databases)] == [(47.28, -2.2)]


async def test_f6_quotation_marks_of_the_register_are_letters(databases: Databases, tmp_path: Path) -> None:
    lines = [structure(1, rslongue='"LES PINS" RESIDENCE'), structure(2, rslongue='RESIDENCE "LES PINS"')]
    report = await run(databases, extraction(tmp_path / "f.csv", lines))
    assert (report.problems, [site.official_name for site in await sites(databases)]) == (
        [],
        ['"LES PINS" RESIDENCE', 'RESIDENCE "LES PINS"'],
    )


@pytest.mark.parametrize("first", [True, False])
async def test_f6_legal_entities_are_named_where_the_extraction_has_them(databases: Databases, tmp_path: Path, first: bool) -> None:
    entities = [legal_entity(1), legal_entity(2), legal_entity(3, nofiness="440000010")]
    lines = [*entities, structure(1)] if first else [structure(1), *entities]
    report = await run(databases, extraction(tmp_path / "f.csv", lines))
    assert [(field, blocking) for _, field, blocking in said(report)] == [("nofiness", False)]
    (found,) = (await organisations(databases)).values()
    assert (found.name, found.official_name, found.siren) == ("CCAS de Saint-Nazaire 1", "CCAS DE SAINT-NAZAIRE 1", siren(40_000_001))
    assert (found.legal_status_code, found.legal_status_label) == ("17", "Centre Communal d'Action Sociale")


async def test_f6_a_file_of_legal_entities_alone_names_those_that_are_known(databases: Databases, tmp_path: Path) -> None:
    await run(databases, extraction(tmp_path / "et.csv", [structure(1)]))
    path = extraction(tmp_path / "ej.csv", [legal_entity(2), legal_entity(1, rslongue="CENTRE COMMUNAL DE SAINT-NAZAIRE")])
    report = await run(databases, path)
    assert (report.problems, report.of("organisation").changed, report.of("organisation").created) == ([], 1, 0)
    (found,) = (await organisations(databases)).values()
    assert (found.name, found.siren) == ("Centre Communal de Saint-Nazaire", siren(40_000_001))
    assert (await run(databases, path)).written == 0


async def test_f6_damage_and_lines_of_other_kinds_are_told(databases: Databases, tmp_path: Path) -> None:
    odd = [structure(2) + ";;", structure(3)[:-1], "equipementsocial;440000016;x", ";;;", "; x", structure(4, siret="4,4E+13")]
    report = await run(databases, extraction(tmp_path / "f.csv", [structure(1), *odd]))
    assert said(report) == [(0, "equipementsocial", False), (4, "", True), (7, "", True), (8, "siret", True)]
    assert (report.lines, report.written) == (6, 0)


# F9


async def test_f9_an_organisation_bears_the_name_of_its_legal_entity_where_the_file_has_a_line_on_it(
    databases: Databases, tmp_path: Path
) -> None:
    number = finess(900_001)
    rows = [
        establishment(1, raison_sociale="CHU DE NANTES SITE HOTEL DIEU HME"),
        establishment(2, finess=number, finess_ej=number, raison_sociale="CHU DE NANTES"),
        establishment(3, 2, raison_sociale="SSIAD DE L'ILE D'YEU"),
    ]
    report = await run(databases, write_csv(tmp_path / "e.csv", rows))
    found = await organisations(databases)
    names = [(each.name, each.official_name, each.folded) for each in (found[number], found[finess(900_002)])]
    assert (report.problems, names) == (
        [],
        [("CHU de Nantes", "CHU DE NANTES", "chu de nantes"), ("SSIAD de l'Ile d'Yeu", "SSIAD DE L'ILE D'YEU", "ssiad de l ile d yeu")],
    )
    assert (await sites(databases))[0].name == "CHU de Nantes site Hotel Dieu HME"


async def test_f9_what_people_corrected_stays_and_what_an_import_named_follows(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    await run(databases, extraction(tmp_path / "et.csv", [structure(1), structure(2, 2)]))
    found = (await organisations(databases))[finess(900_001)]
    corrected = await steering.patch(
        f"/access/v1/organisations/{found.id}", json={"name": "Mairie, action sociale"}, headers={"If-Match": '"1"'}
    )
    assert corrected.status_code == 200
    await run(databases, extraction(tmp_path / "ej.csv", [legal_entity(1), legal_entity(2)]))
    names = await organisations(databases)
    assert [names[finess(900_000 + number)].name for number in (1, 2)] == ["Mairie, action sociale", "CCAS de Saint-Nazaire 2"]


async def test_f9_an_organisation_that_an_earlier_release_named_in_capitals_is_tidied(
    databases: Databases, steering: httpx.AsyncClient, tmp_path: Path
) -> None:
    row = establishment(1, raison_sociale="CH DE SAINT NAZAIRE")
    await an_organisation(steering, name="CH DE SAINT NAZAIRE", finess_ej=row["finess_ej"], siren=row["siren"])
    await run(databases, write_csv(tmp_path / "e.csv", [row]))
    assert (await organisations(databases))[row["finess_ej"]].name == "CH de Saint Nazaire"


# The real file


@pytest.mark.parametrize("kind", ["windows", "spreadsheet"])
async def test_the_real_file_as_others_send_it_changes_nothing(
    databases: Databases, real_establishments: Path, tmp_path: Path, kind: str
) -> None:
    first = await run(databases, real_establishments)
    assert (first.refused, first.of("site").created, first.of("organisation").created) == (False, 162, 96)
    path = tmp_path / "again.csv"
    if kind == "windows":
        report = await run(databases, windows_copy(real_establishments, path))
        assert (report.refused, report.written, report.encoding, report.lines) == (False, 0, "windows-1252", 162)
    else:
        report = await run(databases, spoilt_by_a_spreadsheet(real_establishments, path, "siret"))
        spoilt = [problem for problem in report.problems if problem.blocking]
        assert (report.written, len(spoilt)) == (0, 160)
        assert all("le tableur a changé ce nombre" in problem.message for problem in spoilt)
