"""The parties to a recruitment, the employer and the HR partners of its department: who acts for them, and who sees what is theirs."""

from collections.abc import Callable
from uuid import UUID

from services.contracts.codes import Department, Role
from services.kernel.api.reading import Scope, visible_to
from services.kernel.base.principals import Principal
from services.kernel.data.records import table_of
from services.kernel.data.walls import Wall
from services.recruitment_api.base import RecruitmentRecord

WALL = Wall(organisations=("organisation_id",), department="department", within=(Role.hr_partner,))
"""Who applied and who was chosen is shown to nobody else, whatever an operation asks."""
FUNDERS = Wall(region=(Role.steering, Role.finance))
"""What was committed, and to whom, is for those who pay."""


def check_employer(caller: Principal, organisation_id: UUID) -> None:
    """Raises `Forbidden` when a caller does not act for an employer."""
    if not (caller.has(Role.steering) or (caller.has(Role.employer) and caller.organisation == organisation_id)):
        raise caller.not_theirs("Vous n'agissez pas pour cette organisation : votre jeton en nomme une autre.")


def check_employer_or_hr_partner(caller: Principal, organisation_id: UUID, department: Department) -> None:
    """Raises `Forbidden` when a caller neither acts for an employer nor is an HR partner of its department."""
    if not (caller.has(Role.hr_partner) and caller.covers(department)):
        check_employer(caller, organisation_id)


def visible_to_parties(record: type[RecruitmentRecord]) -> Callable[[Principal], Scope]:
    """Rows are seen by their employer, the HR partners of their department, and steering."""
    columns = table_of(record).columns
    return visible_to(organisation={Role.employer: columns.organisation_id}, departments={Role.hr_partner: columns.department})
