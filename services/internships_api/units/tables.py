"""Where placement units live. The department is the site's."""

from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Boolean, CheckConstraint, Text, UniqueConstraint

from services.contracts.codes import Department, Profession
from services.contracts.internships import UnitStatus
from services.internships_api.base import InternshipsRecord
from services.kernel.data.columns import all_of, internal, one_of, page_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import Concealable, Owned


class Unit(Owned, Concealable, InternshipsRecord, table=True):
    """Un terrain de stage."""

    __tablename__ = "placement_unit"
    __table_args__ = (
        UniqueConstraint("site_id", "code"),
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(all_of("professions", Profession) + " AND cardinality(professions) >= 1", "professions"),
        CheckConstraint(one_of("status", UnitStatus), "status"),
        page_index("placement_unit_department_page", "department"),
        page_index("placement_unit_organisation_page", "organisation_id"),
        page_index("placement_unit_site_page", "site_id"),
        page_index("placement_unit_status_page", "status"),
    )

    organisation_id: UUID = internal(SaUuid)
    site_id: UUID = internal(SaUuid)
    organisation_name: str | None = internal(Text, default=None)
    site_name: str | None = internal(Text, default=None)
    commune: str | None = internal(Text, default=None)
    department: Department = internal(Text)
    code: str = internal(Text)
    name: str = internal(Text)
    professions: list[Profession] = internal(ARRAY(Text))
    first_placement_suitable: bool = internal(Boolean, default=False)
    status: UnitStatus = internal(Text, default=UnitStatus.active)
    status_reason: str | None = internal(Text, default=None)


with_history(Unit)
