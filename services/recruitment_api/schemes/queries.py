"""Statements on schemes."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from services.contracts.codes import Role
from services.contracts.recruitment import SchemeStatus
from services.kernel.paging import Listing
from services.kernel.principals import Principal
from services.kernel.records import versions_of
from services.kernel.resources import document_by_id
from services.recruitment_api.schemes.schemas import SchemeQuery
from services.recruitment_api.schemes.tables import Scheme

SCHEME_HISTORY = versions_of(Scheme)

SHARED = col(Scheme.status) != SchemeStatus.draft
"""A draft is seen by those who prepare schemes and their money, and by nobody else."""

DOCUMENT = document_by_id(Scheme)
SHARED_DOCUMENT = document_by_id(Scheme, SHARED)

LISTING = Listing(
    Scheme,
    SchemeQuery,
    {
        "kind": lambda value: col(Scheme.kind) == value,
        "status": lambda value: col(Scheme.status) == value,
    },
    scope={
        "shared": lambda _value: SHARED,
    },
)


def sees_drafts(caller: Principal) -> bool:
    """Whether a caller may see schemes that are not yet shared."""
    return caller.has(Role.steering, Role.committee, Role.finance)


def document(caller: Principal) -> Select[str, int]:
    """(document, version) by `id`, of what the caller may see."""
    return DOCUMENT if sees_drafts(caller) else SHARED_DOCUMENT


def scheme(scheme_id: UUID, caller: Principal) -> SelectOfScalar[Scheme]:
    """One scheme, if the caller may see it."""
    statement = select(Scheme).where(Scheme.id == scheme_id)
    return statement if sees_drafts(caller) else statement.where(SHARED)


def parent(scheme_id: UUID) -> SelectOfScalar[Scheme]:
    """The scheme of a new row, held as it is until the row is there: it must not retire meanwhile."""
    return select(Scheme).where(Scheme.id == scheme_id).with_for_update(read=True)
