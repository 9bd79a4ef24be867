"""The service's read-only copy of sites, which access_api owns."""

from uuid import UUID

from sqlalchemy import UUID as SaUuid, BigInteger, SmallInteger, Text
from sqlmodel import SQLModel

from services.contracts.codes import Department, Sector
from services.kernel.data.columns import internal
from services.recruitment_api.base import METADATA


class SiteCopy(SQLModel, table=True):
    """A site as last heard of. No foreign key leads to its organisation: the two arrive in any order."""

    __tablename__ = "site_copy"
    metadata = METADATA

    id: UUID = internal(SaUuid, primary_key=True)
    version: int = internal(BigInteger)
    state_number: int = internal(SmallInteger, sa_column_kwargs={"server_default": "1"})
    organisation_id: UUID = internal(SaUuid)
    name: str = internal(Text)
    commune_code: str = internal(Text)
    department: Department = internal(Text)
    sector: Sector | None = internal(Text, default=None)
    status: str = internal(Text)
