"""How many live actions cover the three sectors."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.contracts.codes import Sector
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import no_list
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import live_spells
from services.observatory_api.indicators.themes import PLAN


@ratio(
    "K14",
    label="Transversalité",
    theme=PLAN,
    definition=1,
    counted=Noun("action transversale", "actions transversales"),
    among=Noun("action vivante", "actions vivantes"),
    reading=Reading.stock,
    better=Better.up,
    by=(AXIS, DEPARTMENT),
    regional=False,
    listing=no_list("la liste des actions ne se filtre pas par secteur"),
)
def transversality(action: ActionState) -> Iterable[Contribution]:
    """Transversalité : part des actions vivantes qui couvrent les trois secteurs (sanitaire, médico-social, social)."""
    for spell in live_spells(action):
        yield from lasting(denominator(spell.start), spell.end)
        if set(action.sectors) == set(Sector):
            yield from lasting(numerator(spell.start), spell.end)


transversality_everywhere = transversality.again(
    2, "Une action sans département est de toute la région : elle compte dans chaque département."
)
