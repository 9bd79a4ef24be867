"""Reading the context series: the newest rows of a state of knowledge, every department in its place."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.contracts.codes import Department
from services.kernel.data.database import Database
from services.observatory_api.context import queries
from services.observatory_api.context.schemas import (
    NO_DATA,
    ContextListRead,
    ContextQuery,
    ContextRowRead,
    ContextSeriesRead,
    ContextValueRead,
    ContextValuesRead,
    SourceRead,
)
from services.observatory_api.context.series import SERIES, UNITS, ContextCode, Measure
from services.observatory_api.values.reading import Reader, open_snapshot


class _Place(NamedTuple):
    """One row of a year: a measure and a category."""

    measure: Measure
    category: str
    label: str


class _Told(NamedTuple):
    """What a source says of one department in one year."""

    source: SourceRead
    values: dict[tuple[str, str], Any]


async def series_list(db: Database, query: ContextQuery) -> ContextListRead:
    """Every series, with the years and sources that are known. Raises `Invalid` for an instant that the ledger has not reached."""
    reader = await open_snapshot(db, query.known_at)
    found = await known_rows(reader)
    items = []
    for code, (label, words) in SERIES.items():
        years = list(dict.fromkeys(row.year for row in found[code]))
        sources = {each.source.model_dump_json(): each.source for row in found[code] for each in row.departments if each.source}
        items.append(ContextSeriesRead(code=code, label=label, words=words, years=years, sources=list(sources.values())))
    return ContextListRead(items=items, known_at=reader.known_at)


async def series_values(db: Database, code: ContextCode, query: ContextQuery) -> ContextValuesRead:
    """The values of a series. Raises `Invalid` for an instant that the ledger has not reached."""
    reader = await open_snapshot(db, query.known_at)
    label, words = SERIES[code]
    rows = (await known_rows(reader, [code]))[code]
    return ContextValuesRead(code=code, label=label, words=words, rows=rows, known_at=reader.known_at)


async def known_rows(reader: Reader, codes: Sequence[ContextCode] = tuple(ContextCode)) -> dict[ContextCode, list[ContextRowRead]]:
    """The rows of some series that a snapshot knows, the newest years first; none for a series that nobody has imported."""
    told: dict[tuple[ContextCode, int], dict[str, _Told]] = {}
    places: dict[tuple[ContextCode, int], dict[tuple[str, str], str]] = {}
    for row in await reader.db.fetch(queries.known(codes, reader.known_at)):
        of = ContextCode(row["code"]), row["year"]
        source = SourceRead(source=row["source"], licence=row["licence"], vintage=row["vintage"], recorded_at=row["recorded_at"])
        department = told.setdefault(of, {}).setdefault(row["department"], _Told(source, {}))
        if row["measure"] is not None:
            place = row["measure"], row["category"]
            department.values[place] = row
            places.setdefault(of, {}).setdefault(place, row["label"])
    found: dict[ContextCode, list[ContextRowRead]] = {code: [] for code in codes}
    for (code, year), departments in told.items():
        for (measure, category), label in sorted(places.get((code, year), {}).items()):
            found[code].append(_row(year, _Place(Measure(measure), category, label), departments))
    return found


def _row(year: int, place: _Place, told: Mapping[str, _Told]) -> ContextRowRead:
    values = [_value(department, place, told.get(department)) for department in Department]
    known = [each.value for each in values if each.value is not None]
    region = sum(known) if len(known) == len(values) else None
    return ContextRowRead(year=year, **place._asdict(), unit=UNITS[place.measure], region=region, departments=values)


def _value(department: Department, place: _Place, told: _Told | None) -> ContextValueRead:
    """A department's value. A source that counts things and names none of a category says that there is none: that is a zero."""
    found = told.values.get((place.measure, place.category)) if told else None
    none = told is not None and place.measure.counted and found is None
    value, reported, lines = (found["value"], found["reported"], found["lines"]) if found else ((0, 0, 0) if none else (None, None, None))
    return ContextValueRead(
        department=department,
        value=value,
        note=NO_DATA if value is None else None,
        reported=reported,
        lines=lines,
        source=told.source if told else None,
    )
