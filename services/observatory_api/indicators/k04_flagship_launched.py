"""Actions phares lancées : part des actions phares retenues qui ont démarré (en cours, suspendues, terminées ou évaluées).

Les actions abandonnées ne comptent pas.
"""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.model import (
    Contribution,
    Reading,
    denominator,
    lasting,
    named_departments_only,
    numerator,
    ratio,
    spells,
)
from services.observatory_api.indicators.plan import RETAINED, STARTED


@named_departments_only
@ratio(
    "K04",
    label="Actions phares lancées",
    definition=1,
    by=("cohort", "axis", "department"),
    many=("department",),
    reading=Reading.stock,
    listing=rows_of("/actions/v1/actions?flagship=true", note="toutes les actions phares, lancées ou non, brouillons et abandons compris"),
)
def flagship_launched(action: ActionState) -> Iterable[Contribution]:
    if not action.flagship:
        return
    for spell in spells(action.history):
        if spell.status in RETAINED:
            yield from lasting(denominator(spell.start), spell.end)
        if spell.status in STARTED:
            yield from lasting(numerator(spell.start), spell.end)
