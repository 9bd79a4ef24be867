"""Where the actions of the plan are in their life."""

from collections.abc import Iterable

from services.contracts.actions import ActionState, ActionStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import AXIS, COHORT, DEPARTMENT, FLAGSHIP, OBJECTIVE, STATUS
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.themes import PLAN


@total(
    "K03",
    label="Actions par statut",
    theme=PLAN,
    definition=1,
    counted=Noun("action", "actions"),
    by=(STATUS, AXIS, OBJECTIVE, DEPARTMENT, COHORT, FLAGSHIP),
    labels=(STATUS,),
    regional=False,
    shown_by=(STATUS, DEPARTMENT),
    listing=rows_of("/actions/v1/actions", note="qui prépare des actions y voit aussi leurs brouillons, qui ne comptent pas"),
)
def actions_by_status(action: ActionState) -> Iterable[Contribution]:
    """Actions par statut : nombre d'actions du plan dans chaque statut, brouillons exclus."""
    for spell in spells(action.history):
        if spell.status != ActionStatus.draft:
            yield from lasting(count(spell.start, status=spell.status), spell.end)


actions_by_status_everywhere = actions_by_status.again(
    2, "Une action sans département est de toute la région : elle compte dans chaque département."
)
