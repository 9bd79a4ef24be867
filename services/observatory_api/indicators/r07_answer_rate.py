"""Candidatures répondues à temps.

Part des candidatures auxquelles l'employeur a répondu dans le délai, parmi celles dont le délai est échu dans la période.
Une candidature retirée sans réponse ne compte pas.
"""

from collections.abc import Iterable

from services.contracts.recruitment import ApplicationState, ApplicationStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, denominator, numerator, ratio


@ratio(
    "R07",
    label="Candidatures répondues à temps",
    definition=1,
    by=("department", "profession", "urgency"),
    listing=rows_of(
        "/recruitment/v1/applications?overdue=true", note="les candidatures qui attendent encore alors que leur délai est passé"
    ),
)
def answer_rate(application: ApplicationState) -> Iterable[Contribution]:
    if application.status is ApplicationStatus.withdrawn and application.answered_at is None:
        return
    yield denominator(application.respond_by)
    if application.answered_at and day_of(application.answered_at) <= application.respond_by:
        yield numerator(application.respond_by)
