"""What can be done with a unit's weekly capacity."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.internships_api.capacity import queries
from services.internships_api.capacity.schemas import MOST_WEEKS, CapacityList, CapacityQuery, CapacityRead, CapacityWrite
from services.internships_api.capacity.tables import CapacityWeek
from services.internships_api.units.queries import UNITS
from services.internships_api.weeks import WEEK, check_period, monday_of, weeks
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid
from services.kernel.data.database import Database


class CapacityLacking(Conflict):
    """Some weeks of the unit have no room for this."""

    type = "capacity-lacking"
    title = "La capacité du terrain ne suffit pas"


class CapacityBelowOffered(Conflict):
    """What is offered cannot exceed the capacity."""

    type = "capacity-below-offered"
    title = "La capacité passerait sous ce qui est offert"


async def set_capacity(db: Database, unit_id: UUID, body: CapacityWrite, *, by: Principal) -> CapacityList:
    """Sets the capacity of a unit on a period. Raises `CapacityBelowOffered`, naming the weeks, and then changes none."""
    await UNITS.load_for_change(db, unit_id, by=by, lock=Lock.no_key_update)  # one at a time, and no offer is published meanwhile
    rows = await db.fetch(queries.weeks_for_update(unit_id, body.from_week, body.to_week))
    below = [row for row in rows if row.offered > body.capacity]
    if below:
        detail = f"Sur {len(below)} semaine(s), les offres publiées dépassent {body.capacity}."
        raise CapacityBelowOffered(detail, weeks=_documents(below))
    await db.fetch(queries.set_capacity(unit_id, weeks(body.from_week, body.to_week), body.capacity, clock.now(), by.subject))
    return _list(await db.fetch(queries.weeks_of(unit_id, body.from_week, body.to_week)))


async def read(db: Database, unit_id: UUID, query: CapacityQuery) -> CapacityList:
    """The weeks of a unit. Raises `Invalid` for a period that is empty or too long."""
    await UNITS.one(db, unit_id, by=SYSTEM)
    start = query.from_week or monday_of(clock.today())
    end = query.to_week or start + 52 * WEEK
    try:
        check_period(start, end, MOST_WEEKS)
    except ValueError as error:
        raise invalid("to", "period", f"{str(error).capitalize()}.", location="query") from error
    return _list(await db.fetch(queries.weeks_of(unit_id, start, end)))


async def shift_counters(db: Database, unit_id: UUID, start: date, end: date, *, offered: int = 0, taken: int = 0) -> None:
    """Adds tenths to the counters of every week of a period, or of none. Raises `CapacityLacking`, naming the weeks."""
    rows = {row.week: row for row in await db.fetch(queries.weeks_for_update(unit_id, start, end))}
    moved = set(await db.fetch(queries.shift_counters(unit_id, start, end, offered, taken)))
    lacking = [week for week in weeks(start, end) if week not in moved]
    if lacking:
        documents = [{"week": week.isoformat(), "capacity": 0, "offered": 0, "taken": 0} for week in lacking if week not in rows]
        documents += _documents([rows[week] for week in lacking if week in rows])
        raise CapacityLacking(
            f"Il manque de la place sur {len(lacking)} semaine(s).", weeks=sorted(documents, key=lambda each: str(each["week"]))
        )


def _documents(rows: Sequence[CapacityWeek]) -> list[dict[str, object]]:
    return [CapacityRead.model_validate(row).model_dump(mode="json") for row in rows]


def _list(rows: Sequence[CapacityWeek]) -> CapacityList:
    return CapacityList(items=[CapacityRead.model_validate(row) for row in rows])
