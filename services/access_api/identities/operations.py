"""What can be done with an identity."""

from uuid import UUID

from services.access_api.identities import queries
from services.access_api.identities.lifecycle import OPERATIONS, move
from services.access_api.identities.queries import IDENTITIES
from services.access_api.identities.tables import Identity, IdentityStatus
from services.access_api.parties import person_of
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict
from services.kernel.data.database import Database


class LastIdentity(Conflict):
    """Who removed it could not sign in any more."""

    type = "last-identity"
    title = "C'est la seule identité"
    advice = "C'est votre seule identité : connectez-vous une fois par une autre, puis retirez celle-ci."


async def remove(db: Database, identity_id: UUID, *, by: Principal, version: int) -> Identity:
    """Removes an identity of the caller's: nobody signs in by it any more. Raises `LastIdentity`, and `Forbidden` for a token of nobody."""
    person_id = person_of(by)
    standing = await db.fetch(queries.linked(person_id))
    identity = await IDENTITIES.load_for_change(db, identity_id, by=by, version=version)
    move(identity, IdentityStatus.removed)
    if len(standing) == 1:
        raise LastIdentity
    return await db.save(identity, by=by)


ALLOWED = AllowedOperations(IDENTITIES, OPERATIONS)
