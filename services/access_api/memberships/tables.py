"""Where memberships live: a person, an organisation, and what the one may do for the other."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Boolean, CheckConstraint, Date, Index, Text, text

from services.access_api.base import AccessRecord
from services.contracts.access import MembershipStatus as S
from services.contracts.codes import STAFF, Department, Role
from services.kernel.data.columns import all_of, one_of, page_index, personal
from services.kernel.data.records import with_history

OPEN = (S.requested, S.invited, S.active, S.suspended)
"""The statuses of a membership that is not over: a person has one of them at most in an organisation."""

_STAFF = "roles <@ ARRAY[{}]::text[]".format(", ".join(f"'{role.value}'" for role in STAFF))
_IS_OPEN = "status IN ({})".format(", ".join(f"'{status.value}'" for status in OPEN))


class Membership(AccessRecord, table=True):
    """L'appartenance d'une personne à une organisation ; sans département : toute la région."""

    __tablename__ = "membership"
    __table_args__ = (
        Index("membership_open", "person_id", "organisation_id", unique=True, postgresql_where=text(_IS_OPEN)),
        CheckConstraint(_STAFF + " AND cardinality(roles) >= 1", "roles"),
        CheckConstraint(all_of("departments", Department), "departments"),
        CheckConstraint(one_of("status", S), "status"),
        CheckConstraint("until >= since", "until"),
        page_index("membership_person_page", "person_id"),
        page_index("membership_organisation_page", "organisation_id"),
        page_index("membership_status_page", "status"),
    )

    person_id: UUID = personal(SaUuid, references="person.id")
    organisation_id: UUID = personal(SaUuid, references="organisation.id")
    organisation_name: str | None = personal(Text, default=None)
    roles: list[Role] = personal(ARRAY(Text))
    departments: list[Department] = personal(ARRAY(Text), default_factory=list)
    manager: bool = personal(Boolean, default=False)
    since: date | None = personal(Date, default=None)
    until: date | None = personal(Date, default=None)
    asked_message: str | None = personal(Text, default=None)
    status: S = personal(Text)
    status_reason: str | None = personal(Text, default=None)


with_history(Membership)
