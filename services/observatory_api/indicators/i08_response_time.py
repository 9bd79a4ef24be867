"""How long a unit takes to answer a request."""

from collections.abc import Iterable

from services.contracts.internships import RequestState
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, sample
from services.observatory_api.indicators.declare import distribution
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import NO_MEDIAN
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import INTERNSHIPS


@distribution(
    "I08",
    label="Délai de réponse",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("réponse", "réponses"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION),
    listing=NO_MEDIAN,
)
def response_time(request: RequestState) -> Iterable[Contribution]:
    """Délai de réponse.

    Nombre de jours entre la demande d'un institut et la réponse du terrain (accord ou refus), au jour de la réponse. Médiane et
    neuvième décile sont des valeurs observées (rang le plus proche).
    """
    if request.answered_at:
        answered_on = day_of(request.answered_at)
        yield sample(answered_on, (answered_on - day_of(request.submitted_at)).days)
