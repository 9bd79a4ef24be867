"""The service's read-only copy of sites, which access_api owns."""

from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from services.contracts.codes import Department, Sector
from services.kernel.data.columns import stored
from services.recruitment_api.base import METADATA


class SiteCopy(SQLModel, table=True):
    """A site as last heard of. No foreign key leads to its organisation: the two arrive in any order."""

    __tablename__ = "site_copy"
    metadata = METADATA

    id: UUID = Field(primary_key=True)
    version: int = stored(BigInteger)
    state_number: int = stored(SmallInteger, sa_column_kwargs={"server_default": "1"})
    organisation_id: UUID = stored(SaUuid)
    name: str = stored(Text)
    commune_code: str = stored(Text)
    department: Department = stored(Text)
    sector: Sector | None = stored(Text, default=None)
    status: str = stored(Text)
