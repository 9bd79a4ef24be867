"""Who stands where around a placement: the host organisation, the institute, and who else may see what they agree."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, ColumnElement, Text, any_, bindparam, false, or_
from sqlmodel import SQLModel

from services.contracts.codes import Department, Role
from services.kernel.api.reading import REGION, Scope
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Forbidden
from services.kernel.data.records import table_of


def acts_for_host(caller: Principal, organisation_id: UUID) -> bool:
    """Whether a caller acts for a host organisation."""
    return caller.has(Role.steering) or (caller.has(Role.employer) and caller.organisation == organisation_id)


def acts_for_institute(caller: Principal, institute_id: UUID) -> bool:
    """Whether a caller acts for an institute."""
    return caller.has(Role.steering) or (caller.has(Role.institute) and caller.organisation == institute_id)


def check_host(caller: Principal, organisation_id: UUID) -> None:
    """Raises `Forbidden` when a caller does not act for a host organisation."""
    if not acts_for_host(caller, organisation_id):
        raise Forbidden("Seule l'organisation d'accueil peut faire cela.")


def check_institute(caller: Principal, institute_id: UUID) -> None:
    """Raises `Forbidden` when a caller does not act for an institute."""
    if not acts_for_institute(caller, institute_id):
        raise Forbidden("Seul l'institut peut faire cela.")


def between(record: type[SQLModel]) -> Callable[[Principal], Scope]:
    """What a caller sees of rows between a host and an institute: its own on either side, those of the departments that it follows.

    A caller of one role is served by that role's index, which an OR would not use.
    """
    columns = table_of(record).columns
    sides: Mapping[Role, ColumnElement[bool]] = {
        Role.employer: columns.organisation_id == bindparam("as_host", type_=SaUuid()),
        Role.institute: columns.institute_id == bindparam("as_institute", type_=SaUuid()),
        Role.hr_partner: columns.department == any_(bindparam("followed", type_=ARRAY(Text))),
    }

    def visible(caller: Principal) -> Scope:
        if caller.has(Role.steering):
            return REGION
        own = [role for role in sides if caller.has(role)]
        followed = [code.value for code in Department if caller.covers(code)]
        values = {"as_host": caller.organisation, "as_institute": caller.organisation, "followed": followed}
        return Scope(" or ".join(own) or "nothing", or_(false(), *(sides[role] for role in own)), values)

    return visible
