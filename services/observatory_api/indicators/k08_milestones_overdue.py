"""Jalons en souffrance : part des jalons ouverts dont l'échéance en vigueur est passée.

Les jalons encore ouverts d'une action qui n'est plus vivante ne comptent pas.
"""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, Reading, denominator, lasting, named_departments_only, numerator, ratio
from services.observatory_api.indicators.plan import closed_on, expected, overdue_spells, planned_from


@named_departments_only
@ratio(
    "K08",
    label="Jalons en souffrance",
    definition=2,
    by=("axis", "department"),
    many=("department",),
    reading=Reading.stock,
    listing=rows_of("/actions/v1/milestones?overdue=true", by_department=False),
)
def milestones_overdue(milestone: MilestoneState) -> Iterable[Contribution]:
    if not expected(milestone):
        return
    yield from lasting(denominator(planned_from(milestone)), closed_on(milestone))
    for start, end in overdue_spells(milestone):
        yield from lasting(numerator(start), end)
