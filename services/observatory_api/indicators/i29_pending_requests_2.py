"""Demandes en attente : nombre de demandes d'instituts sans réponse du terrain, tant que leur offre est ouverte.

Une demande dissimulée (site fermé, terrain suspendu) ne compte pas : personne ne peut y répondre.
"""

from collections.abc import Iterable

from services.contracts.internships import RequestState, RequestStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, total
from services.observatory_api.indicators.shown import shown


@total(
    "I29",
    label="Demandes en attente",
    definition=2,
    by=("department", "profession"),
    listing=rows_of("/internships/v1/requests?status=submitted", note=CONCEALED),
)
def shown_requests(request: RequestState) -> Iterable[Contribution]:
    for start, end in shown(request.history, {RequestStatus.submitted}, request.concealed):
        yield from lasting(count(start), end)
