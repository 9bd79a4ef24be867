"""The life cycle of an identity, in one look: one that is linked again is another."""

from services.access_api.identities.tables import IdentityStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle({S.linked: (S.removed,)}, {S.linked: "rattaché", S.removed: "retiré"})

move = LIFECYCLE.move

OPERATIONS = {"removeMyIdentity": (S.linked,)}
"""The operations on an identity, and the statuses from which each may be asked for."""
