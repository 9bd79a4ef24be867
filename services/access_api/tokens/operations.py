"""A credential is exchanged for an access token of five minutes, as wide as the credential or narrower."""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from services.access_api.credentials import queries
from services.access_api.credentials.operations import environment_of
from services.access_api.credentials.secrets import is_right
from services.access_api.credentials.tables import Credential
from services.access_api.organisations.queries import acted_for
from services.access_api.organisations.suspensions import acts
from services.access_api.tokens.form import Refused, TokenRequest, unknown_client
from services.access_api.tokens.scopes import Granted, narrowed
from services.contracts.access import CredentialStatus
from services.kernel.api.auth import Tokens
from services.kernel.base import clock
from services.kernel.base.principals import CREDENTIAL, Principal
from services.kernel.data.database import Database

LIFETIME = timedelta(minutes=5)
NOBODY = UUID(int=0)


class Issued(NamedTuple):
    """A token, and what it gives."""

    token: str
    granted: Granted


async def issue(db: Database, asked: TokenRequest, tokens: Tokens) -> Issued:
    """A token for a credential. Raises `Refused`: alike for an unknown client, a wrong secret, and what is revoked or expired.

    What it stands on is held until the transaction ends: a revocation under way is waited for, one that comes is later than the token.
    """
    with db.as_service():  # nobody is known before
        credential = await _authenticated(db, asked)
    granted = narrowed(_has(credential), asked.scope)
    await db.fetch(queries.used(credential.id, clock.today()))
    principal = Principal(
        f"{CREDENTIAL}{credential.id}",
        granted.roles,
        credential.organisation_id,
        granted.departments,
        services=frozenset(map(str, granted.services)),
    )
    return Issued(tokens.issue(principal, LIFETIME), granted)


async def _authenticated(db: Database, asked: TokenRequest) -> Credential:
    found = await db.fetch(queries.by_id(_identifier(asked.client_id)))
    credential = found[0] if found else None
    right = is_right(asked.client_secret, credential.secret_hash if credential else None)
    if credential is None or not right:
        raise unknown_client(basic=asked.basic)
    (credential,) = await db.fetch(queries.held(credential.id))
    if not _serves(db, credential):
        raise unknown_client(basic=asked.basic)
    (organisation,) = await db.fetch(acted_for(credential.organisation_id))
    if not acts(organisation):
        raise Refused("unauthorized_client", "L'organisation de cette clé est suspendue ou fermée : adressez-vous au pilotage.")
    return credential


def _serves(db: Database, credential: Credential) -> bool:
    stands = credential.status is CredentialStatus.active and clock.today() < credential.expires_on
    return stands and credential.environment is environment_of(db.databases.settings)


def _identifier(client_id: str) -> UUID:
    """The credential that a client names; of none, one that does not exist: it is looked for all the same."""
    try:
        return UUID(client_id)
    except ValueError:
        return NOBODY


def _has(credential: Credential) -> Granted:
    return Granted(frozenset(credential.roles), frozenset(credential.departments), frozenset(credential.services))
