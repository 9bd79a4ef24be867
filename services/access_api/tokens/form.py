"""A token request as RFC 6749 has it: a form, and the client in `Authorization: Basic` or in the form, never in both."""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

FORM = "application/x-www-form-urlencoded"
LONGEST = 8_192
MOST_FIELDS = 20


class Refused(Exception):
    """A request that is answered with an error of RFC 6749, 5.2. `basic`: the client was in the header, so its scheme is answered too."""

    def __init__(self, error: str, description: str, *, status: int = 400, basic: bool = False) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status
        self.basic = basic


class TokenRequest(NamedTuple):
    """What is asked: by which client, with which secret, and how narrow. `basic`: the client was in the header."""

    client_id: str
    client_secret: str
    scope: str
    basic: bool


def unknown_client(*, basic: bool) -> Refused:
    """The one answer for a client that is unknown, or whose secret is wrong."""
    return Refused("invalid_client", "Client inconnu, ou secret erroné.", status=401, basic=basic)


async def read_request(request: Request) -> TokenRequest:
    """The token request. Raises `Refused`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused("invalid_request", f"Envoyez un formulaire, avec l'en-tête « Content-Type: {FORM} ».")
    fields = _fields(await request.body())
    if not (grant_type := fields.get("grant_type")):
        raise Refused("invalid_request", "grant_type manque : client_credentials.")
    if grant_type != "client_credentials":
        raise Refused("unsupported_grant_type", "Le seul échange possible ici est client_credentials.")
    headers = request.headers.getlist("authorization")
    if len(headers) > 1 or (headers and ("client_secret" in fields or "client_id" in fields)):
        raise Refused("invalid_request", "Identifiez le client d'une seule manière : l'en-tête Authorization, ou le formulaire.")
    client_id, secret = _basic(headers[0]) if headers else (fields.get("client_id", ""), fields.get("client_secret", ""))
    if not headers and not (client_id and secret):
        raise Refused("invalid_client", "client_id et client_secret manquent.", status=401)
    return TokenRequest(client_id, secret, fields.get("scope", ""), bool(headers))


def _fields(body: bytes) -> Mapping[str, str]:
    """The fields; one without a value is none (RFC 6749, 3.2)."""
    if len(body) > LONGEST:
        raise Refused("invalid_request", f"Le formulaire dépasse {LONGEST} octets.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, strict_parsing=bool(body), errors="strict")
    except ValueError as error:
        raise Refused("invalid_request", "Le formulaire ne se lit pas.") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("invalid_request", "Un champ est donné deux fois.")
    return {name: value for name, value in pairs if value}


def _basic(header: str) -> tuple[str, str]:
    """The client of `Authorization: Basic`: both parts are form-encoded before they are joined (RFC 6749, 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise Refused("invalid_client", "Le schéma de l'en-tête est Basic.", status=401, basic=True)
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise Refused("invalid_client", "L'en-tête Authorization ne se lit pas.", status=401, basic=True) from error
    if not colon:
        raise Refused("invalid_client", "L'en-tête Authorization ne se lit pas.", status=401, basic=True)
    return unquote_plus(client_id), unquote_plus(secret)
