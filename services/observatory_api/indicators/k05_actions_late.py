"""Actions en retard : part des actions vivantes (validées, en cours ou suspendues) dont un jalon ouvert a dépassé son échéance.

Une action compte une fois, quel que soit le nombre de ses jalons en retard.
"""

from collections.abc import Iterable

from services.contracts.actions import ActionState, MilestoneState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import Contribution, cells, eligible, lasting, member, named_departments_only
from services.observatory_api.indicators.plan import live_spells, overdue_spells


@named_departments_only
@cells(
    "K05",
    label="Actions en retard",
    definition=1,
    by=("axis", "department"),
    many=("department",),
    among_eligible=True,
    listing=rows_of("/actions/v1/actions?overdue=true"),
)
def actions_late(milestone: MilestoneState) -> Iterable[Contribution]:
    for start, end in overdue_spells(milestone):
        yield from lasting(member(start, str(milestone.action_id)), end)


@actions_late.also
def actions_live(action: ActionState) -> Iterable[Contribution]:
    for spell in live_spells(action):
        yield from lasting(eligible(spell.start, str(action.id)), spell.end)
