"""Décalage des jalons.

Nombre de jours entre l'échéance initiale et l'échéance en vigueur des jalons planifiés ou atteints, non annulés. Les jalons
d'une fiche qui n'est pas validée, et ceux qu'une action abandonnée laisse ouverts, ne comptent pas. Médiane et neuvième décile
sont des valeurs observées (rang le plus proche).
"""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState
from services.observatory_api.indicators.listings import NO_MEDIAN
from services.observatory_api.indicators.model import Contribution, Reading, distribution, lasting, named_departments_only, sample
from services.observatory_api.indicators.plan import expected, planned_from


@named_departments_only
@distribution(
    "K07",
    label="Décalage des jalons",
    definition=2,
    by=("axis", "department"),
    many=("department",),
    reading=Reading.stock,
    listing=NO_MEDIAN,
)
def milestone_slip(milestone: MilestoneState) -> Iterable[Contribution]:
    if not expected(milestone):
        return
    moves = sorted(milestone.reschedules, key=lambda move: move.on)
    starts = [planned_from(milestone), *(move.on for move in moves)]
    dues = [milestone.due_initial, *(move.new_due for move in moves)]
    for due, since, until in zip(dues, starts, (*starts[1:], milestone.cancelled_on), strict=True):
        yield from lasting(sample(since, (due - milestone.due_initial).days), until)
