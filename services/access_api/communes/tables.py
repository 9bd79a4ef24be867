"""Where communes live: a reference table, filled by its importer alone."""

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Index, Integer, Text
from sqlmodel import SQLModel

from services.access_api.base import METADATA
from services.access_api.coordinates import Located, located
from services.contracts.codes import Department
from services.kernel.data.columns import one_of, public
from services.kernel.data.folded import FOLDED, words_index

WORD = "INSEE"
"""What goes before the code of a commune among the words that a site is searched in: nothing that is typed and folded begins so."""


class Commune(Located, table=True):
    """Une commune, à une date du code officiel géographique."""

    __tablename__ = "commune"
    __table_args__ = (
        CheckConstraint(one_of("department", Department), "department"),
        CheckConstraint("population >= 0", "population"),
        *located(),
        Index("commune_department", "department", "code"),
        words_index("commune_search", "words"),
    )
    metadata = METADATA

    code: str = public(FOLDED, primary_key=True)
    version: int = public(BigInteger, default=1)
    vintage: int = public(Integer)
    name: str = public(Text)
    folded: str = public(FOLDED)
    words: list[str] = public(ARRAY(Text))
    department: Department = public(Text)
    arrondissement_code: str = public(Text)
    arrondissement_name: str = public(Text)
    epci_siren: str | None = public(Text, default=None)
    epci_name: str | None = public(Text, default=None)
    epci_type: str | None = public(Text, default=None)
    siren: str | None = public(Text, default=None)
    postal_codes: list[str] = public(ARRAY(Text))
    population: int | None = public(Integer, default=None)
    document: str = public(Text)


class CommuneOld(SQLModel, table=True):
    """Une commune d'avant une fusion, et celle d'aujourd'hui, qui a parfois gardé son code."""

    __tablename__ = "commune_old"
    __table_args__ = (words_index("commune_old_search", "words"), Index("commune_old_now", "code_now"))
    metadata = METADATA

    code_old: str = public(FOLDED, primary_key=True)
    name_old: str = public(Text)
    folded: str = public(FOLDED)
    words: list[str] = public(ARRAY(Text))
    code_now: str = public(FOLDED, references="commune.code")
