"""The service's read-only copy of sites, which access_api owns."""

from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, SmallInteger, Text
from sqlmodel import SQLModel

from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department
from services.internships_api.base import METADATA
from services.kernel.data.columns import internal


class SiteCopy(SQLModel, table=True):
    """A site as last heard of. It may arrive before its organisation: no foreign key."""

    __tablename__ = "site_copy"
    metadata = METADATA

    id: UUID = internal(SaUuid, primary_key=True)
    version: int = internal(BigInteger)
    state_number: int = internal(SmallInteger, sa_column_kwargs={"server_default": "1"})
    organisation_id: UUID = internal(SaUuid)
    name: str = internal(Text)
    department: Department = internal(Text)
    status: OrganisationStatus = internal(Text)
