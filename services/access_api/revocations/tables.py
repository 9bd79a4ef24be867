"""Where revocations live: rows are added, and never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UUID as SaUuid, CheckConstraint, DateTime, Text

from services.access_api.base import AccessRecord
from services.contracts.access import Revocable
from services.kernel.data.columns import internal, one_of, page_index
from services.kernel.data.records import with_history


class Revocation(AccessRecord, table=True):
    """Un retrait : les jetons délivrés jusque-là, et qui reposent sur la cible, sont refusés."""

    __tablename__ = "revocation"
    __table_args__ = (
        CheckConstraint(one_of("what", Revocable), "what"),
        page_index("revocation_what_page", "what"),
        page_index("revocation_target_page", "target_id"),
    )

    what: Revocable = internal(Text)
    target_id: UUID = internal(SaUuid)
    since: datetime = internal(DateTime(timezone=True))


with_history(Revocation)
