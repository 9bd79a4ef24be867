"""Statements on persons: steering sees all, a manager those of the organisation, each themself."""

from collections.abc import Collection

from sqlalchemy import UUID as SaUuid, BindParameter, ColumnElement, and_, bindparam, exists, false, func, not_, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.memberships.tables import OPEN, Membership
from services.access_api.persons.schemas import PersonQuery
from services.access_api.persons.tables import Person
from services.contracts.access import MembershipStatus
from services.contracts.codes import Role
from services.kernel.api.reading import OWN_ORGANISATION, REGION, Reading, Scope, equal_to
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among

OWN_PERSON: BindParameter[object] = bindparam("own_person", type_=SaUuid())


def _in(organisation: ColumnElement[object], *statuses: MembershipStatus) -> ColumnElement[bool]:
    """The condition that a person has a membership of an organisation, in one of some statuses."""
    return _has(organisation, among(Membership.status, statuses))


def _has(organisation: ColumnElement[object], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    of_them = col(Membership.person_id) == col(Person.id), col(Membership.organisation_id) == organisation
    return exists().where(*of_them, *conditions)


def _made_known_by_inviting() -> ColumnElement[bool]:
    """The condition that who invited a person for the caller's organisation made them known: their names are those that it gave."""
    invited = col(Membership.status) == MembershipStatus.invited
    return _has(OWN_ORGANISATION, invited, col(Membership.created_by) == col(Person.created_by))


def _only_invited() -> ColumnElement[bool]:
    """The condition that a person has only ever been invited by the others: an address that is invited shows nothing more.

    A wall keeps the memberships of the others from who asks: a function of the schema looks behind it, and says yes or no.
    """
    return and_(func.cardinality(col(Person.self_roles)) == 0, not_(func.known_elsewhere(col(Person.id), OWN_ORGANISATION)))


_OF_THE_ORGANISATION = or_(
    _in(OWN_ORGANISATION, MembershipStatus.requested, MembershipStatus.active, MembershipStatus.suspended),
    and_(_made_known_by_inviting(), _only_invited()),
)
_THEMSELF = col(Person.id) == OWN_PERSON


def _visible(caller: Principal) -> Scope:
    if caller.has(Role.steering):
        return REGION
    managed = caller.manager and caller.organisation is not None
    conditions = [("self", _THEMSELF)] if caller.person_id else []
    conditions += [("managed", _OF_THE_ORGANISATION)] if managed else []
    values = {OWN_PERSON.key: caller.person_id, OWN_ORGANISATION.key: caller.organisation}
    name = " or ".join(each for each, _ in conditions) or "nothing"
    return Scope(name, or_(false(), *(condition for _, condition in conditions)), values)


PERSONS = Reading(
    Person,
    PersonQuery,
    {**equal_to(Person, "status", "email"), "organisation_id": lambda value: _in(value, *OPEN)},
    visible=_visible,
)


def with_addresses(addresses: Collection[str]) -> SelectOfScalar[Person]:
    """The persons who have one of these folded addresses."""
    return select(Person).where(among(Person.email, sorted(addresses)))
