"""The service's read-only copy of sites, which access_api owns."""

from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from services.contracts.access import OrganisationStatus
from services.contracts.codes import Department
from services.internships_api.base import METADATA
from services.kernel.data.columns import stored


class SiteCopy(SQLModel, table=True):
    """A site as last heard of. It may arrive before its organisation: no foreign key."""

    __tablename__ = "site_copy"
    metadata = METADATA

    id: UUID = Field(primary_key=True)
    version: int = stored(BigInteger)
    state_number: int = stored(SmallInteger, sa_column_kwargs={"server_default": "1"})
    organisation_id: UUID = stored(SaUuid)
    name: str = stored(Text)
    department: Department = stored(Text)
    status: OrganisationStatus = stored(Text)
