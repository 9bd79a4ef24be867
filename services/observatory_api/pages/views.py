"""From figures to HTML: what is shown, rendered by templates that know nothing of indicators."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.contracts.codes import PLAN
from services.kernel.base import clock
from services.kernel.base.french import day_in_words
from services.kernel.base.problems import Problem
from services.observatory_api.indicators.themes import Theme
from services.observatory_api.pages import words
from services.observatory_api.pages.axes import axes_table
from services.observatory_api.pages.cards import Card, IdleLine, card, idle_line, says_nothing
from services.observatory_api.pages.context import context_table
from services.observatory_api.pages.headline import headline
from services.observatory_api.pages.operations import Overview
from services.observatory_api.pages.schemas import PageQuery

FOLDER = Path(__file__).parent
ENVIRONMENT = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


@dataclass(frozen=True)
class PartOfPage:
    """A part of the page: cards, then a line for each figure that has nothing to count."""

    about: Theme
    cards: Sequence[Card]
    idle: Sequence[IdleLine]


def page(overview: Overview, query: PageQuery) -> str:
    """The page of figures."""
    figures = overview.figures
    known_at = figures.known_at.isoformat().replace("+00:00", "Z")
    shown = {"as_of": figures.as_of.isoformat(), **({"department": figures.department.value} if figures.department else {})}
    return _rendered(
        "observatory.html",
        plan=PLAN.title,
        as_of=day_in_words(figures.as_of),
        as_of_value=figures.as_of.isoformat(),
        to_come=figures.to_come,
        known_at=words.instant(figures.known_at) if figures.known_at.year > 1970 else "",
        known_day=query.known_at.isoformat() if query.known_at and not query.instant else "",
        known_instant=known_at if query.instant else "",
        past=query.known_at is not None,
        permalink="?" + urlencode({**shown, "known_at": known_at}),
        newest_link="?" + urlencode(shown),
        where=figures.department.label if figures.department else "",
        department=query.department or "",
        departments=[(each.value, each.label) for each in overview.departments],
        headline=headline(overview),
        axes=axes_table(overview),
        parts=[part for part in map(partial(_part, overview), _themes(overview)) if part.cards or part.idle],
        context=context_table(overview.context),
        services=words.SERVICES,
    )


def _themes(overview: Overview) -> Sequence[Theme]:
    return sorted({one.theme for one in overview.definitions.values()}, key=lambda theme: theme.order)


def _part(overview: Overview, about: Theme) -> PartOfPage:
    items = [item for item in overview.figures.items if overview.definitions[item.code].theme == about]
    idle = [item for item in items if item.code not in overview.hidden and says_nothing(item)]
    return PartOfPage(about, [card(item, overview) for item in items if item not in idle], [idle_line(item) for item in idle])


def refusal(problem: Problem) -> str:
    """The page that says, in words, why there are no figures."""
    return _rendered(
        "refused.html",
        status=problem.status,
        title=problem.title,
        detail=problem.detail or "",
        errors=problem.errors or [],
        services=words.SERVICES,
    )


def _rendered(template: str, **given: Any) -> str:
    day = clock.day_that_is_set()
    html = ENVIRONMENT.get_template(template).render(demonstration=day and day_in_words(day), **given)
    for loose, tight in words.TYPOGRAPHY:
        html = html.replace(loose, tight)
    return html


@lru_cache(1)
def style() -> tuple[str, str]:
    """The style sheet and its ETag."""
    text = (FOLDER / "style.css").read_text(encoding="utf-8")
    return text, f'"{sha256(text.encode()).hexdigest()[:16]}"'
