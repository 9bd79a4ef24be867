"""What can be done with a person."""

from uuid import UUID

from services.access_api.parties import person_of
from services.access_api.persons.lifecycle import OPERATIONS, move
from services.access_api.persons.queries import PERSONS
from services.access_api.persons.schemas import Hold, MePatch, PersonCreate, PersonNames
from services.access_api.persons.tables import Person
from services.access_api.revocations.operations import revoke
from services.contracts.access import PersonStatus, Revocable
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.api.patching import patched
from services.kernel.base import clock
from services.kernel.base.principals import Principal
from services.kernel.base.problems import invalid
from services.kernel.data.database import Database


async def create(db: Database, body: PersonCreate, *, by: Principal) -> Person:
    """Makes a person known. Raises `AlreadyExists` when the address is another's."""
    person = Person(**body.model_dump(), last_contact_on=clock.today())
    return await db.save(person, event="access.person.created", by=by)


async def change_me(db: Database, patch: MePatch, *, by: Principal, version: int) -> Person:
    """Changes what the caller says of themself. Raises `Forbidden` for a token of nobody, `NotFound` for a person who is not known."""
    person = await PERSONS.load_for_change(db, person_of(by), by=by, version=version)
    if not patched(person, patch, PersonNames):
        return person
    person.last_contact_on = clock.today()
    return await db.save(person, event="access.person.changed", by=by)


async def suspend(db: Database, person_id: UUID, reason: str, *, by: Principal, version: int) -> Person:
    """Suspends a person: they act for no organisation until they are resumed, and their tokens are refused; their memberships stay."""
    person = await PERSONS.load_for_change(db, person_id, by=by, version=version)
    move(person, PersonStatus.suspended)
    person.status_reason = reason
    await db.save(person, event="access.person.suspended", by=by)
    await revoke(db, Revocable.person, [person.id], by=by)
    return person


async def resume(db: Database, person_id: UUID, *, by: Principal, version: int) -> Person:
    """A suspended person acts again, by the memberships that they have now."""
    person = await PERSONS.load_for_change(db, person_id, by=by, version=version)
    move(person, PersonStatus.active)
    person.status_reason = None
    return await db.save(person, event="access.person.resumed", by=by)


async def hold(db: Database, person_id: UUID, body: Hold, *, by: Principal, version: int) -> Person:
    """Keeps a person from being erased until a day. Raises `Invalid` for one that is over."""
    person = await PERSONS.load_for_change(db, person_id, by=by, version=version)
    if body.until <= clock.today():
        raise invalid("#/until", "past_day", f"Donnez un jour à venir, après le {clock.today():%d/%m/%Y}.")
    person.held_until, person.hold_reason = body.until, body.reason
    return await db.save(person, event="access.person.held", by=by)


async def release(db: Database, person_id: UUID, *, by: Principal, version: int) -> Person:
    """Takes back what kept a person from being erased; one that nothing keeps stays as they are."""
    person = await PERSONS.load_for_change(db, person_id, by=by, version=version)
    if person.held_until is None:
        return person
    person.held_until = person.hold_reason = None
    return await db.save(person, event="access.person.released", by=by)


ALLOWED = AllowedOperations(PERSONS, OPERATIONS)
