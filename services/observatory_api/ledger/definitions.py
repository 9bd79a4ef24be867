"""Which definition of an indicator is current, and since when: a change is dated, and never touches what was shown."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from services.kernel.base.problems import Conflict, NotFound
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.ledger.posting import NEXT_BATCH, stamp
from services.observatory_api.ledger.tables import definition

SWITCH = 'INSERT INTO definition (indicator, "number", current_from) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1'


class AlreadyCurrent(Conflict):
    type = "definition-already-switched"
    title = "Définition déjà en vigueur, ou qui l'a été"


async def current_numbers(db: Database, catalogue: Catalogue, known_at: datetime) -> Mapping[str, int]:
    """The number of each indicator's definition that was current at an instant: the lowest, until a switch."""
    numbers = {code: min(catalogue.definitions(code)) for code in catalogue.codes}
    statement = (
        select(definition.c.indicator, definition.c.number).where(definition.c.current_from <= known_at).order_by(definition.c.current_from)
    )
    return numbers | {row["indicator"]: row["number"] for row in await db.fetch(statement)}


async def switch(db: Database, code: str, number: int, *, catalogue: Catalogue = CATALOGUE) -> datetime:
    """Makes a definition current from now on. Run `rebuild` first, which fills it beside the old one.

    The switch is a batch of its own, so that an answer's `known_at` tells which side of it the answer is on.
    """
    if number not in catalogue.definitions_of(code):
        raise NotFound(f"{code} n'a pas de définition {number}.")
    connection = await db.connection()
    at = await stamp(connection, await connection.fetchval(NEXT_BATCH), "definition", 0)
    first = min(catalogue.definitions(code))
    if number == first or not await connection.fetchval(SWITCH, code, number, at):
        raise AlreadyCurrent(f"La définition {number} de {code} est, ou a été, en vigueur.")
    return at
