"""Applications that no employer has answered."""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState, ApplicationStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import shown
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R11",
    label="Candidatures en attente",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("candidature", "candidatures"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    waiting=Noun("candidature attend une réponse", "candidatures attendent une réponse"),
    listing=rows_of("/recruitment/v1/applications?status=submitted", note=CONCEALED),
)
def pending_applications(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures en attente : nombre de candidatures sans réponse de l'employeur, ni retirées, tant que leur besoin cherche."""
    for spell in spells(application.history):
        if spell.status == ApplicationStatus.submitted:
            yield from lasting(count(spell.start), spell.end)


@pending_applications.revised(2)
def shown_applications(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures en attente : nombre de candidatures sans réponse de l'employeur, ni retirées, tant que leur besoin cherche.

    Une candidature dissimulée (site fermé) ne compte pas : personne ne peut y répondre.
    """
    for start, end in shown(application.history, {ApplicationStatus.submitted}, application.concealed):
        yield from lasting(count(start), end)
