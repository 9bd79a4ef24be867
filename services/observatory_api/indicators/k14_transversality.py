"""How many live actions cover the three sectors."""

from collections.abc import Iterable

from services.contracts.actions import ActionState
from services.contracts.codes import Sector, Side
from services.observatory_api.indicators.contributions import Contribution, denominator, lasting, numerator
from services.observatory_api.indicators.declare import ratio
from services.observatory_api.indicators.dimensions import AXIS, COVER, DEPARTMENT, Cover
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


@transversality_everywhere.revised(3, by=(AXIS, COVER, DEPARTMENT), labels=(COVER,), numerator_by=(COVER,), shown_by=(COVER,))
def transversality_by_cover(action: ActionState) -> Iterable[Contribution]:
    """Transversalité : part des actions vivantes qui couvrent les trois secteurs (sanitaire, médico-social, social).

    Par secteurs ou versants couverts : celles qui couvrent les trois secteurs ; celles qui couvrent les deux versants, médical et
    paramédical. Une action sans département est de toute la région : elle compte dans chaque département.
    """
    covers = [
        cover
        for cover, found, every in ((Cover.sectors, action.sectors, Sector), (Cover.sides, action.sides, Side))
        if set(found) == set(every)
    ]
    for spell in live_spells(action):
        yield from lasting(denominator(spell.start), spell.end)
        if Cover.sectors in covers:
            yield from lasting(numerator(spell.start), spell.end)
        for cover in covers:
            yield from lasting(numerator(spell.start, cover=cover.value), spell.end)
