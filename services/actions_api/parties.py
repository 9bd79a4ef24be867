"""Who prepares the plan and who leads an action of it: what each may do, and what is steering's and the committees' to say."""

from collections.abc import Collection
from uuid import UUID

from services.contracts.codes import STAFF, Department, Role
from services.kernel.base.principals import Principal

PLANNERS = (Role.steering, Role.committee)
"""Those who prepare the plan, in the departments of their token."""
OTHERS = tuple(role for role in STAFF if role not in PLANNERS)
"""Those who act for an organisation: any of them, where it leads an action."""


def plans(caller: Principal, departments: Collection[Department]) -> bool:
    """Whether a caller prepares the plan in these departments; none of them stands for the whole region."""
    return caller.has(*PLANNERS) and caller.covers_all(departments)


def leads(caller: Principal, lead_organisation_id: UUID | None) -> bool:
    """Whether a caller acts for the organisation that leads an action, in whatever role."""
    return caller.has(*STAFF) and caller.organisation is not None and caller.organisation == lead_organisation_id


def check_planner(caller: Principal, departments: Collection[Department]) -> None:
    """Raises `Forbidden` when a caller does not prepare the plan in these departments."""
    if not caller.has(*PLANNERS):
        raise caller.not_theirs("C'est au pilotage et aux comités de le faire.")
    caller.check_covers(departments)


def check_planner_or_lead(caller: Principal, departments: Collection[Department], lead_organisation_id: UUID | None) -> None:
    """Raises `Forbidden` for an action that a caller neither prepares nor leads."""
    if leads(caller, lead_organisation_id):
        return
    if not caller.has(*PLANNERS):
        raise caller.not_theirs("Seuls l'organisation pilote, le pilotage et les comités préparent cette action.")
    caller.check_covers(departments)


def check_keeper(caller: Principal, departments: Collection[Department], lead_organisation_id: UUID | None) -> None:
    """Raises `Forbidden` for the milestones of an action that a caller neither prepares, nor leads, nor follows as its HR partner."""
    if caller.has(Role.hr_partner) and not leads(caller, lead_organisation_id):
        caller.check_covers(departments)
    else:
        check_planner_or_lead(caller, departments, lead_organisation_id)
