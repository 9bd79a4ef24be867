"""How long it takes to fill a post."""

from collections.abc import Iterable

from services.contracts.recruitment import AssignmentState, AssignmentStatus
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, sample
from services.observatory_api.indicators.declare import distribution
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import NO_MEDIAN
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import RECRUITMENT


@distribution(
    "R03",
    label="Délai pour pourvoir un poste",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("affectation", "affectations"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    listing=NO_MEDIAN,
)
def time_to_fill(assignment: AssignmentState) -> Iterable[Contribution]:
    """Délai pour pourvoir un poste.

    Nombre de jours entre la publication du besoin et la confirmation de l'affectation, au jour de la confirmation. Les affectations
    annulées ne comptent pas. Médiane et neuvième décile sont des valeurs observées (rang le plus proche).
    """
    if assignment.status is not AssignmentStatus.cancelled:
        confirmed_on = day_of(assignment.confirmed_at)
        yield sample(confirmed_on, (confirmed_on - day_of(assignment.need_published_at)).days)
