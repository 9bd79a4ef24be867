"""How much of the plan has an action: axes by objectives."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.contracts.codes import Axis, Objective
from services.observatory_api.indicators.contributions import Contribution, lasting, member, spells
from services.observatory_api.indicators.declare import cells
from services.observatory_api.indicators.dimensions import DEPARTMENT
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import RETAINED
from services.observatory_api.indicators.themes import PLAN


@cells(
    "K15",
    label="Couverture axes × objectifs",
    theme=PLAN,
    definition=1,
    counted=Noun("case couverte", "cases couvertes"),
    among=Noun("case", "cases"),
    better=Better.up,
    by=(DEPARTMENT,),
    regional=False,
    universe=len(Axis) * len(Objective),
    listing=no_list("une case est un axe et un objectif : la liste des actions se filtre par l’un et par l’autre"),
)
def axis_objective_coverage(action: ActionState) -> Iterable[Contribution]:
    """Couverture axes × objectifs.

    Part des cases (un axe et un objectif du plan) où se trouve au moins une action retenue, ni brouillon ni abandonnée.
    """
    for spell in spells(action.history):
        if spell.status in RETAINED:
            for objective in action.objectives:
                yield from lasting(member(spell.start, f"{action.axis}/{objective}"), spell.end)


axis_objective_coverage_everywhere = axis_objective_coverage.again(
    2, "Une action sans département est de toute la région : elle compte dans chaque département."
)
