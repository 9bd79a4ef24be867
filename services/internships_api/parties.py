"""The two parties to a placement, the host organisation and the institute: who acts for them, and who sees what they agree."""

from collections.abc import Callable
from uuid import UUID

from services.contracts.codes import Role
from services.internships_api.base import InternshipsRecord
from services.kernel.api.reading import Scope, visible_to
from services.kernel.base.principals import Principal
from services.kernel.data.records import table_of
from services.kernel.data.walls import Wall

WALL = Wall(organisations=("organisation_id", "institute_id"), department="department", within=(Role.hr_partner,))
"""What they agree is shown to nobody else, whatever an operation asks."""


def acts_for_host(caller: Principal, organisation_id: UUID) -> bool:
    """Whether a caller acts for a host organisation."""
    return caller.has(Role.steering) or (caller.has(Role.employer) and caller.organisation == organisation_id)


def check_host(caller: Principal, organisation_id: UUID) -> None:
    """Raises `Forbidden` when a caller does not act for a host organisation."""
    if not acts_for_host(caller, organisation_id):
        raise caller.not_theirs("Seule l'organisation d'accueil peut faire cela.")


def check_institute(caller: Principal, institute_id: UUID) -> None:
    """Raises `Forbidden` when a caller does not act for an institute."""
    if not (caller.has(Role.steering) or (caller.has(Role.institute) and caller.organisation == institute_id)):
        raise caller.not_theirs("Seul l'institut peut faire cela.")


def visible_to_parties(record: type[InternshipsRecord]) -> Callable[[Principal], Scope]:
    """Rows are seen by their host, their institute, the HR partners of their department, and steering."""
    columns = table_of(record).columns
    return visible_to(
        organisation={Role.employer: columns.organisation_id, Role.institute: columns.institute_id},
        departments={Role.hr_partner: columns.department},
    )
