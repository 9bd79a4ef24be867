"""By how much milestones slip."""

from collections.abc import Iterable

from services.contracts.actions import MilestoneState
from services.observatory_api.indicators.contributions import Contribution, lasting, sample
from services.observatory_api.indicators.declare import distribution
from services.observatory_api.indicators.dimensions import AXIS, DEPARTMENT
from services.observatory_api.indicators.kinds import Better, Reading
from services.observatory_api.indicators.listings import NO_MEDIAN
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.plan import expected, planned_from
from services.observatory_api.indicators.telling import Column, Says
from services.observatory_api.indicators.themes import PLAN


@distribution(
    "K07",
    label="Décalage des jalons",
    theme=PLAN,
    definition=2,
    counted=Noun("jalon", "jalons"),
    reading=Reading.stock,
    better=Better.down,
    by=(AXIS, DEPARTMENT),
    regional=False,
    shown_by=(AXIS,),
    columns=(Column("Décalage médian", Says.value),),
    listing=NO_MEDIAN,
)
def milestone_slip(milestone: MilestoneState) -> Iterable[Contribution]:
    """Décalage des jalons.

    Nombre de jours entre l'échéance initiale et l'échéance en vigueur des jalons planifiés ou atteints, non annulés. Les jalons d'une
    fiche qui n'est pas validée, et ceux qu'une action abandonnée laisse ouverts, ne comptent pas. Médiane et neuvième décile sont des
    valeurs observées (rang le plus proche).
    """
    if not expected(milestone):
        return
    moves = sorted(milestone.reschedules, key=lambda move: move.on)
    starts = [planned_from(milestone), *(move.on for move in moves)]
    dues = [milestone.due_initial, *(move.new_due for move in moves)]
    for due, since, until in zip(dues, starts, (*starts[1:], milestone.cancelled_on), strict=True):
        yield from lasting(sample(since, (due - milestone.due_initial).days), until)


milestone_slip_everywhere = milestone_slip.again(3, "Un jalon sans département est de toute la région : il compte dans chaque département.")
