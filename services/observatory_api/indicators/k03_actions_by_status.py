"""Actions par statut : nombre d'actions du plan dans chaque statut, brouillons exclus."""

from collections.abc import Iterable

from services.contracts.actions import ActionState, ActionStatus
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, named_departments_only, spells, total


@named_departments_only
@total(
    "K03",
    label="Actions par statut",
    definition=1,
    by=("status", "axis", "objective", "department", "cohort", "flagship"),
    many=("objective", "department"),
    labels=("status",),
    listing=rows_of("/actions/v1/actions", note="le pilotage et le comité y voient aussi les brouillons, qui ne comptent pas"),
)
def actions_by_status(action: ActionState) -> Iterable[Contribution]:
    for spell in spells(action.history):
        if spell.status != ActionStatus.draft:
            yield from lasting(count(spell.start, status=spell.status), spell.end)
