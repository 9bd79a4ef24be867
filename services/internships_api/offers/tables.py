"""Where placement offers live. The organisation and the department are the unit's; `taken` moves with the placements."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, Date, ForeignKey, Index, Integer, SmallInteger, Text
from sqlmodel import Field

from services.contracts.codes import Department, Profession
from services.contracts.internships import OfferStatus
from services.internships_api.base import InternshipsRecord
from services.kernel.data.columns import all_of, one_of, page_index, stored
from services.kernel.data.records import with_history


class Offer(InternshipsRecord, table=True):
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

    unit_id: UUID = Field(sa_type=SaUuid, sa_column_args=(ForeignKey("internships.placement_unit.id"),))
    organisation_id: UUID = stored(SaUuid)
    department: Department = stored(Text)
    professions: list[Profession] = stored(ARRAY(Text))
    starts_on: date = stored(Date)
    ends_on: date = stored(Date)
    seats: int = stored(Integer)
    taken: int = stored(Integer, default=0)
    year_levels: list[int] = stored(ARRAY(SmallInteger), default_factory=list)
    description: str | None = stored(Text, default=None)
    published_on: date | None = stored(Date, default=None)
    status: OfferStatus = stored(Text, default=OfferStatus.draft)
    status_reason: str | None = stored(Text, default=None)


with_history(Offer)
