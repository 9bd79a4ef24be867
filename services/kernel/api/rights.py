"""The rights beside the routes, as they are declared and published: a role, and how far its right goes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from services.contracts.codes import Role
from services.contracts.labelled import Labelled


class Extent(Labelled):
    """Jusqu'où va un droit."""

    region = "region", "Région", "Tout ce que l'opération concerne."
    departments = "departments", "Départements", "Ce qui est des départements que le jeton nomme ; un jeton de toute la région les a tous."
    organisation = "organisation", "Organisation", "Ce qui est de l'organisation que le jeton nomme."
    managed = "managed", "Organisation gérée", "Ce qui est de l'organisation que le jeton nomme, s'il est d'un de ses gestionnaires."
    self = "self", "Soi-même", "Ce qui est de la personne que le jeton nomme."


class Right(NamedTuple):
    """What a caller needs for an operation: a role, and that what it is about is within the extent."""

    role: Role
    extent: Extent


Rights = tuple[Right, ...]


def within(*roles: Role) -> Rights:
    """Rights on what is of the departments that the token names; a token that names the region covers them all."""
    return tuple(Right(role, Extent.departments) for role in roles)


def own(*roles: Role) -> Rights:
    """Rights on what is of the organisation that the token names."""
    return tuple(Right(role, Extent.organisation) for role in roles)


def managed(*roles: Role) -> Rights:
    """Rights on what is of the organisation that the token names, for its managers."""
    return tuple(Right(role, Extent.managed) for role in roles)


def self_(*roles: Role) -> Rights:
    """Rights on what is of the person that the token names."""
    return tuple(Right(role, Extent.self) for role in roles)


def rights(*granted: Role | Rights) -> Rights:
    """Rights one after the other; a role by itself has the whole region.

    Raises `TypeError` for no right at all, and for one that gives nothing more than another.
    """
    found = [right for each in granted for right in ((Right(each, Extent.region),) if isinstance(each, Role) else each)]
    everywhere = {right.role for right in found if right.extent is Extent.region}
    narrower = [right for right in found if right.role in everywhere and right.extent is not Extent.region]
    if not found or narrower or len(found) != len(set(found)):
        raise TypeError(f"Un droit ne dit rien, ou rien de plus qu'un autre : {', '.join(map(str, granted)) or 'aucun rôle'}.")
    return tuple(found)


class Guarded(NamedTuple):
    """An operation and who may ask for it. `service` has its route; `words` are those of its description. No rights: everybody."""

    service: str
    operation: str
    method: str
    path: str
    words: str
    rights: Rights | None


_DECLARED: dict[str, Guarded] = {}
_OF_A_SERVICE = "_api"


def declare(operation: str, *, method: str, path: str, endpoint: Callable[..., Any], granted: Rights | None) -> None:
    """Remembers the rights of an operation, as its route says them."""
    package = endpoint.__module__.split(".")[1] if "." in endpoint.__module__ else ""
    service = package.removesuffix(_OF_A_SERVICE) if package.endswith(_OF_A_SERVICE) else ""
    _DECLARED[operation] = Guarded(service, operation, method, path, endpoint.__doc__ or "", granted)


def roles_of(operation: str) -> frozenset[Role]:
    """The roles that an operation takes. Raises `KeyError` for one that no route has."""
    return frozenset(right.role for right in _DECLARED[operation].rights or ())


def published() -> list[Guarded]:
    """Every operation of the documents of every service, whichever of them this process serves; by address."""
    return sorted((each for each in _DECLARED.values() if each.service), key=lambda each: (each.service, each.path, each.method))
