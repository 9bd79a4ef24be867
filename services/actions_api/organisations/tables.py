"""The service's read-only copy of organisations, which access_api owns."""

from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, BigInteger, SmallInteger, Text
from sqlmodel import SQLModel

from services.actions_api.base import METADATA
from services.contracts.codes import OrganisationRole
from services.kernel.data.columns import internal


class OrganisationCopy(SQLModel, table=True):
    """An organisation as last heard of."""

    __tablename__ = "organisation_copy"
    metadata = METADATA

    id: UUID = internal(SaUuid, primary_key=True)
    version: int = internal(BigInteger)
    state_number: int = internal(SmallInteger, sa_column_kwargs={"server_default": "1"})
    name: str = internal(Text)
    roles: list[OrganisationRole] = internal(ARRAY(Text))
    status: str = internal(Text)
