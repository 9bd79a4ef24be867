"""What can be done with a credential."""

from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.access_api.credentials import queries
from services.access_api.credentials.lifecycle import OPERATIONS, OWN_OPERATIONS, move, require
from services.access_api.credentials.queries import CREDENTIALS, OWN_CREDENTIALS
from services.access_api.credentials.schemas import CredentialCreate
from services.access_api.credentials.secrets import hashed, new_secret
from services.access_api.credentials.tables import Credential
from services.access_api.memberships.grants import Grant, check_grant, check_kind
from services.access_api.organisations.queries import ORGANISATIONS
from services.access_api.revocations.operations import revoke as revoke_tokens
from services.contracts.access import CredentialEnvironment, CredentialStatus, Revocable
from services.kernel.api.allowed_operations import AllowedOperations
from services.kernel.base import clock
from services.kernel.base.principals import SYSTEM, Principal
from services.kernel.base.problems import Forbidden, invalid
from services.kernel.base.settings import Settings
from services.kernel.data.database import Database
from services.kernel.data.service import MOST, Job, in_parts

LONGEST = timedelta(days=547)
"""Eighteen months, at their shortest."""
OVERLAP = timedelta(days=7)
"""How long a credential serves beside the one that replaces it."""


class Made(NamedTuple):
    """A new credential and its secret, which is nowhere else."""

    credential: Credential
    secret: str


def environment_of(settings: Settings) -> CredentialEnvironment:
    """The environment of the credentials that this system makes, and takes."""
    return CredentialEnvironment.test if settings.sandbox else CredentialEnvironment.live


async def create(db: Database, body: CredentialCreate, *, by: Principal) -> Made:
    """Makes a credential for the organisation that the caller manages.

    Raises `Forbidden` to who manages none, `RoleNotAllowed`, `GrantTooWide`, and `Invalid` for a last day past eighteen months.
    """
    organisation_id = by.organisation
    if organisation_id is None:
        raise by.not_theirs("Votre jeton ne nomme aucune organisation.")
    _check_manages(by, organisation_id)
    organisation = await ORGANISATIONS.one(db, organisation_id, by=by)
    grant = Grant(frozenset(body.roles), frozenset(body.departments), manager=False)
    check_kind(organisation, grant)
    check_grant(by, grant)
    _check_last_day(body.expires_on)
    given = body.model_dump()
    return await _make(db, {**given, "organisation_id": organisation.id, "organisation_name": organisation.name}, by=by)


async def rotate(db: Database, credential_id: UUID, expires_on: date, *, by: Principal, version: int) -> Made:
    """Makes a credential that replaces another, which serves seven days more at most.

    Raises `RoleNotAllowed` where the organisation's kind has changed since, `GrantTooWide`, `Invalid`.
    """
    former = await OWN_CREDENTIALS.load_for_change(db, credential_id, by=by, version=version)
    require(former, CredentialStatus.active)
    grant = Grant(frozenset(former.roles), frozenset(former.departments), manager=False)
    check_kind(await ORGANISATIONS.one(db, former.organisation_id, by=by), grant)
    check_grant(by, grant)
    _check_last_day(expires_on)
    kept = {name: getattr(former, name) for name in ("organisation_id", "organisation_name", "name", "roles", "departments", "services")}
    made = await _make(db, {**kept, "expires_on": expires_on, "replaces_id": former.id}, by=by)
    former.expires_on = min(former.expires_on, clock.today() + OVERLAP)
    await db.save(former, by=by)
    return made


async def revoke_own(db: Database, credential_id: UUID, reason: str, *, by: Principal, version: int) -> Credential:
    """Revokes a credential of the caller's organisation: its tokens are refused everywhere."""
    return await _revoke(db, await OWN_CREDENTIALS.load_for_change(db, credential_id, by=by, version=version), reason, by=by)


async def revoke(db: Database, credential_id: UUID, reason: str, *, by: Principal, version: int) -> Credential:
    """Revokes any credential."""
    return await _revoke(db, await CREDENTIALS.load_for_change(db, credential_id, by=by, version=version), reason, by=by)


async def last_used_on(db: Database, credential_id: UUID) -> date | None:
    """The last day on which a token was had for a credential."""
    rows = await db.fetch(queries.last_use(credential_id))
    return rows[0] if rows else None


async def expire(db: Database) -> None:
    """Ends the credentials whose last day is over."""
    await in_parts(db, _expire_some, MOST)


async def _expire_some(db: Database) -> int:
    over = await db.fetch(queries.due(clock.today(), MOST))
    for credential in over:
        move(credential, CredentialStatus.expired)
    await db.save_many(over, by=SYSTEM)
    return len(over)


EXPIRE = Job("expire_credentials", timedelta(hours=1), expire)


async def _make(db: Database, given: dict[str, Any], *, by: Principal) -> Made:
    environment = environment_of(db.databases.settings)
    secret = new_secret(environment)
    credential = Credential(**given, environment=environment, prefix=secret.prefix, secret_hash=hashed(secret.whole))
    return Made(await db.save(credential, by=by), secret.whole)


async def _revoke(db: Database, credential: Credential, reason: str, *, by: Principal) -> Credential:
    move(credential, CredentialStatus.revoked)
    credential.status_reason = reason
    await db.save(credential, by=by)
    await revoke_tokens(db, Revocable.credential, [credential.id], by=by)
    return credential


def _check_manages(caller: Principal, organisation_id: UUID) -> None:
    if not (caller.manager and caller.organisation == organisation_id):
        raise Forbidden("Seul un gestionnaire de l'organisation fait et remplace ses clés d'accès.")


def _check_last_day(expires_on: date) -> None:
    first, last = clock.today() + timedelta(days=1), clock.today() + LONGEST
    if not first <= expires_on <= last:
        raise invalid("#/expires_on", "out_of_range", f"Donnez un jour du {first} au {last} : dix-huit mois au plus.")


OWN_ALLOWED = AllowedOperations(OWN_CREDENTIALS, OWN_OPERATIONS)
ALLOWED = AllowedOperations(CREDENTIALS, OPERATIONS)
