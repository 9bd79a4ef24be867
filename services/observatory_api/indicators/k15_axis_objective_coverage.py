"""Couverture axes × objectifs.

Part des 28 cases (7 axes, 4 objectifs) où se trouve au moins une action retenue, ni brouillon ni abandonnée.
"""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.model import Contribution, cells, lasting, member, named_departments_only, spells
from services.observatory_api.indicators.plan import RETAINED


@named_departments_only
@cells(
    "K15",
    label="Couverture axes × objectifs",
    definition=1,
    by=("department",),
    many=("department",),
    universe=7 * 4,
    listing=no_list("une case est un axe et un objectif : la liste des actions se filtre par l’un et par l’autre"),
)
def axis_objective_coverage(action: ActionState) -> Iterable[Contribution]:
    for spell in spells(action.history):
        if spell.status in RETAINED:
            for objective in action.objectives:
                yield from lasting(member(spell.start, f"{action.axis}/{objective}"), spell.end)
