"""The life cycle of a placement offer, in one look."""

from services.contracts.internships import OfferStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.draft: (S.published,), S.published: (S.closed, S.cancelled), S.closed: (S.published,)},
    {S.draft: "brouillon", S.published: "publiée", S.closed: "close", S.cancelled: "annulée"},
)

move = LIFECYCLE.move
