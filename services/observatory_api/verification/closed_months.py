"""The figures that closed months keep, against the entries: part of the arithmetic of `plam verify`."""

from datetime import date
from itertools import groupby

from sqlalchemy import select

from services.contracts.codes import REGION
from services.kernel.base import clock
from services.kernel.base.periods import Step, last_day, starts_between
from services.kernel.data.database import Databases
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.model import Indicator
from services.observatory_api.ledger.tables import closed_month
from services.observatory_api.ledger.verify import Arithmetic
from services.observatory_api.values.closed import Month, as_text, closed_months
from services.observatory_api.values.figures import points
from services.observatory_api.values.queries import Question
from services.observatory_api.values.reading import Reader, entry_sums, open_snapshot

WORDS = "{indicator}/{definition} {department} {month} : {found} au lieu de {expected}"


async def check_closed_months(databases: Databases, report: Arithmetic, *, catalogue: Catalogue = CATALOGUE) -> None:
    """Adds to a report the figures that a reader would be given, and that the entries do not bear out."""
    async with databases.open("observatory", "worker") as db:
        reader = await open_snapshot(db, None, catalogue)
        kept = select(closed_month).order_by(closed_month.c.indicator, closed_month.c.definition, closed_month.c.department)
        wrong: list[dict[str, object]] = []
        for (code, definition, department), rows in groupby(await db.fetch(kept), lambda row: (row[0], row[1], row[2])):
            indicator = catalogue.definitions_of(code).get(definition) if code in catalogue.codes else None
            if indicator is not None:
                kept_figures = {Month(row["month"], row["until"]): row["figure"] for row in rows if _is_given(row["until"])}
                wrong += await _wrong(reader, indicator, department, kept_figures) if kept_figures else []
        report.closed_months_against_entries = report.note(wrong, WORDS)


def _is_given(until: date) -> bool:
    """Whether anybody is given a figure up to a day: of the month under way, today's alone."""
    return until.day == 1 or last_day(until) == clock.today()


async def _wrong(reader: Reader, indicator: Indicator, department: str, kept: dict[Month, str]) -> list[dict[str, object]]:
    first, last = min(kept), max(kept)
    starts = tuple(starts_between(Step.month, first.first, last.first, 12 * (last.first.year - first.first.year + 1)))
    filters = {} if department == REGION.code else {DEPARTMENT.name: department}
    question = Question(last.until, starts=starts, filters=filters)
    good = await closed_months(reader.db, [indicator], question, reader.known_at)
    sums = await entry_sums(reader.db, indicator, question)
    expected = dict(zip(starts, points(indicator, sums.get((), {}), len(starts)), strict=True))
    about = {"indicator": indicator.code, "definition": indicator.definition, "department": department}
    return [
        {**about, "month": month.first, "found": kept[month], "expected": as_text(expected[month.first])}
        for month in sorted(kept)
        if good.figure(indicator, month) is not None and kept[month] != as_text(expected[month.first])
    ]
