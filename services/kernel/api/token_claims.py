"""What an access token says of its bearer: each claim present and of its kind, or the token is refused by the claim's name."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.contracts.codes import Department, Role
from services.kernel.base import ids
from services.kernel.base.principals import CREDENTIAL, PERSON, Principal
from services.kernel.base.problems import Unauthenticated

ISSUER = AUDIENCE = "plam"
REGION = "region"
"""In `departments`, alone: the whole region. It is said aloud: a token that names neither it nor a department is refused."""
LONGEST_LIFETIME = 86_400
"""Seconds from `iat` to `exp`: a development token lives twelve hours, the others five minutes."""
LAST_INSTANT = 253_402_300_799
"""The end of the year 9999."""
SUBJECT = re.compile(f"(?:{PERSON}|{CREDENTIAL})[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
JTI = re.compile(r"[\x21-\x7e]{1,255}")
SERVICE = re.compile(r"[a-z]{1,63}")
ROLES, DEPARTMENTS = frozenset(Role), frozenset(Department)


def claims_of(principal: Principal, *, issued: int, expires: int) -> dict[str, Any]:
    """The claims of a token for a principal; the instants in seconds since 1970."""
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.subject,
        "iat": issued,
        "exp": expires,
        "jti": str(ids.new()),
        "roles": sorted(principal.roles),
        "organisation": str(principal.organisation) if principal.organisation else None,
        "departments": sorted(principal.departments) or [REGION],
        **({"membership": str(principal.membership)} if principal.membership else {}),
        **({"manager": True} if principal.manager else {}),
        **({"services": sorted(principal.services)} if principal.services else {}),
    }


def principal_of(claims: Any) -> Principal:
    """The principal that the claims of a signed token describe. Raises `Unauthenticated`, naming the first claim that is not right."""
    if not isinstance(claims, dict):
        raise Unauthenticated("Jeton refusé : il ne porte pas d'objet JSON.")
    for name, (is_right, words) in _RIGHT.items():
        if not is_right(claims.get(name)) or (name in claims and claims[name] is None and name not in _MAY_BE_NULL):
            raise Unauthenticated(f"Jeton refusé : « {name} » doit être {words}.")
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFETIME:
        raise Unauthenticated(f"Jeton refusé : « exp » doit suivre « iat » de {LONGEST_LIFETIME // 3600} heures au plus.")
    organisation, membership, departments = claims.get("organisation"), claims.get("membership"), claims["departments"]
    return Principal(
        subject=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        organisation=UUID(organisation) if organisation else None,
        departments=frozenset() if departments == [REGION] else frozenset(Department(code) for code in departments),
        membership=UUID(membership) if membership else None,
        manager=claims.get("manager", False),
        services=frozenset(claims.get("services", ())),
        issued_at=_issued_at(claims["iat"], claims.get("jti", "")),
    )


def _issued_at(iat: float, jti: str) -> datetime:
    """When a token was issued: `iat`, to the millisecond where the `jti` is a UUIDv7 made then."""
    issued = datetime.fromtimestamp(iat, UTC)
    try:
        identifier = UUID(jti)
    except ValueError:
        return issued
    precise = datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
    return precise if identifier.version == 7 and timedelta() <= precise - issued < timedelta(seconds=2) else issued


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_audience(value: Any) -> bool:
    return value == AUDIENCE or (isinstance(value, list) and all(map(_is_text, value)) and AUDIENCE in value)


def _is_subject(value: Any) -> bool:
    return isinstance(value, str) and SUBJECT.fullmatch(value) is not None


def _is_instant(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LAST_INSTANT


def _is_identifier(value: Any) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _names_some_of(known: frozenset[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(isinstance(one, str) and one in known for one in value)


def _names_services(value: Any) -> bool:
    return value is None or (isinstance(value, list) and bool(value) and all(_is_text(one) and SERVICE.fullmatch(one) for one in value))


_names_departments = _names_some_of(DEPARTMENTS)
_RIGHT: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "iss": (lambda value: value == ISSUER, f"« {ISSUER} »"),
    "aud": (_is_audience, f"« {AUDIENCE} », ou une liste de textes qui le contient"),
    "sub": (_is_subject, f"« {PERSON} » ou « {CREDENTIAL} », puis un UUID en minuscules"),
    "iat": (_is_instant, "un nombre de secondes depuis 1970"),
    "exp": (_is_instant, "un nombre de secondes depuis 1970"),
    "nbf": (lambda value: value is None or _is_instant(value), "un nombre de secondes depuis 1970"),
    "roles": (_names_some_of(ROLES), f"une liste non vide de rôles ({', '.join(sorted(ROLES))})"),
    "organisation": (_is_identifier, "l'UUID d'une organisation, ou null"),
    "membership": (_is_identifier, "l'UUID d'une appartenance"),
    "manager": (lambda value: value is None or isinstance(value, bool), "true ou false"),
    "services": (_names_services, "une liste non vide de noms de services"),
    "jti": (lambda value: value is None or (_is_text(value) and JTI.fullmatch(value) is not None), "un texte ASCII de 1 à 255 caractères"),
    "departments": (
        lambda value: value == [REGION] or _names_departments(value),
        f'une liste non vide de départements ({", ".join(sorted(DEPARTMENTS))}), ou ["{REGION}"] pour toute la région',
    ),
}
"""claim → whether a value (None: absent) is right, and what it must be. The other claims of a token are ignored."""
_MAY_BE_NULL = frozenset({"organisation"})
