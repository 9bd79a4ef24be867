"""Statements on communes."""

from sqlalchemy import Text, bindparam, or_
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.communes.schemas import CommuneQuery
from services.access_api.communes.tables import Commune, CommuneOld

_asked = bindparam("code", type_=Text())
_now = select(CommuneOld.code_now).where(CommuneOld.code_old == _asked).scalar_subquery()

DOCUMENT: Executable = (
    select(col(Commune.document), col(Commune.version))
    .where(or_(col(Commune.code) == _asked, col(Commune.code) == _now))
    .order_by((col(Commune.code) == _asked).desc())
    .limit(1)
)
"""(document, version) by `code`; the code of a former commune leads to the commune of today."""

LAST = "\x7f"
"""Sorts after everything that a folded name holds."""


def page(query: CommuneQuery, after: str | None) -> Executable:
    """(code, document) of the communes after a code, and one more than the page holds."""
    statement = select(col(Commune.code), col(Commune.document)).order_by(col(Commune.code)).limit(query.limit + 1)
    if query.department:
        statement = statement.where(col(Commune.department) == query.department)
    if query.q is not None:
        statement = statement.where(col(Commune.folded) >= query.q, col(Commune.folded) < query.q + LAST)
    if after is not None:
        statement = statement.where(col(Commune.code) > after)
    return statement


def communes() -> SelectOfScalar[Commune]:
    """All of them."""
    return select(Commune)


def commune(code: str) -> SelectOfScalar[Commune]:
    """The commune that bears a code today."""
    return select(Commune).where(Commune.code == code)


def former(code: str) -> SelectOfScalar[CommuneOld]:
    """What has become of a code."""
    return select(CommuneOld).where(CommuneOld.code_old == code)


def all_former() -> SelectOfScalar[CommuneOld]:
    """What has become of every former code."""
    return select(CommuneOld)
