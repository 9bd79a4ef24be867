"""Units that take learners."""

from collections.abc import Iterable

from services.contracts.internships import UnitState, UnitStatus
from services.observatory_api.indicators.contributions import Contribution, count, lasting, spells
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, FIRST_PLACEMENT_SUITABLE, PROFESSION
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import shown
from services.observatory_api.indicators.themes import INTERNSHIPS


@total(
    "I27",
    label="Terrains actifs",
    theme=INTERNSHIPS,
    definition=1,
    counted=Noun("terrain", "terrains"),
    better=Better.up,
    by=(DEPARTMENT, PROFESSION, FIRST_PLACEMENT_SUITABLE),
    listing=rows_of("/internships/v1/units?status=active", note=CONCEALED),
)
def active_units(unit: UnitState) -> Iterable[Contribution]:
    """Terrains actifs : nombre de terrains de stage qui accueillent.

    Un terrain ouvert à plusieurs professions compte une fois dans le total, et une fois dans chacune.
    """
    for spell in spells(unit.history):
        if spell.status == UnitStatus.active:
            yield from lasting(count(spell.start), spell.end)


@active_units.revised(2)
def shown_units(unit: UnitState) -> Iterable[Contribution]:
    """Terrains actifs : nombre de terrains de stage qui accueillent.

    Un terrain ouvert à plusieurs professions compte une fois dans le total, et une fois dans chacune. Un terrain dont le site est
    fermé ne compte pas.
    """
    for start, end in shown(unit.history, {UnitStatus.active}, unit.concealed):
        yield from lasting(count(start), end)
