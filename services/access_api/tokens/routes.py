"""HTTP for tokens, by the standards that OAuth 2.0 libraries know: the one form, and the errors that are no problem details."""

from typing import Any

from fastapi import Request, Response

from services.access_api.issuer import KEYS, METADATA, TOKEN, issuer, token_url
from services.access_api.tokens import operations
from services.access_api.tokens.form import FORM, Refused, read_request
from services.access_api.tokens.schemas import EXAMPLE_SCOPE, AuthorizationServer, PublicKeys, TokenError, TokenRead
from services.access_api.tokens.scopes import EVERY_SCOPE
from services.kernel.api.auth import OwnScheme, Public
from services.kernel.api.resources import NO_STORE
from services.kernel.api.routing import Db, SecretRoute, router

routes = router(
    "",
    "tokens",
    "Jetons",
    "L'échange d'une clé d'accès contre un jeton de cinq minutes, par OAuth 2.0 ; les clés publiques qui vérifient les jetons.",
    route_class=SecretRoute,
)

FIELDS: dict[str, Any] = {
    "grant_type": {"type": "string", "enum": ["client_credentials"], "description": "L'échange."},
    "client_id": {"type": "string", "maxLength": 100, "description": "Identifiant de la clé, si l'en-tête Authorization ne le donne pas."},
    "client_secret": {"type": "string", "maxLength": 200, "description": "Secret de la clé, si l'en-tête Authorization ne le donne pas."},
    "scope": {
        "type": "string",
        "maxLength": 1_000,
        "description": "Pour restreindre le jeton : role:…, department:…, service:…, séparés par une espace.",
        "examples": [EXAMPLE_SCOPE],
    },
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {FORM: {"schema": {"type": "object", "required": ["grant_type"], "properties": FIELDS, "title": "TokenForm"}}},
    },
    "security": [],
}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": TokenError, "description": "Demande refusée (RFC 6749, 5.2)"},
    401: {"model": TokenError, "description": "Client inconnu, ou secret erroné"},
}


@routes.post(TOKEN, operation_id="issueToken", response_model=TokenRead, responses=ERRORS, openapi_extra=BODY)
async def issue_token(request: Request, _caller: OwnScheme, db: Db) -> Response:
    """Échange une clé d'accès contre un jeton de cinq minutes (RFC 6749, client_credentials) ; `scope` le restreint."""
    try:
        issued = await operations.issue(db, await read_request(request), request.app.state.tokens)
    except Refused as refused:
        return _refusal(refused)
    given = TokenRead(access_token=issued.token, expires_in=int(operations.LIFETIME.total_seconds()), scope=str(issued.granted))
    return Response(given.model_dump_json(), headers={**NO_STORE, "Pragma": "no-cache"}, media_type="application/json")


@routes.get(KEYS, operation_id="readKeys", response_model=PublicKeys)
async def read_keys(request: Request, _caller: Public) -> PublicKeys:
    """Les clés publiques qui vérifient les jetons d'accès : deux, tant que l'une remplace l'autre."""
    return PublicKeys(**request.app.state.tokens.public_keys)


@routes.get(METADATA, operation_id="readAuthorizationServer", response_model=AuthorizationServer)
async def read_authorization_server(request: Request, _caller: Public) -> AuthorizationServer:
    """Les réglages qu'une bibliothèque OAuth 2.0 lit d'elle-même (RFC 8414)."""
    here = issuer(request)
    return AuthorizationServer(
        issuer=here,
        token_endpoint=token_url(request),
        jwks_uri=here + KEYS,
        scopes_supported=list(EVERY_SCOPE),
        response_types_supported=["none"],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        service_documentation=f"{here.rpartition('/')[0]}/docs",
    )


def _refusal(refused: Refused) -> Response:
    headers = {**NO_STORE, "Pragma": "no-cache", **({"WWW-Authenticate": 'Basic realm="plam"'} if refused.status == 401 else {})}
    said = TokenError(error=refused.error, error_description=refused.description)
    return Response(said.model_dump_json(), refused.status, headers=headers, media_type="application/json")
