"""What is read of placement offers, and statements on them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Date, and_, bindparam, exists, func, literal_column, not_
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from services.contracts.codes import Role
from services.contracts.internships import OfferStatus, PlacementStatus
from services.internships_api.offers.schemas import OfferQuery
from services.internships_api.offers.tables import Offer
from services.internships_api.parties import check_host
from services.internships_api.placements.tables import Placement
from services.internships_api.requests.tables import PENDING, PlacementRequest
from services.kernel.api.reading import Audience, Reading, equal_to, visible_to
from services.kernel.data.conditions import among, holds
from services.kernel.data.standing import concealed_now

SHARED = col(Offer.status) != OfferStatus.draft
"""A draft is seen by the organisation that prepares it and by steering, and by nobody else."""
AVAILABLE: ColumnElement[bool] = literal_column("(status = 'published' AND taken < seats)", Boolean())
"""As the index of available offers says it, word for word: a bound value would not find it."""
AVAILABLE_TODAY = and_(AVAILABLE, col(Offer.ends_on) > bindparam("today", type_=Date()), not_(concealed_now(Offer)))


OFFERS = Reading(
    Offer,
    OfferQuery,
    {
        **equal_to(Offer, "department", "status", "unit_id", "organisation_id"),
        "profession": lambda value: holds(Offer.professions, value),
        "from_day": lambda value: col(Offer.ends_on) > value,
        "to_day": lambda value: col(Offer.starts_on) < value,
        "available": AVAILABLE_TODAY,
    },
    visible=visible_to(organisation={Role.employer: Offer.organisation_id}, shared=SHARED, listed=not_(concealed_now(Offer))),
    check_change=lambda caller, offer: check_host(caller, offer.organisation_id),
    history=Audience.editors,
)


def stands(since: datetime) -> tuple[ColumnElement[bool], ...]:
    """The conditions that an offer is one that another would double: it was made since then, and has not ended."""
    return col(Offer.created_at) > since, among(Offer.status, (OfferStatus.draft, OfferStatus.published))


def past(today: date, limit: int) -> SelectOfScalar[Offer]:
    """Published offers whose last week is over, locked in order, without those that somebody is changing."""
    return (
        select(Offer)
        .where(col(Offer.status) == OfferStatus.published, col(Offer.ends_on) <= today)
        .order_by(col(Offer.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def pending_requests(offer_ids: Sequence[UUID], limit: int) -> SelectOfScalar[PlacementRequest]:
    """The requests that wait for offers, locked in order. Their offers are held before."""
    return (
        select(PlacementRequest)
        .where(PENDING, among(PlacementRequest.offer_id, offer_ids))
        .order_by(col(PlacementRequest.id))
        .limit(limit)
        .with_for_update(key_share=True)
    )


def ended_with_pending_requests(limit: int) -> SelectOfScalar[Offer]:
    """Offers that have ended and for which a request still waits, locked in order, without those that somebody is changing."""
    waits = exists().where(PENDING, col(PlacementRequest.offer_id) == col(Offer.id))
    return (
        select(Offer)
        .where(among(Offer.status, (OfferStatus.closed, OfferStatus.cancelled)), waits)
        .order_by(col(Offer.id))
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )


def taken_weeks(offer_id: UUID) -> Executable:
    """The spans of weeks that placements have taken of an offer: start, end, how many placements."""
    span = col(Placement.starts_on), col(Placement.ends_on)
    standing = and_(col(Placement.offer_id) == offer_id, col(Placement.status) == PlacementStatus.confirmed)
    return select(*span, func.count()).where(standing).group_by(*span)


def take_seats(offer_id: UUID, seats: int, today: date) -> Executable:
    """Takes seats of an open offer, or gives no row. It waits for whoever is taking some, and then looks again."""
    open_with_room = and_(
        col(Offer.id) == offer_id,
        col(Offer.status) == OfferStatus.published,
        col(Offer.ends_on) > today,
        col(Offer.taken) + seats <= col(Offer.seats),
    )
    return update(Offer).where(open_with_room).values(taken=col(Offer.taken) + seats).returning(Offer)


def free_seat(offer_id: UUID) -> Executable:
    """Gives a seat back to an offer."""
    return update(Offer).where(col(Offer.id) == offer_id).values(taken=col(Offer.taken) - 1).returning(Offer)
