"""Statements on identities, which each sees for themself."""

from uuid import UUID

from sqlalchemy import and_, false
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.identities.schemas import IdentityQuery
from services.access_api.identities.tables import Identity, IdentityStatus
from services.access_api.persons.queries import OWN_PERSON
from services.kernel.api.reading import Reading, Scope
from services.kernel.base.principals import Principal

_LINKED = col(Identity.status) == IdentityStatus.linked
_OWN = col(Identity.person_id) == OWN_PERSON


def _visible(caller: Principal) -> Scope:
    if caller.person_id is None:
        return Scope("nothing", false())
    return Scope("self", _OWN, {OWN_PERSON.key: caller.person_id}, listed=and_(_OWN, _LINKED))


IDENTITIES = Reading(Identity, IdentityQuery, {}, visible=_visible)


def linked(person_id: UUID) -> SelectOfScalar[Identity]:
    """The identities by which a person signs in, locked in order: of two that are removed at once, one stays."""
    return select(Identity).where(Identity.person_id == person_id, _LINKED).order_by(col(Identity.id)).with_for_update()
