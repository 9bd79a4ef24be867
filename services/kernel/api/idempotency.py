"""`Idempotency-Key`: a request repeated within 24 hours has one effect, and its first answer again."""

import hashlib
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from services.kernel.base.principals import Principal
from services.kernel.base.problems import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight
from services.kernel.data.database import Database
from services.kernel.data.kept_answers import KEPT

PATTERN = r"^[\x21-\x7e]{1,255}$"
KEPT_HEADERS = ("cache-control", "content-type", "etag", "location")


async def required(
    key: Annotated[str, Header(alias="Idempotency-Key", description="Clé unique de la requête (255 caractères au plus).", pattern=PATTERN)],
) -> str:
    """The key, for routes where money or a seat moves."""
    return key


async def optional(
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Clé unique de la requête : répétée sous 24 h, elle reçoit la même réponse.",
            pattern=PATTERN,
        ),
    ] = None,
) -> str | None:
    """The key, for the other POST routes."""
    return key


RequiredKey = Annotated[str, Depends(required)]
OptionalKey = Annotated[str | None, Depends(optional)]


def missing() -> IdempotencyKeyMissing:
    """The 400 of a request that needed a key."""
    return IdempotencyKeyMissing()


async def fingerprint(request: Request, caller: Principal) -> bytes:
    """What tells two requests apart: method, path, query, body, and the caller's rights: an answer is kept for those who had them."""
    rights = f"{sorted(caller.roles)} {caller.organisation} {sorted(caller.departments)} {caller.manager}"
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n{rights}\n".encode())
    digest.update(await request.body())
    return digest.digest()


async def claim(db: Database, subject: str, key: str, request: bytes) -> Response | None:
    """Takes the key in the current transaction, or gives the answer already kept under it.

    Raises `IdempotencyKeyReused` when the key stands for another request, `RequestInFlight` when its first use has
    not ended.
    """
    connection = await db.connection()
    try:
        taken = await connection.fetchval(
            "INSERT INTO idempotency AS i (subject, key, request) VALUES ($1, $2, $3) ON CONFLICT (subject, key) "
            "DO UPDATE SET request = excluded.request, status = NULL, created_at = now() "
            "WHERE i.created_at < now() - $4::interval RETURNING 1",
            subject,
            key,
            request,
            KEPT,
        )
    except asyncpg.LockNotAvailableError as error:
        raise RequestInFlight("La première requête portant cette clé est encore en cours.") from error
    if taken:
        return None
    kept = await connection.fetchrow("SELECT request, status, headers, body FROM idempotency WHERE subject = $1 AND key = $2", subject, key)
    if kept is None:
        raise RequestInFlight("La première requête portant cette clé est encore en cours.")
    if kept["request"] != request:
        raise IdempotencyKeyReused("Cette clé a déjà servi à une autre requête.")
    headers: dict[str, Any] = {**kept["headers"], "Idempotency-Replayed": "true"}
    return Response(kept["body"], kept["status"], headers=headers)


async def keep(db: Database, subject: str, key: str, response: Response) -> None:
    """Keeps an answer under its key, in the transaction of its effect."""
    headers = {name: value for name, value in response.headers.items() if name in KEPT_HEADERS}
    connection = await db.connection()
    await connection.execute(
        "UPDATE idempotency SET status = $3, headers = $4, body = $5 WHERE subject = $1 AND key = $2",
        subject,
        key,
        response.status_code,
        headers,
        bytes(response.body),
    )
