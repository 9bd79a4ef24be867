"""Reading figures: one snapshot, the definitions then current, and an answer that says what it knew."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.kernel.base import clock
from services.kernel.base.periods import Step, name_of
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.data.database import Database
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import DEPARTMENT, Named
from services.observatory_api.indicators.kinds import Reading
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.values import audience, queries
from services.observatory_api.values.asked import asked_days, check, refused, wanted_points
from services.observatory_api.values.reading import Reader, Shown, open_snapshot, shown
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
    total = (await shown(reader, [indicator], question))[code].get((), Shown(Figure(None), None))
    if not _says_something(total):
        await check_known(reader, indicator, filters)
    groups = (await shown(reader, [indicator], replace(question, by=dimensions)))[code] if dimensions else {}
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
    found = await shown(reader, current, question)
    items = [IndicatorValue(**_about(one, found[one.code][()], query.every, wanted)) for one in current]
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
