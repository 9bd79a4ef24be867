"""Statements on notices: steering sees all, each their own; who is to be told, and what is to be sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, func, literal, or_
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.memberships.tables import Membership
from services.access_api.notices.schemas import NoticeQuery, OwnNoticeQuery
from services.access_api.notices.tables import Notice, NoticeStatus
from services.access_api.persons.queries import OWN_PERSON
from services.access_api.persons.tables import Delivery, Person
from services.contracts.access import MembershipStatus, PersonStatus, Recipient
from services.kernel.api.reading import Reading, Scope, equal_to, visible_to
from services.kernel.base.principals import Principal
from services.kernel.data.conditions import among, holds
from services.kernel.data.records import table_of

MOST_IN_A_DIGEST = 200
"""Notices of one message: the rest comes in the next one."""


def _own(caller: Principal) -> Scope:
    if caller.person_id is None:
        return Scope("nothing", false())
    return Scope("self", col(Notice.person_id) == OWN_PERSON, {OWN_PERSON.key: caller.person_id})


OWN_NOTICES = Reading(Notice, OwnNoticeQuery, {}, visible=_own)
"""The caller's."""

NOTICES = Reading(Notice, NoticeQuery, equal_to(Notice, "status", "topic"), visible=visible_to())
"""All of them, to steering."""


def reached(recipients: Sequence[Recipient]) -> SelectOfScalar[Person]:
    """The active persons that a notice is for, each once, in order."""
    chosen = or_(false(), *(_is(each) for each in recipients))
    return select(Person).where(col(Person.status) == PersonStatus.active, chosen).order_by(col(Person.id))


def _is(recipient: Recipient) -> ColumnElement[bool]:
    if recipient.person_id is not None:
        return col(Person.id) == recipient.person_id
    acting: list[ColumnElement[bool]] = [
        col(Membership.organisation_id) == recipient.organisation_id,
        col(Membership.status) == MembershipStatus.active,
    ]
    if recipient.managers:
        acting.append(table_of(Membership).c.manager)
    if recipient.role is not None:
        acting.append(holds(Membership.roles, literal(recipient.role.value)))
    if recipient.department is not None:
        everywhere = func.cardinality(col(Membership.departments)) == 0
        acting.append(or_(everywhere, holds(Membership.departments, literal(recipient.department.value))))
    return col(Person.id).in_(select(Membership.person_id).where(*acting))


def told(dedup_key: str, person_ids: Sequence[UUID]) -> SelectOfScalar[UUID]:
    """Those of some persons who have the notice of a key already."""
    return select(Notice.person_id).where(among(Notice.person_id, person_ids), Notice.dedup_key == dedup_key)


def _due(delivery: Delivery, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return col(Notice.status) == NoticeStatus.pending, col(Notice.delivery) == delivery, col(Notice.due_at) <= now


def next_immediate(now: datetime) -> SelectOfScalar[Notice]:
    """The notice that has been due for longest and that no other worker is sending, held until the transaction ends."""
    ordered = select(Notice).where(*_due(Delivery.immediate, now)).order_by(col(Notice.due_at), col(Notice.id))
    return ordered.limit(1).with_for_update(key_share=True, skip_locked=True)


def awaiting_digest(now: datetime) -> SelectOfScalar[UUID]:
    """The persons whose digest is due."""
    return select(Notice.person_id).where(*_due(Delivery.digest, now)).distinct()


def digest(person_id: UUID, now: datetime) -> SelectOfScalar[Notice]:
    """The notices of a person's digest, the oldest first, held until the transaction ends."""
    ordered = select(Notice).where(*_due(Delivery.digest, now), Notice.person_id == person_id).order_by(col(Notice.id))
    return ordered.limit(MOST_IN_A_DIGEST).with_for_update(key_share=True)


def persons(person_ids: Collection[UUID]) -> SelectOfScalar[Person]:
    """Who is told."""
    return select(Person).where(among(Person.id, sorted(person_ids)))


def newest(status: NoticeStatus, limit: int) -> SelectOfScalar[Notice]:
    """The newest notices of a status."""
    return select(Notice).where(Notice.status == status).order_by(col(Notice.id).desc()).limit(limit)


def by_id(notice_id: UUID) -> SelectOfScalar[Notice]:
    """A notice, whoever asks: for who shows the link of its message."""
    return select(Notice).where(Notice.id == notice_id)


def older(instant: datetime, limit: int) -> SelectOfScalar[UUID]:
    """Notices made before an instant."""
    return select(Notice.id).where(col(Notice.created_at) < instant).order_by(col(Notice.created_at)).limit(limit)
