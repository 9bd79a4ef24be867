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

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

TYPE_PREFIX = "urn:plam:problem:"
HELP = "/errors/"
"""Where each problem is explained, by its code."""
PROBLEM = "application/problem+json"
EXAMPLE_TYPE = "x-example-type"
"""Where a route says, to the OpenAPI document alone, which type of problem is the example of a status."""


class FieldError(BaseModel):
    """One field at fault."""

    pointer: str = Field(description="Pointeur JSON (RFC 6901) dans le corps, ou nom du paramètre.", examples=["#/title"])
    location: str = Field(description="body, query, path ou header.", examples=["body"])
    code: str = Field(description="Ce qui ne va pas, pour un programme.", examples=["string_too_long"])
    detail: str = Field(description="Ce qui ne va pas, pour une personne.", examples=["Au plus 200 caractères."])


class ProblemRead(BaseModel):
    """Une erreur, au format RFC 9457 (application/problem+json)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Identifiant stable du problème, pour un programme.")
    title: str = Field(description="Titre du problème, le même pour tous ceux de ce type.")
    status: int = Field(description="Code HTTP.")
    detail: str = Field(description="Ce qui s'est passé et quoi faire, pour une personne.")
    help: str = Field(description="Adresse de la page qui l'explique, sur ce serveur.")
    request_id: str = Field(description="Identifiant de la requête, à citer au support.")


Members = dict[str, tuple[Any, Any]]
"""Members of a problem beside those of `ProblemRead`: name → its type, and the field that says what it is."""


def member(name: str, kind: Any, description: str, example: Any = None) -> Members:
    """One member of a problem. One of our own shapes has its examples in it."""
    return {name: (kind, Field(description=description, examples=None if example is None else [example]))}


class Problem(Exception):
    """The root of what a client may be told. `detail` is French and for a person, `type` is for a program.

    `advice` is the detail of a class whose every case is told the same: what to do. Where each is told otherwise, `told` is what one was:
    the example of the documents. `members` are those that a class adds to what its parents have; no other may be given.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "broken"
    title: ClassVar[str] = "Erreur interne"
    advice: ClassVar[str | None] = None
    told: ClassVar[str | None] = None
    members: ClassVar[Members] = {}

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        given = {*extra, "errors"} if errors else extra.keys()
        if given and (undeclared := given - self.all_members().keys()):
            raise TypeError(f"{type(self).__name__} ne déclare pas {', '.join(sorted(undeclared))} (members).")
        super().__init__(detail or self.advice or self.title)
        self.detail = detail or self.advice
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra

    @classmethod
    def all_members(cls) -> Members:
        """The members that a problem of this class may have beside those of `ProblemRead`."""
        return {name: member for base in reversed(cls.__mro__) for name, member in vars(base).get("members", {}).items()}

    def response(self, request_id: str | None = None) -> Response:
        """The HTTP answer, `application/problem+json`."""
        body: dict[str, Any] = {"type": TYPE_PREFIX + self.type, "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        body["help"] = HELP + self.type
        if request_id:
            body["request_id"] = request_id
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        body.update(self.extra)
        return Response(orjson.dumps(body), self.status, headers=self.headers, media_type=PROBLEM)


def _errors(**example: str) -> Members:
    return member("errors", list[FieldError], "Champs en cause.", [example])


EXISTING = member("existing_id", UUID, "Ce qui existe déjà, si l'appelant le voit.", "0199a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")


class BadRequest(Problem):
    status = 400
    type = "bad-request"
    title = "Requête illisible"
    told = "Le corps n'est pas du JSON : il ne se lit plus à la ligne 1, colonne 12."
    members = _errors(pointer="#", location="body", code="json_invalid", detail=told)


class IdempotencyKeyMissing(BadRequest):
    type = "idempotency-key-missing"
    title = "En-tête Idempotency-Key requis"
    advice = "Cette opération engage une place ou de l'argent : envoyez un en-tête Idempotency-Key."


class Unauthenticated(Problem):
    status = 401
    type = "unauthenticated"
    title = "Identification requise"
    advice = "Envoyez votre jeton dans l'en-tête « Authorization: Bearer … »."

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **extra)


class Forbidden(Problem):
    status = 403
    type = "forbidden"
    title = "Droits insuffisants"
    told = "Cette opération demande l'un de ces rôles : steering."


class NotFound(Problem):
    status = 404
    type = "not-found"
    title = "Ressource inconnue"
    advice = "Cette ressource n'existe pas, ou vous n'y avez pas accès."


class MethodNotAllowed(Problem):
    status = 405
    type = "method-not-allowed"
    title = "Méthode non permise"
    told = "Cette méthode n'est pas permise ici."


class NotAcceptable(Problem):
    status = 406
    type = "not-acceptable"
    title = "Format non proposé"
    told = "Cette adresse ne répond qu'en application/json : envoyez « Accept: application/json », ou rien."


class RequestTimeout(Problem):
    """The body did not come in time. The connection ends with the answer: the rest of the body is not waited for."""

    status = 408
    type = "request-timeout"
    title = "Requête incomplète"
    told = "Le corps de la requête n'est pas arrivé en entier : renvoyez-la."

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, headers={"Connection": "close"}, **extra)


class Conflict(Problem):
    status = 409
    type = "conflict"
    title = "Refusé dans l'état actuel"
    told = "La ressource citée n'existe pas."
    members = _errors(pointer="#/organisation_id", location="body", code="unknown_reference", detail="Référence inconnue.") | member(
        "allowed_operations", list[str], "Refus d'une opération sur une ressource : celles que l'appelant peut y demander maintenant."
    )


class MoveRefused(Conflict):
    type = "move-refused"
    title = "Changement de statut refusé"
    told = "Le statut est « ouvert » ; cette opération demande « brouillon ». D'ici, il peut passer à « annulé »."
    members = member("status_now", str, "Statut de la ressource, tel qu'il est.", "open")


class AlreadyExists(Conflict):
    type = "already-exists"
    title = "Existe déjà"
    told = "Cette valeur est déjà prise, par la ressource existing_id : relisez-la, ou donnez une autre valeur."
    members = EXISTING


class LooksTwice(Conflict):
    """The same again: `existing_id` is the first one's. `?force=true` passes."""

    type = "looks-twice"
    title = "Déjà fait, semble-t-il"
    told = (
        "La même ressource est créée depuis moins de 24 heures. Son identifiant est dans `existing_id`. Pour créer "
        "malgré tout, renvoyez la requête avec `?force=true`."
    )
    members = EXISTING


class RequestInFlight(Conflict):
    type = "request-in-flight"
    title = "La même requête est en cours"
    told = "La première requête portant cette clé est encore en cours."


class PreconditionFailed(Problem):
    status = 412
    type = "precondition-failed"
    title = "La ressource a changé"
    told = "La ressource est à la version 4."
    members = member("version", int, "Version de la ressource, telle qu'elle est.", 4)


class TooLarge(Problem):
    status = 413
    type = "too-large"
    title = "Requête trop volumineuse"
    told = "Le corps dépasse la taille permise, 1048576 octets."


class UnsupportedMedia(Problem):
    status = 415
    type = "unsupported-media"
    title = "Format non pris en charge"
    told = "Le corps doit être du JSON en UTF-8, avec l'en-tête « Content-Type: application/json »."


class Invalid(Problem):
    status = 422
    type = "invalid"
    title = "Données invalides"
    told = "title : un texte est attendu, entre guillemets."
    members = _errors(pointer="#/title", location="body", code="string_type", detail="Un texte est attendu, entre guillemets.")


class IdempotencyKeyReused(Invalid):
    type = "idempotency-key-reused"
    title = "Clé d'idempotence déjà utilisée pour une autre requête"
    told = "Cette clé a déjà servi à une autre requête."


class PreconditionRequired(Problem):
    status = 428
    type = "precondition-required"
    title = "En-tête If-Match requis"
    told = "Envoyez dans l'en-tête If-Match l'ETag de la ressource que vous avez lue, par exemple If-Match: \"3\"."


class Unavailable(Problem):
    status = 503
    type = "unavailable"
    title = "Service momentanément indisponible"
    told = "La réponse a pris trop de temps."

    def __init__(self, detail: str | None = None, *, retry_after: int = 1, **extra: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extra)


class ConnectionLost(Unavailable):
    """The database closed the connection under way: of what was being committed, nobody knows whether it was."""


def every_problem(above: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """The classes of problems: one, and every one below it."""
    yield above
    for each in above.__subclasses__():
        yield from every_problem(each)


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


def problems(*refusals: int | type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route, for the statuses that it may answer besides its own success.

    A class stands for its status, and is its example.
    """
    found: dict[int | str, dict[str, Any]] = {}
    for each in refusals:
        status = each if isinstance(each, int) else each.status
        content = {} if isinstance(each, int) else {EXAMPLE_TYPE: each.type}
        found[status] = {"description": BY_STATUS[status].title, "content": {PROBLEM: content}}
    return found


MOVE = problems(403, 404, 409, 412, 428)
"""What a route may answer that changes a resource at the version which its caller has read."""
