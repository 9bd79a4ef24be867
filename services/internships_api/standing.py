"""Units, offers and requests follow the site where they stand: they change hands with it, and are concealed while it is closed.

They are concealed too while the organisation that has the site is suspended, and a request while its institute is. At most `MOST` rows a
transaction, each level in the order of locks (unit, offer, request), each row as what it stands on says at that moment: a job goes on with
the others, and mends what was missed.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, or_, true
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.access import OrganisationState
from services.contracts.internships import OfferStatus, RequestStatus
from services.contracts.standing import ConcealedWhy
from services.internships_api import copies, names
from services.internships_api.base import InternshipsRecord
from services.internships_api.copies import ORGANISATIONS, SITES
from services.internships_api.offers.tables import Offer
from services.internships_api.requests.tables import PENDING, PlacementRequest
from services.internships_api.units.tables import Unit
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.conditions import among
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, Job, Received, hasten, in_parts, one_at_a_time
from services.kernel.data.standing import (
    Ground,
    behind,
    behind_site,
    follow,
    ground_of,
    ground_of_site,
    in_order,
    owners_of,
    suspended_now,
    suspensions_of,
)

R = TypeVar("R", bound=InternshipsRecord)
Ids = Collection[UUID]
Heard = Mapping[Table, Ids]
"""What has been heard of: ids by the table of the copy."""

STANDING = among(Offer.status, (OfferStatus.draft, OfferStatus.published))
"""The condition that an offer may still be published or taken: one that has ended shows nothing that could be concealed."""


async def apply(db: Database, batch: Sequence[Received]) -> None:
    """Keeps the copies, makes what stands at the sites and organisations that are heard of follow, and keeps names, in one transaction."""
    await one_at_a_time(db)
    await copies.apply(db, batch)
    heard = copies.heard(batch)
    sites, organisations = sorted(heard[SITES.table]), sorted(heard[ORGANISATIONS.table])
    await _follow_or_leave(db, or_(among(Unit.site_id, sites), among(Unit.organisation_id, organisations)), heard, by=SYSTEM)


async def follow_unit(db: Database, unit_id: UUID, *, by: Principal) -> None:
    """Makes the offers and requests of a unit follow it; this transaction holds it."""
    with db.as_service():
        await _follow_or_leave(db, col(Unit.id) == unit_id, {}, by=by)


async def follow_all(db: Database) -> None:
    """Makes everything follow that does not yet."""
    await in_parts(db, _follow_some, MOST)


async def _follow_some(db: Database) -> int:
    await one_at_a_time(db)
    return await _follow(db, true(), {}, by=SYSTEM)


FOLLOW = Job("follow_sites", timedelta(hours=1), follow_all)


async def _follow_or_leave(db: Database, of: ColumnElement[bool], heard: Heard, *, by: Principal) -> None:
    if await _follow(db, of, heard, by=by) == MOST:
        await hasten(db, FOLLOW.name)


async def _follow(db: Database, of: ColumnElement[bool], heard: Heard, *, by: Principal) -> int:
    """How many rows of some units did not say what they stand on says: `MOST` at most, and those do now.

    Whatever bears a name of theirs, or of what was heard of, bears it too.
    """
    units = await _follow_sites(db, of, MOST, by=by)
    offers = await _follow_units(db, of, MOST - len(units), by=by)
    of_institutes = among(PlacementRequest.institute_id, sorted(heard.get(ORGANISATIONS.table, ())))
    requests = await _follow_offers(db, or_(of, of_institutes), MOST - len(units) - len(offers), by=by)
    await names.NAMING.follow(db, {**heard, names.UNIT: units, names.OFFER: offers}, by=by)
    return len(units) + len(offers) + len(requests)


async def _follow_sites(db: Database, of: ColumnElement[bool], limit: int, *, by: Principal) -> Ids:
    units = await db.fetch(_units(of, limit))
    sites = await SITES.several(db, {unit.site_id for unit in units}) if units else {}
    organisations = await ORGANISATIONS.several(db, owners_of(sites.values())) if sites else {}
    for happened, rows in follow(units, lambda unit: _ground(ground_of_site(sites[unit.site_id], organisations), unit)).items():
        await names.UNIT_NAMES.put(db, rows)
        await db.save_many(rows, event=f"internships.unit.{happened}", by=by)
    return {unit.id for unit in units}


async def _follow_units(db: Database, of: ColumnElement[bool], limit: int, *, by: Principal) -> Ids:
    offers = await db.fetch(_offers(of, limit)) if limit else []
    units = {unit.id: unit for unit in await db.fetch(_several(Unit, {offer.unit_id for offer in offers}))} if offers else {}
    for happened, rows in follow(offers, lambda offer: ground_of(units[offer.unit_id])).items():
        await names.OFFER_NAMES.put(db, rows)
        await db.save_many(rows, event=f"internships.offer.{happened}", by=by)
    return {offer.id for offer in offers}


async def _follow_offers(db: Database, of: ColumnElement[bool], limit: int, *, by: Principal) -> Ids:
    requests = await db.fetch(_requests(of, limit)) if limit else []
    offers = {offer.id: offer for offer in await db.fetch(_several(Offer, {each.offer_id for each in requests}))} if requests else {}
    institutes = await ORGANISATIONS.several(db, {each.institute_id for each in requests}) if requests else {}

    def ground(request: PlacementRequest) -> Ground:
        return _ground_of_request(request, offers[request.offer_id], institutes.get(request.institute_id))

    for happened, rows in follow(requests, ground).items():
        await names.REQUEST_NAMES.put(db, rows)
        await db.save_many(rows, event=f"internships.request.{happened}", by=by)
    return {request.id for request in requests}


def _ground(site: Ground, unit: Unit) -> Ground:
    """A site conceals a unit beside the unit's own suspensions."""
    own = [one for one in unit.concealments if one.why is ConcealedWhy.unit_suspended]
    return site._replace(concealed=in_order(site.concealed, own))


def _ground_of_request(request: PlacementRequest, offer: Offer, institute: OrganisationState | None) -> Ground:
    """Its institute conceals a request beside the offer; what was answered was agreed with whoever had the offer."""
    ground = ground_of(offer)
    ground = ground._replace(concealed=in_order(ground.concealed, suspensions_of(institute)))
    return ground if request.status is RequestStatus.submitted else ground._replace(organisation_id=request.organisation_id)


def _units(of: ColumnElement[bool], limit: int) -> SelectOfScalar[Unit]:
    site, organisation = SITES.table, ORGANISATIONS.table
    statement = select(Unit).join(site, site.c.id == col(Unit.site_id))
    statement = statement.outerjoin(organisation, organisation.c.id == site.c.organisation_id)
    statement = statement.where(of, behind_site(Unit, site, organisation, conceals=true()))
    return statement.order_by(col(Unit.id)).limit(limit).with_for_update(key_share=True, of=Unit)


def _offers(of: ColumnElement[bool], limit: int) -> SelectOfScalar[Offer]:
    behind_it = or_(col(Offer.organisation_id) != col(Unit.organisation_id), behind(Offer, Unit, conceals=STANDING))
    statement = select(Offer).join(Unit, col(Unit.id) == col(Offer.unit_id)).where(of, behind_it)
    return statement.order_by(col(Offer.id)).limit(limit).with_for_update(key_share=True, of=Offer)


def _requests(of: ColumnElement[bool], limit: int) -> SelectOfScalar[PlacementRequest]:
    handed_over = and_(PENDING, col(PlacementRequest.organisation_id) != col(Offer.organisation_id))
    institute = ORGANISATIONS.table
    behind_it = or_(handed_over, behind(PlacementRequest, Offer, conceals=PENDING, suspended=suspended_now(institute)))
    statement = select(PlacementRequest).join(Offer, col(Offer.id) == col(PlacementRequest.offer_id))
    statement = statement.join(Unit, col(Unit.id) == col(Offer.unit_id))
    statement = statement.outerjoin(institute, institute.c.id == col(PlacementRequest.institute_id)).where(of, behind_it)
    return statement.order_by(col(PlacementRequest.id)).limit(limit).with_for_update(key_share=True, of=PlacementRequest)


def _several(table: type[R], identifiers: Collection[UUID]) -> SelectOfScalar[R]:
    return select(table).where(among(table.id, sorted(identifiers)))
