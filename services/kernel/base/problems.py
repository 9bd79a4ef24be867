"""What can go wrong, as a client sees it: problem details of RFC 9457, one class for each thing to react to.

Problem
├── BadRequest 400 ── IdempotencyKeyMissing
├── Unauthenticated 401
├── Forbidden 403
├── NotFound 404
├── MethodNotAllowed 405
├── Conflict 409 ── MoveRefused, AlreadyExists, LooksTwice, RequestInFlight, and those of the services
├── PreconditionFailed 412
├── TooLarge 413
├── UnsupportedMedia 415
├── Invalid 422 ── IdempotencyKeyReused
├── PreconditionRequired 428
└── Unavailable 503 ── ConnectionLost
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

TYPE_PREFIX = "urn:plam:problem:"


class FieldError(BaseModel):
    """One field at fault."""

    pointer: str = Field(description="Pointeur JSON (RFC 6901) dans le corps, ou nom du paramètre.", examples=["#/title"])
    location: str = Field(description="body, query, path ou header.", examples=["body"])
    code: str = Field(description="Ce qui ne va pas, pour un programme.", examples=["string_too_long"])
    detail: str = Field(description="Ce qui ne va pas, pour une personne.")


class ProblemRead(BaseModel):
    """Une erreur, au format RFC 9457 (application/problem+json)."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:plam:problem:not-found",
                    "title": "Ressource inconnue",
                    "status": 404,
                    "detail": "Cette ressource n'existe pas, ou vous n'y avez pas accès.",
                    "request_id": "0199a1b2c3d47e5f8a9b0c1d2e3f4a5b",
                }
            ]
        },
    )

    type: str = Field(description="Identifiant stable du problème.")
    title: str = Field(description="Titre du problème.")
    status: int = Field(description="Code HTTP.")
    detail: str | None = Field(None, description="Explication, pour une personne.")
    request_id: str | None = Field(None, description="Identifiant de la requête, à citer au support.")
    errors: list[FieldError] | None = Field(None, description="Champs en cause.")
    allowed_operations: list[str] | None = Field(
        None, description="Refus 409 d'une opération sur une ressource : celles que l'appelant peut y demander maintenant."
    )


class Problem(Exception):
    """The root of what a client may be told. `detail` is French and for a person, `type` is for a program.

    `advice` is the detail of a class whose every case is told the same: what to do.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "broken"
    title: ClassVar[str] = "Erreur interne"
    advice: ClassVar[str | None] = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail or self.advice or self.title)
        self.detail = detail or self.advice
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self, request_id: str | None = None) -> Response:
        """The HTTP answer, `application/problem+json`."""
        body: dict[str, Any] = {"type": TYPE_PREFIX + self.type, "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        if request_id:
            body["request_id"] = request_id
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        body.update(self.extra)
        return Response(orjson.dumps(body), self.status, headers=self.headers, media_type="application/problem+json")


class BadRequest(Problem):
    status = 400
    type = "bad-request"
    title = "Requête illisible"


class IdempotencyKeyMissing(BadRequest):
    type = "idempotency-key-missing"
    title = "En-tête Idempotency-Key requis"


class Unauthenticated(Problem):
    status = 401
    type = "unauthenticated"
    title = "Identification requise"

    def __init__(self, detail: str | None = "Envoyez votre jeton dans l'en-tête « Authorization: Bearer … ».", **extra: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extra)


class Forbidden(Problem):
    status = 403
    type = "forbidden"
    title = "Droits insuffisants"


class NotFound(Problem):
    status = 404
    type = "not-found"
    title = "Ressource inconnue"

    def __init__(self, detail: str | None = "Cette ressource n'existe pas, ou vous n'y avez pas accès.", **extra: Any) -> None:
        super().__init__(detail, **extra)


class MethodNotAllowed(Problem):
    status = 405
    type = "method-not-allowed"
    title = "Méthode non permise"


class NotAcceptable(Problem):
    status = 406
    type = "not-acceptable"
    title = "Format non proposé"


class RequestTimeout(Problem):
    """The body did not come in time. The connection ends with the answer: the rest of the body is not waited for."""

    status = 408
    type = "request-timeout"
    title = "Requête incomplète"

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, headers={"Connection": "close"}, **extra)


class Conflict(Problem):
    status = 409
    type = "conflict"
    title = "Refusé dans l'état actuel"


class MoveRefused(Conflict):
    type = "move-refused"
    title = "Changement de statut refusé"


class AlreadyExists(Conflict):
    type = "already-exists"
    title = "Existe déjà"


class LooksTwice(Conflict):
    """The same again: `existing_id` is the first one's. `?force=true` passes."""

    type = "looks-twice"
    title = "Déjà fait, semble-t-il"


class RequestInFlight(Conflict):
    type = "request-in-flight"
    title = "La même requête est en cours"


class PreconditionFailed(Problem):
    status = 412
    type = "precondition-failed"
    title = "La ressource a changé"


class TooLarge(Problem):
    status = 413
    type = "too-large"
    title = "Requête trop volumineuse"


class UnsupportedMedia(Problem):
    status = 415
    type = "unsupported-media"
    title = "Format non pris en charge"


class Invalid(Problem):
    status = 422
    type = "invalid"
    title = "Données invalides"


class IdempotencyKeyReused(Invalid):
    type = "idempotency-key-reused"
    title = "Clé d'idempotence déjà utilisée pour une autre requête"


class PreconditionRequired(Problem):
    status = 428
    type = "precondition-required"
    title = "En-tête If-Match requis"


class Unavailable(Problem):
    status = 503
    type = "unavailable"
    title = "Service momentanément indisponible"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class ConnectionLost(Unavailable):
    """The database closed the connection under way: of what was being committed, nobody knows whether it was."""


BY_STATUS: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (
        BadRequest,
        Unauthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        RequestTimeout,
        Conflict,
        PreconditionFailed,
        TooLarge,
        UnsupportedMedia,
        Invalid,
        PreconditionRequired,
        Problem,
        Unavailable,
    )
}


def invalid(pointer: str, code: str, detail: str, *, location: str = "body") -> Invalid:
    """A 422 that names one field: for rules that only an operation can check."""
    return Invalid(detail, errors=[FieldError(pointer=pointer, location=location, code=code, detail=detail)])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route, for the statuses that it may answer besides its own success."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemRead"}}}
    return {status: {"description": BY_STATUS[status].title, "content": content} for status in statuses}


MOVE = problems(403, 404, 409, 412, 428)
"""What a route may answer that changes a resource at the version which its caller has read."""
