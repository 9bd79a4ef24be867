"""What the page reads: the dashboard of a day and a state of knowledge, and a few breakdowns, all in one snapshot."""

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from services.contracts.codes import Department
from services.kernel.base.clock import PARIS
from services.kernel.base.periods import Step
from services.kernel.base.principals import Principal
from services.kernel.data.database import Database
from services.observatory_api.context.operations import known_rows
from services.observatory_api.context.schemas import ContextRowRead
from services.observatory_api.context.series import ContextCode
from services.observatory_api.indicators.catalogue import CATALOGUE, Catalogue
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT, Dimension
from services.observatory_api.indicators.model import Figure, Indicator
from services.observatory_api.pages.published import hidden_codes, published
from services.observatory_api.pages.schemas import PageQuery
from services.observatory_api.values.audience import DETAILED, sees
from services.observatory_api.values.departments import EVERY_ROW
from services.observatory_api.values.figures import figure
from services.observatory_api.values.operations import dashboard
from services.observatory_api.values.reading import Group, Reader, open_snapshot, shown
from services.observatory_api.values.schemas import DashboardQuery, DashboardRead


@dataclass(frozen=True)
class Overview:
    """The figures of a page, the definitions they were read under, its context, and its breakdowns: code → dimension → value → figure."""

    figures: DashboardRead
    definitions: Mapping[str, Indicator]
    context: Mapping[ContextCode, Sequence[ContextRowRead]]
    breakdowns: Mapping[str, Mapping[Dimension, Mapping[str, Figure]]] = field(default_factory=dict)
    axes: Mapping[str, Mapping[str, Figure]] = field(default_factory=dict)
    """Code → axis → figure."""
    spending: Mapping[str, Mapping[Group, Figure]] = field(default_factory=dict)
    """Code → group → how much of its money is spent."""
    hidden: AbstractSet[str] = frozenset()
    """The codes of which nothing is shown, since they count fewer than five."""
    public: bool = False
    """Whether everybody reads it: then it leads to no list, since nobody opens one without a token."""
    departments: Sequence[Department] = ()
    """The departments whose page the viewer may read."""


async def overview(
    db: Database, query: PageQuery, *, viewer: Principal, public: bool = False, catalogue: Catalogue = CATALOGUE
) -> Overview:
    """Reads a page: to the public, without figures that count fewer than five.

    Raises `Invalid` for an instant that the ledger has not reached, and `Forbidden` for a department that is not the viewer's; a day that
    is not over means until now.
    """
    newest = (await open_snapshot(db, None, catalogue)).known_at
    known_at = query.instant
    if isinstance(query.known_at, date) and known_at is None:
        known_at = min(end_of(query.known_at), newest)
    if known_at == newest:
        known_at = None  # the roll-up answers faster, and the same
    asked = {"as_of": query.as_of, "known_at": known_at, "every": Step.month, "department": query.department}
    figures = await dashboard(db, DashboardQuery.model_validate(asked), by=viewer, catalogue=catalogue)
    reader = await open_snapshot(db, known_at, catalogue)
    definitions = {item.code: reader.current(item.code) for item in figures.items}
    context = await known_rows(reader)
    if not viewer.has(*DETAILED):
        shown_figures, hidden = (published(figures), hidden_codes(figures)) if public else (figures, frozenset[str]())
        return Overview(shown_figures, definitions, context, hidden=hidden, public=public)
    breakdowns: dict[str, dict[Dimension, Mapping[str, Figure]]] = {}
    axes: Mapping[str, Mapping[str, Figure]] = {}
    for dimension, codes in _shown_by(definitions.values()).items():
        if dimension == AXIS:
            axes = await _by_one(reader, figures, dimension, codes)
        elif dimension != DEPARTMENT or figures.department is None:
            for code, found in (await _by_one(reader, figures, dimension, codes)).items():
                rows = _every_department(reader.current(code), found, viewer) if dimension == DEPARTMENT else found
                breakdowns.setdefault(code, {})[dimension] = rows
    return Overview(
        figures,
        definitions,
        context,
        breakdowns,
        axes=axes,
        spending=await _spending(reader, figures, definitions.values()),
        departments=[each for each in Department if sees(viewer, each)],
    )


def end_of(day: date) -> datetime:
    """The last microsecond of a day in Paris."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS) - timedelta(microseconds=1)


def _shown_by(indicators: Iterable[Indicator]) -> Mapping[Dimension, Sequence[str]]:
    """Dimension → the codes that the page shows by it."""
    found: dict[Dimension, list[str]] = {}
    for one in indicators:
        for dimension in one.shown_by:
            found.setdefault(dimension, []).append(one.code)
    return found


async def _by_one(reader: Reader, figures: DashboardRead, dimension: Dimension, codes: Sequence[str]) -> dict[str, Mapping[str, Figure]]:
    grouped = await _grouped(reader, figures, (dimension,), codes)
    return {code: {name: one for (name,), one in found.items() if name is not None} for code, found in grouped.items()}


async def _spending(reader: Reader, figures: DashboardRead, indicators: Iterable[Indicator]) -> dict[str, Mapping[Group, Figure]]:
    """How much is spent of the money that an indicator watches, by its groups."""
    found: dict[str, Mapping[Group, Figure]] = {}
    for one in indicators:
        if one.spent is not None:
            found |= await _grouped(reader, figures, one.spent.by, (one.code,))
    return found


async def _grouped(
    reader: Reader, figures: DashboardRead, by: tuple[Dimension, ...], codes: Sequence[str]
) -> dict[str, dict[Group, Figure]]:
    """The figures of some indicators by group, in the region or in the department of the page."""
    filters = {DEPARTMENT.name: figures.department} if figures.department else {}
    question = reader.question(figures.as_of, by=tuple(each.name for each in by), filters=filters)
    found = await shown(reader, [reader.current(code) for code in codes], question)
    return {code: {group: one.total for group, one in found[code].items()} for code in codes}


def _every_department(indicator: Indicator, found: Mapping[str, Figure], viewer: Principal) -> Mapping[str, Figure]:
    """The departments that the viewer reads: one where nothing happened is said too."""
    rows = EVERY_ROW if indicator.everywhere else tuple(Department)
    every = {code: figure(indicator, {}) for code in rows} | dict(found)
    return {code: one for code, one in every.items() if sees(viewer, code)}
