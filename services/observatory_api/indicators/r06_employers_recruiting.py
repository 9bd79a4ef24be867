"""Employeurs qui recrutent : nombre d'employeurs distincts dont au moins un besoin publié reste ouvert."""

from collections.abc import Iterable

from services.contracts.recruitment import NeedState, NeedStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, cells, lasting, member, spells

OPEN = frozenset({NeedStatus.open, NeedStatus.partially_filled})


@cells(
    "R06",
    label="Employeurs qui recrutent",
    definition=1,
    by=("department", "profession"),
    listing=rows_of(
        "/recruitment/v1/needs?status=open",
        "/recruitment/v1/needs?status=partially_filled",
        note=f"une ligne par besoin : un employeur en a parfois plusieurs ; {CONCEALED}",
    ),
)
def employers_recruiting(need: NeedState) -> Iterable[Contribution]:
    for spell in spells(need.history):
        if spell.status in OPEN:
            yield from lasting(member(spell.start, str(need.organisation_id)), spell.end)
