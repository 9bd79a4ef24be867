"""The scope of a token: `role:…`, `department:…`, `service:…`, each a narrower part of what the credential has."""

from collections.abc import Collection
from typing import NamedTuple

from services.access_api.tokens.form import Refused
from services.contracts.codes import STAFF, Department, Role, ServiceName

EVERY_SCOPE = (
    *(f"role:{role}" for role in STAFF),
    *(f"department:{department}" for department in Department),
    *(f"service:{service}" for service in ServiceName),
)


class Granted(NamedTuple):
    """What a token gives: roles; departments, none for the region; services, none for all."""

    roles: frozenset[Role]
    departments: frozenset[Department]
    services: frozenset[ServiceName]

    def __str__(self) -> str:
        parts = (("role", self.roles), ("department", self.departments), ("service", self.services))
        return " ".join(f"{kind}:{code}" for kind, codes in parts for code in sorted(codes))


def narrowed(has: Granted, asked: str) -> Granted:
    """What is asked of what a credential has; all of it when nothing is. Raises `Refused` for more than that."""
    words = asked.split(" ") if asked else []
    if unknown := [word for word in words if word not in EVERY_SCOPE]:
        raise Refused("invalid_scope", f"« {unknown[0][:100]} » n'existe pas : role:…, department:… ou service:…, séparés par une espace.")
    by_kind = {
        kind: {word.partition(":")[2] for word in words if word.startswith(f"{kind}:")} for kind in ("role", "department", "service")
    }
    return Granted(
        frozenset(Role(code) for code in _within(by_kind["role"], has.roles, all_when_none=False)) or has.roles,
        frozenset(Department(code) for code in _within(by_kind["department"], has.departments)) or has.departments,
        frozenset(ServiceName(code) for code in _within(by_kind["service"], has.services)) or has.services,
    )


def _within(asked: Collection[str], has: Collection[str], *, all_when_none: bool = True) -> Collection[str]:
    """What is asked. Raises `Refused` where it is not had; to have none may stand for having all."""
    more = sorted(set(asked) - set(has)) if has or not all_when_none else []
    if more:
        raise Refused("invalid_scope", f"La clé d'accès n'a pas « {more[0]} ».")
    return asked
