"""How many of the flagships retained have begun."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator, spells
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import AXIS, COHORT, DEPARTMENT
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import RETAINED, STARTED
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN


@ratio(
    "K04",
    label="Actions phares lancées",
    theme=PLAN,
    definition=1,
    counted=Noun("action phare lancée", "actions phares lancées"),
    among=Noun("action phare retenue", "actions phares retenues"),
    reading=Reading.stock,
    better=Better.up,
    by=(COHORT, AXIS, DEPARTMENT),
    regional=False,
    shown_by=(AXIS,),
    columns=(Column("Phares lancées", Says.out_of),),
    listing=rows_of("/actions/v1/actions?flagship=true", note="toutes les actions phares, lancées ou non, brouillons et abandons compris"),
)
def flagship_launched(action: ActionState) -> Iterable[Contribution]:
    """Actions phares lancées : part des actions phares retenues qui ont démarré (en cours, suspendues, terminées ou évaluées).

    Les actions abandonnées ne comptent pas.
    """
    if not action.flagship:
        return
    for spell in spells(action.history):
        if spell.status in RETAINED:
            yield from lasting(denominator(spell.start), spell.end)
        if spell.status in STARTED:
            yield from lasting(numerator(spell.start), spell.end)


flagship_launched_everywhere = flagship_launched.again(
    2, "Une action sans département est de toute la région : elle compte dans chaque département."
)
