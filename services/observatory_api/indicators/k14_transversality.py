"""Transversalité : part des actions vivantes qui couvrent les trois secteurs (sanitaire, médico-social, social)."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.contracts.codes import Sector
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.model import Contribution, Reading, denominator, lasting, named_departments_only, numerator, ratio
from services.observatory_api.indicators.plan import live_spells


@named_departments_only
@ratio(
    "K14",
    label="Transversalité",
    definition=1,
    by=("axis", "department"),
    many=("department",),
    reading=Reading.stock,
    listing=no_list("la liste des actions ne se filtre pas par secteur"),
)
def transversality(action: ActionState) -> Iterable[Contribution]:
    for spell in live_spells(action):
        yield from lasting(denominator(spell.start), spell.end)
        if set(action.sectors) == set(Sector):
            yield from lasting(numerator(spell.start), spell.end)
