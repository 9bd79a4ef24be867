"""What the page reads: the dashboard of a day and a state of knowledge, and a few breakdowns, all in one snapshot."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from services.kernel.base.clock import PARIS
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database
from services.observatory_api.context.operations import known_rows
from services.observatory_api.context.schemas import ContextRowRead
from services.observatory_api.context.series import ContextCode
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.model import DEPARTMENT, REGIONAL, Figure, Indicator
from services.observatory_api.pages.published import hidden_codes, published
from services.observatory_api.pages.schemas import PageQuery
from services.observatory_api.pages.words import DEPARTMENTS, VALUES
from services.observatory_api.values.audience import DETAILED, sees
from services.observatory_api.values.figures import figure
from services.observatory_api.values.operations import Reader, dashboard, open_snapshot, rolled_up_sums, shown
from services.observatory_api.values.queries import rolled_up
from services.observatory_api.values.schemas import DashboardQuery, DashboardRead, Every

BREAKDOWNS: Mapping[str, Sequence[str]] = {
    DEPARTMENT: ("K03", "K06", "K08", "I01", "I04", "R01", "R02", "A01"),
    "status": ("K03",),
    "role": ("A02",),
}
"""dimension → the indicators that the page also shows by it."""


def check_breakdowns(breakdowns: Mapping[str, Sequence[str]], catalogue: Catalogue) -> None:
    """Raises `TypeError` for an indicator that the page would show by what it has not, or by values without French names."""
    for dimension, codes in breakdowns.items():
        for one in (definition for code in codes for definition in catalogue.definitions(code).values()):
            if dimension not in one.by:
                raise TypeError(f"{one.file} : {one.code} ne se répartit pas par {dimension}, comme la page le montre (BREAKDOWNS).")
            if dimension not in VALUES:
                raise TypeError(f"{one.file} : {one.code} : les valeurs de {dimension} n'ont pas de nom dans pages/words.py (VALUES).")


check_breakdowns(BREAKDOWNS, CATALOGUE)


@dataclass(frozen=True)
class Overview:
    """The figures of a page, the definitions they were read under, its context, and its breakdowns: dimension → value → figure, by code."""

    figures: DashboardRead
    definitions: Mapping[str, Indicator]
    context: Mapping[ContextCode, Sequence[ContextRowRead]]
    breakdowns: Mapping[str, Mapping[str, Mapping[str, Figure]]] = field(default_factory=dict)
    hidden: AbstractSet[str] = frozenset()
    """The codes of which nothing is shown, since they count fewer than five."""
    departments: Sequence[str] = ()
    """The departments whose page the viewer may read."""


async def overview(db: Database, query: PageQuery, *, viewer: Principal, public: bool = False) -> Overview:
    """Reads a page: to the public, without figures that count fewer than five.

    Raises `Invalid` for an instant that the ledger has not reached, and `Forbidden` for a department that is not the viewer's; a day that
    is not over means until now.
    """
    newest = (await open_snapshot(db, None)).known_at
    known_at = query.instant
    if isinstance(query.known_at, date) and known_at is None:
        known_at = min(end_of(query.known_at), newest)
    if known_at == newest:
        known_at = None  # the roll-up answers faster, and the same
    asked = {"as_of": query.as_of, "known_at": known_at, "every": Every.month, "department": query.department}
    figures = await dashboard(db, DashboardQuery.model_validate(asked), by=viewer)
    reader = await open_snapshot(db, known_at)
    definitions = {item.code: reader.current(item.code) for item in figures.items}
    context = await known_rows(reader)
    if not viewer.has(*DETAILED):
        shown_figures, hidden = (published(figures), hidden_codes(figures)) if public else (figures, frozenset[str]())
        return Overview(shown_figures, definitions, context, hidden=hidden)
    breakdowns: dict[str, dict[str, Mapping[str, Figure]]] = {}
    for dimension, codes in BREAKDOWNS.items():
        if dimension != DEPARTMENT or figures.department is None:
            for code, found in (await _broken_down(reader, figures, dimension, codes, viewer)).items():
                breakdowns.setdefault(code, {})[dimension] = found
    return Overview(figures, definitions, context, breakdowns, departments=[code for code in DEPARTMENTS if sees(viewer, code)])


def end_of(day: date) -> datetime:
    """The last microsecond of a day in Paris."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS) - timedelta(microseconds=1)


async def _broken_down(
    reader: Reader, figures: DashboardRead, dimension: str, codes: Sequence[str], viewer: Principal
) -> dict[str, Mapping[str, Figure]]:
    question = reader.question(figures.as_of, by=(dimension,), filters={DEPARTMENT: figures.department} if figures.department else {})
    current = [reader.current(code) for code in codes]
    sums = await rolled_up_sums(reader, [one for one in current if rolled_up(one, question)], question)
    made: dict[str, Mapping[str, Figure]] = {}
    for indicator in current:
        found = await shown(reader, indicator, question, (), sums)
        named = {group[0]: one.total for group, one in found.items() if group[0] is not None}
        if dimension == DEPARTMENT:  # a department where nothing happened is said too
            rows = (*DEPARTMENTS, REGIONAL) if indicator.everywhere else tuple(DEPARTMENTS)
            named = {code: figure(indicator, {}) for code in rows} | named
            named = {code: one for code, one in named.items() if sees(viewer, code)}
        made[indicator.code] = named
    return made
