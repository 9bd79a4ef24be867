"""Demandes en attente : nombre de demandes d'instituts sans réponse du terrain, tant que leur offre est ouverte."""

from collections.abc import Iterable

from services.contracts.internships import RequestState, RequestStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, spells, total


@total(
    "I29",
    label="Demandes en attente",
    definition=1,
    by=("department", "profession"),
    listing=rows_of("/internships/v1/requests?status=submitted", note=CONCEALED),
)
def pending_requests(request: RequestState) -> Iterable[Contribution]:
    for spell in spells(request.history):
        if spell.status == RequestStatus.submitted:
            yield from lasting(count(spell.start), spell.end)
