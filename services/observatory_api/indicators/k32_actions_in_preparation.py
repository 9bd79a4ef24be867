"""Fiches en préparation : nombre de fiches action à l'état de brouillon ou soumises, pas encore validées."""

from collections.abc import Iterable

from services.contracts.actions import ActionState, ActionStatus
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, named_departments_only, spells, total

IN_PREPARATION = frozenset({ActionStatus.draft, ActionStatus.submitted})


@named_departments_only
@total(
    "K32",
    label="Fiches en préparation",
    definition=1,
    by=("axis", "department"),
    many=("department",),
    listing=rows_of("/actions/v1/actions?status=draft", "/actions/v1/actions?status=submitted"),
)
def actions_in_preparation(action: ActionState) -> Iterable[Contribution]:
    for spell in spells(action.history):
        if spell.status in IN_PREPARATION:
            yield from lasting(count(spell.start), spell.end)
