"""Needs and applications follow the site where they stand: they change hands with it, and are concealed while it is closed.

They are concealed too while the organisation that has the site is suspended. At most `MOST` rows a transaction, each level in the order of
locks (need, application, assignment), each row as what it stands on says at that moment: a job goes on with the others, and mends what was
missed. Assignments keep the employer that signed; concealed with their need, they fill no post of what is open.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, or_, select as select_columns, true
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.recruitment import ApplicationStatus, AssignmentStatus, NeedStatus
from services.kernel.base.principals import SYSTEM
from services.kernel.base.worked_days import DAY, worked_from
from services.kernel.data.conditions import among
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, Job, Received, hasten, in_parts, one_at_a_time
from services.kernel.data.standing import Ground, behind, behind_site, follow, ground_of, ground_of_site, owners_of
from services.recruitment_api import copies, names
from services.recruitment_api.applications.tables import PENDING, Application
from services.recruitment_api.assignments.tables import Assignment
from services.recruitment_api.copies import ORGANISATIONS, SITES
from services.recruitment_api.needs.lifecycle import SEEKING
from services.recruitment_api.needs.tables import StaffingNeed

STANDING = col(StaffingNeed.status) != NeedStatus.cancelled
"""The condition that a need may still seek: one that is filled or has expired may again."""
FILLS = col(Assignment.status) == AssignmentStatus.confirmed
"""The condition that an assignment fills a post."""


async def apply(db: Database, batch: Sequence[Received]) -> None:
    """Keeps the copies, makes what stands at the sites and organisations that are heard of follow, and keeps names, in one transaction."""
    await one_at_a_time(db)
    await copies.apply(db, batch)
    heard = copies.heard(batch)
    sites, organisations = sorted(heard[SITES.table]), sorted(heard[ORGANISATIONS.table])
    if await _follow(db, or_(among(StaffingNeed.site_id, sites), among(StaffingNeed.organisation_id, organisations)), heard) == MOST:
        await hasten(db, FOLLOW.name)


async def follow_all(db: Database) -> None:
    """Makes everything follow that does not yet."""
    await in_parts(db, _follow_some, MOST)


async def _follow_some(db: Database) -> int:
    await one_at_a_time(db)
    return await _follow(db, true(), {})


FOLLOW = Job("follow_sites", timedelta(hours=1), follow_all)


async def _follow(db: Database, of: ColumnElement[bool], heard: Mapping[Table, Collection[UUID]]) -> int:
    """How many rows of some needs did not say what they stand on says: `MOST` at most, and those do now.

    Whatever bears a name of theirs, or of what was heard of (ids by the table of the copy), bears it too.
    """
    needs = await _follow_sites(db, of, MOST)
    found = len(needs) + await _follow_needs(db, of, MOST - len(needs))
    found += await _conceal_assignments(db, of, MOST - found)
    await names.NAMING.follow(db, {**heard, names.NEED: needs})
    return found


async def _follow_sites(db: Database, of: ColumnElement[bool], limit: int) -> Collection[UUID]:
    needs = await db.fetch(_needs(of, limit))
    sites = await SITES.several(db, {need.site_id for need in needs}) if needs else {}
    organisations = await ORGANISATIONS.several(db, owners_of(sites.values())) if sites else {}
    changed = follow(needs, lambda need: ground_of_site(sites[need.site_id], organisations), _prolong)
    await _give_up_references(db, changed.get("transferred", ()))
    for happened, rows in changed.items():
        await names.NEED_NAMES.put(db, rows)
        await db.save_many(rows, event=f"recruitment.need.{happened}", by=SYSTEM)
    return {need.id for need in needs}


async def _follow_needs(db: Database, of: ColumnElement[bool], limit: int) -> int:
    applications = await db.fetch(_applications(of, limit)) if limit else []
    needs = await _grounds(db, {application.need_id for application in applications})
    for happened, rows in follow(applications, lambda each: _ground(each, needs[each.need_id]), _put_off).items():
        await names.APPLICATION_NAMES.put(db, rows)
        await db.save_many(rows, event=f"recruitment.application.{happened}", by=SYSTEM)
    return len(applications)


async def _conceal_assignments(db: Database, of: ColumnElement[bool], limit: int) -> int:
    assignments = await db.fetch(_assignments(of, limit)) if limit else []
    needs = await _grounds(db, {assignment.need_id for assignment in assignments})
    for happened, rows in follow(assignments, lambda each: needs[each.need_id]).items():
        await names.ASSIGNMENT_NAMES.put(db, rows)
        await db.save_many(rows, event=f"recruitment.assignment.{happened}", by=SYSTEM)
    return len(assignments)


async def _grounds(db: Database, need_ids: Collection[UUID]) -> dict[UUID, Ground]:
    if not need_ids:
        return {}
    needs = await db.fetch(select(StaffingNeed).where(among(StaffingNeed.id, sorted(need_ids))))
    return {need.id: ground_of(need) for need in needs}


def _ground(application: Application, need: Ground) -> Ground:
    """What was answered was answered by whoever had the need."""
    pending = application.status is ApplicationStatus.submitted
    return need if pending else need._replace(organisation_id=application.organisation_id)


def _prolong(need: StaffingNeed, days: int) -> None:
    """The days of publication do not pass while a need is concealed; it seeks no longer than its posts last."""
    if need.status in SEEKING:
        later = need.expires_on + timedelta(days=days)
        need.expires_on = max(need.expires_on, min(later, need.ends_on - DAY)) if need.ends_on else later


def _put_off(application: Application, days: int) -> None:
    """Nor do those in which an application is to be answered; the last is a worked day."""
    if application.status is ApplicationStatus.submitted:
        application.respond_by = worked_from(application.respond_by + timedelta(days=days))


async def _give_up_references(db: Database, needs: Sequence[StaffingNeed]) -> None:
    """A reference is unique for an employer: one that the new employer has given already stays in the history alone."""
    referenced = [need for need in needs if need.external_ref]
    if not referenced:
        return
    taken = {(row["organisation_id"], row["external_ref"]) for row in await db.fetch(_references(referenced))}
    for need in referenced:
        key = need.organisation_id, need.external_ref
        if key in taken:
            need.external_ref = None
        taken.add(key)


def _references(needs: Sequence[StaffingNeed]) -> Executable:
    columns = col(StaffingNeed.organisation_id), col(StaffingNeed.external_ref)
    of_employers = among(StaffingNeed.organisation_id, sorted({need.organisation_id for need in needs}))
    return select_columns(*columns).where(
        of_employers, among(StaffingNeed.external_ref, sorted({str(need.external_ref) for need in needs}))
    )


def _needs(of: ColumnElement[bool], limit: int) -> SelectOfScalar[StaffingNeed]:
    site, organisation = SITES.table, ORGANISATIONS.table
    statement = select(StaffingNeed).join(site, site.c.id == col(StaffingNeed.site_id))
    statement = statement.outerjoin(organisation, organisation.c.id == site.c.organisation_id)
    statement = statement.where(of, behind_site(StaffingNeed, site, organisation, conceals=STANDING))
    return statement.order_by(col(StaffingNeed.id)).limit(limit).with_for_update(key_share=True, of=StaffingNeed)


def _applications(of: ColumnElement[bool], limit: int) -> SelectOfScalar[Application]:
    handed_over = and_(PENDING, col(Application.organisation_id) != col(StaffingNeed.organisation_id))
    behind_it = or_(handed_over, behind(Application, StaffingNeed, conceals=PENDING))
    statement = select(Application).join(StaffingNeed, col(StaffingNeed.id) == col(Application.need_id)).where(of, behind_it)
    return statement.order_by(col(Application.id)).limit(limit).with_for_update(key_share=True, of=Application)


def _assignments(of: ColumnElement[bool], limit: int) -> SelectOfScalar[Assignment]:
    behind_it = behind(Assignment, StaffingNeed, conceals=FILLS)
    statement = select(Assignment).join(StaffingNeed, col(StaffingNeed.id) == col(Assignment.need_id)).where(of, behind_it)
    return statement.order_by(col(Assignment.id)).limit(limit).with_for_update(key_share=True, of=Assignment)
