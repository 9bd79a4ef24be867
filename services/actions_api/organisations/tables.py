"""The service's read-only copy of organisations, which access_api owns."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, SmallInteger, Text
from sqlmodel import Field, SQLModel

from services.actions_api.base import METADATA
from services.contracts.codes import OrganisationRole
from services.kernel.data.columns import stored


class OrganisationCopy(SQLModel, table=True):
    """An organisation as last heard of."""

    __tablename__ = "organisation_copy"
    metadata = METADATA

    id: UUID = Field(primary_key=True)
    version: int = stored(BigInteger)
    state_number: int = stored(SmallInteger, sa_column_kwargs={"server_default": "1"})
    name: str = stored(Text)
    roles: list[OrganisationRole] = stored(ARRAY(Text))
    status: str = stored(Text)
