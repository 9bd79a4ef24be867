"""Statements on staffing needs."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, not_, or_, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import AssignmentStatus, NeedEnding, NeedStatus
from services.kernel.api.reading import Audience, Reading, equal_to, visible_to
from services.kernel.data.conditions import among
from services.kernel.data.standing import concealed_now
from services.recruitment_api.applications.tables import PENDING, Application
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.needs.schemas import NeedQuery
from services.recruitment_api.needs.tables import StaffingNeed
from services.recruitment_api.parties import check_employer

SEEKS = or_(col(StaffingNeed.status) == NeedStatus.open, col(StaffingNeed.status) == NeedStatus.partially_filled)

SHARED = col(StaffingNeed.status) != NeedStatus.draft
"""A draft is seen by its employer and by steering, and by nobody else."""


NEEDS = Reading(
    StaffingNeed,
    NeedQuery,
    equal_to(StaffingNeed, "organisation_id", "site_id", "scheme_id", "department", "profession", "urgency", "status"),
    visible=visible_to(organisation={Role.employer: StaffingNeed.organisation_id}, shared=SHARED, listed=not_(concealed_now(StaffingNeed))),
    check_change=lambda caller, need: check_employer(caller, need.organisation_id),
    history=Audience.editors,
)


def stands(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions that a need is one that another would double: it was made since then, and was not cancelled."""
    return col(StaffingNeed.created_at) > since, col(StaffingNeed.status) != NeedStatus.cancelled


def take_post(need_id: UUID, today: date) -> ReturningUpdate[Any]:
    """Fills one post of a need that seeks and whose day has not passed, if one is left; the last one ends it. No row: refused."""
    filled = col(StaffingNeed.filled_count) + 1
    last = filled == col(StaffingNeed.headcount)
    return (
        update(StaffingNeed)
        .where(col(StaffingNeed.id) == need_id, SEEKS, col(StaffingNeed.filled_count) < col(StaffingNeed.headcount))
        .where(col(StaffingNeed.expires_on) >= today)
        .values(
            filled_count=filled,
            status=case((last, NeedStatus.filled), else_=NeedStatus.partially_filled),
            ended_on=case((last, today), else_=None),
        )
        .returning(StaffingNeed)
    )


def free_post(need_id: UUID) -> ReturningUpdate[Any]:
    """Frees one filled post; a need that was filled, or that seeks, seeks one more person."""
    filled = col(StaffingNeed.filled_count) - 1
    status = col(StaffingNeed.status)
    seeks_again = or_(SEEKS, status == NeedStatus.filled)
    return (
        update(StaffingNeed)
        .where(col(StaffingNeed.id) == need_id, col(StaffingNeed.filled_count) > 0)
        .values(
            filled_count=filled,
            status=case((seeks_again, case((filled == 0, NeedStatus.open), else_=NeedStatus.partially_filled)), else_=status),
            ended_on=case((seeks_again, None), else_=col(StaffingNeed.ended_on)),
        )
        .returning(StaffingNeed)
    )


def past(today: date, limit: int) -> SelectOfScalar[StaffingNeed]:
    """Needs that seek after their last day, locked in order, without those that somebody is changing, or that are concealed."""
    return (
        select(StaffingNeed)
        .where(SEEKS, col(StaffingNeed.expires_on) < today, not_(concealed_now(StaffingNeed)))
        .order_by(col(StaffingNeed.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def pending_applications(need_ids: Sequence[UUID], limit: int) -> SelectOfScalar[Application]:
    """The applications that wait for needs, locked in order. Their needs are held before."""
    return (
        select(Application)
        .where(PENDING, among(Application.need_id, need_ids))
        .order_by(col(Application.id))
        .limit(limit)
        .with_for_update(key_share=True)
    )


def confirmed_assignments(need_id: UUID) -> SelectOfScalar[Assignment]:
    """The assignments of a need that stand."""
    return select(Assignment).where(Assignment.need_id == need_id, col(Assignment.status) == AssignmentStatus.confirmed)


def assignments_of(need_id: UUID) -> SelectOfScalar[Assignment]:
    """The assignments of a need, locked in order. Their need is held before."""
    return select(Assignment).where(Assignment.need_id == need_id).order_by(col(Assignment.id)).with_for_update(key_share=True)


def ended_with_pending_applications(limit: int) -> SelectOfScalar[StaffingNeed]:
    """Needs that have ended and for which an application still waits, locked in order, without those that somebody is changing."""
    waits = exists().where(PENDING, col(Application.need_id) == col(StaffingNeed.id))
    return (
        select(StaffingNeed)
        .where(among(StaffingNeed.status, list(NeedEnding)), waits)
        .order_by(col(StaffingNeed.id))
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
