"""Requests that no unit has answered."""

from collections.abc import Iterable

from services.contracts.internships import RequestState, RequestStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import shown
from services.observatory_api.indicators.themes import INTERNSHIPS


@total(
    "I29",
    label="Demandes en attente",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("demande", "demandes"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION),
    waiting=Noun("demande de stage attend une réponse", "demandes de stage attendent une réponse"),
    listing=rows_of("/internships/v1/requests?status=submitted", note=CONCEALED),
)
def pending_requests(request: RequestState) -> Iterable[Contribution]:
    """Demandes en attente : nombre de demandes d'instituts sans réponse du terrain, tant que leur offre est ouverte."""
    for spell in spells(request.history):
        if spell.status == RequestStatus.submitted:
            yield from lasting(count(spell.start), spell.end)


@pending_requests.revised(2)
def shown_requests(request: RequestState) -> Iterable[Contribution]:
    """Demandes en attente : nombre de demandes d'instituts sans réponse du terrain, tant que leur offre est ouverte.

    Une demande dissimulée (site fermé, terrain suspendu) ne compte pas : personne ne peut y répondre.
    """
    for start, end in shown(request.history, {RequestStatus.submitted}, request.concealed):
        yield from lasting(count(start), end)
