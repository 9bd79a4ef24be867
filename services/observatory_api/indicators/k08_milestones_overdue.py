"""How many open milestones are past their day."""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import closed_on, expected, overdue_spells, planned_from
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN


@ratio(
    "K08",
    label="Jalons en souffrance",
    theme=PLAN,
    definition=2,
    counted=Noun("jalon en souffrance", "jalons en souffrance"),
    among=Noun("jalon ouvert", "jalons ouverts"),
    reading=Reading.stock,
    better=Better.down,
    by=(AXIS, DEPARTMENT),
    regional=False,
    shown_by=(AXIS, DEPARTMENT),
    columns=(Column("Jalons en souffrance", Says.out_of),),
    late=Noun("jalon ouvert sur {of} a dépassé son échéance", "jalons ouverts sur {of} ont dépassé leur échéance"),
    listing=rows_of("/actions/v1/milestones?overdue=true", by_department=False),
)
def milestones_overdue(milestone: MilestoneState) -> Iterable[Contribution]:
    """Jalons en souffrance : part des jalons ouverts dont l'échéance en vigueur est passée.

    Les jalons encore ouverts d'une action qui n'est plus vivante ne comptent pas.
    """
    if not expected(milestone):
        return
    yield from lasting(denominator(planned_from(milestone)), closed_on(milestone))
    for start, end in overdue_spells(milestone):
        yield from lasting(numerator(start), end)


milestones_overdue_everywhere = milestones_overdue.again(
    3, "Un jalon sans département est de toute la région : il compte dans chaque département."
)
