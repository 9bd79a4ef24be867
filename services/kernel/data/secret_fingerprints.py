"""The fingerprint of the secret, in each service's schema: a process whose secret is another one would count every person twice."""

import hashlib
import hmac
from collections.abc import Sequence

import asyncpg
import sqlalchemy as sa

from services.kernel.base.problems import Unavailable
from services.kernel.data.database_roles import owner_role
from services.kernel.data.privacy import INTERNAL

LABEL = b"plam: fingerprint of the key of the pseudonyms"
KEPT = "SELECT fingerprint, previous FROM pseudonym_key"
_THERE = """
SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = 'pseudonym_key')
"""
"""As any login may ask: `to_regclass` wants a right on the schema."""
_FIRST = "INSERT INTO pseudonym_key (fingerprint) VALUES ($1) ON CONFLICT DO NOTHING"
_REPLACE = "UPDATE pseudonym_key SET fingerprint = $1, previous = $2, recorded_at = clock_timestamp()"


class SecretRefused(Unavailable):
    """The secret is not the one that the pseudonyms of a schema were made with."""


def fingerprint_table(metadata: sa.MetaData) -> None:
    """Declares the table of the fingerprint, one row, which the owner's role alone writes."""
    sa.Table(
        "pseudonym_key",
        metadata,
        sa.Column("single", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("fingerprint", sa.Text, nullable=False, comment="of the secret that pseudonyms are made with"),
        sa.Column("previous", sa.Text, comment="of the secret that a rotation under way replaces"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
        sa.CheckConstraint("single", name="single"),
        info=INTERNAL,
    )


def fingerprint(secret: bytes) -> str:
    """What tells two secrets apart and leads back to neither: HMAC-SHA-256 of a constant under the secret, cut to 64 bits."""
    return hmac.new(secret, LABEL, hashlib.sha256).hexdigest()[:16]


def refusal(service: str, secret: bytes, kept: asyncpg.Record | None) -> str | None:
    """Why a secret cannot serve with the row kept in a service's schema, for a person; none: it can."""
    if kept is None:
        return f"Le schéma « {service} » n'a pas encore l'empreinte du secret : lancez « plam migrate » avec PLAM_SECRET."
    if kept["previous"] is not None:
        return f"Le secret du schéma « {service} » est en cours de remplacement : relancez « plam rotate » jusqu'à ce qu'il finisse."
    if kept["fingerprint"] != fingerprint(secret):
        return (
            f"Le secret n'est pas celui du schéma « {service} » : avec deux secrets, chaque personne compterait deux fois. "
            "Donnez à PLAM_SECRET la valeur qu'ont les autres processus ; pour la remplacer, PLAM_SECRET_PREVIOUS et « plam rotate »."
        )
    return None


def check(service: str, secret: bytes, kept: asyncpg.Record | None) -> None:
    """Raises `SecretRefused` when a secret cannot serve with the row kept in a service's schema."""
    if refused := refusal(service, secret, kept):
        raise SecretRefused(refused)


async def kept_by(connection: asyncpg.Connection, service: str) -> asyncpg.Record | None:
    """The row of a service's schema, over a login's own connection; none: `plam migrate` has not written it yet."""
    if not await connection.fetchval(_THERE, service):
        return None
    rows = await as_owner(connection, service, KEPT)
    return rows[0] if rows else None


async def compare(connection: asyncpg.Connection, service: str, secret: bytes) -> None:
    """For `plam migrate`: refuses a secret that differs, before anything is changed. Raises `SecretRefused`."""
    kept = await kept_by(connection, service)
    if kept is not None and (words := refusal(service, secret, kept)):
        raise SecretRefused(words)


async def begin(connection: asyncpg.Connection, service: str, secret: bytes) -> None:
    """For `plam migrate`: writes the fingerprint where there is none yet."""
    if await connection.fetchval(_THERE, service):
        await as_owner(connection, service, _FIRST, fingerprint(secret))


async def replace(connection: asyncpg.Connection, service: str, new: str, previous: str | None) -> None:
    """For `plam rotate`: the new secret's fingerprint; beside it the previous one's, until every fact has moved."""
    await as_owner(connection, service, _REPLACE, new, previous)


async def as_owner(connection: asyncpg.Connection, service: str, statement: str, *arguments: str | None) -> Sequence[asyncpg.Record]:
    """Runs a statement in a service's schema under its owner's role."""
    async with connection.transaction():
        await connection.execute(f'SET LOCAL ROLE "{owner_role(service)}"; SET LOCAL search_path = "{service}"')
        rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *arguments)
        return rows
