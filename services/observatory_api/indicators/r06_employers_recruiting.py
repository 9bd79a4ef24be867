"""Employers that look for somebody."""

from collections.abc import Iterable, Iterator
from datetime import date

from services.contracts.recruitment import NeedState, NeedStatus
from services.observatory_api.indicators.contributions import Contribution, lasting, member, spells
from services.observatory_api.indicators.declare import cells
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import shown
from services.observatory_api.indicators.themes import RECRUITMENT

OPEN = frozenset({NeedStatus.open, NeedStatus.partially_filled})


@cells(
    "R06",
    label="Employeurs qui recrutent",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("employeur", "employeurs"),
    by=(DEPARTMENT, PROFESSION),
    listing=rows_of(
        "/recruitment/v1/needs?status=open",
        "/recruitment/v1/needs?status=partially_filled",
        note=f"une ligne par besoin : un employeur en a parfois plusieurs ; {CONCEALED}",
    ),
)
def employers_recruiting(need: NeedState) -> Iterable[Contribution]:
    """Employeurs qui recrutent : nombre d'employeurs distincts dont au moins un besoin publié reste ouvert."""
    for spell in spells(need.history):
        if spell.status in OPEN:
            yield from lasting(member(spell.start, str(need.organisation_id)), spell.end)


@employers_recruiting.revised(2)
def employers_seeking(need: NeedState) -> Iterable[Contribution]:
    """Employeurs qui recrutent : nombre d'employeurs distincts dont au moins un besoin publié reste ouvert.

    Un besoin compte, chaque jour, pour l'employeur qui l'avait ce jour-là ; un besoin dissimulé (site fermé) ne compte pas.
    """
    for start, end in shown(need.history, OPEN, need.concealed):
        for employer, since, until in _employers(need, start, end):
            yield from lasting(member(since, employer), until)


def _employers(need: NeedState, start: date, end: date | None) -> Iterator[tuple[str, date, date | None]]:
    """Who had a need in a period."""
    owners = [(str(owner.organisation_id), max(owner.since, start)) for owner in need.owners] or [(str(need.organisation_id), start)]
    for at, (employer, since) in enumerate(owners, 1):
        until = min(owners[at][1], end or owners[at][1]) if at < len(owners) else end
        if until is None or since < until:
            yield employer, since, until
