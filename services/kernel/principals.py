"""Who is calling: a subject, its roles, its organisation, its departments."""

from dataclasses import dataclass
from uuid import UUID

from services.contracts.codes import Department, Role


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


ANONYMOUS = Principal("anonymous")
SYSTEM = Principal("system", frozenset(Role))
"""The services themselves: imports, scheduled jobs, projections."""
