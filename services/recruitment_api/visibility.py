"""Who sees the rows that are an employer's own, and who acts for it: an organisation, its department's HR partners, steering."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, ColumnElement, Text, any_, bindparam, literal, or_
from sqlmodel import col

from services.contracts.codes import Department, Role
from services.kernel.paging import Filter
from services.kernel.principals import Principal
from services.kernel.problems import Forbidden
from services.kernel.records import Record

OWN_ORGANISATION = bindparam("own_organisation", type_=SaUuid())
OWN_DEPARTMENTS = bindparam("own_departments", type_=ARRAY(Text))


def own_organisation(caller: Principal) -> UUID | None:
    """The organisation for which a caller recruits."""
    return caller.organisation if caller.has(Role.employer) else None


def own_departments(caller: Principal) -> Sequence[str]:
    """The departments that a caller follows as an HR partner; one without departments follows the region."""
    return [code.value for code in Department if caller.covers(code)] if caller.has(Role.hr_partner) else []


def concerns(table: type[Record]) -> ColumnElement[bool]:
    """The condition, with the binds of `scope`, that a row is of the caller's organisation or departments."""
    organisation, department = _owners(table)
    return or_(organisation == OWN_ORGANISATION, department == any_(OWN_DEPARTMENTS))


def filters(table: type[Record]) -> Mapping[str, Filter]:
    """What `scope` adds to a list: a caller of one role is served by that role's index, which an OR would not use."""
    organisation, department = _owners(table)
    return {
        "as_employer": lambda _value: organisation == OWN_ORGANISATION,
        "as_partner": lambda _value: department == any_(OWN_DEPARTMENTS),
        "as_both": lambda _value: concerns(table),
    }


def concerning(table: type[Record], caller: Principal) -> ColumnElement[bool]:
    """The same condition, for one caller."""
    organisation, department = _owners(table)
    return or_(
        organisation == literal(own_organisation(caller), SaUuid()), department == any_(literal(own_departments(caller), ARRAY(Text)))
    )


def scope(caller: Principal) -> dict[str, Any]:
    """What a statement about persons needs to know of its caller: nothing for steering, which sees all."""
    if caller.has(Role.steering):
        return {}
    roles = {Role.employer, Role.hr_partner} & caller.roles
    role = "as_both" if len(roles) == 2 else "as_employer" if Role.employer in roles else "as_partner"
    return {role: True, "own_organisation": own_organisation(caller), "own_departments": own_departments(caller)}


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
