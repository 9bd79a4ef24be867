"""What an operator does for persons, on the machine: the first administrator of an organisation, and a token of somebody's."""

from collections.abc import Sequence
from uuid import UUID

from services.access_api.memberships import queries
from services.access_api.memberships.grants import Grant, check_kind
from services.access_api.memberships.operations import begin, find_or_create, save
from services.access_api.memberships.tables import Membership
from services.access_api.organisations import queries as organisation_queries
from services.access_api.organisations.tables import Organisation
from services.access_api.persons.queries import with_addresses
from services.access_api.persons.schemas import PersonCreate
from services.access_api.persons.tables import Person
from services.contracts.access import MembershipStatus, OrganisationStatus, PersonStatus
from services.contracts.codes import Department, OrganisationRole, Role
from services.kernel.base import clock
from services.kernel.base.folding import fold
from services.kernel.base.principals import PERSON, SYSTEM, Principal
from services.kernel.data.database import Database

NEW = {
    Role.steering: OrganisationRole.steering,
    Role.employer: OrganisationRole.employer,
    Role.institute: OrganisationRole.institute,
    Role.finance: OrganisationRole.funder,
}
"""What an organisation is that is made for somebody of a role; a partner otherwise."""


async def appoint(db: Database, person: PersonCreate, name: str, roles: Sequence[Role], departments: Sequence[Department]) -> list[str]:
    """Makes somebody run an organisation, which is made when it is missing; what was done, in sentences. Twice changes nothing.

    Where nobody runs it yet they act at once; else they are invited. Raises `ValueError` for a name of several organisations, or of one
    that is suspended or closed, for a person who is suspended, and for a membership that is for its managers to change; `RoleNotAllowed`.
    """
    organisation, said = await _organisation(db, name, roles)
    grant = Grant(frozenset(roles), frozenset(departments), manager=True)
    check_kind(organisation, grant)
    found = await find_or_create(db, person, by=SYSTEM)
    if found.status is not PersonStatus.active:
        raise ValueError(f"{found.email} est suspendu ({found.status_reason}) : le pilotage le reprend d'abord (resumePerson).")
    alone = not await db.fetch(queries.managers(organisation.id))
    standing = await db.fetch(queries.open_ones(found.id, organisation.id))
    if not standing:
        await begin(db, found.id, organisation, grant, MembershipStatus.active if alone else MembershipStatus.invited, by=SYSTEM)
        done = "agit désormais" if alone else "est invité à agir"
        return [*said, f"{found.email} {done} pour « {organisation.name} », dont il gère les appartenances."]
    membership = standing[0]
    if alone:
        _take(membership, grant)
        await save(db, membership, "access.membership.approved", by=SYSTEM, revokes=True)
        return [*said, f"{found.email} gère désormais les appartenances de « {organisation.name} »."]
    if not _has(membership, grant):
        raise ValueError(
            f"{found.email} a déjà une appartenance à « {organisation.name} » ({membership.status.label.lower()}), et d'autres que lui la "
            "gèrent : demandez-leur de la changer (changeMembership)."
        )
    return [
        *said,
        f"{found.email} a déjà cette appartenance à « {organisation.name} » ({membership.status.label.lower()}) : rien ne change.",
    ]


def _has(membership: Membership, grant: Grant) -> bool:
    return membership.manager and grant.roles <= {*membership.roles}


def _take(membership: Membership, grant: Grant) -> None:
    membership.roles = sorted(grant.roles | {*membership.roles})
    membership.departments = sorted(grant.departments)
    membership.manager, membership.status, membership.status_reason = True, MembershipStatus.active, None
    membership.since = membership.since or clock.today()


async def _organisation(db: Database, name: str, roles: Sequence[Role]) -> tuple[Organisation, list[str]]:
    """An active organisation by its name or its id, made when no other has the name."""
    found = await find_organisations(db, name)
    active = [each for each in found if each.status is OrganisationStatus.active]
    if len(active) > 1:
        several = ", ".join(f"{each.name} ({each.id})" for each in active)
        raise ValueError(f"Plusieurs organisations s'appellent ainsi : {several}. Donnez l'identifiant de l'une d'elles.")
    if active:
        return active[0], []
    if found:
        status = found[0].status.label.lower()
        raise ValueError(f"« {found[0].name} » est {status} : rouvrez-la ou reprenez-la d'abord, ou donnez un autre nom.")
    kinds = sorted({NEW.get(role, OrganisationRole.partner) for role in roles}, key=[*OrganisationRole].index)
    made = Organisation(name=name, roles=kinds, folded=fold(name))
    await db.save(made, event="access.organisation.created", by=SYSTEM)
    return made, [f"Organisation créée : « {name} » ({', '.join(kind.label for kind in kinds)})."]


async def find_organisations(db: Database, named: str) -> list[Organisation]:
    """The organisations that have an id, or a name, however it is accented."""
    try:
        return await db.fetch(organisation_queries.organisations([UUID(named)]))
    except ValueError:
        return await db.fetch(organisation_queries.with_names([fold(named)]))


async def token_of(db: Database, address: str, organisation: str | None) -> Principal:
    """The caller that somebody is, for the one active membership they have, or that of an organisation.

    Raises `ValueError`, which says what stands in the way, and among which organisations to choose.
    """
    known = await db.fetch(with_addresses([address]))
    if not known:
        raise ValueError(f"Personne n'a l'adresse {address} : « plam invite {address} --role … --organisation … » l'invite.")
    person = known[0]
    if person.status is not PersonStatus.active:
        raise ValueError(f"{address} est suspendu ({person.status_reason}) : le pilotage le reprend (resumePerson).")
    named = None if organisation is None else await find_organisations(db, organisation)
    if named == []:
        raise ValueError(f"Aucune organisation ne s'appelle « {organisation} ».")
    standing = [
        each for each in await db.fetch(queries.of_persons([person.id])) if named is None or each.organisation_id in {o.id for o in named}
    ]
    active = [each for each in standing if each.status is MembershipStatus.active]
    if len(active) > 1:
        several = ", ".join(f"{each.organisation_name} ({each.organisation_id})" for each in active)
        raise ValueError(f"{address} agit pour plusieurs organisations : {several}. Dites laquelle, par --organisation.")
    if not active:
        raise ValueError(_inactive(address, standing))
    [acted_for] = await db.fetch(organisation_queries.organisations([active[0].organisation_id]))
    if acted_for.status is not OrganisationStatus.active or any(spell["until"] is None for spell in acted_for.suspended_spells):
        raise ValueError(f"« {acted_for.name} » n'est pas en activité : personne n'agit pour elle.")
    return acting(person, active[0])


def acting(person: Person, membership: Membership) -> Principal:
    """The caller that a person is by a membership."""
    return Principal(
        f"{PERSON}{person.id}",
        frozenset(membership.roles),
        membership.organisation_id,
        frozenset(membership.departments),
        membership=membership.id,
        manager=membership.manager,
    )


def _inactive(address: str, standing: Sequence[Membership]) -> str:
    if not standing:
        return f"{address} n'a aucune appartenance : « plam invite {address} --role … --organisation … » l'invite."
    said = ", ".join(f"{each.organisation_name} ({each.status.label.lower()})" for each in standing)
    return f"{address} n'a aucune appartenance active : {said}. Elle s'accepte, s'approuve ou se reprend d'abord."
