"""What can be done with a membership."""

from uuid import UUID

from services.access_api.memberships import queries
from services.access_api.memberships.grants import Grant, check_grant, check_kind, grant_of
from services.access_api.memberships.lifecycle import OPERATIONS, move, require
from services.access_api.memberships.managers import keep_another
from services.access_api.memberships.members import follow_members
from services.access_api.memberships.queries import MEMBERSHIPS
from services.access_api.memberships.schemas import Invitation, MembershipPatch, MembershipRequest, MembershipWrite
from services.access_api.memberships.tables import OPEN, Membership
from services.access_api.memberships.telling import tell_answered, tell_invited, tell_managers
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.organisations.tables import Organisation
from services.access_api.parties import check_runs, check_self, person_of
from services.access_api.persons.operations import create as create_person
from services.access_api.persons.queries import PERSONS, with_addresses
from services.access_api.persons.schemas import PersonCreate
from services.access_api.persons.tables import Person
from services.access_api.revocations.operations import revoke
from services.contracts.access import MembershipStatus, OrganisationStatus, Revocable
from services.contracts.codes import Role
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import AlreadyExists, Conflict, invalid
from services.kernel.data.database import Database

POINTER = "#/organisation_id"
LEFT = "À la demande de la personne"


class OrganisationNotActive(Conflict):
    """Nobody begins to act for an organisation that is suspended or closed."""

    type = "organisation-not-active"
    title = "L'organisation n'est pas en activité"
    advice = (
        "Cette organisation est suspendue ou fermée : reprenez-la d'abord (resumeOrganisation), ou rouvrez-la (reopenOrganisation), ou "
        "mettez fin à l'appartenance."
    )


async def invite(db: Database, body: Invitation, *, by: Principal) -> Membership:
    """Invites a person, known by their address or made known, to act for an organisation.

    Raises `Forbidden` outside the caller's organisation, `Invalid` for one that is unknown or closed, `RoleNotAllowed`, `GrantTooWide`,
    and `AlreadyExists` where the person has a membership that is not over.
    """
    check_runs(by, body.organisation_id, body.departments)
    organisation = await _cited(db, body.organisation_id, by=by)
    grant = Grant(frozenset(body.roles), frozenset(body.departments), body.manager)
    check_kind(organisation, grant)
    check_grant(by, grant)
    person = await find_or_create(db, PersonCreate(**body.model_dump(include={"given_name", "family_name"}), email=body.address), by=by)
    membership = await begin(db, person.id, organisation, grant, MembershipStatus.invited, by=by)
    await tell_invited(db, membership, organisation)
    return membership


async def request(db: Database, body: MembershipRequest, *, by: Principal) -> Membership:
    """Asks, for the caller, to act for an organisation; its managers decide what is granted.

    Raises `NotFound` for a person who is not known, and else as `invite` does.
    """
    person_id = (await PERSONS.one(db, person_of(by), by=by)).id
    organisation = await _cited(db, body.organisation_id, by=by)
    grant = Grant(frozenset(body.roles), frozenset(body.departments), manager=False)
    check_kind(organisation, grant)
    membership = await begin(db, person_id, organisation, grant, MembershipStatus.requested, by=by, message=body.asked_message)
    await tell_managers(db, membership, organisation)
    return membership


async def approve(db: Database, membership_id: UUID, *, by: Principal, version: int) -> Membership:
    """Gives a person what they asked for. Raises `RoleNotAllowed`, `GrantTooWide`: change it first, then."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    move(membership, MembershipStatus.active, only_from=MembershipStatus.requested)
    await _check_organisation(db, membership)
    check_grant(by, grant_of(membership))
    membership.since = clock.today()
    await save(db, membership, "access.membership.approved", by=by)
    await tell_answered(db, membership)
    return membership


async def decline(db: Database, membership_id: UUID, reason: str, *, by: Principal, version: int) -> Membership:
    """Declines what a person asked for; they may ask again."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    move(membership, MembershipStatus.declined)
    membership.status_reason = reason
    await save(db, membership, "access.membership.declined", by=by)
    await tell_answered(db, membership)
    return membership


async def accept(db: Database, membership_id: UUID, *, by: Principal, version: int) -> Membership:
    """Accepts an invitation: the person acts for the organisation from today. Raises `Forbidden` for another person's."""
    membership = await _own(db, membership_id, by=by, version=version)
    move(membership, MembershipStatus.active, only_from=MembershipStatus.invited)
    await _check_organisation(db, membership)
    membership.since = clock.today()
    return await save(db, membership, "access.membership.accepted", by=by)


async def change(db: Database, membership_id: UUID, patch: MembershipPatch, *, by: Principal, version: int) -> Membership:
    """Changes the fields that were sent. Raises `RoleNotAllowed`, `GrantTooWide`, and `LastManager` for the last one that runs it."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    require(membership, *OPEN)
    before = grant_of(membership)
    if "manager" in patch.model_fields_set and not patch.model_dump()["manager"]:
        await keep_another(db, membership)
    if not patched(membership, patch, MembershipWrite):
        return membership
    grant = grant_of(membership)
    if grant.roles - before.roles:
        check_kind(await ORGANISATIONS.one(db, membership.organisation_id, by=by), grant)
    check_grant(by, grant, before)
    return await save(db, membership, "access.membership.changed", by=by, revokes=True)


async def suspend(db: Database, membership_id: UUID, reason: str, *, by: Principal, version: int) -> Membership:
    """Suspends a membership: the person does not act for the organisation until it is resumed. Raises `LastManager`."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    await keep_another(db, membership)
    move(membership, MembershipStatus.suspended)
    membership.status_reason = reason
    return await save(db, membership, "access.membership.suspended", by=by, revokes=True)


async def resume(db: Database, membership_id: UUID, *, by: Principal, version: int) -> Membership:
    """The person acts for the organisation again, as before. Raises `OrganisationNotActive`, `RoleNotAllowed`, `GrantTooWide`."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    move(membership, MembershipStatus.active, only_from=MembershipStatus.suspended)
    await _check_organisation(db, membership)
    check_grant(by, grant_of(membership))
    membership.status_reason = None
    return await save(db, membership, "access.membership.resumed", by=by)


async def end(db: Database, membership_id: UUID, reason: str, *, by: Principal, version: int) -> Membership:
    """Ends a membership, whatever its status. Raises `LastManager`, but to steering, which may leave an organisation without anybody."""
    membership = await MEMBERSHIPS.load_for_change(db, membership_id, by=by, version=version)
    if not by.has(Role.steering):
        await keep_another(db, membership)
    return await _end(db, membership, reason, by=by)


async def leave(db: Database, membership_id: UUID, *, by: Principal, version: int) -> Membership:
    """Ends a membership of the caller's own: it is left, or not wanted. Raises `LastManager`, `Forbidden` for another person's."""
    membership = await _own(db, membership_id, by=by, version=version)
    await keep_another(db, membership)
    return await _end(db, membership, LEFT, by=by)


_STANDS = {
    MembershipStatus.requested: "Cette personne a déjà demandé à agir pour cette organisation : approuvez, ou refusez, sa demande.",
    MembershipStatus.invited: "Cette personne est déjà invitée par cette organisation : elle n'a qu'à accepter ; changez l'invitation.",
    MembershipStatus.active: "Cette personne agit déjà pour cette organisation : changez son appartenance.",
    MembershipStatus.suspended: "L'appartenance de cette personne est suspendue : reprenez-la, ou mettez-y fin.",
}


_BEGINS = {
    MembershipStatus.requested: "access.membership.requested",
    MembershipStatus.invited: "access.membership.invited",
    MembershipStatus.active: "access.membership.approved",
}


async def begin(
    db: Database,
    person_id: UUID,
    organisation: Organisation,
    grant: Grant,
    status: MembershipStatus,
    *,
    by: Principal,
    message: str | None = None,
) -> Membership:
    """A new membership, in its first status. Raises `AlreadyExists` where one stands."""
    if standing := await db.fetch(queries.open_ones(person_id, organisation.id)):
        raise AlreadyExists(_STANDS[standing[0].status], existing_id=str(standing[0].id))
    membership = Membership(
        person_id=person_id,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        roles=sorted(grant.roles),
        departments=sorted(grant.departments),
        manager=grant.manager,
        since=clock.today() if status is MembershipStatus.active else None,
        asked_message=message,
        status=status,
    )
    return await save(db, membership, _BEGINS[status], by=by)


async def find_or_create(db: Database, body: PersonCreate, *, by: Principal) -> Person:
    """The person who has an address, as they are known; else they are made known."""
    with db.as_service():  # an address may be that of somebody whom the caller does not see
        known = await db.fetch(with_addresses([body.email])) if body.email else []
        return known[0] if known else await create_person(db, body, by=by)


async def _end(db: Database, membership: Membership, reason: str, *, by: Principal) -> Membership:
    move(membership, MembershipStatus.ended)
    membership.status_reason = reason
    membership.until = clock.today()
    return await save(db, membership, "access.membership.ended", by=by, revokes=True)


async def _own(db: Database, membership_id: UUID, *, by: Principal, version: int) -> Membership:
    membership = await MEMBERSHIPS.one(db, membership_id, by=by, version=version)
    check_self(by, membership.person_id)
    return membership


async def _cited(db: Database, organisation_id: UUID, *, by: Principal) -> Organisation:
    unknown = "Cette organisation est inconnue, ou n'est pas en activité."
    organisation = await ORGANISATIONS.cited(db, organisation_id, by=by, pointer=POINTER, unknown=unknown)
    if organisation.status is not OrganisationStatus.active:
        raise invalid(POINTER, "unknown_reference", unknown)
    return organisation


async def _check_organisation(db: Database, membership: Membership) -> None:
    """Checks that the organisation is active, and still of the kind that the roles ask for: it may have changed since."""
    organisation = await ORGANISATIONS.one(db, membership.organisation_id, by=SYSTEM)
    if organisation.status is not OrganisationStatus.active:
        raise OrganisationNotActive
    check_kind(organisation, grant_of(membership))


async def save(db: Database, membership: Membership, event: str, *, by: Principal, revokes: bool = False) -> Membership:
    """Writes what becomes of a membership. `revokes`: it gives something else than the tokens that were issued for it say."""
    acted = next((step["status"] for step in reversed(membership.history)), None) == MembershipStatus.active
    await db.save(membership, event=event, by=by)
    if acted != (membership.status is MembershipStatus.active):
        await follow_members(db, membership.organisation_id, by=by)
    if acted and revokes:
        await revoke(db, Revocable.membership, [membership.id], by=by)
    return membership


ALLOWED = AllowedOperations(
    MEMBERSHIPS,
    OPERATIONS,
    theirs={
        "acceptMembership": lambda caller, membership: check_self(caller, membership.person_id),
        "leaveMembership": lambda caller, membership: check_self(caller, membership.person_id),
    },
)
