"""Where placement offers live. The organisation and the department are the unit's; `taken` moves with the placements."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, Date, Index, Integer, SmallInteger, Text

from services.contracts.codes import Department, Profession
from services.contracts.internships import OfferStatus
from services.internships_api.base import InternshipsRecord
from services.kernel.data.columns import all_of, internal, one_of, page_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable, Owned


class Offer(Owned, Concealable, InternshipsRecord, table=True):
    """Une offre de stage."""

    __tablename__ = "placement_offer"
    __table_args__ = (
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(all_of("professions", Profession) + " AND cardinality(professions) >= 1", "professions"),
        CheckConstraint("extract(isodow FROM starts_on) = 1 AND extract(isodow FROM ends_on) = 1", "mondays"),
        CheckConstraint("starts_on < ends_on AND ends_on - starts_on <= 364", "period"),
        CheckConstraint("seats BETWEEN 1 AND 200", "seats"),
        CheckConstraint("0 <= taken AND taken <= seats", "taken"),
        CheckConstraint("year_levels <@ ARRAY[1, 2, 3, 4, 5]::smallint[]", "year_levels"),
        CheckConstraint(one_of("status", OfferStatus), "status"),
        CheckConstraint("(status = 'draft') = (published_on IS NULL)", "published"),
        CheckConstraint("status IN ('published', 'closed') OR taken = 0", "taken_while_open"),
        Index("placement_offer_twin", "unit_id", "starts_on", "ends_on"),
        page_index("placement_offer_department_page", "department"),
        page_index("placement_offer_organisation_page", "organisation_id"),
        page_index("placement_offer_unit_page", "unit_id"),
        page_index("placement_offer_status_page", "status"),
        page_index("placement_offer_available_page", where="status = 'published' AND taken < seats"),
    )

    unit_id: UUID = internal(SaUuid, references="placement_unit.id")
    organisation_id: UUID = internal(SaUuid)
    organisation_name: str | None = internal(Text, default=None)
    unit_name: str | None = internal(Text, default=None)
    site_name: str | None = internal(Text, default=None)
    commune: str | None = internal(Text, default=None)
    department: Department = internal(Text)
    professions: list[Profession] = internal(ARRAY(Text))
    starts_on: date = internal(Date)
    ends_on: date = internal(Date)
    seats: int = internal(Integer)
    taken: int = internal(Integer, default=0)
    year_levels: list[int] = internal(ARRAY(SmallInteger), default_factory=list)
    description: str | None = internal(Text, default=None)
    published_on: date | None = internal(Date, default=None)
    status: OfferStatus = internal(Text, default=OfferStatus.draft)
    status_reason: str | None = internal(Text, default=None)


with_history(Offer)
