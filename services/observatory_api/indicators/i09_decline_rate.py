"""How many answers are refusals."""

from collections.abc import Iterable

from services.contracts.internships import RequestState, RequestStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, denominator, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import DECLINE_REASON, DEPARTMENT, PROFESSION
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import INTERNSHIPS


@ratio(
    "I09",
    label="Taux de refus",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("demande refusée", "demandes refusées"),
    among=Noun("demande avec réponse", "demandes avec réponse"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION),
    listing=rows_of("/internships/v1/requests?status=declined"),
)
def decline_rate(request: RequestState) -> Iterable[Contribution]:
    """Taux de refus : part des demandes refusées parmi celles auxquelles le terrain a répondu, au jour de la réponse."""
    if request.answered_at:
        answered_on = day_of(request.answered_at)
        yield denominator(answered_on)
        if request.status is RequestStatus.declined:
            yield numerator(answered_on)


@decline_rate.revised(
    2, by=(DECLINE_REASON, DEPARTMENT, PROFESSION), labels=(DECLINE_REASON,), numerator_by=(DECLINE_REASON,), shown_by=(DECLINE_REASON,)
)
def decline_rate_by_reason(request: RequestState) -> Iterable[Contribution]:
    """Taux de refus : part des demandes refusées parmi celles auxquelles le terrain a répondu, au jour de la réponse.

    Par motif : les demandes refusées pour ce motif, parmi toutes celles auxquelles le terrain a répondu.
    """
    if request.answered_at:
        answered_on = day_of(request.answered_at)
        yield denominator(answered_on)
        if request.status is RequestStatus.declined:
            reason = request.decline_reason
            yield numerator(answered_on, decline_reason=reason) if reason else numerator(answered_on)
