"""What can be read of communes, and the check of a code that somebody gives."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from services.access_api.communes import queries
from services.access_api.communes.schemas import CommuneMatch, CommuneMatched, CommuneQuery
from services.access_api.communes.tables import Commune, CommuneOld
from services.access_api.identifiers import COMMUNE_PATTERN
from services.access_api.sites.tables import Site
from services.kernel.api.paging import after_of
from services.kernel.api.resources import document_answer, with_matched
from services.kernel.base.folding import begins_one, fold, terms
from services.kernel.base.problems import NotFound, invalid
from services.kernel.data.database import Database

_place = re.compile(f"([0-4]?)({COMMUNE_PATTERN.strip('^$')})")
"""What a cursor of the list says: a code, after a rank where something is searched."""


async def read_page(db: Database, query: CommuneQuery) -> list[tuple[UUID, str]]:
    """A page's (cursor, document) pairs: by code, or by how near they are to what is searched and then by code."""
    rank, code = _place_of(after_of(query.after), ranked=query.q is not None) if query.after else ("", "")
    if query.q is None:
        return [(_cursor_of(code), document) for code, document in await db.fetch(queries.page(query, code or None))]
    found = await db.fetch(queries.search(query, query.q, (int(rank), code) if code else None))
    asked = terms(query.q)
    pairs = []
    for row in found:
        former = (row["name_old"], row["code_old"]) if row["code_old"] else None
        matched = _matched((row["name"], row["code"]), former, row["postal_codes"], asked)
        pairs.append((_cursor_of(f"{row['rank']}{row['code']}"), with_matched(row["document"], matched)))
    return pairs


class Place(NamedTuple):
    """A commune and those that were merged into it."""

    today: Commune
    former: Sequence[CommuneOld]

    def matched(self, asked: list[str]) -> CommuneMatched:
        """What it is found by: the one of its names that has the most of the words."""
        beginning = [sum(begins_one(term, each.words) for term in asked) for each in self.former]
        former = None
        if beginning and max(beginning) > sum(begins_one(term, self.today.words) for term in asked):
            old = self.former[beginning.index(max(beginning))]
            former = old.name_old, old.code_old
        return _matched((self.today.name, self.today.code), former, self.today.postal_codes, asked)


Places = Mapping[str, Place]


async def read_places(db: Database, codes: Collection[str]) -> Places:
    """Some communes of today, by code."""
    today = await db.fetch(queries.several(sorted(codes)))
    former = await db.fetch(queries.merged_into(sorted(codes)))
    return {each.code: Place(each, [old for old in former if old.code_now == each.code]) for each in today}


KINDS = {
    CommuneMatch.named: "commune",
    CommuneMatch.code: "commune",
    CommuneMatch.postal_code: "postal_code",
    CommuneMatch.former_name: "former_commune",
    CommuneMatch.former_code: "former_commune",
}
"""What a site, or its organisation, is found by when the commune of the site is found."""


def matched_place(site: Site, places: Places, asked: list[str]) -> CommuneMatched | None:
    """What of its commune a site is found by, for the first of the words that its name has not; none when its name has them all."""
    elsewhere = [term for term in asked if not begins_one(term, site.folded.split())]
    if not elsewhere:
        return None
    commune = places[site.commune_code]
    if site.postal_code and begins_one(elsewhere[0], [site.postal_code]):
        return CommuneMatched(kind=CommuneMatch.postal_code, name=commune.today.name, code=site.postal_code)
    return commune.matched(elsewhere)


def _matched(today: tuple[str, str], former: tuple[str, str] | None, postal_codes: Sequence[str], asked: list[str]) -> CommuneMatched:
    """What a commune, or a former one, is found by: its name where one of the words is of it, else a code. Names come with their codes."""
    name, code = former or today
    if any(begins_one(term, fold(name).split()) for term in asked):
        return CommuneMatched(kind=CommuneMatch.former_name if former else CommuneMatch.named, name=name, code=code)
    postal = [each for each in postal_codes if any(begins_one(term, [each]) for term in asked)]
    if postal:
        return CommuneMatched(kind=CommuneMatch.postal_code, name=today[0], code=postal[0])
    return CommuneMatched(kind=CommuneMatch.former_code if former else CommuneMatch.code, name=name, code=code)


async def read(request: Request, db: Database, code: str) -> Response:
    """The commune of a code, of today or of before a merger. Raises `NotFound`."""
    found = await db.fetch(queries.DOCUMENT, code=code)
    if not found:
        raise NotFound
    document, version, now = found[0]
    if now != code:
        old = await db.one(queries.former(code))
        document = with_matched(document, CommuneMatched(kind=CommuneMatch.former_code, name=old.name_old, code=old.code_old))
    return document_answer(request, document, version)


async def cited(db: Database, code: str) -> Commune:
    """The commune of a code. Raises `Invalid`, which tells what a former code has become."""
    found = await db.fetch(queries.commune(code))
    if found:
        return found[0]
    former = await db.fetch(queries.former(code))
    detail = f"Ce code (« {former[0].name_old} ») est devenu {former[0].code_now}." if former else "Cette commune est inconnue."
    raise invalid("#/commune_code", "unknown_reference", detail)


def _cursor_of(place: str) -> UUID:
    """A list's cursor stands for 16 bytes: here a place, and zeros."""
    return UUID(bytes=place.encode().ljust(16, b"\0"))


def _place_of(cursor: UUID, *, ranked: bool) -> tuple[str, str]:
    place = _place.fullmatch(cursor.bytes.rstrip(b"\0").decode("latin-1"))
    if place is None or (place[1] != "") != ranked:
        raise invalid("after", "cursor", "Ce curseur n'est pas de cette liste : reprenez `next` tel quel.", location="query")
    return place[1], place[2]
