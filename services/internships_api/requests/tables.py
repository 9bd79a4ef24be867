"""Where requests for seats live. The host organisation and the department are the offer's."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, DateTime, Index, Integer, Text
from sqlmodel import col

from services.contracts.codes import Department, Profession
from services.contracts.internships import OfferEnding, RequestDeclineReason, RequestStatus
from services.internships_api.base import InternshipsRecord
from services.kernel.data.columns import internal, one_of, page_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable, Owned


class PlacementRequest(Owned, Concealable, InternshipsRecord, table=True):
    """Une demande de places."""

    __tablename__ = "placement_request"
    __table_args__ = (
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("profession", Profession), "profession"),
        CheckConstraint("learners BETWEEN 1 AND 50", "learners"),
        CheckConstraint(one_of("decline_reason", RequestDeclineReason), "decline_reason"),
        CheckConstraint(one_of("status", RequestStatus), "status"),
        CheckConstraint("(status IN ('accepted', 'declined')) = (answered_at IS NOT NULL)", "answered"),
        CheckConstraint("(status = 'declined') = (decline_reason IS NOT NULL)", "declined"),
        CheckConstraint(one_of("why", OfferEnding), "why"),
        CheckConstraint("(status = 'offer_closed') = (ended_on IS NOT NULL)", "ended"),
        CheckConstraint("(ended_on IS NULL) = (why IS NULL)", "ended_for"),
        Index("placement_request_twin", "offer_id", "institute_id", "profession"),
        page_index("placement_request_offer_page", "offer_id"),
        page_index("placement_request_organisation_page", "organisation_id"),
        page_index("placement_request_institute_page", "institute_id"),
        page_index("placement_request_department_page", "department"),
        page_index("placement_request_profession_page", "profession"),
        page_index("placement_request_status_page", "status"),
    )

    offer_id: UUID = internal(SaUuid, references="placement_offer.id")
    organisation_id: UUID = internal(SaUuid)
    institute_id: UUID = internal(SaUuid)
    organisation_name: str | None = internal(Text, default=None)
    institute_name: str | None = internal(Text, default=None)
    unit_name: str | None = internal(Text, default=None)
    site_name: str | None = internal(Text, default=None)
    commune: str | None = internal(Text, default=None)
    department: Department = internal(Text)
    profession: Profession = internal(Text)
    learners: int = internal(Integer)
    message: str | None = internal(Text, default=None)
    submitted_at: datetime = internal(DateTime(timezone=True))
    answered_at: datetime | None = internal(DateTime(timezone=True), default=None)
    decline_reason: RequestDeclineReason | None = internal(Text, default=None)
    ended_on: date | None = internal(Date, default=None)
    why: OfferEnding | None = internal(Text, default=None)
    status: RequestStatus = internal(Text, default=RequestStatus.submitted)


with_history(PlacementRequest)

PENDING = col(PlacementRequest.status) == RequestStatus.submitted
"""The condition that a request waits for its answer."""
