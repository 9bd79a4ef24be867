"""One snapshot of the ledger, and the figures that it shows: by the roll-up where it can answer, by the entries otherwise."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.kinds import Kind, Reading
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.ledger.definitions import ORIGIN, current_numbers
from services.observatory_api.values import queries
from services.observatory_api.values.asked import refused
from services.observatory_api.values.closed import ClosedMonths, Month, closed_months, keep, months_of
from services.observatory_api.values.departments import rows_of
from services.observatory_api.values.figures import Tally, figure, merged, points
from services.observatory_api.values.queries import Question

Group = tuple[str | None, ...]
Sums = dict[Group, dict[int, Tally]]
"""group → point of the series, from 1 (0: before it, or no series) → sums."""
ALL: Sequence[Group] = ((),)
"""The one group where none is asked for."""


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
    newest: datetime
    """The stamp of its newest batch."""
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
        return Question(
            end=min(end, following) if end else following, known_at=self.known_at if self.known_at < self.newest else None, **asked
        )


async def open_snapshot(db: Database, known_at: datetime | None, catalogue: Catalogue = CATALOGUE) -> Reader:
    """Begins to read in one snapshot. Raises `Invalid` for a `known_at` that the ledger has not reached."""
    connection = await db.connection()
    await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    newest = (await db.fetch(queries.newest_stamp()))[0] or ORIGIN
    if known_at is not None and known_at > newest:
        raise refused("known_at", f"Le registre ne sait rien après le {newest.isoformat()}.")
    at = known_at or newest
    return Reader(db, catalogue, at, newest, await current_numbers(db, catalogue, at))


async def shown(reader: Reader, indicators: Iterable[Indicator], question: Question) -> dict[str, dict[Group, Shown]]:
    """The figures of indicators by code and group; without groups, always the one of ()."""
    wanted: dict[str, Indicator] = {}
    waiting = list(indicators)
    while waiting:
        one = waiting.pop()
        wanted[one.code] = one
        waiting += [reader.current(code) for code in one.of if code not in wanted]
    summed = [one for one in wanted.values() if one.kind is not Kind.derived]
    months = await closed_months(reader.db, summed, question, reader.known_at)
    rolled_up = [one for one in summed if queries.rolled_up(question) and not months.moved(one)]
    found = await _by_roll_up(reader, rolled_up, months)
    for one in summed:
        if one.code not in found:
            found[one.code] = await _by_entries(reader, one, question)
    for one in wanted.values():
        _derive(reader, one, question, found)
    return found


async def _by_roll_up(reader: Reader, indicators: Sequence[Indicator], months: ClosedMonths) -> dict[str, dict[Group, Shown]]:
    """Those of which as many points are kept are read in one statement, from the first that is not."""
    question = months.question
    first_days = await _first_days(reader, indicators, question)
    kept = {one.code: months.figures(one, first_days.get(one.code)) for one in indicators}
    by_known: dict[tuple[int, Reading], list[Indicator]] = {}
    for one in indicators:
        by_known.setdefault((len(kept[one.code]), one.reading), []).append(one)
    found: dict[str, dict[Group, Shown]] = {}
    made: list[tuple[Indicator, Month, Figure]] = []
    for (length, reading), some in by_known.items():
        asked = [one for one in some if not _answered(one, question, length)]
        sums = await rollup_sums(reader, asked, _after(question, reading, length))
        for one in some:
            tracked_from = _tracked_from(question, first_days.get(one.code))
            known = kept[one.code]
            if one.code not in sums:
                found[one.code] = {(): Shown(known[-1], known if question.starts else None, tracked_from)}
                continue
            found[one.code] = _from_sums(one, sums[one.code], question, tracked_from, known)
            if months_of(one, question) and one.code in first_days:
                made += _to_keep(one, months, found[one.code][()], length, first_days[one.code])
    await keep(reader.db, question, made, reader.known_at, reader.newest)
    return found


def _answered(indicator: Indicator, question: Question, length: int) -> bool:
    """Whether so many points answer all: the last of what stands is its total too."""
    return length == max(len(question.starts), 1) and (indicator.reading is Reading.stock or not question.starts)


def _to_keep(
    indicator: Indicator, months: ClosedMonths, one: Shown, length: int, first_day: date
) -> Iterator[tuple[Indicator, Month, Figure]]:
    """What was made of whole months, but for what they keep already: after a point that none keeps, it was made again."""
    points_made = one.points if one.points is not None else [one.total]
    for month, point in zip(months_of(indicator, months.question)[length:], points_made[length:], strict=False):
        if month is not None and month.until > first_day and months.figure(indicator, month) is None:
            yield indicator, month, point


async def _by_entries(reader: Reader, indicator: Indicator, question: Question) -> dict[Group, Shown]:
    first_day = None
    if question.starts and not question.start:
        first_day = (await reader.db.fetch(queries.first_day_of_entries(indicator, question)))[0]
    sums = await entry_sums(reader.db, indicator, _after(question, indicator.reading, 0))
    return _from_sums(indicator, sums, question, _tracked_from(question, first_day), ())


def _after(question: Question, reading: Reading, known: int) -> Question:
    """The question of the points after so many that are known.

    What stands at the end of the first of them has begun whenever it has: its own days are not told apart from those before.
    """
    return replace(question, starts=question.starts[known + (reading is Reading.stock) :])


def _from_sums(
    indicator: Indicator, sums: Sums, question: Question, tracked_from: int | None, known: Sequence[Figure]
) -> dict[Group, Shown]:
    """The figures of the sums of a question, its points after those that are known."""
    if not question.by:
        sums.setdefault((), {})
    shown_by_group = {}
    for group, by_point in sums.items():
        series = [*known]
        if indicator.reading is Reading.stock and len(known) < len(question.starts):
            series.append(figure(indicator, by_point.get(0, {})))
        series += points(indicator, by_point, len(question.starts) - len(series))
        shown_by_group[group] = Shown(figure(indicator, merged(by_point.values())), series if question.starts else None, tracked_from)
    return shown_by_group


def _derive(reader: Reader, indicator: Indicator, question: Question, found: dict[str, dict[Group, Shown]]) -> None:
    if indicator.formula is None or indicator.code in found:
        return
    number = len(question.starts)
    parts, empty = [], []
    for code in indicator.of:
        _derive(reader, reader.current(code), question, found)
        parts.append(found[code])
        nothing = figure(reader.current(code), {})
        empty.append(Shown(nothing, [nothing] * number if number else None))
    made = {}
    for group in dict.fromkeys(group for part in parts for group in part):
        each = [part.get(group, none) for part, none in zip(parts, empty, strict=True)]
        series = [indicator.formula(*at) for at in zip(*(one.points or () for one in each), strict=True)] if number else None
        tracked_from = min((one.tracked_from for one in each if one.tracked_from is not None), default=None)
        made[group] = Shown(indicator.formula(*(one.total for one in each)), series, tracked_from)
    found[indicator.code] = made


async def _first_days(reader: Reader, indicators: Sequence[Indicator], question: Question) -> dict[str, date]:
    """The first day on which anything counted, by code: asked where a series may begin before it, or a month be kept."""
    if not (question.starts or any(any(months_of(one, question)) for one in indicators)):
        return {}
    days: dict[str, date] = {}
    for row in await reader.db.fetch(queries.first_days(indicators, question)) if indicators else ():
        code = row["measure"].partition("/")[0]
        days[code] = min(row["day"], days.get(code, row["day"]))
    return days


def _tracked_from(question: Question, first_day: date | None) -> int | None:
    if question.start:
        return 0
    return bisect_right(question.starts, first_day) if first_day else None


async def entry_sums(db: Database, indicator: Indicator, question: Question) -> Sums:
    """The sums of one indicator, from its entries."""
    sums: Sums = {}
    for row in await db.fetch(queries.entry_sums(indicator, question)):
        what = (row["measure"], (row["detail"] or "") if indicator.detail else "")
        for group in _groups(indicator, row, question):
            _add(sums, group, row["point"], what, row["amount"])
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


async def rollup_sums(reader: Reader, indicators: Sequence[Indicator], question: Question) -> dict[str, Sums]:
    """The sums of several indicators in one look at the roll-up, by code.

    From the origin, what stands before the first point is all of ever less what comes from there on.
    """
    sums: dict[str, Sums] = {indicator.code: {} for indicator in indicators}
    places = {f"{one.code}/{one.definition}/{measure}": (one, measure, sums[one.code]) for one in indicators for measure in one.measures}
    from_origin, later = question.start is None, question.later
    for row in await reader.db.fetch(queries.rollup_sums(indicators, question)) if indicators else ():
        key, detail, point, amount = row[:4]
        indicator, measure, of_one = places[key]
        what = measure, detail
        for group in _groups(indicator, row, question):
            if point < later:
                _add(of_one, group, point, what, amount)
            if point and from_origin:
                _add(of_one, group, 0, what, -amount)
    return sums


def _add(sums: Sums, group: Group, point: int, what: tuple[str, str], amount: int) -> None:
    tally = sums.setdefault(group, {}).setdefault(point, {})
    tally[what] = tally.get(what, 0) + amount


def _groups(indicator: Indicator, row: Any, question: Question) -> Sequence[Group]:
    """The groups that a row of sums counts in: several where it is of every department, of which a filter leaves one."""
    if not question.by:
        return ALL
    group = tuple(row[f"g{position}"] for position in range(len(question.by)))
    if DEPARTMENT.name not in question.by:
        return (group,)
    place, asked = question.by.index(DEPARTMENT.name), question.filters.get(DEPARTMENT.name)
    departments = [department for department in rows_of(indicator, group[place]) if asked in (None, department)]
    return [(*group[:place], department, *group[place + 1 :]) for department in departments]
