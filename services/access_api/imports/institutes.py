"""`plam import institutes`: the institutes of a file of courses become organisations, each with a site in every commune that it teaches in.

An institute is known by its UAI. Several lines, one a course, speak of it; the courses themselves are not kept. What people typed stays: of
an organisation that is known the name alone follows the file, where the file gave it, and a site that stands gets a place if it has none.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from services.access_api.identifiers import UAI_PATTERN
from services.access_api.imports.codes import UAI
from services.access_api.imports.columns import LONGEST_TEXT, is_elsewhere
from services.access_api.imports.display import displayed
from services.access_api.imports.places import Communes, Point, read_communes
from services.access_api.imports.writing import Rows, Writing, begin, set_differing
from services.access_api.names import NAMING
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.sites import queries as site_queries
from services.access_api.sites.tables import Site
from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department, OrganisationRole
from services.contracts.file_formats import COURSES
from services.kernel.base.file_reading import read_rows
from services.kernel.base.file_reports import Report
from services.kernel.base.folding import fold
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.spreadsheets import tidied
from services.kernel.data.database import Database
from services.kernel.data.service import hasten

ROLES = [OrganisationRole.institute]
APART = 1
"""Kilometres between two places of one institute in one commune beyond which a person should know."""

V = TypeVar("V", str, Point)

_formed = re.compile(UAI_PATTERN).match


class Course(NamedTuple):
    """What a line says of the institute that gives a course."""

    line: int
    uai: str
    name: str
    commune: str
    point: Point | None


class Institute(NamedTuple):
    """What the lines of a UAI say together: its first line, its name, a place in each commune; the one with most courses first."""

    line: int
    name: str
    places: Mapping[str, Point | None]


async def import_institutes(db: Database, path: Path, *, by: Principal = SYSTEM) -> Report:
    """Brings institutes and their sites to a file. All of it or nothing: with one blocking problem, nothing is written."""
    report = Report()
    communes = await read_communes(db)
    institutes = check_file(path, communes, report)
    if not report.refused:
        await begin(db)
        await _Institutes(db, report, by, communes).write(institutes)
        await hasten(db, NAMING.job)  # whatever names what the file calls otherwise
    report.problems.sort(key=lambda problem: problem.line)
    return report


def check_file(path: Path, communes: Communes, report: Report) -> dict[str, Institute]:
    """Checks every line; what is wrong goes to the report. Returns the institutes by UAI."""
    courses: dict[str, list[Course]] = {}
    for line, cells in read_rows(path, COURSES.columns, report):
        if course := _check_course(line, dict(zip(COURSES.columns, cells, strict=True)), communes, report):
            courses.setdefault(course.uai, []).append(course)
    if not report.lines and not report.refused:
        report.refuse(0, "", "le fichier n'a aucune formation")
    return {uai: _institute(uai, of_uai, report) for uai, of_uai in courses.items()}


def _check_course(line: int, cells: Mapping[str, str], communes: Communes, report: Report) -> Course | None:
    """The line as it can be taken, once what is odd about it has been said; none when it cannot, or is not of the region."""
    uai, code = tidied(cells["code_uai"]), tidied(cells["code_insee_commune"])
    if is_elsewhere(code):
        report.elsewhere += 1
        return None
    commune = communes.settle(line, code, tidied(cells["code_departement"]), report)
    name = cells["etablissement"]
    refused = not 0 < len(name) <= LONGEST_TEXT
    if refused:
        report.refuse(line, "etablissement", f"nom de 1 à {LONGEST_TEXT} caractères attendu")
    if problem := UAI.problem(uai):
        if _formed(uai):
            said = f"« {uai} » a la forme d'un UAI mais pas sa lettre : un code propre à la plateforme, ou une faute"
            report.warn(line, "code_uai", f"{said} ; la formation de « {name[:LONGEST_TEXT]} » est laissée de côté")
            return None
        report.refuse(line, "code_uai", problem)
        refused = True
    if commune is None or refused:
        return None
    return Course(line, uai, name, commune, communes.point(line, (cells["latitude"], cells["longitude"]), commune, report))


def _institute(uai: str, courses: Sequence[Course], report: Report) -> Institute:
    names = Counter(each.name for each in courses)
    name = _most(names)
    if len(names) > 1:
        others = ", ".join(f"« {other} »" for other in sorted(names) if other != name)
        report.warn(courses[0].line, "etablissement", f"{uai} a plusieurs noms : « {name} » est retenu, et non {others}")
    found = Counter(each.commune for each in courses)
    places = {}
    for commune in sorted(found, key=lambda code: (-found[code], code)):
        points = Counter(each.point for each in courses if each.commune == commune and each.point)
        places[commune] = point = _most(points) if points else None
        if point and (away := max(map(point.kilometres_from, points))) > APART:
            said = f"{uai} est à plusieurs endroits de la commune {commune}, à {away:.0f} km l'un de l'autre : le plus fréquent est retenu"
            report.warn(courses[0].line, "latitude", said)
    return Institute(courses[0].line, name, places)


def _most(counted: Counter[V]) -> V:
    """What is said most often; of several the smallest, whatever the order of lines."""
    return min(counted, key=lambda value: (-counted[value], value))


@dataclass
class _Institutes(Writing):
    """One import, being written."""

    communes: Communes
    organisations: Rows = field(default_factory=Rows)
    sites: Rows = field(default_factory=Rows)

    async def write(self, institutes: Mapping[str, Institute]) -> None:
        """Writes institutes and their sites."""
        known = {each.uai: each for each in await self.db.fetch(organisation_queries.with_uai([*institutes]))}
        standing: dict[tuple[UUID, str], list[Site]] = {}
        for site in await self.db.fetch(site_queries.of_organisations([each.id for each in known.values()])):
            standing.setdefault((site.organisation_id, site.commune_code), []).append(site)
        for uai, institute in institutes.items():
            organisation = self._organisation(uai, institute, known.get(uai))
            if organisation.status is OrganisationStatus.closed:
                continue
            for commune, point in institute.places.items():
                self._site(organisation, institute.name, commune, point, standing.get((organisation.id, commune), []))
        await self.save("organisation", self.organisations)
        await self.save("site", self.sites)

    def _organisation(self, uai: str, institute: Institute, before: Organisation | None) -> Organisation:
        if before is None:
            made = Organisation(roles=ROLES, uai=uai, department=self._department(next(iter(institute.places))), **_named(institute.name))
            self.organisations.created.append(made)
            return made
        closed = before.status is OrganisationStatus.closed
        if closed:
            self.report.warn(institute.line, "code_uai", f"« {before.name} » ({uai}) est fermée : elle reste telle quelle")
        elif OrganisationRole.institute not in before.roles:
            said = f"« {before.name} » ({uai}) n'a pas le rôle d'institut : donnez-le-lui si elle forme"
            self.report.warn(institute.line, "code_uai", said)
        self.organisations.keep(before, changed=not closed and _renamed(before, institute.name))
        return before

    def _site(self, organisation: Organisation, name: str, commune: str, point: Point | None, standing: Sequence[Site]) -> None:
        if not standing:
            made = Site(organisation_id=organisation.id, commune_code=commune, department=self._department(commune), **_named(name))
            self.place(made, point)
            self.sites.created.append(made)
        elif len(standing) == 1:
            placed = self.place(standing[0], point, keeps=True)
            self.sites.keep(standing[0], changed=_renamed(standing[0], name) or placed)
        else:  # which of them the institute is in, nothing says
            self.sites.keep(standing[0], changed=False)

    def _department(self, commune: str) -> Department:
        return Department(self.communes.departments[commune])


def _named(official: str) -> dict[str, Any]:
    return {"name": displayed(official), "official_name": official, "folded": fold(official)}


def _renamed(row: Organisation | Site, official: str) -> bool:
    """Gives a row the name in a file, if a file named it and nobody has since; whether that is another one."""
    if row.official_name is None or row.name != displayed(row.official_name):
        return False
    return set_differing(row, _named(official))
