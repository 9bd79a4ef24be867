"""Where staffing needs live. The department is a copy of the site's."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    UUID as SaUuid,
    CheckConstraint,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)

from services.contracts.codes import Department, Profession, Sector
from services.contracts.labelled import Labelled
from services.contracts.recruitment import NeedStatus, NeedUrgency
from services.kernel.data.columns import all_of, internal, one_of, page_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable, Owned
from services.recruitment_api.base import RecruitmentRecord

MOST_PROLONGATIONS = 3

POSTS_AND_STATUS = """
CASE status
    WHEN 'draft' THEN filled_count = 0
    WHEN 'open' THEN filled_count = 0
    WHEN 'partially_filled' THEN 0 < filled_count AND filled_count < headcount
    WHEN 'filled' THEN filled_count = headcount
    ELSE 0 <= filled_count AND filled_count <= headcount
END
"""


class LegalForm(Labelled):
    """La forme de l'emploi, dans les termes du métier."""

    cdi = "cdi", "CDI"
    cdd = "cdd", "CDD"
    vacation = "vacation", "Vacation"
    interim = "interim", "Intérim"
    mise_a_disposition = "mise_a_disposition", "Mise à disposition"
    apprenticeship = "apprenticeship", "Contrat d'apprentissage"
    pro_contract = "pro_contract", "Contrat de professionnalisation"
    reserve = "reserve", "Réserve"


class StaffingNeed(Owned, Concealable, RecruitmentRecord, table=True):
    """Un besoin de recrutement."""

    __tablename__ = "need"
    __table_args__ = (
        UniqueConstraint("organisation_id", "external_ref"),
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("profession", Profession), "profession"),
        CheckConstraint(one_of("sector", Sector), "sector"),
        CheckConstraint(one_of("urgency", NeedUrgency), "urgency"),
        CheckConstraint(all_of("legal_forms", LegalForm) + " AND cardinality(legal_forms) > 0", "legal_forms"),
        CheckConstraint(one_of("status", NeedStatus), "status"),
        CheckConstraint("headcount BETWEEN 1 AND 500", "headcount"),
        CheckConstraint(" ".join(POSTS_AND_STATUS.split()), "posts"),
        CheckConstraint("starts_on < ends_on", "period"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", "published"),
        CheckConstraint("(status IN ('filled', 'expired', 'cancelled')) = (ended_on IS NOT NULL)", "ended"),
        CheckConstraint(f"prolongation_count BETWEEN 0 AND {MOST_PROLONGATIONS}", "prolongations"),
        Index("need_twin", "site_id", "profession", "starts_on", "headcount"),
        page_index("need_organisation_page", "organisation_id"),
        page_index("need_site_page", "site_id"),
        page_index("need_scheme_page", "scheme_id"),
        page_index("need_department_page", "department"),
        page_index("need_profession_page", "profession"),
        page_index("need_urgency_page", "urgency"),
        page_index("need_status_page", "status"),
        Index("need_expiry", "expires_on", postgresql_where=text("status IN ('open', 'partially_filled')")),
    )

    organisation_id: UUID = internal(SaUuid)
    external_ref: str | None = internal(Text, default=None)
    site_id: UUID = internal(SaUuid)
    organisation_name: str | None = internal(Text, default=None)
    site_name: str | None = internal(Text, default=None)
    commune: str | None = internal(Text, default=None)
    department: Department = internal(Text)
    scheme_id: UUID | None = internal(SaUuid, default=None, references="scheme.id")
    profession: Profession = internal(Text)
    sector: Sector | None = internal(Text, default=None)
    headcount: int = internal(Integer)
    filled_count: int = internal(Integer, default=0)
    urgency: NeedUrgency = internal(Text, default=NeedUrgency.routine)
    legal_forms: list[LegalForm] = internal(ARRAY(Text))
    starts_on: date = internal(Date)
    ends_on: date | None = internal(Date, default=None)
    description: str | None = internal(Text, default=None)
    expires_on: date = internal(Date)
    published_at: datetime | None = internal(DateTime(timezone=True), default=None)
    ended_on: date | None = internal(Date, default=None)
    prolongation_count: int = internal(SmallInteger, default=0)
    status: NeedStatus = internal(Text, default=NeedStatus.draft)
    status_reason: str | None = internal(Text, default=None)


with_history(StaffingNeed)
