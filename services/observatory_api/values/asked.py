"""What is asked of figures, checked before anything is read: dimensions, days, periods and steps."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.kernel.base import clock
from services.kernel.base.periods import Step, last_day, start_before, starts_between
from services.kernel.base.problems import FieldError, Invalid
from services.observatory_api.indicators.kinds import Reading
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.values.schemas import ValuesQuery

POINTS = 12
MOST_POINTS = 120


def refused(parameter: str, detail: str) -> Invalid:
    """A 422 that names a query parameter."""
    return Invalid(detail, errors=[FieldError(pointer=parameter, location="query", code="refused", detail=detail)])


def check(indicator: Indicator, by: Sequence[str], filters: Mapping[str, str], query: ValuesQuery) -> None:
    """Raises `Invalid` for a question that has no answer."""
    for name in by:
        if name not in indicator.names:
            raise refused("by", f"{indicator.code} n'a pas de dimension « {name} » ; il a : {', '.join(indicator.names) or 'aucune'}.")
    for name in filters:
        if name not in indicator.names:
            raise refused(name, f"{indicator.code} n'a pas de dimension « {name} » ; il a : {', '.join(indicator.names) or 'aucune'}.")
    given = {each.name for each in indicator.labels}
    if len(several := sorted({*by, *filters}.intersection(indicator.many) - given)) > 1:
        raise refused("by", f"Un même fait a plusieurs valeurs de {' et de '.join(several)} : une seule de ces dimensions à la fois.")
    if query.start and query.end and query.end <= query.start:
        raise refused("to", "La fin de la période est exclue : elle doit suivre son début.")
    if query.start and indicator.reading is Reading.stock and query.every is None:
        raise refused("from", f"{indicator.code} dit ce qui vaut un jour donné : from n'y choisit que les points d'une série (every).")


def asked_days(indicator: Indicator, query: ValuesQuery) -> tuple[date, date | None, date | None]:
    """The day of reading, and the first day and the end, excluded, of the period asked for. Raises `Invalid` for a period of a stock.

    A period that is still to come is read to its end, where no other day is asked for: what is planned in it.
    """
    if query.period is not None:
        if query.start or query.end:
            raise refused("period", "Une période se dit par son nom, ou par ses jours (from, to) : l'un ou l'autre.")
        if indicator.reading is Reading.stock:
            raise refused(
                "period", f"{indicator.code} dit ce qui vaut un jour donné : il se lit à un jour (as_of), et non sur une période."
            )
    today = clock.today()
    as_of = query.as_of or today
    start, end = query.days(as_of)
    if query.as_of is None and start and end and today < start < end:
        as_of = last_day(end)
    return as_of, start, end


def wanted_points(every: Step | None, as_of: date, start: date | None = None, end: date | None = None) -> tuple[date, ...]:
    """The first days of the points of a series: the period's, or the last twelve. Raises `Invalid` for too many, naming wider steps."""
    if every is None:
        return ()
    last = min(as_of, last_day(end)) if end else as_of
    first = start or start_before(every, last, POINTS - 1)
    if first > last:
        return ()
    if len(found := starts_between(every, first, last, MOST_POINTS)) <= MOST_POINTS:
        return tuple(found)
    wider = [step for step in Step if len(starts_between(step, first, last, MOST_POINTS)) <= MOST_POINTS]
    advice = f"prenez un pas plus large ({', '.join(wider)})" if wider else "rapprochez le début (from) de la fin"
    raise refused("every", f"Une série a {MOST_POINTS} points au plus : {advice}.")
