"""How many of the posts published were filled."""

from collections.abc import Iterable

from services.contracts.recruitment import AssignmentState, NeedState, NeedStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@ratio(
    "R02",
    label="Postes pourvus",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("poste pourvu", "postes pourvus"),
    among=Noun("poste publié", "postes publiés"),
    reading=Reading.stock,
    better=Better.up,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    shown_by=(DEPARTMENT,),
    listing=rows_of("/recruitment/v1/assignments?status=confirmed"),
)
def fill_rate(need: NeedState) -> Iterable[Contribution]:
    """Postes pourvus : affectations confirmées, rapportées aux postes des besoins publiés.

    Les postes non pourvus d'un besoin annulé ne comptent pas ; ceux d'un besoin expiré comptent.
    """
    if need.published_at is not None:
        posts = need.filled_count if need.status is NeedStatus.cancelled else need.headcount
        yield denominator(day_of(need.published_at), posts)


@fill_rate.also
def filled(assignment: AssignmentState) -> Iterable[Contribution]:
    yield from lasting(numerator(day_of(assignment.confirmed_at)), assignment.cancelled_on)
