"""Candidatures reçues : nombre de candidatures déposées, au jour du dépôt."""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Reading, count, total


@total(
    "R10",
    label="Candidatures reçues",
    definition=1,
    by=("department", "profession", "urgency"),
    reading=Reading.flow,
    listing=rows_of("/recruitment/v1/applications"),
)
def applications_received(application: ApplicationState) -> Iterable[Contribution]:
    yield count(day_of(application.submitted_at))
