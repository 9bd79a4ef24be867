"""How many milestones were reached by the day first set."""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState, MilestoneStatus
from services.observatory_api.indicators.contributions import Contribution, denominator, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import expected
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN


@ratio(
    "K06",
    label="Jalons tenus",
    theme=PLAN,
    definition=2,
    counted=Noun("jalon tenu", "jalons tenus"),
    among=Noun("jalon arrivé à échéance", "jalons arrivés à échéance"),
    better=Better.up,
    by=(AXIS, DEPARTMENT),
    regional=False,
    shown_by=(AXIS, DEPARTMENT),
    columns=(Column("Jalons tenus", Says.value),),
    listing=rows_of(
        "/actions/v1/milestones?status=reached",
        note="tous les jalons atteints, à temps ou non, échus ou non",
        by_department=False,
    ),
)
def milestones_on_time(milestone: MilestoneState) -> Iterable[Contribution]:
    """Jalons tenus.

    Part des jalons atteints au plus tard à leur échéance initiale, parmi les jalons non annulés dont l'échéance initiale tombe dans
    la période. Les jalons d'une fiche qui n'est pas validée, et ceux qu'une action abandonnée laisse ouverts, ne comptent pas.
    """
    if milestone.status is MilestoneStatus.cancelled or not expected(milestone):
        return
    yield denominator(milestone.due_initial)
    if milestone.reached_on and milestone.reached_on <= milestone.due_initial:
        yield numerator(milestone.due_initial)


milestones_on_time_everywhere = milestones_on_time.again(
    3, "Un jalon sans département est de toute la région : il compte dans chaque département."
)
