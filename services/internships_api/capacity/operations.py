"""What can be done with a unit's weekly capacity."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from services.internships_api.capacity import queries
from services.internships_api.capacity.schemas import MOST_WEEKS, CapacityList, CapacityQuery, CapacityRead, CapacityWrite
from services.internships_api.capacity.tables import CapacityWeek
from services.internships_api.units.queries import UNITS
from services.internships_api.weeks import SEAT, WEEK, check_period, monday_of, weeks
from services.kernel.api.reading import Lock
from services.kernel.base import clock
from services.kernel.base.french import counted, day_in_words, sentence
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Conflict, invalid, member
from services.kernel.data.database import Database

WEEKS = member("weeks", list[CapacityRead], "Les semaines où la capacité manque, telles qu'elles sont.")


class CapacityLacking(Conflict):
    """Some weeks of the unit have no room for this."""

    type = "capacity-lacking"
    title = "La capacité du terrain ne suffit pas"
    told = (
        "4 places demandées, 2 libres la semaine du 4 janvier 2027. Offrez moins de places, ou portez d'abord la "
        "capacité du terrain à 6 places : capacity_tenths, en dixièmes, vaut alors 60."
    )
    members = WEEKS


class CapacityBelowOffered(Conflict):
    """What is offered cannot exceed the capacity."""

    type = "capacity-below-offered"
    title = "La capacité passerait sous ce qui est offert"
    told = (
        "Capacité demandée : 2 ; offertes : 4 places la semaine du 4 janvier 2027. Demandez au moins capacity_tenths "
        "40, en dixièmes de place, ou clôturez d'abord des offres."
    )
    members = WEEKS


async def set_capacity(db: Database, unit_id: UUID, body: CapacityWrite, *, by: Principal) -> CapacityList:
    """Sets the capacity of a unit on a period. Raises `CapacityBelowOffered`, naming the weeks, and then changes none."""
    await UNITS.load_for_change(db, unit_id, by=by, lock=Lock.no_key_update)  # one at a time, and no offer is published meanwhile
    rows = await db.fetch(queries.weeks_for_update(unit_id, body.from_week, body.to_week))
    below = [row for row in rows if row.offered_tenths > body.capacity_tenths]
    if below:
        raise CapacityBelowOffered(_below(body.capacity_tenths, below), weeks=_documents(below))
    period = weeks(body.from_week, body.to_week)
    await db.fetch(queries.set_capacity(unit_id, period, body.capacity_tenths, clock.now(), by.subject))
    return _list(await db.fetch(queries.weeks_of(unit_id, body.from_week, body.to_week)))


async def read(db: Database, unit_id: UUID, query: CapacityQuery) -> CapacityList:
    """The weeks of a unit. Raises `Invalid` for a period that is empty or too long."""
    await UNITS.one(db, unit_id, by=SYSTEM)
    start = query.from_week or monday_of(clock.today())
    end = query.to_week or start + 52 * WEEK
    try:
        check_period(start, end, MOST_WEEKS)
    except ValueError as error:
        raise invalid("to", "period", sentence(str(error)), location="query") from error
    return _list(await db.fetch(queries.weeks_of(unit_id, start, end)))


async def shift_counters(db: Database, unit_id: UUID, start: date, end: date, *, offered_tenths: int = 0, taken_tenths: int = 0) -> None:
    """Adds to the counters of every week of a period, or of none. Raises `CapacityLacking`, naming the weeks."""
    rows = {row.week: row for row in await db.fetch(queries.weeks_for_update(unit_id, start, end))}
    moved = set(await db.fetch(queries.shift_counters(unit_id, start, end, offered_tenths, taken_tenths)))
    lacking = [_said_or_nothing(rows, unit_id, week) for week in weeks(start, end) if week not in moved]
    if lacking:
        raise CapacityLacking(_lacking(offered_tenths, lacking), weeks=_documents(lacking))


def _said_or_nothing(rows: Mapping[date, CapacityWeek], unit_id: UUID, week: date) -> CapacityWeek:
    """A week of a unit; one whose capacity nobody has said has none."""
    return rows.get(week) or CapacityWeek(unit_id=unit_id, week=week, capacity_tenths=0, offered_tenths=0, taken_tenths=0)


def _lacking(asked_tenths: int, rows: Sequence[CapacityWeek]) -> str:
    fullest = min(rows, key=lambda row: row.capacity_tenths - row.offered_tenths)
    asked, free = asked_tenths // SEAT, (fullest.capacity_tenths - fullest.offered_tenths) // SEAT
    needed = max(row.offered_tenths for row in rows) + asked_tenths
    return (
        f"{counted(asked, 'place demandée', 'places demandées')}, {counted(free, 'libre')} {_week_in_words(fullest, rows)}. Offrez moins "
        f"de places, ou portez d'abord la capacité du terrain à {counted(needed // SEAT, 'place')} : capacity_tenths, en dixièmes, vaut "
        f"alors {needed}."
    )


def _below(asked_tenths: int, rows: Sequence[CapacityWeek]) -> str:
    fullest = max(rows, key=lambda row: row.offered_tenths)
    asked, offered = f"{asked_tenths / SEAT:g}".replace(".", ","), fullest.offered_tenths
    return (
        f"Capacité demandée : {asked} ; offertes : {counted(offered // SEAT, 'place')} {_week_in_words(fullest, rows)}. Demandez au moins "
        f"capacity_tenths {offered}, en dixièmes de place, ou clôturez d'abord des offres."
    )


def _week_in_words(row: CapacityWeek, rows: Sequence[CapacityWeek]) -> str:
    others = "" if len(rows) == 1 else f" ({len(rows)} semaines sont en cause)"
    return f"la semaine du {day_in_words(row.week)}{others}"


def _documents(rows: Sequence[CapacityWeek]) -> list[dict[str, object]]:
    return [CapacityRead.model_validate(row).model_dump(mode="json") for row in rows]


def _list(rows: Sequence[CapacityWeek]) -> CapacityList:
    return CapacityList(items=[CapacityRead.model_validate(row) for row in rows])
