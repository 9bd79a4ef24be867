"""The life cycle of an organisation, and of a site, in one look."""

from services.contracts.access import OrganisationStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.active: (S.closed,), S.closed: (S.active,)}, {S.active: "actif", S.closed: "fermé"})

move = LIFECYCLE.move
