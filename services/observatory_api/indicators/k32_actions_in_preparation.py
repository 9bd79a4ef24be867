"""Sheets of actions that are not approved yet."""

from collections.abc import Iterable

from services.contracts.actions import ActionState, ActionStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN

IN_PREPARATION = frozenset({ActionStatus.draft, ActionStatus.submitted})


@total(
    "K32",
    label="Fiches en préparation",
    theme=PLAN,
    definition=1,
    counted=Noun("fiche", "fiches"),
    by=(AXIS, DEPARTMENT),
    regional=False,
    shown_by=(AXIS,),
    columns=(Column("En préparation", Says.above),),
    listing=rows_of("/actions/v1/actions?status=draft", "/actions/v1/actions?status=submitted"),
)
def actions_in_preparation(action: ActionState) -> Iterable[Contribution]:
    """Fiches en préparation : nombre de fiches action à l'état de brouillon ou soumises, pas encore validées."""
    for spell in spells(action.history):
        if spell.status in IN_PREPARATION:
            yield from lasting(count(spell.start), spell.end)


actions_in_preparation_everywhere = actions_in_preparation.again(
    2, "Une fiche sans département est de toute la région : elle compte dans chaque département."
)
