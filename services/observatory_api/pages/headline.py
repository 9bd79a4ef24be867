"""What is late, and why, in a few sentences at the top of the page: the worst first, each with the figure that it is read from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.observatory_api.indicators.model import Figure
from services.observatory_api.pages import words
from services.observatory_api.pages.operations import Overview
from services.observatory_api.pages.words import Noun
from services.observatory_api.values.schemas import IndicatorValue

NEARLY_SPENT = 11 / 12
"""Ceilings are of a fiscal year: beyond eleven twelfths, what is left is less than an even month of it takes."""

LATE: Mapping[str, Noun] = {
    "K05": Noun("action vivante sur {of} est en retard", "actions vivantes sur {of} sont en retard"),
    "K08": Noun("jalon ouvert sur {of} a dépassé son échéance", "jalons ouverts sur {of} ont dépassé leur échéance"),
    "R07": Noun(
        "candidature sur {of} n’a pas eu de réponse dans son délai ces douze mois",
        "candidatures sur {of} n’ont pas eu de réponse dans leur délai ces douze mois",
    ),
}
"""Code → what is said of what is past its day, `of` what there is of it."""
WAITING: Mapping[str, Noun] = {
    "R01": Noun("poste cherche encore preneur", "postes cherchent encore preneur"),
    "R11": Noun("candidature attend une réponse", "candidatures attendent une réponse"),
    "I29": Noun("demande de stage attend une réponse", "demandes de stage attendent une réponse"),
}
SPENT = "R05"


class Clause(NamedTuple):
    """What one figure says: the words that lead to it, and what follows them. `weight` says how bad it is."""

    code: str
    words: str
    rest: str
    weight: float


class Part(NamedTuple):
    """So many that are late, out of so many."""

    late: int
    of: int


@dataclass(frozen=True)
class Headline:
    """What is late, or a sentence that says that nothing is, or that nothing is known; what waits, and what is nearly spent."""

    late: Sequence[Clause]
    otherwise: str
    waiting: Sequence[Clause]
    spent: Sequence[Clause]
    hidden: bool
    """Whether some of it is not published, since it counts fewer than five."""


def headline(overview: Overview) -> Headline:
    """The headline of a page, from its figures alone."""
    items = {item.code: item for item in overview.figures.items}
    parts = {code: part for code in LATE if (part := _part(items[code])) is not None}
    late = [_late(items[code], part, parts, overview) for code, part in parts.items() if part.late]
    waiting = [Clause(code, noun.counted(int(items[code].value or 0)), "", items[code].value or 0) for code, noun in WAITING.items()]
    return Headline(
        late=_worst_first(late),
        otherwise="" if late else _otherwise(parts, [items[code] for code in LATE], overview),
        waiting=_worst_first([clause for clause in waiting if clause.weight]),
        spent=_worst_first(list(_spent(overview))),
        hidden=not overview.hidden.isdisjoint({*LATE, *WAITING}),
    )


def _worst_first(clauses: Sequence[Clause]) -> Sequence[Clause]:
    return sorted(clauses, key=lambda clause: -clause.weight)


def _part(item: IndicatorValue) -> Part | None:
    """How much is late, of how much; nothing where there is nothing that could be, or where it is hidden."""
    if item.code == "R07":  # what happened: the months shown, since what was due years ago is no news
        due = sum(one.denominator or 0 for one in item.series or ())
        return Part(due - sum(one.numerator or 0 for one in item.series or ()), due) if due else None
    return Part(item.numerator or 0, item.denominator or 0) if item.value is not None else None


def _late(item: IndicatorValue, part: Part, parts: Mapping[str, Part], overview: Overview) -> Clause:
    said = LATE[item.code].counted(part.late).format(of=words.number(part.of))
    return Clause(item.code, said, _before(item) + _why(item.code, parts, overview), part.late / part.of)


def _before(item: IndicatorValue) -> str:
    """How many there were at the end of the last month, where that differs."""
    series = item.series or []
    if item.code == "R07" or len(series) < 2:
        return ""
    before = series[-2]
    if not before.tracked or before.numerator == item.numerator:
        return ""
    return f" ({words.number(before.numerator or 0)} fin {words.month(before.month)})"


def _why(code: str, parts: Mapping[str, Part], overview: Overview) -> str:
    """Where most of it is; and of late actions without any late milestone, that their end has passed: there is no third cause."""
    past_their_end = code == "K05" and "K08" not in overview.hidden and not parts.get("K08", Part(0, 0)).late
    return _where(overview.axes.get(code, {})) + (" : la fin prévue est passée" if past_their_end else "")


def _where(by_axis: Mapping[str, Figure]) -> str:
    counts = {axis: one.numerator for axis, one in sorted(by_axis.items()) if one.numerator}
    most = [axis for axis, amount in counts.items() if amount == max(counts.values())]
    if not counts:
        return ""
    if len(most) > 2:
        return f", sur {len(counts)} axes"
    mostly = ", surtout" if len(counts) > len(most) else ","
    if len(most) == 2:
        return f"{mostly} sur les axes {most[0]} et {most[1]} ({words.number(counts[most[0]])} chacun)"
    named = f"{mostly} sur l’axe {most[0]}, {words.AXES[most[0]]}"
    return f"{named} ({words.number(counts[most[0]])})" if len(counts) > 1 else named


def _otherwise(parts: Mapping[str, Part], items: Sequence[IndicatorValue], overview: Overview) -> str:
    """What is said where nothing late is shown."""
    if parts:
        among = [words.DIVIDED[code][1].counted(part.of) for code, part in parts.items()]
        return f"Rien n’est en retard parmi {words.listed(among)}."
    if not overview.hidden.isdisjoint(LATE):
        return "Rien de ce qui est publié n’est en retard."
    if any(one.tracked for item in items for one in item.series or ()):
        return "Rien ne peut être en retard : il n’y a ni action vivante, ni jalon ouvert, ni candidature au délai échu ces douze mois."
    return "On ne sait pas encore ce qui est en retard : ni actions, ni jalons, ni candidatures ne sont suivis."


def _spent(overview: Overview) -> Iterator[Clause]:
    """The schemes of which nearly all is committed, this year or for a year to come."""
    for (scheme, year), one in overview.schemes.items():
        if one.value is not None and one.value >= NEARLY_SPENT and int(year or 0) >= overview.figures.as_of.year:
            share = words.divided(SPENT, one.numerator, one.denominator)
            yield Clause(SPENT, f"le dispositif {scheme} a presque épuisé ses plafonds de {year}", f" ({share})", one.value)
