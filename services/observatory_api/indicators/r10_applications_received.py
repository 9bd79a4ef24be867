"""Applications that came in."""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, count
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Reading
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R10",
    label="Candidatures reçues",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("candidature", "candidatures"),
    reading=Reading.flow,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    listing=rows_of("/recruitment/v1/applications"),
)
def applications_received(application: ApplicationState) -> Iterable[Contribution]:
    """Candidatures reçues : nombre de candidatures déposées, au jour du dépôt."""
    yield count(day_of(application.submitted_at))
