"""How a person receives notices: what they chose, and what holds where they chose nothing."""

from typing import cast
from uuid import UUID

from services.access_api.parties import person_of
from services.access_api.persons.queries import PERSONS
from services.access_api.persons.tables import Delivery, Person
from services.access_api.preferences.schemas import PreferencesPatch, PreferencesRead
from services.contracts.access import NoticeTopic
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database


def preferences_of(person: Person) -> PreferencesRead:
    """What a person chose."""
    known = {name: value for name, value in person.preferences.items() if name in PreferencesRead.model_fields}
    return cast("PreferencesRead", PreferencesRead.model_validate(known))


def delivery_of(person: Person, topic: NoticeTopic) -> Delivery:
    """How a person receives the notices of a topic."""
    chosen = preferences_of(person)
    return Delivery(getattr(chosen, topic) or chosen.default)


async def change(db: Database, patch: PreferencesPatch, *, by: Principal, version: int) -> Person:
    """Changes what was sent of the caller's preferences. Raises `Forbidden` for a token of nobody, `NotFound` for an unknown person."""
    person = await PERSONS.load_for_change(db, person_of(by), by=by, version=version)
    return await _save(db, person, patch.model_dump(mode="json", exclude_unset=True), by=by)


async def refuse(db: Database, person_id: UUID, topic: NoticeTopic, *, whole_digest: bool, by: Principal) -> None:
    """No message of a topic any more, or of any that comes in the digest: for who shows the link of a message. Twice changes nothing."""
    person = await PERSONS.one(db, person_id, by=SYSTEM)
    topics = [each for each in NoticeTopic if delivery_of(person, each) is Delivery.digest] if whole_digest else [topic]
    await _save(db, person, {each.value: Delivery.off.value for each in topics}, by=by)


async def _save(db: Database, person: Person, chosen: dict[str, str | None], *, by: Principal) -> Person:
    merged = {name: value for name, value in {**person.preferences, **chosen}.items() if value is not None}
    if merged == person.preferences:
        return person
    person.preferences = merged
    return await db.save(person, event="access.person.changed", by=by)
