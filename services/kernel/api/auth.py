"""Who may do what: access tokens (JWT, Ed25519) become principals, and each route declares its policy."""

import time
from collections import OrderedDict
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from joserfc import jws, jwt
from joserfc.errors import JoseError

from services.contracts.codes import Role
from services.kernel.api.rights import Rights, rights
from services.kernel.api.strict_json import strict_json
from services.kernel.api.token_claims import claims_of, principal_of
from services.kernel.api.token_keys import algorithm_of, public_set, read_keys, signing_key
from services.kernel.base import clock
from services.kernel.base.principals import ANONYMOUS, Principal
from services.kernel.base.problems import BadRequest, Forbidden, Unauthenticated
from services.kernel.base.settings import Settings

ALGORITHMS = ["Ed25519", "RS256"]
LONGEST_TOKEN = 8_192
LEEWAY = 30
CACHED = 60.0
CACHE_SIZE = 10_000


class Tokens:
    """Issues and verifies access tokens with a pinned key set: `PLAM_TOKEN_KEYS`, or one kept in the data folder."""

    def __init__(self, settings: Settings) -> None:
        self._keys = read_keys(settings)
        self._cache: OrderedDict[str, tuple[float, Principal]] = OrderedDict()
        self._times = jwt.JWTClaimsRegistry(leeway=LEEWAY)

    def issue(self, principal: Principal, lifetime: timedelta) -> str:
        """A signed token for a principal; for development tokens, and for the exchange of credentials. Raises `ValueError`."""
        key = signing_key(self._keys)
        issued = int(clock.real_now().timestamp())
        claims = claims_of(principal, issued=issued, expires=issued + int(lifetime.total_seconds()))
        return jwt.encode({"alg": algorithm_of(key), "typ": "at+jwt", "kid": key.kid}, claims, key, algorithms=ALGORITHMS)

    @property
    def public_keys(self) -> dict[str, Any]:
        """The JWK set that verifies these tokens."""
        return public_set(self._keys)

    def verify(self, token: str) -> Principal:
        """The principal of a token. Raises `Unauthenticated`. A verified token is remembered for a minute."""
        now = time.monotonic()
        known = self._cache.get(token)
        if known and known[0] > now:
            return known[1]
        principal, expires = self._verified(token)
        self._cache[token] = (min(now + CACHED, now + expires - clock.real_now().timestamp()), principal)
        while len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return principal

    def _verified(self, token: str) -> tuple[Principal, float]:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated("Jeton trop long.")
        try:
            signed = jws.deserialize_compact(token, self._keys, algorithms=ALGORITHMS)
            if signed.headers().get("typ") != "at+jwt":
                raise Unauthenticated("Ce n'est pas un jeton d'accès.")
            claims = strict_json(signed.payload or b"")
            principal = principal_of(claims)
            self._times.validate({name: claims[name] for name in ("exp", "iat", "nbf") if name in claims})
        except (BadRequest, JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Unauthenticated("Jeton invalide ou expiré : demandez-en un nouveau.") from error
        return principal, float(claims["exp"])


def authenticate(request: Request) -> Principal:
    """The caller that the token of a request names: the anonymous one without `Authorization`.

    It may have been revoked: `identify` asks that too. Raises `Unauthenticated` for a bad token, `BadRequest` for two: a proxy may have
    read the other.
    """
    given = request.headers.getlist("authorization")
    if not given:
        return ANONYMOUS
    if len(given) > 1:
        raise BadRequest("L'en-tête Authorization est donné plusieurs fois.")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Seul le schéma Bearer est accepté : « Authorization: Bearer … ».")
    tokens: Tokens = request.app.state.tokens
    return tokens.verify(token.strip())


async def identify(request: Request) -> Principal:
    """The caller of a request, whose token still holds, here.

    Raises `Unauthenticated`, `Revoked`, `Forbidden` for a token of other services, `Unavailable` when nobody can say what is revoked.
    """
    caller = authenticate(request)
    if caller is not ANONYMOUS:
        state = request.app.state
        await state.revocations.check(caller)
        if caller.services and state.service.name not in caller.services:
            raise Forbidden(f"Votre jeton ne sert qu'à : {', '.join(sorted(caller.services))}.")
    return caller


class Policy(SecurityBase):
    """The rights beside a route: the caller must be identified, and have one of the roles. How far its right goes, the operation checks."""

    def __init__(self, granted: Rights) -> None:
        self.rights: Rights | None = granted
        self.roles = frozenset(right.role for right in granted)
        self.scheme_name = "bearer"
        self.model = HTTPBearerModel(bearerFormat="JWT", description="Jeton d'accès PlaM.")

    async def __call__(self, request: Request) -> Principal:
        """The caller. Raises as `identify` does, and `Forbidden`."""
        caller = await identify(request)
        if caller is ANONYMOUS:
            raise Unauthenticated
        if self.roles.isdisjoint(caller.roles):
            wanted = ", ".join(sorted(self.roles))
            raise Forbidden(f"Cette opération demande l'un de ces rôles : {wanted}.")
        return caller


class PublicPolicy:
    """The right of everybody, said aloud: no token needed, a bad one refused."""

    rights: Rights | None = None

    async def __call__(self, request: Request) -> Principal:
        """The caller, perhaps anonymous. Raises as `identify` does."""
        return await identify(request)


class ProbePolicy(PublicPolicy):
    """The right of everybody, on a probe: it answers whatever the database does, which says what is revoked."""

    async def __call__(self, request: Request) -> Principal:
        """The caller, perhaps anonymous. Raises as `authenticate` does."""
        return authenticate(request)


class OwnSchemePolicy(PublicPolicy):
    """The right of everybody, on a route that reads `Authorization` itself, as a standard says."""

    async def __call__(self, request: Request) -> Principal:
        """The anonymous caller."""
        return ANONYMOUS


def allow(*granted: Role | Rights) -> Any:
    """The dependency of a route that callers with one of the rights may use.

    `Annotated[Principal, allow(Role.steering, own(Role.employer), within(Role.hr_partner))]`: a role by itself has the whole region.
    """
    return Depends(Policy(rights(*granted)))


Public = Annotated[Principal, Depends(PublicPolicy())]
Probe = Annotated[Principal, Depends(ProbePolicy())]
OwnScheme = Annotated[Principal, Depends(OwnSchemePolicy())]
