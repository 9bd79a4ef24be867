"""Statements on communes."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.sql.base import Executable
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.access_api.communes.schemas import CommuneQuery
from services.access_api.communes.tables import WORD, Commune, CommuneOld
from services.kernel.base.folding import fold, terms
from services.kernel.data.conditions import among
from services.kernel.data.folded import TERM, begin_words, begins_word

_asked = sa.bindparam("code", type_=sa.Text())
_now = select(CommuneOld.code_now).where(CommuneOld.code_old == _asked).scalar_subquery()

DOCUMENT: Executable = (
    select(col(Commune.document), col(Commune.version), col(Commune.code))
    .where(sa.or_(col(Commune.code) == _asked, col(Commune.code) == _now))
    .order_by((col(Commune.code) == _asked).desc())
    .limit(1)
)
"""(document, version, code) by `code`; the code of a former commune leads to the commune of today."""


def page(query: CommuneQuery, after: str | None) -> Executable:
    """(code, document) of the communes after a code, and one more than the page holds."""
    statement = select(col(Commune.code), col(Commune.document)).order_by(col(Commune.code)).limit(query.limit + 1)
    if query.department:
        statement = statement.where(col(Commune.department) == query.department)
    if after is not None:
        statement = statement.where(col(Commune.code) > after)
    return statement


def search(query: CommuneQuery, typed: str, after: tuple[int, str] | None) -> Executable:
    """(rank, code, document, name, postal_codes, name_old, code_old) of the communes found after a place, and one more than the page holds.

    Ranks: 0 bears the name that is typed, 1 a name that begins with it, 2 has its words or codes, 3 bore the name, 4 had its words.
    """
    asked, name = sa.literal(terms(typed), sa.ARRAY(sa.Text)), sa.literal(fold(typed), sa.Text)
    begins = sa.func.starts_with(col(Commune.folded), name)
    rank = sa.case((col(Commune.folded) == name, 0), (begins, 1), else_=2).label("rank")
    nothing: Any = sa.cast(sa.null(), sa.Text)
    today = sa.select(col(Commune.code).label("code"), rank, nothing.label("code_old"), nothing.label("name_old"))
    rank_old = sa.case((col(CommuneOld.folded) == name, 3), else_=4)
    former = sa.select(col(CommuneOld.code_now), rank_old, col(CommuneOld.code_old), col(CommuneOld.name_old))
    found = sa.union_all(today.where(begin_words(asked, "words")), former.where(begin_words(asked, "words"))).subquery("found")
    first = sa.select(found).ext(distinct_on(found.c.code)).order_by(found.c.code, found.c.rank, found.c.code_old).subquery("first")
    commune = col(Commune.document), col(Commune.name), col(Commune.postal_codes)
    statement = sa.select(first, *commune).join(Commune, col(Commune.code) == first.c.code)
    if query.department:
        statement = statement.where(col(Commune.department) == query.department)
    if after is not None:
        place = sa.tuple_(sa.literal(after[0], sa.Integer), sa.literal(after[1], sa.Text))
        statement = statement.where(sa.tuple_(first.c.rank, first.c.code) > place)
    return statement.order_by(first.c.rank, first.c.code).limit(query.limit + 1)


def found_by_term() -> sa.ColumnElement[str]:
    """The tsquery of the communes that a term of a search finds (`begin_words`), each as its `WORD` and code; null when there is none."""
    term = sa.cast(sa.column(TERM), sa.Text)
    today: sa.Select[Any] = sa.select(col(Commune.code).label("code")).where(begins_word(term, "words"))
    former = sa.select(col(CommuneOld.code_now)).where(begins_word(term, "words"))
    found = sa.union(today, former).subquery("communes_found")
    return sa.select(sa.func.string_agg(sa.literal_column(f"'{WORD}'") + found.c.code, "|")).scalar_subquery()


def communes() -> SelectOfScalar[Commune]:
    """All of them."""
    return select(Commune)


def commune(code: str) -> SelectOfScalar[Commune]:
    """The commune that bears a code today."""
    return select(Commune).where(Commune.code == code)


def several(codes: Sequence[str]) -> SelectOfScalar[Commune]:
    """The communes that bear some codes today."""
    return select(Commune).where(among(Commune.code, codes))


def former(code: str) -> SelectOfScalar[CommuneOld]:
    """What has become of a code."""
    return select(CommuneOld).where(CommuneOld.code_old == code)


def merged_into(codes: Sequence[str]) -> SelectOfScalar[CommuneOld]:
    """The former communes of some communes."""
    return select(CommuneOld).where(among(CommuneOld.code_now, codes)).order_by(col(CommuneOld.code_old))


def all_former() -> SelectOfScalar[CommuneOld]:
    """What has become of every former code."""
    return select(CommuneOld)
