"""Who acts on persons and memberships: steering, the managers of an organisation, the person."""

from collections.abc import Collection
from uuid import UUID

from services.contracts.codes import STAFF, Department, Role
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Forbidden

OTHERS = tuple(role for role in STAFF if role is not Role.steering)
"""The roles beside steering: for the rights of those who manage an organisation, and of each for themselves."""


def check_runs(caller: Principal, organisation_id: UUID, departments: Collection[Department]) -> None:
    """Raises `Forbidden` unless a caller runs the memberships of an organisation: its managers do, and steering in its departments."""
    if caller.has(Role.steering):
        caller.check_covers(departments)
    elif not (caller.manager and caller.organisation == organisation_id):
        raise caller.not_theirs("Seuls les gestionnaires de cette organisation, ou le pilotage, peuvent faire cela.")


def check_self(caller: Principal, person_id: UUID) -> None:
    """Raises `Forbidden` for what is of another person."""
    if person_of(caller) != person_id:
        raise Forbidden("Seule la personne concernée peut faire cela.")


def person_of(caller: Principal) -> UUID:
    """The person that the caller's token names. Raises `Forbidden` for a token of nobody."""
    if caller.person_id is None:
        raise Forbidden("Votre jeton ne nomme aucune personne : demandez-en un pour une de vos appartenances.")
    return caller.person_id
