"""`plam import members`: who acts for which organisation, by a file of addresses.

A membership that is not there is made, active; one that stands takes the roles, the departments and the management that the file gives.
One that is suspended, or waits for its person, keeps its status. What persons are called stays once it is known.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.access_api.addresses import folded, is_address
from services.access_api.imports.codes import FINESS, UAI
from services.access_api.imports.columns import LONGEST_TEXT
from services.access_api.imports.writing import Rows, Writing, begin
from services.access_api.memberships import queries
from services.access_api.memberships.grants import Grant, RoleNotAllowed, check_kind, grant_of
from services.access_api.memberships.members import follow_members
from services.access_api.memberships.tables import Membership
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.persons.queries import with_addresses
from services.access_api.persons.tables import Person
from services.access_api.revocations.operations import revoke
from services.contracts.access import MembershipStatus, OrganisationStatus, PersonStatus, Revocable
from services.contracts.codes import STAFF, Department, Role
from services.contracts.file_formats import MEMBERS
from services.kernel.base import clock
from services.kernel.base.fields import Line
from services.kernel.base.file_reading import read_chunks
from services.kernel.base.file_reports import Report
from services.kernel.base.folding import fold
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.spreadsheets import tidied
from services.kernel.data.database import Database

YES, NO = {"oui", "o", "true", "vrai", "1", "x"}, {"", "non", "n", "false", "faux", "0"}
STAYS = {
    MembershipStatus.invited: "invitée : elle reste à accepter par la personne",
    MembershipStatus.suspended: "suspendue : elle le reste",
}

_cut = re.compile(r"[\s,;|/]+").split
_line = TypeAdapter(Line)


class Entry(NamedTuple):
    """What a line says: somebody, an organisation, and what the one may do for the other."""

    line: int
    address: str
    names: Mapping[str, str]
    organisation: str
    grant: Grant


async def import_members(db: Database, path: Path, *, by: Principal = SYSTEM) -> Report:
    """Brings memberships to a file. All of it or nothing: with one blocking problem, nothing is written."""
    report = Report()
    entries = check_file(path, report)
    if not report.refused:
        await begin(db)
        await _Members(db, report, by).write(entries)
    report.problems.sort(key=lambda problem: problem.line)
    return report


def check_file(path: Path, report: Report) -> list[Entry]:
    """Checks every line by itself; what is wrong goes to the report."""
    names = (*MEMBERS.columns, *MEMBERS.more)
    found: list[Entry] = []
    for chunk in read_chunks(path, MEMBERS.columns, report, more=MEMBERS.more):
        for line, cells in zip(chunk.lines, zip(*chunk.columns, strict=True), strict=True):
            if entry := _checked(line, dict(zip(names, map(str.strip, cells), strict=True)), report):
                found.append(entry)
    if not report.lines and not report.refused:
        report.refuse(0, "", "le fichier n'a aucun membre")
    return found


def _checked(line: int, cells: Mapping[str, str], report: Report) -> Entry | None:
    """The line as it can be taken; none when it cannot."""
    before = len(report.problems)
    address = folded(cells["address"])
    if not is_address(address):
        report.refuse(line, "address", f"« {address[:LONGEST_TEXT]} » n'est pas une adresse électronique")
    if not cells["organisation"]:
        report.refuse(line, "organisation", "organisation attendue : son FINESS, son UAI, ou son nom")
    names = {name: cells[name] for name in ("given_name", "family_name") if cells[name]}
    for name, value in names.items():
        try:
            _line.validate_python(value)
        except ValidationError as error:
            report.refuse(line, name, error.errors()[0]["msg"].removeprefix("Value error, "))
    roles = _codes(line, "roles", cells["roles"], [str(role) for role in STAFF], report)
    departments = _codes(line, "departments", cells["departments"], [str(each) for each in Department], report)
    if not cells["roles"]:
        report.refuse(line, "roles", f"un rôle au moins, de : {', '.join(STAFF)}")
    manager = fold(cells["manager"])
    if manager not in YES | NO:
        report.refuse(line, "manager", f"« {cells['manager'][:LONGEST_TEXT]} » : oui, ou non")
    if len(report.problems) > before:
        return None
    grant = Grant(frozenset(Role(role) for role in roles), frozenset(Department(code) for code in departments), manager in YES)
    return Entry(line, address, names, cells["organisation"], grant)


def _codes(line: int, name: str, cell: str, known: Sequence[str], report: Report) -> list[str]:
    codes = list(filter(None, _cut(cell.lower())))
    for code in codes:
        if code not in known:
            report.refuse(line, name, f"« {code[:LONGEST_TEXT]} » n'est pas un de : {', '.join(known)}")
    return codes


@dataclass
class _Members(Writing):
    """One import, being written."""

    persons: Rows = field(default_factory=Rows)
    memberships: Rows = field(default_factory=Rows)
    begun: list[Membership] = field(default_factory=list)
    approved: list[Membership] = field(default_factory=list)
    differing: list[Membership] = field(default_factory=list)
    """The active memberships that give something else from now on: the tokens that were issued for them are refused."""
    known: dict[UUID, bool] = field(default_factory=dict)
    """The persons who were there → whether the file adds to what is known of them."""

    async def write(self, entries: Sequence[Entry]) -> None:
        """Writes persons, then their memberships; nothing when a line is refused."""
        organisations = await self._organisations(entries)
        found = await self.db.fetch(with_addresses({entry.address for entry in entries}))
        persons = {str(person.email): person for person in found}
        self.known = {person.id: False for person in found}
        standing = {(each.person_id, each.organisation_id): each for each in await self.db.fetch(queries.of_persons([*self.known]))}
        seen: dict[tuple[UUID, UUID], Entry] = {}
        losing: dict[UUID, Entry] = {}
        for entry in entries:
            organisation = organisations.get(entry.organisation)
            if organisation is None or not self._allows(entry, organisation):
                continue
            person = self._person(entry, persons)
            key = person.id, organisation.id
            if key in seen:
                self._twice(entry, seen[key])
                continue
            seen[key] = entry
            if (before := standing.get(key)) and before.manager and not entry.grant.manager:
                losing[organisation.id] = entry
            self._membership(entry, person, organisation, before)
        await self._keep_managers(losing)
        if not self.report.refused:
            await self._save(found)

    async def _organisations(self, entries: Sequence[Entry]) -> dict[str, Organisation]:
        """The active organisations by what the file calls them: FINESS of the entity, UAI, or name; what is none is refused."""
        codes = {entry.organisation: tidied(entry.organisation) for entry in entries}
        by_code: dict[str | None, Organisation] = {}
        for each in await self.db.fetch(organisation_queries.with_finess([code for code in codes.values() if FINESS.holds(code)])):
            by_code[each.finess_ej] = each
        for each in await self.db.fetch(organisation_queries.with_uai([code for code in codes.values() if UAI.holds(code)])):
            by_code[each.uai] = each
        by_name: dict[str, list[Organisation]] = {}
        for each in await self.db.fetch(organisation_queries.with_names(sorted({fold(text) for text in codes}))):
            by_name.setdefault(each.folded, []).append(each)
        found: dict[str, Organisation] = {}
        for text, code in codes.items():
            named = [by_code[code]] if code in by_code else by_name.get(fold(text), [])
            active = [each for each in named if each.status is OrganisationStatus.active]
            if len(active) == 1:
                found[text] = active[0]
                continue
            for entry in entries:
                if entry.organisation == text:
                    self.report.refuse(entry.line, "organisation", _unknown(text, named, active))
        return found

    def _allows(self, entry: Entry, organisation: Organisation) -> bool:
        try:
            check_kind(organisation, entry.grant)
        except RoleNotAllowed as refused:
            self.report.refuse(entry.line, "roles", str(refused))
            return False
        return True

    def _person(self, entry: Entry, persons: dict[str, Person]) -> Person:
        person = persons.get(entry.address)
        if person is None:
            person = persons[entry.address] = Person(email=entry.address, last_contact_on=clock.today())
            self.persons.created.append(person)
        elif person.status is not PersonStatus.active:
            self.report.warn(entry.line, "address", f"{entry.address} est suspendu, et n'agit pas tant que le pilotage ne le reprend pas")
        for name, value in entry.names.items():
            if getattr(person, name) is None:
                setattr(person, name, value)
                if person.id in self.known:
                    self.known[person.id] = True
            elif fold(getattr(person, name)) != fold(value):
                self.report.warn(entry.line, name, f"{entry.address} est connu sous un autre nom, qui reste : à lui de le changer")
        return person

    def _twice(self, entry: Entry, first: Entry) -> None:
        said = f"déjà à la ligne {first.line}, pour la même organisation"
        if entry.grant == first.grant:
            self.report.warn(entry.line, "address", f"{said} : une seule est retenue")
        else:
            self.report.refuse(entry.line, "address", f"{said}, avec d'autres droits : gardez une seule ligne")

    def _membership(self, entry: Entry, person: Person, organisation: Organisation, before: Membership | None) -> None:
        roles, departments = sorted(entry.grant.roles), sorted(entry.grant.departments)
        if before is None:
            made = Membership(
                person_id=person.id,
                organisation_id=organisation.id,
                organisation_name=organisation.name,
                roles=roles,
                departments=departments,
                manager=entry.grant.manager,
                since=clock.today(),
                status=MembershipStatus.active,
            )
            self.memberships.created.append(made)
            self.begun.append(made)
            return
        if (changed := grant_of(before) != entry.grant) and before.status is MembershipStatus.active:
            self.differing.append(before)
        before.roles, before.departments, before.manager = roles, departments, entry.grant.manager
        if before.status is MembershipStatus.requested:
            before.status, before.since = MembershipStatus.active, clock.today()
            self.approved.append(before)
            return
        if before.status in STAYS:
            self.report.warn(entry.line, "address", f"l'appartenance de {entry.address} est {STAYS[before.status]}")
        self.memberships.keep(before, changed=changed)

    async def _keep_managers(self, losing: Mapping[UUID, Entry]) -> None:
        """Refuses what would leave an organisation that somebody runs without anybody who does."""
        made = *self.memberships.created, *self.memberships.changed, *self.approved
        written = {row.id: row for row in made if isinstance(row, Membership)}
        for organisation_id, entry in losing.items():
            standing = await self.db.fetch(queries.managers(organisation_id))
            stay = any(each.id not in written for each in standing)
            come = any(
                each.organisation_id == organisation_id and each.manager and each.status is MembershipStatus.active
                for each in written.values()
            )
            if standing and not stay and not come:
                said = "le fichier ôte à l'organisation son dernier gestionnaire : laissez-en un, ou nommez-en un autre"
                self.report.refuse(entry.line, "manager", said)

    async def _save(self, found: Sequence[Person]) -> None:
        for person in found:
            self.persons.keep(person, changed=self.known[person.id])
        await self.save("person", self.persons)
        await self.db.save_many(self.memberships.created, event="access.membership.approved", by=self.by)
        await self.db.save_many(self.memberships.changed, event="access.membership.changed", by=self.by)
        await self.db.save_many(self.approved, event="access.membership.approved", by=self.by)
        for organisation_id in sorted({each.organisation_id for each in (*self.begun, *self.approved)}):
            await follow_members(self.db, organisation_id, by=self.by)
        if self.differing:
            await revoke(self.db, Revocable.membership, [each.id for each in self.differing], by=self.by)
        counts = self.report.of("membership")
        counts.created += len(self.memberships.created)
        counts.changed += len(self.memberships.changed) + len(self.approved)
        counts.unchanged += self.memberships.unchanged


def _unknown(text: str, named: Sequence[Organisation], active: Sequence[Organisation]) -> str:
    if active:
        return f"plusieurs organisations s'appellent « {text[:LONGEST_TEXT]} » : donnez le FINESS juridique, ou l'UAI, de l'une d'elles"
    if named:
        return f"« {named[0].name} » n'est pas en activité"
    return f"« {text[:LONGEST_TEXT]} » n'est le FINESS juridique, l'UAI ni le nom d'aucune organisation : importez-la d'abord"
