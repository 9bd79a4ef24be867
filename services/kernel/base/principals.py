"""Who is calling: a subject, its roles, its organisation, its departments."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from services.contracts.codes import STAFF, Department, Role
from services.kernel.base.problems import Forbidden


@dataclass(frozen=True)
class Principal:
    """A caller. No department listed means the whole region. The anonymous caller has no role."""

    subject: str
    roles: frozenset[Role] = frozenset()
    organisation: UUID | None = None
    departments: frozenset[Department] = frozenset()

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles."""
        return not self.roles.isdisjoint(roles)

    def covers(self, department: Department | None) -> bool:
        """Whether a department is within the caller's (a caller without departments covers the region)."""
        return not self.departments or department in self.departments

    def not_theirs(self, words: str) -> Forbidden:
        """The refusal of what is another organisation's: in these words, unless the caller's token names none."""
        nobody = "Votre jeton ne nomme aucune organisation : demandez-en un qui nomme la vôtre."
        return Forbidden(nobody if self.organisation is None else words)

    def covers_all(self, departments: Collection[Department]) -> bool:
        """Whether every one of these departments is within the caller's. None of them stands for the whole region."""
        return not self.departments or (bool(departments) and self.departments.issuperset(departments))

    def check_covers(self, departments: Collection[Department]) -> None:
        """Raises `Forbidden` unless the caller covers all of these departments."""
        if not self.covers_all(departments):
            raise Forbidden("Vos droits ne couvrent pas tous les départements concernés.")


ANONYMOUS = Principal("anonymous")
SYSTEM = Principal("system", frozenset(STAFF))
"""The services themselves: imports, scheduled jobs, projections."""
