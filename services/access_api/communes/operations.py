"""What can be read of communes, and the check of a code that somebody gives."""

import re
from uuid import UUID

from services.access_api.communes import queries
from services.access_api.communes.schemas import CommuneQuery
from services.access_api.communes.tables import Commune
from services.access_api.identifiers import COMMUNE_PATTERN
from services.kernel.api.paging import after_of
from services.kernel.base.problems import invalid
from services.kernel.data.database import Database

_CODE = re.compile(COMMUNE_PATTERN)


async def read_page(db: Database, query: CommuneQuery) -> list[tuple[UUID, str]]:
    """A page's (cursor, document) pairs, by code."""
    after = _code_of(after_of(query.after)) if query.after else None
    return [(_cursor_of(code), document) for code, document in await db.fetch(queries.page(query, after))]


async def cited(db: Database, code: str) -> Commune:
    """The commune of a code. Raises `Invalid`, which tells what a former code has become."""
    found = await db.fetch(queries.commune(code))
    if found:
        return found[0]
    former = await db.fetch(queries.former(code))
    detail = f"Ce code (« {former[0].name_old} ») est devenu {former[0].code_now}." if former else "Cette commune est inconnue."
    raise invalid("#/commune_code", "unknown_reference", detail)


def _cursor_of(code: str) -> UUID:
    """A list's cursor stands for 16 bytes: here a code, and zeros."""
    return UUID(bytes=code.encode().ljust(16, b"\0"))


def _code_of(cursor: UUID) -> str:
    code = cursor.bytes.rstrip(b"\0").decode("latin-1")
    if not _CODE.fullmatch(code):
        raise invalid("after", "cursor", "Ce curseur n'est pas de cette liste : reprenez `next` tel quel.", location="query")
    return code
