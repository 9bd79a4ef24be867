"""Postes à pourvoir : postes des besoins publiés et non clos, moins les postes pourvus par une affectation."""

from collections.abc import Iterable

from services.contracts.recruitment import AssignmentState, NeedState
from services.kernel.base.clock import day_of
from services.observatory_api.indicators.listings import CONCEALED, rows_of
from services.observatory_api.indicators.model import Contribution, count, lasting, total


@total(
    "R01",
    label="Postes à pourvoir",
    definition=1,
    by=("department", "profession", "urgency"),
    listing=rows_of(
        "/recruitment/v1/needs?status=open",
        "/recruitment/v1/needs?status=partially_filled",
        note=f"une ligne par besoin : ses postes, moins ceux qui sont pourvus ; {CONCEALED}",
    ),
)
def open_posts(need: NeedState) -> Iterable[Contribution]:
    if need.published_at is None:
        return
    yield count(day_of(need.published_at), need.headcount)
    if need.ended_on is not None:
        yield count(need.ended_on, need.filled_count - need.headcount)


@open_posts.also
def filled_posts(assignment: AssignmentState) -> Iterable[Contribution]:
    yield from lasting(count(day_of(assignment.confirmed_at), -1), assignment.cancelled_on)
