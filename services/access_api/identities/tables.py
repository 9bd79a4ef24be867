"""Where identities live: what an issuer calls a person who signs in."""

from datetime import date
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, Date, Index, Text, text

from services.access_api.base import AccessRecord
from services.contracts.labelled import Labelled
from services.kernel.data.columns import one_of, page_index, personal
from services.kernel.data.records import with_history


class IdentityStatus(Labelled):
    """Si une identité sert encore à se connecter."""

    linked = "linked", "Rattachée"
    removed = "removed", "Retirée"


class Identity(AccessRecord, table=True):
    """Une personne, telle qu'un fournisseur d'identité la nomme."""

    __tablename__ = "identity"
    __table_args__ = (
        Index("identity_issuer_subject", "issuer", "subject", unique=True, postgresql_where=text("status = 'linked'")),
        CheckConstraint(one_of("status", IdentityStatus), "status"),
        page_index("identity_person_page", "person_id"),
    )

    person_id: UUID = personal(SaUuid, references="person.id")
    issuer: str = personal(Text)
    subject: str = personal(Text)
    acr: str | None = personal(Text, default=None)
    last_used_on: date | None = personal(Date, default=None)
    status: IdentityStatus = personal(Text, default=IdentityStatus.linked)


with_history(Identity)
