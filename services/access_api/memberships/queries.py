"""Statements on memberships: steering sees all, a manager those of the organisation, each their own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.memberships.schemas import MembershipQuery
from services.access_api.memberships.tables import OPEN, Membership
from services.access_api.parties import check_runs
from services.access_api.persons.queries import OWN_PERSON
from services.access_api.persons.tables import Person
from services.contracts.access import MembershipStatus, PersonStatus
from services.contracts.codes import Role
from services.kernel.api.reading import OWN_ORGANISATION, REGION, Audience, Reading, Scope, equal_to
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among
from services.kernel.data.records import table_of


def _visible(caller: Principal) -> Scope:
    if caller.has(Role.steering):
        return REGION
    seen: list[tuple[str, ColumnElement[bool]]] = []
    if caller.person_id is not None:
        seen.append(("self", col(Membership.person_id) == OWN_PERSON))
    if caller.manager and caller.organisation is not None:
        seen.append(("managed", col(Membership.organisation_id) == OWN_ORGANISATION))
    values = {OWN_PERSON.key: caller.person_id, OWN_ORGANISATION.key: caller.organisation}
    return Scope(" or ".join(name for name, _ in seen) or "nothing", or_(false(), *(condition for _, condition in seen)), values)


MEMBERSHIPS = Reading(
    Membership,
    MembershipQuery,
    {**equal_to(Membership, "person_id", "organisation_id", "status"), "manager": table_of(Membership).c.manager},
    visible=_visible,
    check_change=lambda caller, membership: check_runs(caller, membership.organisation_id, membership.departments),
    history=Audience.editors,
)


def managers(organisation_id: UUID) -> SelectOfScalar[Membership]:
    """The memberships by which somebody runs those of an organisation now, locked in order: of two that go at once, one stays."""
    theirs = Membership.organisation_id == organisation_id, col(Membership.manager), col(Membership.status) == MembershipStatus.active
    acting = select(Person.id).where(Person.status == PersonStatus.active)
    statement = select(Membership).where(*theirs, col(Membership.person_id).in_(acting))
    return statement.order_by(col(Membership.id)).with_for_update()


def first_active(organisation_id: UUID) -> SelectOfScalar[UUID]:
    """The oldest active membership of an organisation, if there is one."""
    active = Membership.organisation_id == organisation_id, Membership.status == MembershipStatus.active
    return select(Membership.id).where(*active).order_by(col(Membership.id)).limit(1)


def open_ones(person_id: UUID, organisation_id: UUID) -> SelectOfScalar[Membership]:
    """The membership of a person in an organisation that is not over, if there is one."""
    of_both = Membership.person_id == person_id, Membership.organisation_id == organisation_id
    return select(Membership).where(*of_both, among(Membership.status, OPEN))


def of_persons(person_ids: Sequence[UUID]) -> SelectOfScalar[Membership]:
    """The memberships of some persons that are not over, the oldest first."""
    theirs = among(Membership.person_id, person_ids), among(Membership.status, OPEN)
    return select(Membership).where(*theirs).order_by(col(Membership.id))
