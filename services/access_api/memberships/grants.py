"""What a membership may give: what the kind of the organisation allows, and no more than its granter holds."""

from collections.abc import Mapping
from typing import NamedTuple

from services.access_api.memberships.tables import Membership
from services.access_api.organisations.tables import Organisation
from services.contracts.codes import Department, OrganisationRole, Role
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Conflict, Forbidden

KINDS: Mapping[Role, tuple[OrganisationRole, ...]] = {
    Role.employer: (OrganisationRole.employer, OrganisationRole.host),
    Role.institute: (OrganisationRole.institute,),
    Role.finance: (OrganisationRole.funder,),
}
"""A role → the roles of an organisation, of which it asks for one; the other roles ask for none."""
BY_STEERING = frozenset({Role.steering, Role.committee, Role.hr_partner, Role.finance})
"""The roles that steering alone gives."""


class RoleNotAllowed(Conflict):
    """The organisation is not of the kind that a role asks for."""

    type = "role-not-allowed"
    title = "L'organisation ne permet pas ce rôle"
    told = (
        "« IFSI de Nantes » est : Institut de formation. Le rôle « Employeur » demande une organisation qui soit : Employeur, ou Accueil "
        "de stagiaires. Donnez un autre rôle, ou demandez au pilotage de changer les rôles de l'organisation (changeOrganisation)."
    )


class GrantTooWide(Forbidden):
    """Nobody gives more than they hold."""

    type = "grant-too-wide"
    title = "C'est plus que vous n'avez"
    told = (
        "Vous ne pouvez pas donner le rôle « Comité » : le pilotage seul le donne. Donnez moins, ou demandez-le-lui ; il l'ajoutera "
        "ensuite (changeMembership)."
    )


class Grant(NamedTuple):
    """What a membership gives."""

    roles: frozenset[Role]
    departments: frozenset[Department]
    manager: bool


NOTHING = Grant(frozenset(), frozenset(), manager=False)


def grant_of(membership: Membership) -> Grant:
    """What a membership gives as it is."""
    return Grant(frozenset(membership.roles), frozenset(membership.departments), membership.manager)


def check_kind(organisation: Organisation, grant: Grant) -> None:
    """Raises `RoleNotAllowed` when an organisation is not of the kind that one of the roles asks for."""
    for role in sorted(grant.roles):
        if role in KINDS and not {*KINDS[role]} & {*organisation.roles}:
            kinds = ", ou ".join(kind.label for kind in KINDS[role])
            raise RoleNotAllowed(
                f"« {organisation.name} » est : {', '.join(kind.label for kind in organisation.roles)}. Le rôle « {role.label} » demande "
                f"une organisation qui soit : {kinds}. Donnez un autre rôle, ou demandez au pilotage de changer les rôles de "
                "l'organisation (changeOrganisation)."
            )


def check_grant(caller: Principal, grant: Grant, before: Grant = NOTHING) -> None:
    """Raises `GrantTooWide` when what is given beside what there was is more than the caller holds.

    Every caller reads as a reader does. Who gives a role, gives it in all the departments of the membership; who gives a department, gives
    all its roles there.
    """
    added = sorted(grant.roles if _reaches_further(grant, before) else grant.roles - before.roles)
    if not caller.has(Role.steering):
        for role in added:
            if role in BY_STEERING:
                raise _too_wide(f"le rôle « {role.label} » : le pilotage seul le donne", "demandez-le-lui")
            if role is not Role.reader and not caller.has(role):
                raise _too_wide(f"le rôle « {role.label} », que vous n'avez pas", "demandez-le à un gestionnaire qui l'a, ou au pilotage")
    wider = added or grant.departments != before.departments or (grant.manager and not before.manager)
    if wider and not caller.covers_all(grant.departments):
        yours = ", ".join(department.label for department in sorted(caller.departments))
        asked = ", ".join(department.label for department in sorted(grant.departments)) or "toute la région"
        raise _too_wide(f"des droits sur : {asked} ; vous avez : {yours}", "demandez-le à un gestionnaire qui les a, ou au pilotage")


def _reaches_further(grant: Grant, before: Grant) -> bool:
    """Whether it holds in a department where it did not. None of them stands for the whole region."""
    return bool(before.departments) and not (grant.departments and grant.departments <= before.departments)


def _too_wide(what: str, instead: str) -> GrantTooWide:
    return GrantTooWide(f"Vous ne pouvez pas donner {what}. Donnez moins, ou {instead} ; il l'ajoutera ensuite (changeMembership).")
