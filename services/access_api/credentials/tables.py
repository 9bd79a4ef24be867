"""Where the credentials of partner systems live: of a secret, its hash alone."""

from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, CheckConstraint, Column, Date, ForeignKey, Table, Text

from services.access_api.base import METADATA, AccessRecord
from services.contracts.access import CredentialEnvironment, CredentialStatus
from services.contracts.codes import STAFF, Department, Role, ServiceName
from services.kernel.data.columns import all_of, internal, one_of, page_index, sensitive
from services.kernel.data.privacy import INTERNAL
from services.kernel.data.records import with_history

_STAFF = "roles <@ ARRAY[{}]::text[]".format(", ".join(f"'{role.value}'" for role in STAFF))


class Credential(AccessRecord, table=True):
    """La clé d'accès du logiciel d'une organisation ; sans département : toute la région, sans service : tous."""

    __tablename__ = "credential"
    __table_args__ = (
        CheckConstraint(_STAFF + " AND cardinality(roles) >= 1", "roles"),
        CheckConstraint(all_of("departments", Department), "departments"),
        CheckConstraint(all_of("services", ServiceName), "services"),
        CheckConstraint(one_of("environment", CredentialEnvironment), "environment"),
        CheckConstraint(one_of("status", CredentialStatus), "status"),
        CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", "secret_hash"),
        page_index("credential_organisation_page", "organisation_id"),
        page_index("credential_status_page", "status"),
    )

    organisation_id: UUID = internal(SaUuid, references="organisation.id")
    organisation_name: str | None = internal(Text, default=None)
    name: str = internal(Text)
    prefix: str = internal(Text)
    secret_hash: str = sensitive(Text)
    roles: list[Role] = internal(ARRAY(Text))
    departments: list[Department] = internal(ARRAY(Text), default_factory=list)
    services: list[ServiceName] = internal(ARRAY(Text), default_factory=list)
    environment: CredentialEnvironment = internal(Text)
    expires_on: date = internal(Date)
    replaces_id: UUID | None = internal(SaUuid, default=None, references="credential.id")
    status: CredentialStatus = internal(Text, default=CredentialStatus.active)
    status_reason: str | None = internal(Text, default=None)


with_history(Credential)

USES = Table(
    "credential_use",
    METADATA,
    Column("credential_id", SaUuid(), ForeignKey("access.credential.id"), primary_key=True),
    Column("last_used_on", Date, nullable=False),
    info=INTERNAL,
)
"""The last day on which a token was had for a credential: no version of it, since two requests may say it at once."""
