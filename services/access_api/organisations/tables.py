"""Where organisations live. The FINESS of the legal entity is the identity of an imported one; a SIREN is an attribute, and may repeat."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from services.access_api.base import AccessRecord
from services.contracts.access import OrganisationStatus
from services.contracts.codes import Contributor, Department, OrganisationRole
from services.kernel.data.columns import all_of, internal, one_of, page_index, public
from services.kernel.data.folded import FOLDED, words_index
from services.kernel.data.records import with_history
from services.kernel.data.standing import NONE


class Organisation(AccessRecord, table=True):
    """Une entité juridique, ou un établissement qui en dépend (`parent_id`) et a ses propres rôles."""

    __tablename__ = "organisation"
    __table_args__ = (
        UniqueConstraint("finess_ej"),
        UniqueConstraint("uai"),
        UniqueConstraint("funder_code"),
        CheckConstraint(all_of("roles", OrganisationRole) + " AND cardinality(roles) >= 1", "roles"),
        CheckConstraint("finess_ej ~ '^[0-9][0-9AB][0-9]{7}$'", "finess_ej"),
        CheckConstraint("siren ~ '^[0-9]{9}$'", "siren"),
        CheckConstraint("uai ~ '^[0-9]{7}[A-Z]$'", "uai"),
        CheckConstraint("parent_id <> id", "parent_id"),
        CheckConstraint(one_of("contributor", Contributor), "contributor"),
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint(one_of("status", OrganisationStatus), "status"),
        page_index("organisation_department_page", "department"),
        page_index("organisation_status_page", "status"),
        page_index("organisation_siren_page", "siren"),
        page_index("organisation_parent_page", "parent_id"),
        page_index("organisation_contributor_page", "contributor"),
        words_index("organisation_search"),
    )

    name: str = public(Text)
    official_name: str | None = public(Text, default=None)
    folded: str = public(FOLDED)
    roles: list[OrganisationRole] = public(ARRAY(Text))
    finess_ej: str | None = public(Text, default=None)
    siren: str | None = public(Text, default=None)
    uai: str | None = public(Text, default=None)
    parent_id: UUID | None = public(SaUuid, default=None, references="organisation.id")
    contributor: Contributor | None = public(Text, default=None)
    funder_code: str | None = public(Text, default=None)
    legal_status_code: str | None = public(Text, default=None)
    legal_status_label: str | None = public(Text, default=None)
    department: Department | None = public(Text, default=None)
    status: OrganisationStatus = public(Text, default=OrganisationStatus.active)
    status_reason: str | None = internal(Text, default=None)
    suspended_spells: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)
    member_spells: list[dict[str, Any]] = internal(JSONB, default_factory=list, sa_column_kwargs=NONE)


with_history(Organisation)
