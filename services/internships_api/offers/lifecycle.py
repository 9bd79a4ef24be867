"""The life cycle of a placement offer, in one look."""

from services.contracts.internships import OfferStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.draft: (S.published,), S.published: (S.closed, S.cancelled), S.closed: (S.published,)},
    {S.draft: "brouillon", S.published: "publiée", S.closed: "close", S.cancelled: "annulée"},
)

move = LIFECYCLE.move

OPERATIONS = {
    "changeOffer": (S.draft, S.published),
    "publishOffer": (S.draft,),
    "resizeOffer": (S.published,),
    "closeOffer": (S.published,),
    "cancelOffer": (S.published,),
    "reopenOffer": (S.closed,),
}
"""The operations on an offer, and the statuses from which each may be asked for."""
