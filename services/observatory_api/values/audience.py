"""Who reads which figures (ADR 10): the whole plan's, the region's and their departments', or the region's alone."""

from services.contracts.codes import Department, Role
from services.kernel.base.principals import Principal
from services.kernel.base.problems import Forbidden
from services.observatory_api.indicators.dimensions import REGIONAL

WHOLE = (Role.steering, Role.committee)
"""Who decides on the plan: every figure."""
TERRITORIAL = (Role.hr_partner, Role.finance, Role.employer, Role.institute)
"""Who acts in departments: the region's figures, and those of the departments that the token names."""
READERS = (Role.partner, Role.reader)
"""Who reads what is to be published: the region's dashboard."""

DETAILED = (*WHOLE, *TERRITORIAL)
ANY = (*DETAILED, *READERS)


def sees(caller: Principal, department: str | None) -> bool:
    """Whether a caller reads the figures of a department; what is of no department is the region's."""
    if caller.has(*WHOLE) or department is None or department == REGIONAL:
        return True
    return department in {each.value for each in Department if caller.covers(each)}


def check_asked(caller: Principal, department: str | None) -> None:
    """Raises `Forbidden` for a filter on a department that the caller does not read."""
    if department is not None and not caller.has(*DETAILED):
        raise Forbidden(
            "Vous lisez les chiffres de toute la région : ceux d'un département sont pour le pilotage, les comités et ses acteurs."
        )
    if not sees(caller, department):
        own = ", ".join(sorted(caller.departments))
        raise Forbidden(f"Votre jeton donne les chiffres de la région et de {own} : ceux de {department} sont pour leurs acteurs.")
