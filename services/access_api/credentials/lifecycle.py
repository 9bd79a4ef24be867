"""The life cycle of a credential, in one look."""

from services.contracts.access import CredentialStatus as S
from services.kernel.data.lifecycle import Lifecycle

LIFECYCLE = Lifecycle(
    {S.active: (S.revoked, S.expired), S.revoked: (), S.expired: ()},
    {S.active: "en service", S.revoked: "révoquée", S.expired: "expirée"},
)

move, require = LIFECYCLE.move, LIFECYCLE.require

OWN_OPERATIONS = {"rotateMyCredential": (S.active,), "revokeMyCredential": (S.active,)}
"""What a manager may do with a credential of the organisation, and from which status."""
OPERATIONS = {"revokeCredential": (S.active,)}
"""What steering may do with any."""
