"""Reading figures: one snapshot, the definitions then current, and an answer that says what it knew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from services.kernel.base import clock
from services.kernel.base.periods import Step, name_of
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import DEPARTMENT, Named
from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.ledger.definitions import ORIGIN, current_numbers
from services.observatory_api.values import audience, queries
from services.observatory_api.values.asked import asked_days, check, refused, wanted_points
from services.observatory_api.values.departments import rows_of
from services.observatory_api.values.figures import Tally, figure, merged, points
from services.observatory_api.values.queries import Question
from services.observatory_api.values.schemas import (
    DashboardQuery,
    DashboardRead,
    GroupRead,
    IndicatorValue,
    PointRead,
    ValuesQuery,
    ValuesRead,
)

MOST_NAMES = 20

Group = tuple[str | None, ...]
Sums = dict[Group, dict[int, Tally]]
"""group → point of the series, from 1 (0: before it, or no series) → sums."""


@dataclass(frozen=True)
class Shown:
    """A figure, and its points when a series was asked for."""

    total: Figure
    points: Sequence[Figure] | None
    tracked_from: int | None = None
    """The first point that anything counted in, or 0, before the series; none where nothing has."""


@dataclass(frozen=True)
class Reader:
    """One snapshot of the ledger: what it knows, and the definitions current in it."""

    db: Database
    catalogue: Catalogue
    known_at: datetime
    past: bool
    numbers: Mapping[str, int]

    def current(self, code: str) -> Indicator:
        """The definition of an indicator that is current in the snapshot. Raises `NotFound`."""
        definitions = self.catalogue.definitions_of(code)
        if self.numbers[code] not in definitions:
            raise refused("known_at", f"La définition {self.numbers[code]} de {code}, alors en vigueur, n'est plus lisible.")
        return definitions[self.numbers[code]]

    def question(self, as_of: date, **asked: Any) -> Question:
        """A question about the snapshot: what happened up to `as_of`, and no later than `end`."""
        end = asked.pop("end", None)
        following = as_of + timedelta(days=1)
        return Question(end=min(end, following) if end else following, known_at=self.known_at if self.past else None, **asked)


async def open_snapshot(db: Database, known_at: datetime | None, catalogue: Catalogue = CATALOGUE) -> Reader:
    """Begins to read in one snapshot. Raises `Invalid` for a `known_at` that the ledger has not reached."""
    connection = await db.connection()
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    newest = (await db.fetch(queries.newest_stamp()))[0] or ORIGIN
    if known_at is not None and known_at > newest:
        raise refused("known_at", f"Le registre ne sait rien après le {newest.isoformat()}.")
    at = known_at or newest
    return Reader(db, catalogue, at, known_at is not None, await current_numbers(db, catalogue, at))


async def indicator_values(
    db: Database, code: str, query: ValuesQuery, *, by: Principal = SYSTEM, catalogue: Catalogue = CATALOGUE
) -> ValuesRead:
    """The figures of one indicator that the caller reads.

    Raises `NotFound`, `Invalid` for what it cannot be asked, and `Forbidden` for a department that is not the caller's.
    """
    reader = await open_snapshot(db, query.known_at, catalogue)
    indicator = reader.current(code)
    as_of, start, end = asked_days(indicator, query)
    dimensions, filters = query.groups(), query.filters()
    check(indicator, dimensions, filters, query)
    audience.check_asked(by, filters.get(DEPARTMENT.name))
    territory = dimensions.index(DEPARTMENT.name) if DEPARTMENT.name in dimensions else None
    wanted = wanted_points(query.every, as_of, start, end)
    since = start if indicator.reading is Reading.flow else None  # what stands has begun whenever it has
    question = reader.question(as_of, start=since, end=end, filters=filters, starts=wanted)
    total = (await shown(reader, indicator, question, wanted)).get((), Shown(Figure(None), None))
    if not _says_something(total):
        await check_known(reader, indicator, filters)
    groups = await shown(reader, indicator, replace(question, by=dimensions), wanted) if dimensions else {}
    return ValuesRead(
        **_about(indicator, total, query.every, wanted),
        as_of=as_of,
        to_come=as_of > clock.today(),
        known_at=reader.known_at,
        period=query.period,
        start=start,
        end=end,
        filters=filters,
        by=list(dimensions),
        additive="count" in indicator.measures and not set(dimensions).intersection(indicator.many),
        groups=[
            GroupRead(
                dimensions=dict(zip(dimensions, group, strict=True)),
                series=_points(one, query.every, wanted, total.tracked_from),
                **one.total._asdict(),
            )
            for group, one in sorted(groups.items(), key=lambda item: [(value is None, value or "") for value in item[0]])
            if _says_something(one) and (territory is None or audience.sees(by, group[territory]))
        ],
    )


async def dashboard(db: Database, query: DashboardQuery, *, by: Principal = SYSTEM, catalogue: Catalogue = CATALOGUE) -> DashboardRead:
    """The figure of every indicator, in one snapshot: the region's, or that of a department where there is one.

    Raises `Invalid` for what it cannot be asked, and `Forbidden` for a department that is not the caller's.
    """
    audience.check_asked(by, query.department)
    reader = await open_snapshot(db, query.known_at, catalogue)
    as_of = query.as_of or clock.today()
    wanted = wanted_points(query.every, as_of)
    filters = query.filters()
    question = reader.question(as_of, filters=filters, starts=wanted)
    current = [one for one in map(reader.current, catalogue.codes) if filters.keys() <= set(one.names)]
    sums = await rolled_up_sums(reader, [one for one in current if queries.rolled_up(one, question)], question)
    items = []
    for indicator in current:
        found = await shown(reader, indicator, question, wanted, sums)
        items.append(IndicatorValue(**_about(indicator, found[()], query.every, wanted)))
    to_come = as_of > clock.today()
    return DashboardRead(as_of=as_of, to_come=to_come, known_at=reader.known_at, department=query.department, items=items)


async def check_known(reader: Reader, indicator: Indicator, filters: Mapping[str, str]) -> None:
    """Raises `Invalid` for a name that no fact has given, which tells the names that facts have given."""
    for dimension in indicator.by:
        value = filters.get(dimension.name)
        if value is None or not isinstance(dimension.values, Named):
            continue
        known = await reader.db.fetch(queries.known_names(dimension.name))
        if value not in known:
            listed = ", ".join(known[:MOST_NAMES]) + (" …" if len(known) > MOST_NAMES else "")
            told = f"ceux que les faits donnent sont {listed}" if known else "aucun fait n'en a encore donné"
            raise refused(dimension.name, f"« {value} » est un nom inconnu ({dimension.label.lower()}) ; {told}.")


async def shown(
    reader: Reader, indicator: Indicator, question: Question, wanted: Sequence[date], known: Mapping[str, Sums] | None = None
) -> dict[Group, Shown]:
    """An indicator's figures by group; without groups, always the one of ()."""
    if indicator.kind is Kind.derived:
        return await _derived(reader, indicator, question, wanted, known)
    sums = (known or {}).get(indicator.code)
    if sums is None:
        sums = await sums_of(reader, indicator, question)
    if not question.by:
        sums.setdefault((), {})
    return {
        group: Shown(
            figure(indicator, merged(by_point.values())),
            points(indicator, by_point, len(wanted)) if wanted else None,
            0 if question.start else min((point for point, tally in by_point.items() if any(tally.values())), default=None),
        )
        for group, by_point in sums.items()
    }


async def _derived(
    reader: Reader, indicator: Indicator, question: Question, wanted: Sequence[date], known: Mapping[str, Sums] | None
) -> dict[Group, Shown]:
    assert indicator.formula is not None
    parts = [await shown(reader, reader.current(code), question, wanted, known) for code in indicator.of]
    nothing = [figure(reader.current(code), {}) for code in indicator.of]
    empty = [Shown(each, [each] * len(wanted) if wanted else None) for each in nothing]
    made = {}
    for group in dict.fromkeys(group for part in parts for group in part):
        found = [part.get(group, none) for part, none in zip(parts, empty, strict=True)]
        series = [indicator.formula(*each) for each in zip(*(one.points or () for one in found), strict=True)] if wanted else None
        tracked_from = min((one.tracked_from for one in found if one.tracked_from is not None), default=None)
        made[group] = Shown(indicator.formula(*(one.total for one in found)), series, tracked_from)
    return made


async def sums_of(reader: Reader, indicator: Indicator, question: Question) -> Sums:
    """The sums of one indicator."""
    if queries.rolled_up(indicator, question):
        return (await rolled_up_sums(reader, [indicator], question))[indicator.code]
    sums: Sums = {}
    for row in await reader.db.fetch(queries.entry_sums(indicator, question)):
        _add(sums, indicator, row, question, (row["measure"], (row["detail"] or "") if indicator.detail else ""))
    apart = [place for place, name in enumerate(question.by) if name in {each.name for each in indicator.numerator_by}]
    return _of_one_whole(sums, apart) if apart else sums


def _of_one_whole(sums: Sums, apart: Sequence[int]) -> Sums:
    """Gives each group the sums of the whole: only the numerator has values of the dimensions at these places."""
    wholes: Sums = {}
    made: Sums = {}
    for group, by_point in sums.items():
        for point, tally in by_point.items():
            for what, amount in tally.items():
                of = made if what[0] == "numerator" else wholes
                of.setdefault(group, {}).setdefault(point, {})[what] = amount
    for group, by_point in made.items():
        if any(any(tally.values()) for tally in by_point.values()):
            whole = wholes.get(tuple(None if place in apart else value for place, value in enumerate(group)), {})
            for point, tally in whole.items():
                by_point[point] = merged((by_point.get(point, {}), tally))
    return made


async def rolled_up_sums(reader: Reader, indicators: Sequence[Indicator], question: Question) -> dict[str, Sums]:
    """The sums of several indicators in one look at the roll-up, by code."""
    sums: dict[str, Sums] = {indicator.code: {} for indicator in indicators}
    of_code = {indicator.code: indicator for indicator in indicators}
    for row in await reader.db.fetch(queries.daily_sums(indicators, question)) if indicators else ():
        code, _, measure = row["measure"].split("/")
        _add(sums[code], of_code[code], row, question, (measure, ""))
    return sums


def _add(sums: Sums, indicator: Indicator, row: Any, question: Question, what: tuple[str, str]) -> None:
    for group in _groups(indicator, row, question):
        tally = sums.setdefault(group, {}).setdefault(row["point"] or 0, {})
        tally[what] = tally.get(what, 0) + row["amount"]


def _groups(indicator: Indicator, row: Any, question: Question) -> Iterator[Group]:
    """The groups that a row of sums counts in: several where it is of every department, of which a filter leaves one."""
    group = tuple(row[f"g{position}"] for position in range(len(question.by)))
    if DEPARTMENT.name not in question.by:
        yield group
        return
    place, asked = question.by.index(DEPARTMENT.name), question.filters.get(DEPARTMENT.name)
    for department in rows_of(indicator, group[place]):
        if asked in (None, department):
            yield (*group[:place], department, *group[place + 1 :])


def _about(indicator: Indicator, one: Shown, every: Step | None, wanted: Sequence[date]) -> dict[str, Any]:
    return {
        "code": indicator.code,
        "label": indicator.label,
        "definition": indicator.definition,
        "kind": indicator.kind,
        "unit": indicator.unit,
        "reading": indicator.reading,
        "series": _points(one, every, wanted, one.tracked_from),
        **one.total._asdict(),
    }


def _points(one: Shown, every: Step | None, wanted: Sequence[date], tracked_from: int | None) -> list[PointRead] | None:
    """The points of a series; those before the first data are no zeros."""
    if not wanted or one.points is None or every is None:
        return None
    found = []
    for number, (start, point) in enumerate(zip(wanted, one.points, strict=True), start=1):
        tracked, name = tracked_from is not None and number >= tracked_from, name_of(every, start)
        told = point if tracked else Figure(None)
        found.append(PointRead(period=name, month=name if every is Step.month else None, tracked=tracked, **told._asdict()))
    return found


def _says_something(one: Shown) -> bool:
    """Whether a group has anything in it. Sums that came to nothing may be rows or not: either way they are not shown."""
    return any(
        part
        for item in (one.total, *(one.points or ()))
        for part in (item.numerator, item.denominator, item.samples, *(item.coverage or ()))
    )
