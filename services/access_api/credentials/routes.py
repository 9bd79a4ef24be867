"""HTTP for credentials: a manager's own, and steering's view of all."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.access_api.credentials import operations
from services.access_api.credentials.operations import Made
from services.access_api.credentials.queries import CREDENTIALS, OWN_CREDENTIALS
from services.access_api.credentials.schemas import (
    CredentialCreate,
    CredentialCreated,
    CredentialLive,
    CredentialQuery,
    CredentialRead,
    CredentialRotate,
    OwnCredentialQuery,
)
from services.access_api.issuer import token_url
from services.access_api.memberships.grants import GrantTooWide, RoleNotAllowed
from services.contracts.codes import STAFF, Role
from services.kernel.api.auth import allow
from services.kernel.api.bodies import Reason
from services.kernel.api.history import History, HistoryQuery
from services.kernel.api.resources import NO_STORE, IfMatch, Page, etag, live, resource
from services.kernel.api.rights import managed
from services.kernel.api.routing import Db, SecretRoute, router
from services.kernel.base.principals import Principal
from services.kernel.base.problems import MOVE, problems

OWN = "/v1/me/credentials"
own = router(
    OWN,
    "owncredentials",
    "Clés d'accès de mon organisation",
    "Les clés des logiciels de l'organisation, par ses gestionnaires : créées, remplacées, révoquées.",
    route_class=SecretRoute,
)
routes = router("/v1/credentials", "credentials", "Clés d'accès", "Les clés des logiciels de toutes les organisations, pour le pilotage.")

Manager = Annotated[Principal, allow(managed(*STAFF))]
Steering = Annotated[Principal, allow(Role.steering)]


@own.get("", operation_id="listMyCredentials", response_model=Page[CredentialRead])
async def list_my_credentials(request: Request, query: Annotated[OwnCredentialQuery, Query()], caller: Manager, db: Db) -> Response:
    """Les clés d'accès de son organisation, les plus récentes d'abord."""
    return await OWN_CREDENTIALS.page(request, db, query, by=caller)


@own.post(
    "",
    operation_id="createMyCredential",
    status_code=201,
    response_model=CredentialCreated,
    responses=problems(GrantTooWide, RoleNotAllowed),
)
async def create_my_credential(request: Request, body: CredentialCreate, caller: Manager, db: Db) -> Response:
    """Crée une clé d'accès. Son secret n'est que dans cette réponse, qui n'est gardée sous aucune clé d'idempotence."""
    return _made(request, await operations.create(db, body, by=caller))


@own.get("/{credential_id}", operation_id="readMyCredential", response_model=CredentialRead, responses=problems(404))
async def read_my_credential(request: Request, credential_id: UUID, caller: Manager, db: Db) -> Response:
    """Une clé d'accès de son organisation."""
    return await OWN_CREDENTIALS.document(request, db, credential_id, by=caller)


@own.get("/{credential_id}/live", operation_id="readMyCredentialLive", response_model=CredentialLive, responses=problems(404))
async def read_my_credential_live(credential_id: UUID, caller: Manager, db: Db) -> Response:
    """Ce que l'appelant peut faire maintenant de la clé, et son dernier usage."""
    allowed = await operations.OWN_ALLOWED.live(db, credential_id, by=caller)
    return live(CredentialLive(**allowed.model_dump(), last_used_on=await operations.last_used_on(db, credential_id)))


@own.post(
    "/{credential_id}/rotate",
    operation_id="rotateMyCredential",
    status_code=201,
    response_model=CredentialCreated,
    responses=MOVE | problems(GrantTooWide, RoleNotAllowed),
)
async def rotate_my_credential(
    request: Request, credential_id: UUID, body: CredentialRotate, caller: Manager, version: IfMatch, *, db: Db
) -> Response:
    """Remplace une clé d'accès par une nouvelle, aux mêmes droits ; l'ancienne sert encore sept jours."""
    return _made(request, await operations.rotate(db, credential_id, body.expires_on, by=caller, version=version))


@own.post("/{credential_id}/revoke", operation_id="revokeMyCredential", response_model=CredentialRead, responses=MOVE)
async def revoke_my_credential(credential_id: UUID, body: Reason, caller: Manager, version: IfMatch, db: Db) -> Response:
    """Révoque une clé d'accès de son organisation : ses jetons sont refusés partout."""
    return resource(await operations.revoke_own(db, credential_id, body.reason, by=caller, version=version))


@routes.get("", operation_id="listCredentials", response_model=Page[CredentialRead])
async def list_credentials(request: Request, query: Annotated[CredentialQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les clés d'accès de toutes les organisations, les plus récentes d'abord."""
    return await CREDENTIALS.page(request, db, query, by=caller)


@routes.get("/{credential_id}", operation_id="readCredential", response_model=CredentialRead, responses=problems(404))
async def read_credential(request: Request, credential_id: UUID, caller: Steering, db: Db) -> Response:
    """Une clé d'accès."""
    return await CREDENTIALS.document(request, db, credential_id, by=caller)


@routes.get("/{credential_id}/live", operation_id="readCredentialLive", response_model=CredentialLive, responses=problems(404))
async def read_credential_live(credential_id: UUID, caller: Steering, db: Db) -> Response:
    """Ce que le pilotage peut faire maintenant d'une clé d'accès, et son dernier usage."""
    allowed = await operations.ALLOWED.live(db, credential_id, by=caller)
    return live(CredentialLive(**allowed.model_dump(), last_used_on=await operations.last_used_on(db, credential_id)))


@routes.get(
    "/{credential_id}/history", operation_id="readCredentialHistory", response_model=History[CredentialRead], responses=problems(404)
)
async def read_credential_history(credential_id: UUID, query: Annotated[HistoryQuery, Query()], caller: Steering, db: Db) -> Response:
    """Les versions successives de la clé, la plus récente d'abord."""
    return await CREDENTIALS.history(db, credential_id, query, by=caller)


@routes.post("/{credential_id}/revoke", operation_id="revokeCredential", response_model=CredentialRead, responses=MOVE)
async def revoke_credential(credential_id: UUID, body: Reason, caller: Steering, version: IfMatch, db: Db) -> Response:
    """Révoque une clé d'accès : ses jetons sont refusés partout."""
    return resource(await operations.revoke(db, credential_id, body.reason, by=caller, version=version))


def _made(request: Request, made: Made) -> Response:
    """201, the credential and its secret, kept by nobody on the way."""
    credential = made.credential
    read = CredentialRead.model_validate(credential)
    shown = CredentialCreated(**read.model_dump(), client_id=credential.id, client_secret=made.secret, token_url=token_url(request))
    headers = {**NO_STORE, "ETag": etag(credential.version), "Location": f"{request.scope['path'].partition(OWN)[0]}{OWN}/{credential.id}"}
    return Response(shown.model_dump_json(), 201, headers=headers, media_type="application/json")
