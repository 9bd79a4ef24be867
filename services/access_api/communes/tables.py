"""Where communes live: a reference table, filled by its importer alone."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, Text
from sqlmodel import Field, SQLModel

from services.access_api.base import METADATA
from services.access_api.folding import FOLDED
from services.contracts.codes import Department
from services.kernel.data.columns import one_of, stored


class Commune(SQLModel, table=True):
    """Une commune, à une date du code officiel géographique."""

    __tablename__ = "commune"
    __table_args__ = (
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint("population >= 0", "population"),
        Index("commune_department", "department", "code"),
        Index("commune_folded", "folded"),
    )
    metadata = METADATA

    code: str = Field(primary_key=True, sa_type=FOLDED)
    version: int = stored(BigInteger, default=1)
    vintage: int = stored(Integer)
    name: str = stored(Text)
    folded: str = stored(FOLDED)
    department: Department = stored(Text)
    arrondissement_code: str = stored(Text)
    arrondissement_name: str = stored(Text)
    epci_siren: str | None = stored(Text, default=None)
    epci_name: str | None = stored(Text, default=None)
    epci_type: str | None = stored(Text, default=None)
    siren: str | None = stored(Text, default=None)
    postal_codes: list[str] = stored(ARRAY(Text))
    population: int | None = stored(Integer, default=None)
    document: str = stored(Text)


class CommuneOld(SQLModel, table=True):
    """Un code d'avant une fusion, et la commune d'aujourd'hui."""

    __tablename__ = "commune_old"
    metadata = METADATA

    code_old: str = Field(primary_key=True, sa_type=FOLDED)
    name_old: str = stored(Text)
    code_now: str = Field(sa_type=FOLDED, sa_column_args=(ForeignKey("access.commune.code"),))
