"""Where tokens are had, as a client calls it: under the operator's public address, or the one that the request came to."""

from fastapi import Request

from services.kernel.data.database import Databases

TOKEN, KEYS, METADATA = "/v1/token", "/v1/keys", "/.well-known/oauth-authorization-server"


def issuer(request: Request) -> str:
    """The identifier of this authorisation server (RFC 8414): the address of access_api."""
    databases: Databases = request.app.state.databases
    given = databases.settings.public_url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{given.rstrip('/')}/{request.app.state.service.name}"


def token_url(request: Request) -> str:
    """The token endpoint."""
    return issuer(request) + TOKEN
