"""Candidatures en attente : nombre de candidatures sans réponse de l'employeur, ni retirées, tant que leur besoin cherche."""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState, ApplicationStatus
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, spells, total


@total(
    "R11",
    label="Candidatures en attente",
    definition=1,
    by=("department", "profession", "urgency"),
    listing=rows_of("/recruitment/v1/applications?status=submitted", note=CONCEALED),
)
def pending_applications(application: ApplicationState) -> Iterable[Contribution]:
    for spell in spells(application.history):
        if spell.status == ApplicationStatus.submitted:
            yield from lasting(count(spell.start), spell.end)
