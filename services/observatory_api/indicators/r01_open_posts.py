"""Posts that still look for somebody."""

from collections.abc import Iterable

from services.contracts.recruitment import AssignmentState, NeedState
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.contributions import Contribution, count, lasting
from services.observatory_api.indicators.declare import total
from services.observatory_api.indicators.dimensions import DEPARTMENT, PROFESSION, URGENCY
from services.observatory_api.indicators.kinds import Better
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.nouns import Noun
from services.observatory_api.indicators.shown import visible
from services.observatory_api.indicators.themes import RECRUITMENT


@total(
    "R01",
    label="Postes à pourvoir",
    theme=RECRUITMENT,
    definition=1,
    counted=Noun("poste", "postes"),
    better=Better.down,
    by=(DEPARTMENT, PROFESSION, URGENCY),
    shown_by=(DEPARTMENT,),
    waiting=Noun("poste cherche encore preneur", "postes cherchent encore preneur"),
    listing=rows_of(
        "/recruitment/v1/needs?status=open",
        "/recruitment/v1/needs?status=partially_filled",
        note=f"une ligne par besoin : ses postes, moins ceux qui sont pourvus ; {CONCEALED}",
    ),
)
def open_posts(need: NeedState) -> Iterable[Contribution]:
    """Postes à pourvoir : postes des besoins publiés et non clos, moins les postes pourvus par une affectation."""
    if need.published_at is None:
        return
    yield count(day_of(need.published_at), need.headcount)
    if need.ended_on is not None:
        yield count(need.ended_on, need.filled_count - need.headcount)


@open_posts.also
def filled_posts(assignment: AssignmentState) -> Iterable[Contribution]:
    yield from lasting(count(day_of(assignment.confirmed_at), -1), assignment.cancelled_on)


@open_posts.revised(2)
def shown_posts(need: NeedState) -> Iterable[Contribution]:
    """Postes à pourvoir : postes des besoins publiés et non clos, moins les postes pourvus par une affectation.

    Les postes d'un besoin dissimulé (site fermé) ne comptent pas.
    """
    if need.published_at is None:
        return
    for start, end in visible(day_of(need.published_at), need.ended_on, need.concealed):
        yield from lasting(count(start, need.headcount), end)
    if need.ended_on is not None:  # what fills its posts goes on to be counted, and it offers no other
        for start, end in visible(need.ended_on, None, need.concealed):
            yield from lasting(count(start, need.filled_count), end)


@shown_posts.also
def shown_filled_posts(assignment: AssignmentState) -> Iterable[Contribution]:
    for start, end in visible(day_of(assignment.confirmed_at), assignment.cancelled_on, assignment.concealed):
        yield from lasting(count(start, -1), end)
