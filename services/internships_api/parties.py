"""Who stands where around a placement: the host organisation, the institute, and who else may see what they agree."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, UUID as SaUuid, Text, any_, bindparam, or_
from sqlmodel import SQLModel

from services.contracts.codes import Department, Role
from services.kernel.principals import Principal
from services.kernel.problems import Forbidden
from services.kernel.reading import REGION, Scope
from services.kernel.records import table_of


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
    """What a caller sees of rows between a host and an institute: its own on either side, those of the departments that it follows."""
    columns = table_of(record).columns
    seen = or_(
        columns.organisation_id == bindparam("host", type_=SaUuid()),
        columns.institute_id == bindparam("institute", type_=SaUuid()),
        columns.department == any_(bindparam("partner_of", type_=ARRAY(Text))),
    )
    return lambda caller: REGION if caller.has(Role.steering) else Scope("organisation or departments", seen, sight(caller))


def sight(caller: Principal) -> dict[str, Any]:
    """The values of what a caller is: the host and the institute that a caller is, the departments whose HR partner they are."""
    departments = sorted(caller.departments or Department) if caller.has(Role.hr_partner) else []
    return {
        "host": caller.organisation if caller.has(Role.employer) else None,
        "institute": caller.organisation if caller.has(Role.institute) else None,
        "partner_of": departments,
    }
