"""The figures that a service's events make, whatever relays them."""

from services.contracts.envelope import Event
from services.contracts.registry import read_state
from services.kernel.base import clock
from services.kernel.data.database import Databases
from services.kernel.data.service import Received, Service
from services.observatory_api.indicators.catalogue import CATALOGUE
from services.observatory_api.ledger.definitions import ORIGIN, switch
from services.observatory_api.service import SERVICE as OBSERVATORY
from services.observatory_api.values import operations
from services.observatory_api.values.schemas import ValuesQuery
from services.observatory_api.verification.operations import Meaning, meaning


async def hand_over(databases: Databases, service: Service) -> Meaning:
    """Applies every event of a service, then compares the figures with its tables."""
    pool = await databases.pool(service.name, "worker")
    events = [Event.model_validate_json(row["event"]) for row in await pool.fetch("SELECT event FROM outbox ORDER BY id")]
    assert OBSERVATORY.apply is not None
    async with databases.open("observatory", "worker") as db:
        await OBSERVATORY.hear(db, [Received(event, read_state(event)) for event in events])
    return await meaning(databases, [service], clock.today())


async def figure(databases: Databases, code: str, as_of: str | None = None) -> tuple[int | float | None, int | None]:
    """(value, what it is divided by or made of) on a day, today unless it is said."""
    async with databases.open("observatory") as db:
        found = await operations.indicator_values(db, code, ValuesQuery.model_validate({"as_of": as_of or clock.today().isoformat()}))
    return found.value, found.denominator if found.samples is None else found.samples


async def switch_to(databases: Databases, code: str, number: int) -> None:
    """Makes a definition current."""
    async with databases.open("observatory", "worker") as db:
        await switch(db, {code: number})


async def began_with(databases: Databases, **numbers: int) -> None:
    """Makes an empty ledger that of an installation that began when these definitions were the highest."""
    pool = await databases.pool("observatory", "worker")
    insert = 'INSERT INTO definition (indicator, "number", current_from) VALUES ($1, $2, $3)'
    await pool.executemany(insert, [(code, number, ORIGIN) for code, number in (CATALOGUE.highest | numbers).items()])
