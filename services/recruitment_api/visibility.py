"""Who sees the rows that are an employer's own, and who acts for it: an organisation, its department's HR partners, steering."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Text, any_, bindparam, or_
from sqlmodel import col

from services.contracts.codes import Department, Role
from services.kernel.api.reading import REGION, Scope
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Forbidden
from services.kernel.data.records import Record

OWN_ORGANISATION = bindparam("own_organisation", type_=SaUuid())
OWN_DEPARTMENTS = bindparam("own_departments", type_=ARRAY(Text))


def own_organisation(caller: Principal) -> UUID | None:
    """The organisation for which a caller recruits."""
    return caller.organisation if caller.has(Role.employer) else None


def own_departments(caller: Principal) -> Sequence[str]:
    """The departments that a caller follows as an HR partner; one without departments follows the region."""
    return [code.value for code in Department if caller.covers(code)] if caller.has(Role.hr_partner) else []


def own_or_followed(table: type[Record]) -> Callable[[Principal], Scope]:
    """What a caller sees of rows of employers: a caller of one role is served by that role's index, which an OR would not use."""
    organisation, department = _owners(table)
    own, followed = organisation == OWN_ORGANISATION, department == any_(OWN_DEPARTMENTS)

    def visible(caller: Principal) -> Scope:
        if caller.has(Role.steering):
            return REGION
        values = {"own_organisation": own_organisation(caller), "own_departments": own_departments(caller)}
        if not caller.has(Role.hr_partner):
            return Scope("organisation", own, values)
        if not caller.has(Role.employer):
            return Scope("departments", followed, values)
        return Scope("organisation or departments", or_(own, followed), values)

    return visible


def check_acts_for(caller: Principal, organisation_id: UUID) -> None:
    """Raises `Forbidden` unless the caller recruits for the organisation, or is steering."""
    if not caller.has(Role.steering) and own_organisation(caller) != organisation_id:
        raise Forbidden("Vous n'agissez pas pour cette organisation.")


def check_follows(caller: Principal, organisation_id: UUID, department: Department) -> None:
    """Raises `Forbidden` unless the caller acts for the organisation, or follows the department as an HR partner."""
    if department not in own_departments(caller):
        check_acts_for(caller, organisation_id)


def _owners(table: type[Record]) -> tuple[Any, Any]:
    columns: Any = table
    return col(columns.organisation_id), col(columns.department)
