"""How many live actions are late."""

from collections.abc import Iterable

from services.contracts.actions import ActionState, MilestoneState
from services.observatory_api.indicators.contributions import Contribution, eligible, lasting, member
from services.observatory_api.indicators.declare import cells
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import live_spells, overdue_spells, past_end_spells
from services.observatory_api.indicators.telling import Cause, Column, Says
from services.observatory_api.indicators.themes import PLAN


@cells(
    "K05",
    label="Actions en retard",
    theme=PLAN,
    definition=1,
    counted=Noun("action en retard", "actions en retard"),
    among=Noun("action vivante", "actions vivantes"),
    better=Better.down,
    by=(AXIS, DEPARTMENT),
    regional=False,
    among_eligible=True,
    shown_by=(AXIS,),
    columns=(
        Column("Actions vivantes", Says.below),
        Column("En retard", Says.above),
    ),
    late=Noun("action vivante sur {of} est en retard", "actions vivantes sur {of} sont en retard"),
    cause=Cause("K08", "la fin prévue est passée"),
    listing=rows_of("/actions/v1/actions?overdue=true"),
)
def actions_late(milestone: MilestoneState) -> Iterable[Contribution]:
    """Actions en retard : part des actions vivantes (validées, en cours ou suspendues) dont un jalon ouvert a dépassé son échéance.

    Une action compte une fois, quel que soit le nombre de ses jalons en retard.
    """
    for start, end in overdue_spells(milestone):
        yield from lasting(member(start, str(milestone.action_id)), end)


@actions_late.also
def actions_live(action: ActionState) -> Iterable[Contribution]:
    for spell in live_spells(action):
        yield from lasting(eligible(spell.start, str(action.id)), spell.end)


@actions_late.revised(2)
def actions_late_or_past_their_end(milestone: MilestoneState) -> Iterable[Contribution]:
    """Actions en retard.

    Part des actions vivantes (validées, en cours ou suspendues) dont un jalon ouvert a dépassé son échéance, ou dont la fin prévue
    est passée. Une action compte une fois, quel que soit le nombre de ses jalons en retard. Une action sans département est de toute
    la région : elle compte dans chaque département.
    """
    for start, end in overdue_spells(milestone):
        yield from lasting(member(start, str(milestone.action_id)), end)


@actions_late_or_past_their_end.also
def actions_live_or_past_their_end(action: ActionState) -> Iterable[Contribution]:
    for spell in live_spells(action):
        yield from lasting(eligible(spell.start, str(action.id)), spell.end)
    for start, end in past_end_spells(action):
        yield from lasting(member(start, str(action.id)), end)
