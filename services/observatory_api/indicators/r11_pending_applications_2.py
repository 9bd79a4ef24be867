"""Candidatures en attente : nombre de candidatures sans réponse de l'employeur, ni retirées, tant que leur besoin cherche.

Une candidature dissimulée (site fermé) ne compte pas : personne ne peut y répondre.
"""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState, ApplicationStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, total
from services.observatory_api.indicators.shown import shown


@total(
    "R11",
    label="Candidatures en attente",
    definition=2,
    by=("department", "profession", "urgency"),
    listing=rows_of("/recruitment/v1/applications?status=submitted", note=CONCEALED),
)
def shown_applications(application: ApplicationState) -> Iterable[Contribution]:
    for start, end in shown(application.history, {ApplicationStatus.submitted}, application.concealed):
        yield from lasting(count(start), end)
